/* The store: teams that are forgotten, and what their rows are. */
#include "grader/store/erase.h"
#include "grader/store/store_parts.h"

bool store_erase_add(struct store *store, const struct store_erase_asked *asked, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok =
        db_run(store->db, NULL, why, ERASURE_ADD, "izi", asked->seq, asked->team, asked->at_ms) &&
        db_run(store->db, NULL, why, ERASE_CANCEL, "zi", asked->team, asked->at_ms) &&
        audit_within(store, asked->by, "erase", "team", "", why) &&
        seq_within(store, asked->seq, why);
    return transaction_end(store, ok, why);
}

static bool erasure_take(struct row *row, struct arena *arena, struct store_erasure *out,
                         bool *found, struct fault *why)
{
    *found = row_next(row, why);
    if (*found)
        *out = (struct store_erasure){ .seq = row_int(row, 0),
                                       .team = row_text(row, 1, arena),
                                       .state = row_text(row, 2, arena),
                                       .message = row_text(row, 3, arena),
                                       .at_ms = row_int(row, 4) };
    return row_end(row, why);
}

bool store_erase_next(struct store *store, struct arena *arena, struct store_erasure *out,
                      bool *found, struct fault *why)
{
    return erasure_take(db_start(store->db, ERASURE_NEXT, ""), arena, out, found, why);
}

bool store_erase_find(struct store *store, struct arena *arena, int64_t seq,
                      struct store_erasure *out, bool *found, struct fault *why)
{
    return erasure_take(db_start(store->db, ERASURE_GET, "i", seq), arena, out, found, why);
}

bool store_erasing(struct store *store, struct str team, bool *erasing, struct fault *why)
{
    struct row *row = db_start(store->db, ERASURE_OF, "t", team);
    *erasing = row_next(row, why);
    return row_end(row, why);
}

bool store_erase_say(struct store *store, int64_t seq, const char *message, struct fault *why)
{
    return db_run(store->db, NULL, why, ERASURE_SAY, "iz", seq, message);
}

static bool texts_take(struct row *row, struct arena *arena, struct str **out, size_t *count,
                       struct fault *why)
{
    size_t room = 64;
    *out = arena_array(arena, struct str, room);
    *count = 0;
    while (row_next(row, why)) {
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        (*out)[(*count)++] = row_text(row, 0, arena);
    }
    return row_end(row, why);
}

bool store_erase_runs(struct store *store, struct arena *arena, const char *team, struct str **out,
                      size_t *count, struct fault *why)
{
    return texts_take(db_start(store->db, ERASE_RUN_LIST, "z", team), arena, out, count, why);
}

bool store_versions(struct store *store, struct arena *arena, struct str **out, size_t *count,
                    struct fault *why)
{
    return texts_take(db_start(store->db, VERSION_LIST, ""), arena, out, count, why);
}

bool store_erase_cache(struct store *store, const char *team, int64_t *bytes, struct fault *why)
{
    struct row *row = db_start(store->db, ERASE_CACHE_BYTES, "z", team);
    *bytes = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}

bool store_oldest_begun(struct store *store, int64_t *at_ms, struct fault *why)
{
    struct row *row = db_start(store->db, ERASE_OLDEST, "");
    *at_ms = row_next(row, why) ? row_int(row, 0) : 0;
    return row_end(row, why);
}

static bool sealed_within(struct store *store, const struct str *runs, size_t count,
                          struct fault *why)
{
    for (size_t i = 0; i < count; i++)
        for (size_t query = ERASE_PREDICTION; query <= ERASE_RECORD; query++)
            if (!db_run(store->sealed, NULL, why, query, "t", runs[i]))
                return false;
    return true;
}

static bool rows_within(struct store *store, const struct store_erasure *erasure, struct fault *why)
{
    for (size_t query = ERASE_COMPARISON; query <= ERASE_TEAM; query++)
        if (!db_run(store->db, NULL, why, query, "t", erasure->team))
            return false;
    return db_run(store->db, NULL, why, ERASURE_WIPING, "i", erasure->seq);
}

bool store_erase_rows(struct store *store, const struct store_erasure *erasure,
                      const struct str *runs, size_t count, struct fault *why)
{
    if (!db_begin(store->sealed, why))
        return false;
    if (!sealed_within(store, runs, count, why)) {
        db_rollback(store->sealed);
        return false;
    }
    return db_commit(store->sealed, why) && db_begin(store->db, why) &&
           transaction_end(store, rows_within(store, erasure, why), why);
}

bool store_erase_done(struct store *store, int64_t seq, struct fault *why)
{
    return db_run(store->db, NULL, why, ERASURE_DONE, "i", seq);
}

bool store_forget(struct store *store, struct fault *why)
{
    return db_forget(store->db, why) && db_forget(store->sealed, why);
}

static bool digests_tell(struct row *row, const struct store_digests *how, bool log,
                         struct fault *why)
{
    while (row_next(row, why)) {
        scoped_arena arena = arena_open(NULL);
        if (!how->skip || !how->skip(how->at, row_text(row, 0, arena), log))
            how->each(how->at, row_text(row, 1, arena));
    }
    return row_end(row, why);
}

bool store_digests(struct store *store, const struct store_digests *how, struct fault *why)
{
    struct row *versions = db_start(store->db, VERSION_LIST, "");
    while (row_next(versions, why)) {
        scoped_arena arena = arena_open(NULL);
        how->each(how->at, row_text(versions, 0, arena));
    }
    return row_end(versions, why) &&
           digests_tell(db_start(store->db, DIGESTS_OPEN, "z", how->team), how, true, why) &&
           digests_tell(db_start(store->db, DIGESTS_SEALED, "z", how->team), how, false, why) &&
           digests_tell(db_start(store->sealed, SEALED_DIGESTS, ""), how, false, why) &&
           digests_tell(db_start(store->sealed, SEALED_LOGS, ""), how, true, why);
}
