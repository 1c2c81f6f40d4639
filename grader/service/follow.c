/* The inbox taken over into the store; the sweeper. */
#include "grader/service/follow_parts.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/course/baseline.h"
#include "grader/service/poll.h"
#include "grader/source/git.h"
#include "grader/store/erase.h"
#include "grader/view.h"
#include <fcntl.h>
#include <sys/stat.h>

#define SWEEP_MS 5000
#define BEAT_MS 3000
#define IDLE_MS 20 /* until what another process appended is seen */

static bool take_push(const struct following *f, struct fault *why)
{
    bool hand = str_is(f->event->kind, "submit");
    struct str team = json_get_text(f->body, "team", "");
    struct str ref = json_get_text(f->body, "ref", "");
    struct str commit = json_get_text(f->body, "commit", "");
    struct str ignored = json_get_text(f->body, "ignored", "");
    struct str joins = json_get_text(f->body, "joins", "");
    const struct course_team *known = course_team_find(&f->loaded->course, team);
    if (!known || !git_id_check(commit) || !ref.len)
        return fault_set(why, BLAME_OPEN, "event %lld names no known team, ref or commit",
                         (long long)f->event->seq);
    bool branch = str_starts(ref, S("refs/heads/"));
    const struct course_deliverable *pinned = course_pinned_by(&f->loaded->course, ref);
    int64_t due_ms = 0;
    for (size_t i = 0; i < f->loaded->course.deliverable_count; i++) {
        int64_t due = f->loaded->course.deliverables[i].due_ms;
        due_ms = due <= f->event->at_ms && due > due_ms ? due : due_ms;
    }
    struct store_push push = {
        .id = f->event->id.at,
        .seq = f->event->seq,
        .at_ms = f->event->at_ms,
        .not_seen_ms = json_get_int(f->body, "not_seen_ms", 0),
        .team = team.at,
        .task = known->tasks.count ? known->tasks.at[0].at : "",
        .ref = ref.at,
        .commit = commit.at,
        .source = hand ? "hand" : "poll",
        .joins = hand && joins.len ? joins.at : NULL,
        .fresh = hand && json_get_bool(f->body, "no_cache", false),
        .pin = !hand && pinned ? pinned->id.at : NULL,
        .note = ignored.len && !hand ? ignored.at : NULL,
        .grade = hand || (!ignored.len && look_triggers(&f->loaded->course, ref)),
        .debounce_ms = f->loaded->course.git.debounce_s * 1000,
        .supersede = !hand && branch,
        .due_ms = due_ms,
    };
    return store_push(f->store, &push, why);
}

static bool take_mark(const struct following *f, struct fault *why)
{
    struct str run = json_get_text(f->body, "run", "");
    struct str question = json_get_text(f->body, "question", "");
    struct str reason = json_get_text(f->body, "reason", "");
    const struct json *points = json_get(f->body, "points");
    if (!ulid_check(run) || !question.len || !points)
        return fault_set(why, BLAME_OPEN, "event %lld is no mark", (long long)f->event->seq);
    return store_mark(f->store, f->event->seq, run.at, question.at, points->number, reason.at,
                      f->event->actor.at, why);
}

static bool take_cancel(const struct following *f, struct fault *why)
{
    struct str run = json_get_text(f->body, "run", "");
    struct store_cancelling what = { f->event->seq, f->event->at_ms, run.at, f->event->actor.at };
    return store_cancel(f->store, &what, why);
}

static bool take_baseline(const struct following *f, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct store_push push;
    return baseline_take(f->loaded, arena, f->event, f->body, &push, why) &&
           store_push(f->store, &push, why);
}

/* What the poll thread reads by itself. */
static bool take_nothing(const struct following *f, struct fault *why)
{
    return store_skip(f->store, f->event->seq, why);
}

