/* The store: steps while a run is under way, the transaction that ends it, the board. */
#include "grader/store/store_parts.h"
#include <math.h>

bool store_submission_task(struct store *store, const struct claim *claim, const char *task,
                           const char *deliverable, struct fault *why)
{
    return db_run(store->db, NULL, why, SUBMISSION_TASK, "zzzzz", claim->submission, task,
                  deliverable, claim->run, claim->fence);
}

bool store_steps_clear(struct store *store, const struct claim *claim, struct fault *why)
{
    return db_run(store->db, NULL, why, STEP_CLEAR, "zz", claim->run, claim->fence);
}

bool store_step(struct store *store, const struct claim *claim, const struct store_step *step,
                struct fault *why)
{
    return db_run(store->db, NULL, why, STEP_PUT, "zizizziiiiiizztzii", claim->run,
                  (int64_t)step->position, step->name, (int64_t)step->seed_at, step->state,
                  step->verdict, (int64_t)step->heldout, step->started_ms, step->ended_ms,
                  step->wall_us, step->cpu_us, step->memory_peak_bytes, step->message, step->log,
                  step->tail, claim->fence, claim->attempt, (int64_t)step->cached);
}

bool store_step_tail(struct store *store, const struct claim *claim, int position, struct str tail,
                     struct fault *why)
{
    return db_run(store->db, NULL, why, STEP_TAIL, "zitz", claim->run, (int64_t)position, tail,
                  claim->fence);
}

bool ladder_within(struct store *store, const struct claim *claim, const struct store_end *end,
                   const struct store_ladder *at, struct fault *why)
{
    return db_run(store->db, NULL, why, LADDER_PUT, "ztzztddd", end->task, claim->team, at->metric,
                  end->board, at->run, at->score, at->low, at->high);
}

bool found_within(struct store *store, const struct claim *claim, const struct store_end *end,
                  struct fault *why)
{
    struct db *db = store->db;
    if (!db_run(db, NULL, why, FACT_CLEAR, "z", claim->run) ||
        !db_run(db, NULL, why, POINT_CLEAR, "z", claim->run))
        return false;
    for (size_t i = 0; i < end->fact_count; i++) {
        const struct store_fact *fact = &end->facts[i];
        if (!db_run(db, NULL, why, FACT_ADD, "zzzzdzdd", claim->run, fact->name, fact->rows,
                    fact->audience, fact->value, fact->unit, fact->low, fact->high))
            return false;
    }
    for (size_t i = 0; i < end->point_count; i++) {
        const struct store_point *point = &end->points[i];
        if (!db_run(db, NULL, why, POINT_ADD, "zzizdzdzz", claim->run, point->question, (int64_t)i,
                    point->title, point->most, point->state, point->points, point->reason,
                    point->audience))
            return false;
    }
    for (size_t i = 0; i < end->ladder_count; i++)
        if (!ladder_within(store, claim, end, &end->ladder[i], why))
            return false;
    if (end->scoring && end->scoring[0] && !claim->purpose.len &&
        !db_run(db, NULL, why, SCORED_PUT, "zztzzzzz", claim->run, end->task, claim->team,
                end->scoring, end->task_digest, claim->version, "", end->board))
        return false;
    for (size_t i = 0; i < end->replayed_count; i++) {
        const struct store_replayed *at = &end->replayed[i];
        if (!db_run(db, NULL, why, REPLAYED_ADD, "zizizzzzid", claim->run, (int64_t)i, at->step,
                    (int64_t)at->seed_at, at->name, at->verdict, at->before, at->now, at->cells,
                    at->largest))
            return false;
    }
    return !end->released ||
           (db_run(db, NULL, why, RELEASE_ADD, "zztdddii", claim->run, end->task, claim->team,
                   end->score, end->low, end->high, claim->received_ms, end->ended_ms) &&
            db_run(db, NULL, why, BOARD_DUE_ADD, "z", end->task));
}

static bool head_load(struct store *store, char head[SHA256_HEX], struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    head[0] = 0;
    struct row *row = db_start(store->db, META_GET, "z", "receipt_head");
    if (row_next(row, why)) {
        struct str text = row_text(row, 0, arena);
        if (sha256_is_hex(text))
            memcpy(head, text.at, SHA256_HEX);
    }
    return row_end(row, why);
}

/* Of two runs of a team at once, the second to end has been compared with what no longer stands. */
static bool ladder_stands(struct store *store, const struct claim *claim,
                          const struct store_end *end, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < end->ladder_seen_count; i++) {
        const struct store_ladder_seen *seen = &end->ladder_seen[i];
        struct store_ladder_key key = { str_of(end->task), claim->team, seen->metric, end->board };
        struct store_ladder now;
        bool found;
        if (!store_ladder_find(store, arena, &key, &now, &found, why))
            return false;
        if (!str_equal(found ? now.run : S(""), seen->run))
            return fault_set(why, BLAME_PASSING,
                             "another run of this team ended meanwhile: compared with it again");
    }
    return true;
}

