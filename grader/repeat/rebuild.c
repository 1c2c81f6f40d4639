/* The store made anew: the walk through the inbox, and the new file put in the old one's place. */
#include "grader/repeat/rebuild.h"
#include "core/base/file.h"
#include "grader/board.h"
#include "grader/board_rule.h"
#include "grader/course/course_begin.h"
#include "grader/service/follow.h"
#include "grader/repeat/rebuild_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_NAME "store.db.rebuilding"

static const char *const beside[] = { "", "-wal", "-shm" };

static bool grader_fill(struct grader *grader, struct arena *arena, const char *course,
                        struct fault *why)
{
    grader->arena = arena;
    grader->clock = clock_system();
    grader->course_path = course;
    grader->state_path = arena_print(arena, "%s/state", course);
    grader->course_dir = dir_open(AT_FDCWD, course, why);
    grader->state = grader->course_dir < 0 ? -1 : dir_open(grader->course_dir, "state", why);
    grader->local = -1;
    grader->stop_fd = -1;
    pthread_mutex_init(&grader->news.lock, NULL);
    pthread_cond_init(&grader->news.changed, NULL);
    if (grader->state < 0 || !dir_make(grader->state, "cache", 0700, why))
        return false;
    grader->scratch = dir_open(grader->state, "cache", why);
    return grader->scratch >= 0 &&
           artifacts_open(&grader->artifacts, grader->state, "artifacts", 0750, 0444, why) &&
           artifacts_open(&grader->sealed, grader->state, "sealed", 0700, 0400, why);
}

