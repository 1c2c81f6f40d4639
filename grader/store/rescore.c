/* The store: rescores — computing beside the old results. */
#include "grader/store/rescore.h"
#include "grader/store/store_parts.h"
#include <math.h>
#include <stdio.h>

bool store_batch_add(struct store *store, const struct store_batch *batch, int64_t seq, bool *added,
                     struct fault *why)
{
    int64_t changes = 0;
    if (!db_begin(store->db, why))
        return false;
    bool ok =
        db_run(store->db, &changes, why, BATCH_ADD, "tttiitit", batch->id, batch->task, batch->team,
               batch->since_ms, (int64_t)batch->rerun, batch->actor, batch->at_ms, batch->wants) &&
        audit_within(store, batch->actor.at, "rescore", batch->id.at, batch->task.at, why) &&
        seq_within(store, seq, why);
    *added = changes > 0;
    return transaction_end(store, ok, why);
}

static struct store_batch batch_of(struct row *row, struct arena *arena)
{
    return (struct store_batch){ .id = row_text(row, 0, arena),
                                 .task = row_text(row, 1, arena),
                                 .team = row_text(row, 2, arena),
                                 .since_ms = row_int(row, 3),
                                 .rerun = row_int(row, 4) != 0,
                                 .actor = row_text(row, 5, arena),
                                 .at_ms = row_int(row, 6),
                                 .state = row_text(row, 7, arena),
                                 .wants = row_text(row, 8, arena),
                                 .version = row_text(row, 9, arena),
                                 .message = row_text(row, 10, arena),
                                 .ended_ms = row_int(row, 11) };
}

bool store_batch_find(struct store *store, struct arena *arena, const char *id,
                      struct store_batch *out, bool *found, struct fault *why)
{
    struct row *row = db_start(store->db, BATCH_GET, "z", id);
    *found = row_next(row, why);
    if (*found)
        *out = batch_of(row, arena);
    return row_end(row, why);
}

#define BATCHES_MOST 200

bool store_batch_list(struct store *store, struct arena *arena, const char *state,
                      struct store_batch **out, size_t *count, struct fault *why)
{
    *out = arena_array(arena, struct store_batch, BATCHES_MOST);
    *count = 0;
    struct row *row = db_start(store->db, BATCH_LIST, "z", state);
    while (*count < BATCHES_MOST && row_next(row, why))
        (*out)[(*count)++] = batch_of(row, arena);
    return row_end(row, why);
}

bool store_batch_message(struct store *store, const char *id, const char *message,
                         struct fault *why)
{
    return db_run(store->db, NULL, why, BATCH_MESSAGE, "zz", id, message);
}

static bool begin_within(struct store *store, const struct store_batch *batch, const char *version,
                         struct fault *why)
{
    struct db *db = store->db;
    const char *id = batch->id.at;
    return db_run(db, NULL, why, BATCH_CANCEL, "zi", id, clock_utc_ms(&store->clock)) &&
           db_run(db, NULL, why, BATCH_DROP_RUNS, "z", id) &&
           db_run(db, NULL, why, BATCH_DROP_FACTS, "zz", id, "") &&
           db_run(db, NULL, why, BATCH_DROP_POINTS, "zz", id, "") &&
           db_run(db, NULL, why, BATCH_DROP_LADDER, "z", id) &&
           db_run(db, NULL, why, BATCH_DROP_BOARD, "z", id) &&
           db_run(db, NULL, why, BATCH_VERSION, "zz", id, version);
}

bool store_batch_begin(struct store *store, const struct store_batch *batch, const char *version,
                       struct fault *why)
{
    return db_begin(store->db, why) &&
           transaction_end(store, begin_within(store, batch, version, why), why);
}

bool store_batch_fill(struct store *store, const struct store_batch *batch, bool all,
                      const char *scoring, struct fault *why)
{
    return db_run(store->db, NULL, why, BATCH_FILL, "tttiiz", batch->id, batch->task, batch->team,
                  batch->since_ms, (int64_t)all, scoring);
}

