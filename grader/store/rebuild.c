/* The store: what a rebuild writes that no event does, and reads of the store before. */
#include "grader/store/rebuild.h"
#include "grader/store/rescore.h"
#include "grader/store/store_parts.h"
#include <stdio.h>

static bool settle_within(struct store *store, const struct store_settled *run, struct fault *why)
{
    struct db *db = store->db;
    const struct claim *claim = run->claim;
    const struct store_end *end = run->end;
    struct store_end found = *end;
    found.ladder_count = 0;
    if (!db_run(db, NULL, why, SETTLE_RUN, "zzzzzziiziz", claim->run, end->state, end->verdict,
                end->step, end->message, end->detail, claim->started_ms, end->ended_ms,
                claim->version, claim->attempt, run->receipt) ||
        !db_run(db, NULL, why, SETTLE_SUBMISSION, "ztt", claim->run, claim->task,
                claim->deliverable) ||
        !db_run(db, NULL, why, SETTLE_SERVED, "zi", claim->run, claim->started_ms) ||
        !found_within(store, claim, &found, why))
        return false;
    for (size_t i = 0; i < run->step_count; i++)
        if (!store_step(store, claim, &run->steps[i], why))
            return false;
    return audit_within(store, "rebuild", end->state, claim->run, end->verdict, why);
}

bool store_settle(struct store *store, const struct store_settled *run, struct fault *why)
{
    return db_begin(store->db, why) && transaction_end(store, settle_within(store, run, why), why);
}

bool store_settle_ladder(struct store *store, const struct claim *claim,
                         const struct store_end *end, const char *head, struct fault *why)
{
    for (size_t i = 0; i < end->ladder_count; i++)
        if (!ladder_within(store, claim, end, &end->ladder[i], why))
            return false;
    return db_run(store->db, NULL, why, META_SET, "zz", "receipt_head", head);
}

bool store_settle_batch(struct store *store, const char *batch, const char *head, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct db *db = store->db;
    struct store_batch found;
    bool is;
    if (!store_batch_find(store, arena, batch, &found, &is, why))
        return false;
    if (is && str_is(found.state, "applied") &&
        (!db_run(db, NULL, why, APPLY_LADDER_CLEAR, "zt", batch, found.task) ||
         !db_run(db, NULL, why, APPLY_LADDER, "zt", batch, found.task)))
        return false;
    return db_run(db, NULL, why, META_SET, "zz", "receipt_head", head);
}

bool store_event_run(struct store *store, struct arena *arena, int64_t seq, struct str *out,
                     struct fault *why)
{
    struct row *row = db_start(store->db, EVENT_RUN, "i", seq);
    *out = row_next(row, why) ? row_text(row, 0, arena) : S("");
    return row_end(row, why);
}

bool store_hold(struct store *store, const char *run, struct fault *why)
{
    return db_run(store->db, NULL, why, HOLD_RUN, "z", run);
}

bool store_let_go(struct store *store, struct fault *why)
{
    return db_run(store->db, NULL, why, LET_GO, "");
}

bool store_say(struct store *store, const char *run, const char *message, struct fault *why)
{
    return db_run(store->db, NULL, why, RUN_SAY, "zz", run, message);
}

bool store_mark_ahead(struct store *store, const char *run, const struct store_marked *mark,
                      struct fault *why)
{
    return db_run(store->db, NULL, why, MARK_AHEAD, "zzdzz", run, mark->question, mark->points,
                  mark->reason, mark->by);
}

bool store_version_noted(struct store *store, const char *digest, int64_t at_ms, struct fault *why)
{
    return db_run(store->db, NULL, why, VERSION_NOTED, "zi", digest, at_ms);
}

bool store_before_runs(struct store *before, struct arena *arena, struct store_before **out,
                       size_t *count, struct fault *why)
{
    size_t room = 256;
    *out = arena_array(arena, struct store_before, room);
    *count = 0;
    struct row *row = db_start(before->db, BEFORE_RUNS, "");
    while (row_next(row, why)) {
        scoped_arena own = arena_open(NULL);
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        struct store_before *run = &(*out)[(*count)++];
        snprintf(run->run, sizeof run->run, "%s", row_text(row, 0, own).at);
        snprintf(run->receipt, sizeof run->receipt, "%s", row_text(row, 1, own).at);
        run->waits = row_int(row, 2) != 0;
    }
    return row_end(row, why);
}

bool store_looks_copy(struct store *before, struct store *store, struct fault *why)
{
    bool ok = db_begin(store->db, why);
    struct row *row = db_start(before->db, BEFORE_LOOKS, "");
    while (ok && row_next(row, why)) {
        scoped_arena arena = arena_open(NULL);
        struct str team = row_text(row, 0, arena), seen = row_text(row, 5, arena);
        ok = db_run(store->db, NULL, why, LOOK_COPY, "tttii", team, row_text(row, 1, arena),
                    row_text(row, 2, arena), row_int(row, 3), row_int(row, 4)) &&
             (!seen.len || db_run(store->db, NULL, why, INTAKE_SEEN, "tt", team, seen));
    }
    return transaction_end(store, row_end(row, why) && ok, why);
}

bool store_settle_file(struct store *store, struct fault *why)
{
    return db_settle(store->db, why);
}
