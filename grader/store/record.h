/*
 * The store: the record of a rescore. All rows of a batch, those of the runs that were done again
 * for it included, as a JSON document that gives the same rows again, to the bit. The grader keeps
 * it in sealed/: in what a batch has computed are results that nobody has seen yet.
 */
#pragma once

#include "core/base/json.h"
#include "grader/store/store.h"

bool store_record_print(struct store *store, struct arena *arena, const char *batch,
                        struct str *out, struct fault *why);
/*
 * Put in place of what the store has of the batch; runs that were under way wait. Of runs that are
 * no longer there nothing is put back. BLAME_OPEN: it is no record of this batch.
 */
bool store_record_restore(struct store *store, const char *batch, const struct json *record,
                          struct fault *why);

/* ---- sealed.db: the records of batches that are ready or paused ---- */
/* sha256 NULL: it goes on, there is none. */
bool store_record_set(struct store *store, const char *batch, const char *sha256,
                      struct fault *why);
/* "": none. */
bool store_record_find(struct store *store, struct arena *arena, const char *batch, struct str *out,
                       struct fault *why);