bool store_batch_count(struct store *store, const char *id, struct store_batch_count *out,
                       struct fault *why)
{
    *out = (struct store_batch_count){ 0 };
    struct row *row = db_start(store->db, BATCH_COUNT, "z", id);
    if (row_next(row, why))
        *out = (struct store_batch_count){ row_int(row, 0), row_int(row, 1), row_int(row, 2),
                                           row_int(row, 3), row_int(row, 4) };
    return row_end(row, why);
}

bool store_batch_next(struct store *store, struct arena *arena, const char *id, bool in_turn,
                      struct store_batch_item *out, bool *found, struct fault *why)
{
    struct row *row = db_start(store->db, BATCH_NEXT, "zi", id, (int64_t)in_turn);
    *found = row_next(row, why);
    if (*found)
        *out = (struct store_batch_item){ .run = row_text(row, 0, arena),
                                          .team = row_text(row, 1, arena),
                                          .again = row_text(row, 2, arena),
                                          .state = row_text(row, 3, arena),
                                          .verdict = row_text(row, 4, arena),
                                          .step = row_text(row, 5, arena),
                                          .message = row_text(row, 6, arena),
                                          .source = row_text(row, 8, arena),
                                          .version = row_text(row, 9, arena),
                                          .deliverable = row_text(row, 10, arena),
                                          .commit = row_text(row, 11, arena),
                                          .received_ms = row_int(row, 12) };
    return row_end(row, why);
}

bool store_batch_item_state(struct store *store, const char *id, const char *run, const char *state,
                            const char *again, const char *message, struct fault *why)
{
    return db_run(store->db, NULL, why, BATCH_RUN_STATE, "zzzzz", id, run, state, again, message);
}

bool store_batch_item_drop(struct store *store, const char *id, const char *run, struct fault *why)
{
    return db_run(store->db, NULL, why, BATCH_RUN_DROP, "zz", id, run);
}

bool store_batch_returned(struct store *store, const char *id, bool *found, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str run = S(""), state = S(""), message = S("");
    struct row *row = db_start(store->db, BATCH_RETURNED, "z", id);
    *found = row_next(row, why);
    if (*found) {
        run = row_text(row, 0, arena);
        state = row_text(row, 1, arena);
        message = row_text(row, 2, arena);
    }
    if (!row_end(row, why) || !*found)
        return !*found;
    bool ended = str_is(state, "done") || str_is(state, "failed_team");
    return db_run(store->db, NULL, why, BATCH_RETURN, "zzzt", id, run.at,
                  ended ? "waiting" : "trouble", message);
}

bool store_facts(struct store *store, struct arena *arena, const char *run, struct store_fact *out,
                 size_t most, size_t *count, struct fault *why)
{
    *count = 0;
    struct row *row = db_start(store->db, FACT_LIST, "z", run);
    while (*count < most && row_next(row, why))
        out[(*count)++] = (struct store_fact){ .name = row_text(row, 0, arena).at,
                                               .rows = row_text(row, 1, arena).at,
                                               .audience = row_text(row, 2, arena).at,
                                               .value = row_double(row, 3),
                                               .unit = row_text(row, 4, arena).at,
                                               .low = row_double(row, 5),
                                               .high = row_double(row, 6) };
    return row_end(row, why);
}

