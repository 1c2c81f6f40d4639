/* The store: what is no longer kept, and what has to be. */
#include "grader/store/keep.h"
#include "grader/store/store_parts.h"

bool store_drop(struct store *store, const struct store_drop *drop, struct fault *why)
{
    if (!db_begin(store->db, why))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < drop->count; i++)
        ok = db_run(store->db, NULL, why, DROP_ADD, "tii", drop->runs[i], (int64_t)drop->files,
                    drop->at_ms) &&
             db_run(store->db, NULL, why, DROP_TAILS, "t", drop->runs[i]);
    return transaction_end(store, ok && seq_within(store, drop->seq, why), why);
}

bool store_dropped(struct store *store, const char *run, bool *dropped, struct fault *why)
{
    struct row *row = db_start(store->db, DROP_FIND, "z", run);
    *dropped = row_next(row, why) && row_int(row, 0) != 0;
    return row_end(row, why);
}

bool store_drops(struct store *store, void (*each)(void *at, struct str run, bool files), void *at,
                 struct fault *why)
{
    struct row *row = db_start(store->db, DROP_LIST, "");
    while (row_next(row, why)) {
        scoped_arena arena = arena_open(NULL);
        each(at, row_text(row, 0, arena), row_int(row, 1) != 0);
    }
    return row_end(row, why);
}

bool store_counting(struct store *store, void (*each)(void *at, struct str run), void *at,
                    struct fault *why)
{
    struct row *row = db_start(store->db, KEEP_COUNTS, "");
    while (row_next(row, why)) {
        scoped_arena arena = arena_open(NULL);
        each(at, row_text(row, 0, arena));
    }
    return row_end(row, why);
}

bool store_keep_older(struct store *store, struct arena *arena, int64_t before_ms, bool files,
                      struct str **out, size_t *count, struct fault *why)
{
    size_t room = 256;
    *out = arena_array(arena, struct str, room);
    *count = 0;
    struct row *row = db_start(store->db, KEEP_OLDER, "ii", before_ms, (int64_t)files);
    while (row_next(row, why)) {
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        (*out)[(*count)++] = row_text(row, 0, arena);
    }
    return row_end(row, why);
}

bool store_kept_put(struct store *store, int64_t files, int64_t bytes, struct fault *why)
{
    return db_run(store->db, NULL, why, KEPT_NOTE, "iii", files, bytes,
                  clock_utc_ms(&store->clock));
}
