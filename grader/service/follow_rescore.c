/* Events of repeating: replays, rescores and what is decided about them. */
#include "grader/board.h"
#include "grader/course/scoring.h"
#include "grader/repeat/batch_receipt.h"
#include "grader/repeat/rescore.h"
#include "grader/service/follow_parts.h"
#include "grader/store/board_rule.h"
#include "grader/store/record.h"

bool take_replay(const struct following *f, struct fault *why)
{
    struct str of = json_get_text(f->body, "run", "");
    char run[ULID_TEXT];
    bool found;
    if (!ulid_check(of))
        return fault_set(why, BLAME_OPEN, "event %lld is no replay", (long long)f->event->seq);
    ulid_from(f->event->at_ms, f->event->id, run);
    struct store_again again = { .run = run,
                                 .of_run = of.at,
                                 .purpose = "replay",
                                 .batch = "",
                                 .at_ms = f->event->at_ms,
                                 .seq = f->event->seq };
    return store_again_add(f->store, &again, f->event->actor.at, &found, why) &&
           (found || fault_set(why, BLAME_OPEN, "event %lld: run %s cannot be replayed",
                               (long long)f->event->seq, of.at));
}

static bool senseless(const struct following *f, const char *what, struct fault *why)
{
    return fault_set(why, BLAME_OPEN, "event %lld: %s", (long long)f->event->seq, what);
}

static struct str list_print(struct arena *arena, const struct json *wants)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_list(&out, NULL);
    for (size_t i = 0; wants && i < wants->count; i++) {
        json_open_map(&out, NULL);
        json_add_text(&out, "path", json_get_text(&wants->members[i], "path", ""));
        json_add_text(&out, "sha256", json_get_text(&wants->members[i], "sha256", ""));
        json_close_map(&out);
    }
    json_close_list(&out);
    return text_str(&text);
}

bool take_rescore(const struct following *f, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char id[ULID_TEXT];
    bool added;
    ulid_from(f->event->at_ms, f->event->id, id);
    struct store_batch batch = { .id = str_of(id),
                                 .task = json_get_text(f->body, "task", ""),
                                 .team = json_get_text(f->body, "team", ""),
                                 .since_ms = json_get_int(f->body, "since_ms", 0),
                                 .rerun = json_get_bool(f->body, "rerun", false),
                                 .actor = f->event->actor,
                                 .at_ms = f->event->at_ms,
                                 .wants = list_print(arena, json_get(f->body, "wants")) };
    if (!course_task_find(&f->loaded->course, batch.task))
        return senseless(f, "the course has no such task", why);
    return store_batch_add(f->store, &batch, f->event->seq, &added, why);
}

/* May it be applied? */
static bool apply_check(const struct following *f, const struct store_batch *batch,
                        const struct course_task *task, struct fault *why)
{
    struct store_batch_count count;
    int64_t left;
    if (!store_batch_count(f->store, batch->id.at, &count, why) ||
        !store_board_left(f->store, batch->id.at, &left, why))
        return false;
    if (!str_is(batch->state, "ready"))
        return senseless(f, "the rescore is not ready", why);
    if (!task || !str_is(batch->version, f->loaded->version.digest))
        return senseless(f, "the course has changed since the rescore was computed", why);
    if (count.trouble && !json_get_bool(f->body, "leave", false))
        return senseless(f, "some runs of the rescore could not be computed", why);
    return !left || senseless(f, "teams that are not in the rescore would leave the board", why);
}

static struct batch_end end_of(const struct following *f, const struct store_batch *batch,
                               const char *state)
{
    return (struct batch_end){ f->grader,       f->store,        batch,        state,
                               f->event->actor, f->event->at_ms, f->event->seq };
}

static bool apply(const struct following *f, const struct store_batch *batch, struct fault *why)
{
    const struct course_task *task = course_task_find(&f->loaded->course, batch->task);
    struct batch_end end = end_of(f, batch, "applied");
    char digest[SHA256_HEX];
    struct store_board_move board = { batch->task.at, digest, f->loaded->version.digest,
                                      f->loaded->course.board.release == COURSE_RELEASE_LADDER };
    struct store_batch_apply how = { .batch = batch,
                                     .board = &board,
                                     .by = f->event->actor.at,
                                     .at_ms = f->event->at_ms,
                                     .seq = f->event->seq,
                                     .receipt = batch_receipt_save,
                                     .receipt_at = &end };
    if (!apply_check(f, batch, task, why))
        return false;
    scoring_board_digest(f->loaded, task, digest);
    return store_batch_apply(f->store, &how, why) &&
           store_record_set(f->store, batch->id.at, NULL, why) &&
           board_make(f->grader, f->loaded, f->store, task, why);
}

/* What is ready or paused can be put back; what goes on is computed anew. */
static bool decide(const struct following *f, const struct store_batch *batch, const char *state,
                   struct fault *why)
{
    struct batch_end end = end_of(f, batch, state);
    bool paused = strcmp(state, "paused") == 0;
    struct store_batch_decision decision = { .batch = batch,
                                             .state = state,
                                             .by = f->event->actor.at,
                                             .at_ms = f->event->at_ms,
                                             .seq = f->event->seq,
                                             .receipt = batch_receipt_save,
                                             .receipt_at = &end };
    return store_record_set(f->store, batch->id.at, NULL, why) &&
           store_batch_decide(f->store, &decision, why) &&
           (!paused || batch_record_keep(f->grader, f->store, batch->id.at, why));
}

bool take_batch(const struct following *f, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str id = json_get_text(f->body, "batch", "");
    struct str action = json_get_text(f->body, "action", "");
    struct store_batch batch;
    bool found;
    if (!ulid_check(id))
        return senseless(f, "no rescore is named", why);
    if (!store_batch_find(f->store, arena, id.at, &batch, &found, why))
        return false;
    if (!found)
        return senseless(f, "there is no such rescore", why);
    if (str_is(action, "apply"))
        return apply(f, &batch, why);
    const char *state = rescore_state_after(action, batch.state);
    return state ? decide(f, &batch, state, why) : senseless(f, "the rescore is past that", why);
}