static void grader_empty(struct grader *grader)
{
    int *const held[] = { &grader->course_dir, &grader->state, &grader->scratch };
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        fd_scoped(held[i]);
    artifacts_close(&grader->artifacts);
    artifacts_close(&grader->sealed);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* What the walk has to know ahead: the first course, and which runs were cancelled. */
static bool look_ahead(struct walk *walk, struct fault *why)
{
    struct fates *fates = &walk->fates;
    size_t room = 0;
    struct event event = { .seq = 0 };
    for (bool found = true; found;) {
        scoped_arena arena = arena_open(NULL);
        const struct json *body;
        if (!inbox_next(walk->inbox, arena, event.seq, &event, &found, why))
            return false;
        bool course = found && !walk->first && str_is(event.kind, "course");
        if (!found || (!course && !str_is(event.kind, "cancel")) ||
            !json_parse(arena, event.body, &body, why))
            continue;
        if (course && !course_take(walk->grader, json_get(body, "files"), &walk->first, why))
            return false;
        if (course)
            continue;
        if (fates->cancelled_count == room) {
            fates->cancelled = arena_grow(walk->arena, fates->cancelled, room * ULID_TEXT,
                                          (room * 2 + 16) * ULID_TEXT);
            room = room * 2 + 16;
        }
        snprintf(fates->cancelled[fates->cancelled_count++], ULID_TEXT, "%s",
                 json_get_text(body, "run", "").at);
    }
    if (fates->cancelled_count)
        qsort(fates->cancelled, fates->cancelled_count, ULID_TEXT, by_id);
    return walk->first != NULL ||
           fault_set(why, BLAME_OPEN, "inbox.db names no version of the course");
}

static bool run_end(struct walk *walk, const char *run, struct fault *why)
{
    const struct receipt_link *link;
    walk->report->runs++;
    enum fate fate = fate_of(&walk->fates, run, &link);
    if (fate == FATE_SETTLED)
        return walk_settle(walk, link, why);
    walk->report->again += fate == FATE_AGAIN;
    return fate == FATE_LEFT || store_hold(walk->store, run, why);
}

/* A human's points outlive the receipt of the run that they were given to. */
static bool mark_keep(struct walk *walk, struct arena *arena, const struct event *event,
                      struct fault *why)
{
    const struct json *body;
    const struct receipt_link *link;
    if (!json_parse(arena, event->body, &body, why))
        return true;
    struct str run = json_get_text(body, "run", "");
    if (!ulid_check(run) || fate_of(&walk->fates, run.at, &link) != FATE_AGAIN)
        return true;
    struct store_marked mark = { .question = json_get_text(body, "question", "").at,
                                 .reason = json_get_text(body, "reason", "").at,
                                 .by = event->actor.at,
                                 .points = json_get_double(body, "points", 0) };
    return store_mark_ahead(walk->store, run.at, &mark, why);
}

/* Whoever pushed was looked at then; later looks that found nothing new are in no event. */
static bool look_keep(struct walk *walk, struct arena *arena, const struct event *event,
                      struct fault *why)
{
    const struct json *body;
    struct fault ignored;
    if (!str_is(event->actor, "poll") || !json_parse(arena, event->body, &body, &ignored))
        return true;
    struct store_look look = { .team = json_get_text(body, "team", ""),
                               .looked_ms = json_get_int(body, "looked_ms", event->at_ms) };
    return store_looked(walk->store, &look, 1, why);
}

static bool event_walk(struct walk *walk, struct arena *arena, const struct event *event,
                       struct fault *why)
{
    struct str run;
    if (str_is(event->kind, "batch")) {
        walk->report->events++;
        return batch_walk(walk, event, why);
    }
    if (!follow_one(walk->grader, walk->store, event, why)) {
        if (!str_is(event->kind, "course"))
            return false;
        complain(&walk->report->said, "inbox.db", 0,
                 "event %lld: that version of the course is not whole any more: %s",
                 (long long)event->seq, why->text);
        if (!store_skip(walk->store, event->seq, why))
            return false;
    }
    walk->report->events++;
    if (!store_event_run(walk->store, arena, event->seq, &run, why) ||
        (run.len && !run_end(walk, run.at, why)))
        return false;
    if (str_is(event->kind, "mark"))
        return mark_keep(walk, arena, event, why);
    return look_keep(walk, arena, event, why);
}

static bool events_walk(struct walk *walk, struct fault *why)
{
    struct event event = { .seq = 0 };
    for (;;) {
        scoped_arena arena = arena_open(NULL);
        bool found;
        int64_t seq = event.seq;
        if (!inbox_next(walk->inbox, arena, seq, &event, &found, why))
            return false;
        if (!found)
            return true;
        if (!event_walk(walk, arena, &event, why))
            return fault_within(why, "event %lld", (long long)event.seq);
    }
}

/* What the order of the runs' ends decides. */
static bool ends_walk(struct walk *walk, struct fault *why)
{
    size_t count;
    const struct receipt_link **links = fates_in_order(walk->arena, &walk->fates, &count);
    for (size_t i = 0; i < count; i++) {
        scoped_arena arena = arena_open(NULL);
        struct receipt_run run;
        char id[ULID_TEXT];
        snprintf(id, sizeof id, "%s", links[i]->file);
        if (str_is(links[i]->kind, "batch")) {
            if (!store_settle_batch(walk->store, id, links[i]->sha256, why))
                return false;
            continue;
        }
        if (!receipt_run_load(arena, walk->grader, id, &run, why) ||
            !store_settle_ladder(walk->store, &run.claim, &run.end, links[i]->sha256, why))
            return false;
    }
    return true;
}

static bool again_say(struct walk *walk, struct fault *why)
{
    const struct receipt_link *link;
    struct store_before *runs;
    size_t count;
    if (!store_let_go(walk->store, why) ||
        !store_before_runs(walk->store, walk->arena, &runs, &count, why))
        return false;
    for (size_t i = 0; i < count; i++)
        if (fate_of(&walk->fates, runs[i].run, &link) == FATE_AGAIN &&
            !store_say(walk->store, runs[i].run,
                       "The record of this run was damaged; it is graded again. It costs no try.",
                       why))
            return false;
    return true;
}

static bool boards_make(struct walk *walk, struct fault *why)
{
    const struct loaded *loaded = loaded_take(walk->grader->loaded);
    bool ok = true;
    for (size_t i = 0; ok && i < loaded->course.task_count; i++) {
        bool held;
        const struct course_task *task = &loaded->course.tasks[i];
        ok = board_rule_begin(loaded, walk->store, task, INT64_MAX, &held, why) &&
             board_make(walk->grader, loaded, walk->store, task, why);
    }
    loaded_give(walk->grader->loaded, loaded);
    return ok;
}

static bool all_walk(struct walk *walk, struct fault *why)
{
    struct grader *grader = walk->grader;
    /* a copy: a later version takes the place of the first, which goes */
    grader->course_id = str_zero(walk->arena, walk->first->course.id);
    grader->loaded = loaded_place_make(walk->first);
    return course_begin(grader, walk->first, walk->store, INT64_MAX, why) &&
           events_walk(walk, why) && batches_walk(walk, why) && again_say(walk, why) &&
           ends_walk(walk, why) &&
           (!walk->before || store_looks_copy(walk->before, walk->store, why)) &&
           boards_make(walk, why) && store_settle_file(walk->store, why);
}

/* ---- files ---- */

static void leftovers_remove(int state, const char *name)
{
    char path[64];
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(path, sizeof path, "%s%s", name, beside[i]);
        unlinkat(state, path, 0);
    }
}

/* By the time, and with a number behind it where another rebuild had the same second. */
static void name_kept(int state, int64_t now_ms, char out[64])
{
    char time[TIME_TEXT];
    clock_print(now_ms / 1000 * 1000, time);
    size_t len = (size_t)snprintf(out, 64, "store.db.before-");
    for (const char *at = time; *at && len + 1 < 64; at++)
        if (*at != ':' && *at != '-')
            out[len++] = *at;
    out[len] = 0;
    for (unsigned n = 2; n < 1000 && file_exists(state, out); n++)
        snprintf(out + len, 64 - len, "-%u", n);
}

