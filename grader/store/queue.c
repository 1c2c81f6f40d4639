/* The store: the queue — claim, heartbeat, finish, release, sweep. */
#include "grader/store/store_parts.h"
#include <stdio.h>

/* no run waits longer for a time of its own: the clock was set back meanwhile */
#define DELAY_MOST_MS 120000
#define HELD_MOST_MS ((int64_t)26 * 3600000)

static bool claimed_load(struct store *store, struct arena *arena, struct claim *out,
                         struct fault *why)
{
    struct row *row = db_start(store->db, RUN_CLAIMED, "zz", out->run, out->fence);
    if (row_next(row, why)) {
        snprintf(out->submission, sizeof out->submission, "%s", row_text(row, 1, arena).at);
        out->attempt = row_int(row, 2);
        snprintf(out->version, sizeof out->version, "%s", row_text(row, 3, arena).at);
        out->team = row_text(row, 4, arena);
        out->task = row_text(row, 5, arena);
        out->deliverable = row_text(row, 6, arena);
        out->commit = row_text(row, 7, arena);
        out->ref = row_text(row, 8, arena);
        out->source = row_text(row, 9, arena);
        out->received_ms = row_int(row, 10);
        out->repository = row_text(row, 11, arena);
        out->created_ms = row_int(row, 12);
        out->purpose = row_text(row, 13, arena);
        out->of_run = row_text(row, 14, arena);
        out->batch = row_text(row, 15, arena);
    }
    return row_end(row, why);
}

/* The next class of what waits behind `after`; INT64_MAX: none. */
static bool class_next(struct store *store, int64_t after, int64_t *class, struct fault *why)
{
    struct row *row = db_start(store->db, RUN_CLASS, "i", after);
    *class = row_next(row, why) && !row_is_null(row, 0) ? row_int(row, 0) : INT64_MAX;
    return row_end(row, why);
}

/* Would one more leave a slot without re-scoring? With a single slot it comes when it comes. */
static bool rescoring_fits(struct store *store, const struct claiming *how, bool *fits,
                           struct fault *why)
{
    struct row *row = db_start(store->db, RUN_RESCORING, "i", (int64_t)PRIORITY_RESCORE);
    int64_t under_way = row_next(row, why) ? row_int(row, 0) : 0;
    *fits = how->slots < 2 || under_way + 2 <= how->slots;
    return row_end(row, why);
}

/* The run whose turn it is; run[0] 0: none. */
static bool turn_find(struct store *store, const struct claiming *how, char run[ULID_TEXT],
                      struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    int64_t now = clock_utc_ms(&store->clock), class = INT64_MIN;
    int64_t per_team = how->per_team > 1 ? how->per_team : 1;
    bool fits = true;
    run[0] = 0;
    while (fits && !run[0]) {
        if (!class_next(store, class, &class, why))
            return false;
        if (class == INT64_MAX)
            return true;
        if (class >= PRIORITY_RESCORE && !rescoring_fits(store, how, &fits, why))
            return false;
        struct row *row = db_start(store->db, RUN_NEXT, "iii", class, now, per_team);
        if (fits && row_next(row, why))
            snprintf(run, ULID_TEXT, "%s", row_text(row, 0, arena).at);
        if (!row_end(row, why))
            return false;
    }
    return true;
}

static bool claim_within(struct store *store, struct arena *arena, const struct claiming *how,
                         struct claim *out, struct fault *why)
{
    int64_t boot = clock_boot_ms(&store->clock), now = clock_utc_ms(&store->clock);
    snprintf(out->fence, sizeof out->fence, "%016llx%016llx", (unsigned long long)random_u64(),
             (unsigned long long)random_u64());
    if (!turn_find(store, how, out->run, why)) /* another worker may have been quicker */
        return false;
    if (!out->run[0])
        return true;
    out->started_ms = now;
    return db_run(store->db, NULL, why, RUN_CLAIM, "ziziizz", out->fence, boot + LEASE_MS,
                  store->boot_id, boot + how->deadline_ms, now, how->version, out->run) &&
           db_run(store->db, NULL, why, TEAM_SERVED, "zi", out->run, now) &&
           claimed_load(store, arena, out, why) &&
           audit_within(store, "grader", "claim", out->run, "", why);
}