static bool findings_within(struct store *store, const struct store_batch_result *of,
                            struct fault *why)
{
    struct db *db = store->db;
    for (size_t i = 0; i < of->fact_count; i++) {
        const struct store_fact *fact = &of->facts[i];
        if (!db_run(db, NULL, why, BATCH_FACT_ADD, "zzzzzdzdd", of->batch, of->run, fact->name,
                    fact->rows, fact->audience, fact->value, fact->unit, fact->low, fact->high))
            return false;
    }
    for (size_t i = 0; i < of->point_count; i++) {
        const struct store_point *point = &of->points[i];
        if (!db_run(db, NULL, why, BATCH_POINT_ADD, "zzzizdzdzz", of->batch, of->run,
                    point->question, (int64_t)i, point->title, point->most, point->state,
                    point->points, point->reason, point->audience))
            return false;
    }
    for (size_t i = 0; i < of->ladder_count; i++) {
        const struct store_ladder *at = &of->ladder[i];
        if (!db_run(db, NULL, why, BATCH_LADDER_PUT, "zzzztddd", of->batch, of->team, at->metric,
                    of->board, at->run, at->score, at->low, at->high))
            return false;
    }
    return true;
}

static bool result_within(struct store *store, const struct store_batch_result *of,
                          struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct db *db = store->db;
    struct store_batch batch;
    bool found;
    if (!store_batch_find(store, arena, of->batch, &batch, &found, why))
        return false;
    if (!found || !str_is(batch.state, "computing") || !str_is(batch.version, of->version))
        return true;
    return db_run(db, NULL, why, BATCH_DROP_FACTS, "zz", of->batch, of->run) &&
           db_run(db, NULL, why, BATCH_DROP_POINTS, "zz", of->batch, of->run) &&
           findings_within(store, of, why) &&
           db_run(db, NULL, why, BATCH_FACT_OLD, "zz", of->batch, of->run) &&
           db_run(db, NULL, why, BATCH_POINT_OLD, "zz", of->batch, of->run) &&
           db_run(db, NULL, why, BATCH_POINT_KEEP, "zz", of->batch, of->run) &&
           db_run(db, NULL, why, BATCH_RUN_DONE, "zzzzzzzzdddzz", of->batch, of->run, of->message,
                  of->end_state, of->verdict, of->step, of->scoring, of->task_digest, of->score,
                  of->low, of->high, of->result, of->board);
}

bool store_batch_result(struct store *store, const struct store_batch_result *result,
                        struct fault *why)
{
    return db_begin(store->db, why) &&
           transaction_end(store, result_within(store, result, why), why);
}

bool store_batch_ladder_find(struct store *store, struct arena *arena, const char *batch,
                             const struct store_ladder_key *key, struct store_ladder *out,
                             bool *found, struct fault *why)
{
    struct row *row =
        db_start(store->db, BATCH_LADDER_GET, "ztzz", batch, key->team, key->metric, key->digest);
    *found = row_next(row, why);
    if (*found)
        *out = (struct store_ladder){ .metric = key->metric,
                                      .run = row_text(row, 0, arena),
                                      .score = row_double(row, 1),
                                      .low = row_double(row, 2),
                                      .high = row_double(row, 3) };
    return row_end(row, why);
}

bool store_batch_prediction_put(struct store *store, const char *batch, const char *run,
                                int seed_at, const char *sha256, struct fault *why)
{
    return db_run(store->sealed, NULL, why, BATCH_PREDICTION_PUT, "zziz", batch, run,
                  (int64_t)seed_at, sha256);
}

bool store_batch_predictions(struct store *store, struct arena *arena, const char *batch,
                             const char *run, struct str *out, size_t most, size_t *count,
                             struct fault *why)
{
    *count = 0;
    struct row *row = db_start(store->sealed, BATCH_PREDICTION_GET, "zz", batch, run);
    while (*count < most && row_next(row, why))
        out[(*count)++] = row_text(row, 1, arena);
    return row_end(row, why);
}

bool store_batch_value_put(struct store *store, const char *batch, const char *run,
                           const char *metric, const struct store_fact *value, const char *note,
                           struct fault *why)
{
    return db_run(store->sealed, NULL, why, BATCH_VALUE_PUT, "zzzzdddz", batch, run, metric,
                  value->rows, value->value, value->low, value->high, note);
}