static const struct {
    const char *kind;
    follow_take *take;
} kinds[] = {
    { "push", take_push },         { "submit", take_push },   { "request", take_nothing },
    { "refusal", take_nothing },   { "mark", take_mark },     { "cancel", take_cancel },
    { "baseline", take_baseline }, { "course", take_course }, { "course_fault", take_course_fault },
    { "webhook", take_webhook },   { "sweep", take_sweep },   { "replay", take_replay },
    { "outbox", take_outbox },     { "pause", follow_pause }, { "resume", follow_resume },
    { "rescore", take_rescore },   { "batch", take_batch },   { "quota", follow_quota },
    { "extend", follow_extend },   { "pin", follow_pin },     { "erase", take_erase },
    { "erased", take_nothing },    { "drop", take_drop },
};

static bool take(struct following *f, struct arena *arena, struct fault *why)
{
    bool erasing = false;
    if (!json_parse(arena, f->event->body, &f->body, why) ||
        !store_erasing(f->store, json_get_text(f->body, "team", ""), &erasing, why))
        return false;
    if (erasing || json_get_bool(f->body, "erased", false)) /* nothing follows from it any more */
        return store_skip(f->store, f->event->seq, why);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(f->event->kind, kinds[i].kind))
            return kinds[i].take(f, why);
    return fault_set(why, BLAME_OPEN, "event %lld is of unknown kind", (long long)f->event->seq);
}

bool follow_one(struct grader *grader, struct store *store, const struct event *event,
                struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const struct loaded *loaded = loaded_take(grader->loaded);
    struct following f = { .grader = grader, .loaded = loaded, .store = store, .event = event };
    bool taken = take(&f, arena, why);
    loaded_give(grader->loaded, loaded);
    if (taken)
        return true;
    if (why->blame != BLAME_OPEN) /* not the event's fault: it stays and is tried again */
        return false;
    grader_log(grader, "warning", "event=follow seq=%lld fault=\"%s\"", (long long)event->seq,
               why->text);
    return store_skip(store, event->seq, why);
}

bool follow_all(struct grader *grader, struct store *store, struct inbox *inbox, struct fault *why)
{
    int64_t seq;
    if (!store_inbox_seq(store, &seq, why))
        return false;
    for (;;) {
        scoped_arena arena = arena_open(NULL);
        struct event event;
        bool found;
        if (!inbox_next(inbox, arena, seq, &event, &found, why))
            return false;
        if (!found)
            return true;
        if (!follow_one(grader, store, &event, why))
            return false;
        seq = event.seq;
        grader_news(grader);
    }
}

static void beat(struct grader *grader, struct store *store)
{
    bool lost; /* the worker finds out by itself */
    struct fault why = { 0 };
    pthread_mutex_lock(&grader->held.lock);
    for (size_t i = 0; i < HOUSE_SLOTS_MOST; i++)
        if (grader->held.claims[i] && !store_heartbeat(store, grader->held.claims[i], &lost, &why))
            grader_log(grader, "warning", "event=beat fault=\"%s\"", why.text);
    pthread_mutex_unlock(&grader->held.lock);
}

/*
 * That we are at work, for /readyz: a file's time, since a row would make every open page look for
 * news.
 */
static void work_tell(const struct grader *grader)
{
    scoped(fd) int fd =
        openat(grader->state, VIEW_BEAT_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd >= 0)
        futimens(fd, NULL);
}

void *follow_thread(void *at)
{
    struct grader *grader = at;
    struct fault why = { 0 };
    struct store *store;
    struct inbox *inbox;
    if (!grader_open(grader, &store, &inbox))
        return NULL;
    int64_t swept_ms = 0, beat_ms = 0;
    uint64_t seen = 0;
    do {
        if (clock_boot_ms(&grader->clock) - beat_ms >= BEAT_MS) {
            beat_ms = clock_boot_ms(&grader->clock);
            beat(grader, store);
        }
        if (!follow_all(grader, store, inbox, &why))
            grader_log(grader, "warning", "event=follow fault=\"%s\"", why.text);
        if (clock_boot_ms(&grader->clock) - swept_ms < SWEEP_MS)
            continue;
        swept_ms = clock_boot_ms(&grader->clock);
        work_tell(grader);
        if (!store_sweep(store, false, &why))
            grader_log(grader, "warning", "event=sweep fault=\"%s\"", why.text);
    } while (!grader_idle(grader, &seen, IDLE_MS));
    inbox_close(inbox);
    store_close(store);
    return NULL;
}