bool store_claim(struct store *store, struct arena *arena, const struct claiming *how,
                 struct claim *out, struct fault *why)
{
    *out = (struct claim){ 0 };
    why->text[0] = 0;
    /* looking costs nobody the write lock */
    if (!turn_find(store, how, out->run, why) || !out->run[0] || !db_begin_soft(store->db, why))
        return false;
    return transaction_end(store, claim_within(store, arena, how, out, why), why) && out->run[0];
}

bool store_heartbeat(struct store *store, const struct claim *claim, bool *lost, struct fault *why)
{
    int64_t changes = 0;
    bool ok = db_run(store->db, &changes, why, RUN_HEARTBEAT, "zzi", claim->run, claim->fence,
                     clock_boot_ms(&store->clock) + LEASE_MS);
    *lost = ok && changes == 0;
    return ok;
}

bool store_state(struct store *store, const struct claim *claim, const char *state, bool *lost,
                 struct fault *why)
{
    int64_t changes = 0;
    bool ok = db_run(store->db, &changes, why, RUN_STATE, "zzz", claim->run, claim->fence, state);
    *lost = ok && changes == 0;
    return ok;
}

bool store_release(struct store *store, const struct claim *claim, const struct release *release,
                   struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    int64_t now = clock_utc_ms(&store->clock);
    bool ok = db_run(store->db, NULL, why, RUN_RELEASE, "zzizziz", claim->run, claim->fence,
                     now + release->delay_ms, release->message, release->detail,
                     (int64_t)release->waits, release->held ? release->held : "") &&
              db_run(store->db, NULL, why, RUN_GIVE_UP_ONE, "iiz", (int64_t)ATTEMPTS_MOST, now,
                     claim->run) &&
              audit_within(store, "grader", "release", claim->run, release->detail, why);
    return transaction_end(store, ok, why);
}

bool store_sweep(struct store *store, bool all, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    int64_t swept = 0, now = clock_utc_ms(&store->clock);
    bool ok = db_run(store->db, &swept, why, RUN_SWEEP, "zi", all ? "" : store->boot_id,
                     clock_boot_ms(&store->clock)) &&
              db_run(store->db, NULL, why, RUN_GIVE_UP, "ii", (int64_t)ATTEMPTS_MOST, now) &&
              db_run(store->db, NULL, why, RUN_AWAKE, "iii", now, now + DELAY_MOST_MS,
                     now + HELD_MOST_MS);
    char count[32];
    snprintf(count, sizeof count, "%lld", (long long)swept);
    ok = ok && (swept == 0 || audit_within(store, "grader", "sweep", "runs", count, why));
    return transaction_end(store, ok, why);
}

static bool end_read(struct row *row, struct arena *arena, struct run_end *out, struct fault *why)
{
    *out = (struct run_end){ .state = str_of("") };
    if (row_next(row, why)) {
        if (row_int(row, 0))
            out->state = row_text(row, 1, arena);
        out->verdict = row_text(row, 2, arena);
        out->message = row_text(row, 3, arena);
        out->run = row_text(row, 4, arena);
    }
    return row_end(row, why);
}

bool store_ended(struct store *store, struct arena *arena, int64_t seq, struct run_end *out,
                 struct fault *why)
{
    return end_read(db_start(store->db, RUN_ENDED, "i", seq), arena, out, why);
}

bool store_run_ended(struct store *store, struct arena *arena, const char *run, struct run_end *out,
                     struct fault *why)
{
    return end_read(db_start(store->db, RUN_END_OF, "z", run), arena, out, why);
}