static bool finish_within(struct store *store, const struct claim *claim,
                          const struct store_end *end, bool *lost, struct fault *why)
{
    char head[SHA256_HEX], digest[SHA256_HEX];
    bool held_lost = false;
    if (!store_heartbeat(store, claim, &held_lost, why))
        return false;
    *lost = held_lost;
    if (held_lost)
        return false;
    int64_t changes = 0;
    if (!ladder_stands(store, claim, end, why) || !found_within(store, claim, end, why) ||
        !head_load(store, head, why) || !end->receipt(end->receipt_at, head, digest, why) ||
        !db_run(store->db, NULL, why, META_SET, "zz", "receipt_head", digest))
        return false;
    return db_run(store->db, &changes, why, RUN_FINISH, "zzzzzzziz", claim->run, claim->fence,
                  end->state, end->verdict, end->step, end->message, end->detail, end->ended_ms,
                  digest) &&
           audit_within(store, "grader", end->state, claim->run, end->verdict, why);
}

bool store_finish(struct store *store, const struct claim *claim, const struct store_end *end,
                  bool *lost, struct fault *why)
{
    *lost = false;
    if (!db_begin(store->db, why))
        return false;
    return transaction_end(store, finish_within(store, claim, end, lost, why), why) || *lost;
}

bool store_ladder_find(struct store *store, struct arena *arena, const struct store_ladder_key *key,
                       struct store_ladder *out, bool *found, struct fault *why)
{
    struct row *row =
        db_start(store->db, LADDER_GET, "ttzz", key->task, key->team, key->metric, key->digest);
    *found = row_next(row, why);
    if (*found)
        *out = (struct store_ladder){ .metric = key->metric,
                                      .run = row_text(row, 0, arena),
                                      .score = row_double(row, 1),
                                      .low = row_double(row, 2),
                                      .high = row_double(row, 3) };
    return row_end(row, why);
}

#define BOARD_MOST 100000

bool board_entries_read(struct row *row, struct arena *arena, struct board_entry **out,
                        size_t *count, struct fault *why)
{
    size_t room = 64;
    *out = arena_array(arena, struct board_entry, room);
    *count = 0;
    while (*count < BOARD_MOST && row_next(row, why)) {
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        (*out)[(*count)++] = (struct board_entry){
            .run = row_text(row, 0, arena),
            .team = row_text(row, 1, arena),
            .score = row_double(row, 2),
            .low = row_double(row, 3),
            .high = row_double(row, 4),
            .submitted_ms = row_int(row, 5),
            .commit = row_text(row, 6, arena),
            .baseline = row_int(row, 7) != 0,
            .entries = row_int(row, 8),
        };
    }
    return row_end(row, why);
}

bool store_board_source(struct store *store, struct arena *arena, const char *task,
                        struct board_entry **out, size_t *count, struct fault *why)
{
    return board_entries_read(db_start(store->db, BOARD_SOURCE, "z", task), arena, out, count, why);
}

/* As people see it; empty when nobody is told of changes. */
static bool board_print(struct store *store, struct arena *arena, const char *task, struct str *out,
                        struct fault *why)
{
    *out = S("");
    struct row *row = db_start(store->db, BOARD_PRINT, "z", task);
    if (row_next(row, why) && !row_is_null(row, 0))
        *out = row_text(row, 0, arena);
    return row_end(row, why);
}

bool store_board_set(struct store *store, const struct store_board *board, struct fault *why)
{
    const char *task = board->task;
    const struct board_entry *entries = board->entries;
    scoped_arena arena = arena_open(NULL);
    struct str before, after;
    if (!db_begin_soft(store->db, why)) /* it is made anew at each start */
        return false;
    bool ok = board_print(store, arena, task, &before, why) &&
              db_run(store->db, NULL, why, BOARD_CLEAR, "z", task) &&
              db_run(store->db, NULL, why, BOARD_MADE_PUT, "zz", task, board->source) &&
              db_run(store->db, NULL, why, BOARD_DUE_DONE, "zi", task, board->due_seq);
    for (size_t i = 0; ok && i < board->count; i++)
        ok = db_run(store->db, NULL, why, BOARD_ADD,
                    "zittiidddit"
                    "ii",
                    task, (int64_t)i + 1, entries[i].team, entries[i].run,
                    (int64_t)entries[i].rank_low, (int64_t)entries[i].rank_high, entries[i].score,
                    entries[i].low, entries[i].high, entries[i].submitted_ms, entries[i].commit,
                    entries[i].entries, (int64_t)entries[i].baseline);
    ok = ok && board_print(store, arena, task, &after, why) &&
         (str_equal(before, after) ||
          db_run(store->db, NULL, why, OUTBOX_BOARD, "zi", task, clock_utc_ms(&store->clock)));
    return transaction_end(store, ok, why);
}

bool store_board_due(struct store *store, const char *task, int64_t *seq, struct fault *why)
{
    struct row *row = db_start(store->db, BOARD_DUE_SEQ, "z", task);
    *seq = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}

bool store_board_due_done(struct store *store, const char *task, int64_t seq, struct fault *why)
{
    return seq == 0 || db_run(store->db, NULL, why, BOARD_DUE_DONE, "zi", task, seq);
}

bool store_board_is_made(struct store *store, const char *task, const char *source, bool *is,
                         struct fault *why)
{
    struct row *row = db_start(store->db, BOARD_MADE_GET, "zz", task, source);
    *is = row_next(row, why);
    return row_end(row, why);
}
