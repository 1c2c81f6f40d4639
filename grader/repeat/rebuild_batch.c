/* The rebuild: rescores, and the runs that were done again for them. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/course/scoring.h"
#include "grader/repeat/batch_receipt.h"
#include "grader/repeat/rebuild_parts.h"
#include "grader/repeat/rescore.h"
#include "grader/store/batch.h"
#include "grader/store/board_rule.h"
#include "grader/store/record.h"
#include <stdio.h>

bool walk_settle(struct walk *walk, const struct receipt_link *link, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct receipt_run run;
    char id[ULID_TEXT];
    snprintf(id, sizeof id, "%s", link->file);
    if (!receipt_run_load(arena, walk->grader, id, &run, why))
        return fault_within(why, "receipts/%s", link->file);
    walk->report->ended++;
    return store_settle(walk->store,
                        &(struct store_settled){ .claim = &run.claim,
                                                 .end = &run.end,
                                                 .steps = run.steps,
                                                 .step_count = run.step_count,
                                                 .receipt = link->sha256 },
                        why);
}

/* A decision, the event that it was made by, and the receipt that it may have left. */
struct deciding {
    struct walk *walk;
    const struct event *event;
    struct str action;
    struct store_batch batch;
    const struct receipt_link *link; /* that holds; NULL none */
    const struct json *receipt;
};

static bool digest_give(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    const struct receipt_link *link = at;
    (void)head;
    (void)why;
    memcpy(digest, link->sha256, SHA256_HEX);
    return true;
}

static bool decide(struct deciding *d, const char *state, struct fault *why)
{
    struct store_batch_decision how = { .batch = &d->batch,
                                        .state = state,
                                        .by = d->event->actor.at,
                                        .at_ms = d->event->at_ms,
                                        .seq = d->event->seq,
                                        .receipt = d->link ? digest_give : NULL,
                                        .receipt_at = (void *)(uintptr_t)d->link };
    return store_batch_decide(d->walk->store, &how, why);
}

/* With the course in force, as it was: else it had not been applied. */
static bool apply(struct deciding *d, struct fault *why)
{
    const struct loaded *loaded = loaded_take(d->walk->grader->loaded);
    const struct course_task *task = course_task_find(&loaded->course, d->batch.task);
    char digest[SHA256_HEX];
    struct store_board_move board = { d->batch.task.at, digest, loaded->version.digest,
                                      loaded->course.board.release == COURSE_RELEASE_LADDER };
    struct store_batch_apply how = { .batch = &d->batch,
                                     .board = &board,
                                     .by = d->event->actor.at,
                                     .at_ms = d->event->at_ms,
                                     .seq = d->event->seq,
                                     .receipt = digest_give,
                                     .receipt_at = (void *)(uintptr_t)d->link };
    if (task)
        scoring_board_digest(loaded, task, digest);
    bool ok = task ? store_batch_apply(d->walk->store, &how, why)
                   : fault_set(why, BLAME_OPEN, "the course has no task %s", d->batch.task.at);
    loaded_give(d->walk->grader->loaded, loaded);
    return ok;
}

/* Those after it go on without it. */
static bool lose(struct deciding *d, const char *text, struct fault *why)
{
    d->walk->report->rescores++;
    complain(&d->walk->report->said, "inbox.db", 0,
             "event %lld: the rescore %s cannot be put back (%s); its task is to be rescored anew: "
             "holdout rescore DIR start --task %s",
             (long long)d->event->seq, d->batch.id.at, text, d->batch.task.at);
    d->link = NULL;
    return decide(d, "discarded", why);
}

/* Was it this event that ended it? */
static bool is_of_event(const struct deciding *d)
{
    int64_t seq = json_get_int(d->receipt, "event", 0);
    return seq ? seq == d->event->seq
               : json_get_int(d->receipt, "recorded_ms", 0) == d->event->at_ms;
}

static bool end_restore(struct deciding *d, struct arena *arena, struct fault *why)
{
    struct walk *walk = d->walk;
    struct fault lost = { 0 };
    bool found;
    struct str record;
    const char *id = d->batch.id.at;
    if (!batch_record_find(walk->grader, walk->store, arena, id, &record, why))
        return false;
    if (!sha256_is_hex(record))
        return lose(d, "its receipt names no record", why);
    if (!batch_record_restore(walk->grader, walk->store, id, record.at, &lost)) {
        *why = lost;
        return lost.blame == BLAME_OPEN && lose(d, lost.text, why);
    }
    if (!store_batch_find(walk->store, arena, id, &d->batch, &found, why))
        return false;
    bool applied = str_is(json_get_text(d->receipt, "state", ""), "applied");
    return applied ? apply(d, why) : decide(d, "discarded", why);
}

