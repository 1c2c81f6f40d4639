/* The store: rescores — boards beside each other, applying, discarding, showing. */
#include "grader/store/board_rule.h"
#include "grader/store/rescore.h"
#include "grader/store/store_parts.h"

#define NEVER_MS ((int64_t)1 << 60)

static bool ready_within(struct store *store, const struct store_batch *batch,
                         const struct board_entry *entries, size_t count, struct fault *why)
{
    const char *id = batch->id.at;
    bool ok = db_run(store->db, NULL, why, BATCH_DROP_BOARD, "z", id) &&
              db_run(store->db, NULL, why, BATCH_BOARD_OLD, "zt", id, batch->task);
    for (size_t i = 0; ok && i < count; i++)
        ok = db_run(store->db, NULL, why, BATCH_BOARD_ADD, "zittiidddi", id, (int64_t)i + 1,
                    entries[i].team, entries[i].run, (int64_t)entries[i].rank_low,
                    (int64_t)entries[i].rank_high, entries[i].score, entries[i].low,
                    entries[i].high, (int64_t)entries[i].baseline);
    return ok;
}

bool store_batch_ready(struct store *store, const struct store_batch *batch,
                       const struct board_entry *entries, size_t count, const char *message,
                       struct fault *why)
{
    int64_t changes = 0;
    if (!db_begin(store->db, why))
        return false;
    bool ok =
        ready_within(store, batch, entries, count, why) &&
        db_run(store->db, &changes, why, BATCH_READY, "zzt", batch->id.at, message, batch->version);
    return transaction_end(store, ok, why);
}

bool store_batch_board_source(struct store *store, struct arena *arena, const char *task,
                              const char *batch, struct board_entry **out, size_t *count,
                              struct fault *why)
{
    return board_entries_read(db_start(store->db, BATCH_BOARD_SOURCE, "zz", task, batch), arena,
                              out, count, why);
}

static bool runs_decide(struct store *store, const char *id, const char *state, int64_t at_ms,
                        struct fault *why)
{
    if (strcmp(state, "discarded") == 0)
        return db_run(store->db, NULL, why, BATCH_CANCEL, "zi", id, at_ms);
    if (strcmp(state, "computing") == 0 && /* what was in trouble is tried again */
        (!db_run(store->db, NULL, why, BATCH_RETRY_RUNS, "z", id) ||
         !db_run(store->db, NULL, why, BATCH_RETRY, "z", id)))
        return false;
    return db_run(store->db, NULL, why, BATCH_HOLD, "zi", id,
                  strcmp(state, "paused") == 0 ? NEVER_MS : (int64_t)0);
}

static bool head_load(struct store *store, char head[SHA256_HEX], struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str text;
    head[0] = 0;
    if (!store_receipt_head(store, arena, &text, why))
        return false;
    if (sha256_is_hex(text))
        memcpy(head, text.at, SHA256_HEX);
    return true;
}

static bool receipt_within(struct store *store, const char *id,
                           bool (*receipt)(void *at, const char *head, char digest[SHA256_HEX],
                                           struct fault *why),
                           void *receipt_at, struct fault *why)
{
    char head[SHA256_HEX], digest[SHA256_HEX];
    return head_load(store, head, why) && receipt(receipt_at, head, digest, why) &&
           db_run(store->db, NULL, why, META_SET, "zz", "receipt_head", digest) &&
           db_run(store->db, NULL, why, BATCH_RECEIPT, "zz", id, digest);
}

bool store_batch_decide(struct store *store, const struct store_batch_decision *how,
                        struct fault *why)
{
    const char *id = how->batch->id.at;
    if (!db_begin(store->db, why))
        return false;
    bool ended = strcmp(how->state, "discarded") == 0;
    bool ok = db_run(store->db, NULL, why, BATCH_STATE, "zzzi", id, how->state, "",
                     ended ? how->at_ms : (int64_t)0) &&
              runs_decide(store, id, how->state, how->at_ms, why) &&
              (!ended || !how->receipt ||
               receipt_within(store, id, how->receipt, how->receipt_at, why)) &&
              audit_within(store, how->by, how->state, id, "", why) &&
              seq_within(store, how->seq, why);
    return transaction_end(store, ok, why);
}

