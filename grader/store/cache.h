/*
 * The store's side of the step cache: one row a kept step, by the digest of all that the step could
 * see. What it left is a directory beside the store: grader/cache.h.
 */
#pragma once

#include "grader/store/store.h"

struct store_cached {
    const char *key, *team, *kind;
    int seed_at;
    bool heldout;
    const char *run;    /* in which the step was really run */
    const char *result; /* digest of the entry's result.json */
    int64_t bytes;
};

bool store_cache_find(struct store *store, struct arena *arena, const char *key,
                      struct store_cached *out, bool *found, struct fault *why);
bool store_cache_put(struct store *store, const struct store_cached *row, struct fault *why);
/* It was used just now, once more. */
bool store_cache_use(struct store *store, const char *key, struct fault *why);
bool store_cache_drop(struct store *store, const char *key, struct fault *why);
bool store_cache_bytes(struct store *store, int64_t *bytes, struct fault *why);

struct store_cache_key {
    char key[SHA256_HEX];
    bool heldout;
};
/* Which one was used longest ago; of a team (not NULL): any of its. */
bool store_cache_oldest(struct store *store, const char *team, struct store_cache_key *out,
                        bool *found, struct fault *why);
/* All, by key. */
bool store_cache_keys(struct store *store, struct arena *arena, struct store_cache_key **out,
                      size_t *count, struct fault *why);

/* Was the run asked for with --no-cache? */
bool store_run_fresh(struct store *store, const char *run, bool *fresh, struct fault *why);
