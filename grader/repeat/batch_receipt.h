/*
 * What is left of a rescore that a store made anew needs: its record (grader/store/record.h) as an
 * artifact in sealed/, named by a receipt of the chain once the rescore is applied or discarded,
 * and by sealed.db while it is ready or paused.
 */
#pragma once

#include "grader/grader.h"
#include "grader/store/rescore.h"

#define RECORD_BYTES_MOST ((size_t)1 << 30)

/* Ready or paused: kept as it is now. */
bool batch_record_keep(const struct grader *grader, struct store *store, const char *batch,
                       struct fault *why);
/* Put back in place of what the store has of the batch. BLAME_OPEN: it does not hold. */
bool batch_record_restore(const struct grader *grader, struct store *store, const char *batch,
                          const char *sha256, struct fault *why);

/* The record that the batch's sealed row names, else its receipt; "" none. */
bool batch_record_find(const struct grader *grader, struct store *store, struct arena *arena,
                       const char *batch, struct str *out, struct fault *why);
/* Rows have been erased: records that still hold them are made anew, the old ones removed. */
bool batch_records_renew(const struct grader *grader, struct store *store, struct fault *why);

/* A decision that ends it, as the callback of store_batch_apply and store_batch_decide. */
struct batch_end {
    const struct grader *grader;
    struct store *store;
    const struct store_batch *batch;
    const char *state; /* applied discarded */
    struct str actor;
    int64_t at_ms, seq; /* of the event */
};
bool batch_receipt_save(void *batch_end, const char *head, char digest[SHA256_HEX],
                        struct fault *why);