/* The old one keeps its content under its new name: what its -wal holds goes with it. */
static bool old_aside(int state, const char *kept, struct fault *why)
{
    char wal[80];
    struct stat info;
    snprintf(wal, sizeof wal, "%s-wal", kept);
    if (linkat(state, "store.db", state, kept, 0) != 0)
        return errno == ENOENT || fault_errno(why, "%s", kept);
    bool empty = fstatat(state, "store.db-wal", &info, 0) != 0 || info.st_size == 0;
    if (!empty && renameat(state, "store.db-wal", state, wal) != 0)
        return fault_errno(why, "%s", wal);
    unlinkat(state, "store.db-wal", 0);
    unlinkat(state, "store.db-shm", 0);
    return true;
}

/* As the inbox is owned, so is the store. */
static bool owned_alike(int state, struct fault *why)
{
    struct stat inbox;
    if (fstatat(state, "inbox.db", &inbox, 0) != 0)
        return fault_errno(why, "inbox.db");
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char path[64];
        snprintf(path, sizeof path, NEW_NAME "%s", beside[i]);
        if (fchownat(state, path, inbox.st_uid, inbox.st_gid, 0) != 0 && geteuid() == 0)
            return fault_errno(why, "%s", path);
        if (fchmodat(state, path, 0640, 0) != 0)
            return fault_errno(why, "%s", path);
    }
    return true;
}

/* With its -wal and -shm, which who may only read it cannot make; the store itself last. */
static bool new_named(int state, struct fault *why)
{
    for (size_t i = sizeof beside / sizeof *beside; i-- > 0;) {
        char from[64], to[64];
        snprintf(from, sizeof from, NEW_NAME "%s", beside[i]);
        snprintf(to, sizeof to, "store.db%s", beside[i]);
        if (renameat(state, from, state, to) != 0)
            return fault_errno(why, "%s", to);
    }
    return fsync(state) == 0 || fault_errno(why, "store.db");
}

static bool put_in_place(struct walk *walk, struct fault *why)
{
    char kept[64];
    int state = walk->grader->state;
    bool was_there = file_exists(state, "store.db");
    name_kept(state, clock_utc_ms(&walk->grader->clock), kept);
    if (!owned_alike(state, why) || !old_aside(state, kept, why) || !new_named(state, why))
        return false;
    walk->report->kept = was_there ? str_zero(walk->report->said.arena, str_of(kept)) : "";
    return true;
}

static bool stores_open(struct walk *walk, const struct rebuild *how, struct fault *why)
{
    struct grader *grader = walk->grader;
    struct fault unread = { 0 };
    walk->inbox = inbox_open(grader->state_path, true, why);
    if (!walk->inbox)
        return false;
    if (!how->without && file_exists(grader->state, "store.db")) {
        walk->before = store_open(grader->state_path, true, &grader->clock, &unread);
        if (!walk->before)
            complain(&walk->report->said, "store.db", 0, "cannot be read (%s): made without it",
                     unread.text);
    }
    leftovers_remove(grader->state, NEW_NAME);
    walk->store = store_open_as(
        grader->state_path, &(struct store_file){ .name = NEW_NAME, .create = true, .loose = true },
        &grader->clock, why);
    return walk->store != NULL;
}

static bool rebuild(struct walk *walk, const struct rebuild *how, struct fault *why)
{
    if (!grader_fill(walk->grader, walk->arena, how->course, why) || !stores_open(walk, how, why))
        return false;
    struct fates_from from = { walk->grader, walk->before, walk->inbox };
    if (!look_ahead(walk, why) ||
        !fates_read(walk->arena, &from, &walk->fates, &walk->report->said, why) ||
        !all_walk(walk, why))
        return false;
    if (walk->before && !store_settle_file(walk->before, why)) /* its -wal is empty then */
        return false;
    store_close(walk->store);
    store_close(walk->before);
    walk->store = walk->before = NULL;
    return put_in_place(walk, why);
}

bool store_rebuild(const struct rebuild *how, struct rebuild_report *report, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct walk walk = { .arena = arena, .report = report };
    walk.grader = arena_new(arena, struct grader);
    walk.grader->course_dir = walk.grader->state = walk.grader->scratch = -1;
    walk.grader->artifacts.root = walk.grader->sealed.root = -1;
    bool ok = rebuild(&walk, how, why);
    store_close(walk.store);
    store_close(walk.before);
    inbox_close(walk.inbox);
    if (!ok && walk.grader->state >= 0)
        leftovers_remove(walk.grader->state, NEW_NAME);
    grader_empty(walk.grader);
    return ok;
}
