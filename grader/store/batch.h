/* The store: receipts, runs done again, and rescores. */
#pragma once

#include "grader/store/store.h"

/* ---- receipts ---- */
/* Digest of the newest receipt, "" when there is none yet. */
bool store_receipt_head(struct store *store, struct arena *arena, struct str *out,
                        struct fault *why);
/* The run or batch whose receipt has this digest; "" when none has. */
bool store_receipt_of(struct store *store, struct arena *arena, struct str sha256, struct str *out,
                      struct fault *why);
