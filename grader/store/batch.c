/* The store: receipts, runs done again, and rescores. */
#include "grader/store/batch.h"
#include "grader/store/store_parts.h"

static bool text_find(struct row *row, struct arena *arena, struct str *out, struct fault *why)
{
    *out = S("");
    if (row_next(row, why))
        *out = row_text(row, 0, arena);
    return row_end(row, why);
}

bool store_receipt_head(struct store *store, struct arena *arena, struct str *out,
                        struct fault *why)
{
    return text_find(db_start(store->db, META_GET, "z", "receipt_head"), arena, out, why);
}

bool store_receipt_of(struct store *store, struct arena *arena, struct str sha256, struct str *out,
                      struct fault *why)
{
    return text_find(db_start(store->db, RECEIPT_OF, "t", sha256), arena, out, why);
}

static bool again_within(struct store *store, const struct store_again *again, const char *by,
                         bool *found, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str ended;
    if (!text_find(db_start(store->db, RUN_ENDED_WELL, "z", again->of_run), arena, &ended, why))
        return false;
    *found = ended.len > 0;
    if (*found && (!db_run(store->db, NULL, why, RUN_AGAIN, "zzizzi", again->run, again->of_run,
                           again->at_ms, again->purpose, again->batch, again->seq) ||
                   !audit_within(store, by, again->purpose, again->of_run, again->run, why)))
        return false;
    return !again->seq || seq_within(store, again->seq, why);
}

bool store_again_add(struct store *store, const struct store_again *again, const char *by,
                     bool *found, struct fault *why)
{
    *found = false;
    return db_begin(store->db, why) &&
           transaction_end(store, again_within(store, again, by, found, why), why);
}

bool store_again_ended(struct store *store, struct arena *arena, int64_t seq, struct run_end *out,
                       struct fault *why)
{
    *out = (struct run_end){ .run = S(""), .state = S("") };
    struct row *row = db_start(store->db, RUN_AGAIN_ENDED, "i", seq);
    if (row_next(row, why)) {
        if (row_int(row, 0))
            out->state = row_text(row, 1, arena);
        out->verdict = row_text(row, 2, arena);
        out->message = row_text(row, 3, arena);
        out->run = row_text(row, 4, arena);
    }
    return row_end(row, why);
}

bool store_version_files(struct store *store, struct arena *arena, const char *digest,
                         struct str *out, struct fault *why)
{
    return text_find(db_start(store->db, VERSION_FILES, "z", digest), arena, out, why) &&
           (out->len || fault_set(why, BLAME_SYSTEM, "version %.12s is not known", digest));
}

bool store_replayed_list(struct store *store, struct arena *arena, const char *run,
                         struct store_replayed **out, size_t *count, struct fault *why)
{
    size_t room = 64;
    *out = arena_array(arena, struct store_replayed, room);
    *count = 0;
    struct row *row = db_start(store->db, REPLAYED_LIST, "z", run);
    while (row_next(row, why)) {
        if (*count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        (*out)[(*count)++] = (struct store_replayed){
            .step = row_text(row, 0, arena).at,
            .seed_at = (int)row_int(row, 1),
            .name = row_text(row, 2, arena).at,
            .verdict = row_text(row, 3, arena).at,
            .before = row_text(row, 4, arena).at,
            .now = row_text(row, 5, arena).at,
            .cells = row_int(row, 6),
            .largest = row_double(row, 7),
        };
    }
    return row_end(row, why);
}

bool store_run_end(struct store *store, struct arena *arena, const char *run, struct run_end *out,
                   struct str *step, struct fault *why)
{
    *out = (struct run_end){ .run = S(""), .state = S("") };
    struct row *row = db_start(store->db, RUN_END_GET, "z", run);
    if (row_next(row, why)) {
        out->state = row_text(row, 0, arena);
        out->verdict = row_text(row, 1, arena);
        *step = row_text(row, 2, arena);
        out->message = row_text(row, 3, arena);
        out->run = row_text(row, 4, arena);
    }
    return row_end(row, why);
}