/* In this order: a mark that came meanwhile stays; what was there is kept beside. */
static bool results_within(struct store *store, const struct store_batch_apply *apply,
                           struct fault *why)
{
    struct db *db = store->db;
    const char *id = apply->batch->id.at;
    struct str task = apply->batch->task;
    return db_run(db, NULL, why, BATCH_POINT_KEEP, "zz", id, "") &&
           db_run(db, NULL, why, APPLY_FACTS_CLEAR, "z", id) &&
           db_run(db, NULL, why, APPLY_FACTS, "z", id) &&
           db_run(db, NULL, why, APPLY_POINTS_CLEAR, "z", id) &&
           db_run(db, NULL, why, APPLY_POINTS, "z", id) &&
           db_run(db, NULL, why, APPLY_RELEASE_CLEAR, "z", id) &&
           db_run(db, NULL, why, APPLY_RELEASE, "zti", id, task, apply->at_ms) &&
           db_run(db, NULL, why, APPLY_LADDER_CLEAR, "zt", id, task) &&
           db_run(db, NULL, why, APPLY_LADDER, "zt", id, task) &&
           db_run(db, NULL, why, APPLY_SCORED, "ztt", id, task, apply->batch->version) &&
           db_run(db, NULL, why, APPLY_RUNS, "z", id) &&
           db_run(db, NULL, why, BOARD_MADE_DROP, "t", task) &&
           store_board_move(store, apply->board, why);
}

static bool apply_within(struct store *store, const struct store_batch_apply *apply,
                         struct fault *why)
{
    const char *id = apply->batch->id.at;
    return results_within(store, apply, why) &&
           receipt_within(store, id, apply->receipt, apply->receipt_at, why) &&
           db_run(store->db, NULL, why, BATCH_STATE, "zzzi", id, "applied", "", apply->at_ms) &&
           audit_within(store, apply->by, "apply", id, apply->batch->task.at, why) &&
           seq_within(store, apply->seq, why);
}

bool store_batch_apply(struct store *store, const struct store_batch_apply *apply,
                       struct fault *why)
{
    return db_begin(store->db, why) && transaction_end(store, apply_within(store, apply, why), why);
}

bool store_batch_rows(struct store *store, struct arena *arena, const char *id,
                      struct store_batch_row **out, size_t *count, struct fault *why)
{
    size_t room = 64;
    *out = arena_array(arena, struct store_batch_row, room);
    *count = 0;
    struct row *row = db_start(store->db, BATCH_RUNS, "z", id);
    while (row_next(row, why)) {
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        (*out)[(*count)++] = (struct store_batch_row){
            .run = row_text(row, 0, arena),
            .team = row_text(row, 1, arena),
            .state = row_text(row, 2, arena),
            .again = row_text(row, 3, arena),
            .message = row_text(row, 4, arena),
            .score = row_double(row, 5),
            .old_score = row_double(row, 6),
            .result = row_text(row, 7, arena),
            .old_points = row_double(row, 8),
            .points = row_double(row, 9),
        };
    }
    return row_end(row, why);
}

bool store_batch_places(struct store *store, struct arena *arena, const char *id,
                        struct store_batch_place **out, size_t *count, struct fault *why)
{
    size_t room = 64;
    *out = arena_array(arena, struct store_batch_place, room);
    *count = 0;
    struct row *row = db_start(store->db, BATCH_BOARD_LIST, "z", id);
    while (row_next(row, why)) {
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        (*out)[(*count)++] = (struct store_batch_place){
            .team = row_text(row, 0, arena),
            .baseline = row_int(row, 1) != 0,
            .old_low = row_int(row, 2),
            .old_high = row_int(row, 3),
            .old_score = row_double(row, 4),
            .low = row_int(row, 5),
            .high = row_int(row, 6),
            .score = row_double(row, 7),
            .old_points = row_double(row, 8),
            .points = row_double(row, 9),
            .run = row_text(row, 10, arena),
        };
    }
    return row_end(row, why);
}

bool store_scoring_put(struct store *store, const char *task, const char *digest, const char *board,
                       struct fault *why)
{
    return db_run(store->db, NULL, why, SCORING_PUT, "zzz", task, digest, board);
}

bool store_outdated(struct store *store, const char *task, int64_t *count, struct fault *why)
{
    *count = 0;
    struct row *row = db_start(store->db, OUTDATED, "z", task);
    if (row_next(row, why))
        *count = row_int(row, 0);
    return row_end(row, why);
}

bool store_scored_find(struct store *store, struct arena *arena, const char *run,
                       struct store_scored *out, bool *found, struct fault *why)
{
    struct row *row = db_start(store->db, SCORED_GET, "z", run);
    *found = row_next(row, why);
    if (*found)
        *out = (struct store_scored){ row_text(row, 0, arena), row_text(row, 1, arena),
                                      row_text(row, 2, arena), row_text(row, 3, arena) };
    return row_end(row, why);
}

bool store_board_run(struct store *store, struct arena *arena, const char *task, const char *team,
                     struct str *out, struct fault *why)
{
    *out = S("");
    struct row *row = db_start(store->db, BOARD_RUN, "zz", task, team);
    if (row_next(row, why))
        *out = row_text(row, 0, arena);
    return row_end(row, why);
}
