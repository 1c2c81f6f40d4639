/* The store's rows of kept steps. */
#include "grader/store/cache.h"
#include "grader/store/store_parts.h"
#include <stdio.h>

bool store_cache_find(struct store *store, struct arena *arena, const char *key,
                      struct store_cached *out, bool *found, struct fault *why)
{
    *out = (struct store_cached){ .key = key };
    struct row *row = db_start(store->db, CACHE_GET, "z", key);
    *found = row_next(row, why);
    if (*found) {
        out->run = row_text(row, 0, arena).at;
        out->result = row_text(row, 1, arena).at;
        out->bytes = row_int(row, 2);
    }
    return row_end(row, why);
}

bool store_cache_put(struct store *store, const struct store_cached *row, struct fault *why)
{
    return db_run(store->db, NULL, why, CACHE_PUT, "zzziizzii", row->key, row->team, row->kind,
                  (int64_t)row->seed_at, (int64_t)row->heldout, row->run, row->result, row->bytes,
                  clock_utc_ms(&store->clock));
}

bool store_cache_use(struct store *store, const char *key, struct fault *why)
{
    return db_run(store->db, NULL, why, CACHE_USE, "zi", key, clock_utc_ms(&store->clock));
}

bool store_cache_drop(struct store *store, const char *key, struct fault *why)
{
    return db_run(store->db, NULL, why, CACHE_DROP, "z", key);
}

bool store_cache_bytes(struct store *store, int64_t *bytes, struct fault *why)
{
    *bytes = 0;
    struct row *row = db_start(store->db, CACHE_BYTES, "");
    if (row_next(row, why))
        *bytes = row_int(row, 0);
    return row_end(row, why);
}

static void key_take(struct row *row, struct store_cache_key *out)
{
    scoped_arena arena = arena_open(NULL);
    snprintf(out->key, sizeof out->key, "%s", row_text(row, 0, arena).at);
    out->heldout = row_int(row, 1) != 0;
}

bool store_cache_oldest(struct store *store, const char *team, struct store_cache_key *out,
                        bool *found, struct fault *why)
{
    struct row *row =
        team ? db_start(store->db, CACHE_TEAM, "z", team) : db_start(store->db, CACHE_OLDEST, "");
    *found = row_next(row, why);
    if (*found)
        key_take(row, out);
    return row_end(row, why);
}

bool store_cache_keys(struct store *store, struct arena *arena, struct store_cache_key **out,
                      size_t *count, struct fault *why)
{
    size_t room = 64;
    *out = arena_array(arena, struct store_cache_key, room);
    *count = 0;
    struct row *row = db_start(store->db, CACHE_KEYS, "");
    while (row_next(row, why)) {
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        key_take(row, &(*out)[(*count)++]);
    }
    return row_end(row, why);
}

bool store_run_fresh(struct store *store, const char *run, bool *fresh, struct fault *why)
{
    struct row *row = db_start(store->db, FRESH_GET, "z", run);
    *fresh = row_next(row, why);
    return row_end(row, why);
}
