/* The store's side of retention: of which runs not everything is kept any more, and what counts. */
#pragma once

#include "grader/store/store.h"

struct store_drop {
    int64_t seq, at_ms; /* of the event */
    const struct str *runs;
    size_t count;
    bool files; /* files and predictions too; else logs alone */
};
bool store_drop(struct store *store, const struct store_drop *drop, struct fault *why);
/* Are the run's files and predictions no longer kept? */
bool store_dropped(struct store *store, const char *run, bool *dropped, struct fault *why);
/* Each run of which not everything is kept. */
bool store_drops(struct store *store, void (*each)(void *at, struct str run, bool files), void *at,
                 struct fault *why);
/* Each run that counts for something and stays whole. */
bool store_counting(struct store *store, void (*each)(void *at, struct str run), void *at,
                    struct fault *why);
/* Runs that ended before before_ms and have files (or logs) left, oldest first, 20,000 at most. */
bool store_keep_older(struct store *store, struct arena *arena, int64_t before_ms, bool files,
                      struct str **out, size_t *count, struct fault *why);
/* What the files came to at the last look. */
bool store_kept_put(struct store *store, int64_t files, int64_t bytes, struct fault *why);
