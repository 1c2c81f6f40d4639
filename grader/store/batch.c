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