/* One that ended without a receipt that holds: was it applied at all? */
static bool end_without(struct deciding *d, struct fault *why)
{
    struct walk *walk = d->walk;
    scoped_arena arena = arena_open(NULL);
    struct store_batch before;
    const struct receipt_link *link;
    bool found = false, damaged = fate_of(&walk->fates, d->batch.id.at, &link) == FATE_AGAIN;
    if (str_is(d->action, "discard"))
        return decide(d, "discarded", why);
    if (walk->before &&
        !store_batch_find(walk->before, arena, d->batch.id.at, &before, &found, why))
        return false;
    if (damaged || (found && str_is(before.state, "applied")))
        return lose(d, "its receipt does not hold", why);
    return store_skip(walk->store, d->event->seq, why);
}

static bool receipt_find(struct deciding *d, struct arena *arena, struct fault *why)
{
    struct str bytes;
    const struct receipt_link *link;
    if (fate_of(&d->walk->fates, d->batch.id.at, &link) != FATE_SETTLED)
        return true;
    const char *path = arena_print(arena, "receipts/%s", link->file);
    if (!file_load(arena, d->walk->grader->state, path, RECEIPT_BYTES_MOST, &bytes, why) ||
        !json_parse(arena, bytes, &d->receipt, why))
        return fault_within(why, "%s", path);
    d->link = link;
    return true;
}

bool batch_walk(struct walk *walk, const struct event *event, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct deciding d = { .walk = walk, .event = event };
    const struct json *body;
    struct fault ignored = { 0 };
    bool found = false;
    if (!json_parse(arena, event->body, &body, &ignored))
        return store_skip(walk->store, event->seq, why);
    struct str id = json_get_text(body, "batch", "");
    d.action = json_get_text(body, "action", "");
    if (ulid_check(id) && !store_batch_find(walk->store, arena, id.at, &d.batch, &found, why))
        return false;
    if (!found || d.batch.ended_ms)
        return store_skip(walk->store, event->seq, why);
    const char *state = rescore_state_after(d.action, d.batch.state);
    if (!str_is(d.action, "apply") && (!state || strcmp(state, "discarded") != 0))
        return state ? decide(&d, state, why) : store_skip(walk->store, event->seq, why);
    if (!receipt_find(&d, arena, why))
        return false;
    if (!d.link)
        return end_without(&d, why);
    return is_of_event(&d) ? end_restore(&d, arena, why) : store_skip(walk->store, event->seq, why);
}

/* Ready or paused ones are as they were; what was under way is computed again. */
static bool live_restore(struct walk *walk, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct store_batch *batches;
    size_t count;
    if (!store_batch_list(walk->store, arena, "", &batches, &count, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct str record;
        struct fault lost = { 0 };
        if (batches[i].ended_ms)
            continue;
        if (!store_record_find(walk->store, arena, batches[i].id.at, &record, why))
            return false;
        if (!record.len ||
            batch_record_restore(walk->grader, walk->store, batches[i].id.at, record.at, &lost))
            continue;
        *why = lost;
        if (lost.blame != BLAME_OPEN)
            return false;
        complain(&walk->report->said, "sealed.db", 0, "the rescore %s is computed again: %s",
                 batches[i].id.at, lost.text);
    }
    return true;
}

/* A run that was done again, whether a record names it or not. */
static bool again_restore(struct walk *walk, const struct receipt_link *link, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct receipt_run run;
    struct store_batch batch;
    char id[ULID_TEXT];
    bool found, added;
    snprintf(id, sizeof id, "%s", link->file);
    if (!receipt_run_load(arena, walk->grader, id, &run, why))
        return fault_within(why, "receipts/%s", link->file);
    if (!ulid_check(run.claim.batch) || !ulid_check(run.claim.of_run))
        return true;
    if (!store_batch_find(walk->store, arena, run.claim.batch.at, &batch, &found, why))
        return false;
    struct store_again again = { .run = id,
                                 .of_run = run.claim.of_run.at,
                                 .purpose = "rescore",
                                 .batch = run.claim.batch.at,
                                 .at_ms = batch.at_ms };
    if (!found)
        return true;
    return store_again_add(walk->store, &again, "rebuild", &added, why) &&
           (!added || walk_settle(walk, link, why));
}

bool batches_walk(struct walk *walk, struct fault *why)
{
    size_t count;
    const struct receipt_link **links = fates_in_order(walk->arena, &walk->fates, &count);
    if (!live_restore(walk, why))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_is(links[i]->kind, "rescore") && !again_restore(walk, links[i], why))
            return false;
    return true;
}
