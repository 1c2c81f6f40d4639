/* The store: what is to be told to others. */
#include "grader/store/outbox.h"
#include "grader/store/store_parts.h"
#include <stdio.h>

static bool wishes_within(struct store *store, const struct outbox_wish *wishes, size_t count,
                          struct fault *why)
{
    if (!db_run(store->db, NULL, why, ANNOUNCE_CLEAR, ""))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!db_run(store->db, NULL, why, ANNOUNCE_ADD, "zz", wishes[i].event, wishes[i].target))
            return false;
    return true;
}

bool outbox_wishes_set(struct store *store, const struct outbox_wish *wishes, size_t count,
                       struct fault *why)
{
    return db_begin(store->db, why) &&
           transaction_end(store, wishes_within(store, wishes, count, why), why);
}

bool outbox_raw(struct store *store, struct arena *arena, size_t most, struct outbox_raw **out,
                size_t *count, struct fault *why)
{
    *out = arena_array(arena, struct outbox_raw, most);
    *count = 0;
    struct row *row = db_start(store->db, OUTBOX_RAW, "i", (int64_t)most);
    while (*count < most && row_next(row, why))
        (*out)[(*count)++] = (struct outbox_raw){
            .seq = row_int(row, 0),
            .id = row_text(row, 1, arena),
            .event = row_text(row, 2, arena),
            .target = row_text(row, 3, arena),
            .run = row_text(row, 4, arena),
            .run_state = row_text(row, 5, arena),
            .task = row_text(row, 6, arena),
            .created_ms = row_int(row, 7),
        };
    return row_end(row, why);
}

bool outbox_about(struct store *store, struct arena *arena, const char *run,
                  struct outbox_about *out, bool *found, struct fault *why)
{
    struct row *row = db_start(store->db, OUTBOX_ABOUT, "z", run);
    *found = row_next(row, why);
    if (*found)
        *out = (struct outbox_about){
            .team = row_text(row, 0, arena),
            .repository = row_text(row, 1, arena),
            .task = row_text(row, 2, arena),
            .deliverable = row_text(row, 3, arena),
            .commit = row_text(row, 4, arena),
            .ref = row_text(row, 5, arena),
            .verdict = row_text(row, 6, arena),
            .message = row_text(row, 7, arena),
            .score = row_double(row, 8),
            .low = row_double(row, 9),
            .high = row_double(row, 10),
            .metric = row_text(row, 11, arena),
            .digits = (int)row_int(row, 12),
            .newer = row_int(row, 13) != 0,
        };
    return row_end(row, why);
}

static bool write_within(struct store *store, const struct outbox_raw *raw,
                         const struct outbox_written *written, struct fault *why)
{
    if (!db_run(store->db, NULL, why, OUTBOX_WRITE, "izzzt", raw->seq, written->target,
                written->task, written->path, written->body))
        return false;
    return !str_is(raw->event, "status") ||
           db_run(store->db, NULL, why, OUTBOX_OLDER, "itzzz", raw->seq, raw->run, written->target,
                  written->path, written->task);
}

bool outbox_write(struct store *store, const struct outbox_raw *raw,
                  const struct outbox_written *written, struct fault *why)
{
    return db_begin(store->db, why) &&
           transaction_end(store, write_within(store, raw, written, why), why);
}

bool outbox_drop(struct store *store, int64_t seq, struct fault *why)
{
    return db_run(store->db, NULL, why, OUTBOX_DROP, "i", seq);
}

bool outbox_due(struct store *store, struct arena *arena, struct outbox_turn *turn,
                struct outbox_row **out, size_t *count, struct fault *why)
{
    int64_t now_ms = clock_utc_ms(&store->clock);
    *out = arena_array(arena, struct outbox_row, turn->most);
    *count = 0;
    struct row *row =
        db_start(store->db, OUTBOX_DUE_FIRST, "iiz", now_ms, (int64_t)turn->status, turn->target);
    bool any = row_next(row, why);
    if (any) {
        turn->status = row_int(row, 0) != 0;
        snprintf(turn->target, sizeof turn->target, "%s", row_text(row, 1, arena).at);
    }
    if (!row_end(row, why))
        return false;
    if (!any)
        return true;
    row = db_start(store->db, OUTBOX_DUE, "iizi", now_ms, (int64_t)turn->status, turn->target,
                   (int64_t)turn->most);
    while (*count < turn->most && row_next(row, why))
        (*out)[(*count)++] = (struct outbox_row){
            .seq = row_int(row, 0),
            .id = row_text(row, 1, arena),
            .event = row_text(row, 2, arena),
            .target = row_text(row, 3, arena),
            .run = row_text(row, 4, arena),
            .path = row_text(row, 5, arena),
            .body = row_text(row, 6, arena),
            .attempts = row_int(row, 7),
            .created_ms = row_int(row, 8),
        };
    return row_end(row, why);
}

bool outbox_sent(struct store *store, int64_t seq, struct fault *why)
{
    return db_run(store->db, NULL, why, OUTBOX_SENT, "ii", seq, clock_utc_ms(&store->clock));
}

bool outbox_again(struct store *store, int64_t seq, int64_t next_ms, const char *error,
                  struct fault *why)
{
    return db_run(store->db, NULL, why, OUTBOX_AGAIN, "iiz", seq, next_ms, error);
}

bool outbox_dead(struct store *store, int64_t seq, const char *error, struct fault *why)
{
    return db_run(store->db, NULL, why, OUTBOX_DEAD, "iiz", seq, clock_utc_ms(&store->clock),
                  error);
}

bool outbox_hold(struct store *store, const struct outbox_row *row, int64_t until_ms,
                 struct fault *why)
{
    return db_run(store->db, NULL, why, OUTBOX_HOLD, "iti", (int64_t)str_is(row->event, "status"),
                  row->target, until_ms);
}

bool outbox_retry(struct store *store, int64_t seq, const char *id, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok = db_run(store->db, NULL, why, OUTBOX_RETRY, "z", id) &&
              audit_within(store, "grader", "retry", "outbox", id, why) &&
              seq_within(store, seq, why);
    return transaction_end(store, ok, why);
}

bool outbox_tidy(struct store *store, int64_t sent_before_ms, int64_t dead_before_ms,
                 struct fault *why)
{
    return db_run(store->db, NULL, why, OUTBOX_TIDY, "ii", sent_before_ms, dead_before_ms);
}
