/* The store's side of versions compared: whose turn it is, what is compared, what came out. */
#pragma once

#include "grader/store/store.h"

/* A team and a task whose comparisons are to be made anew. */
struct store_compare_due {
    struct str team, task;
    int64_t seq; /* of the newest reason; what comes later is a reason of its own */
};
bool store_compare_due(struct store *store, struct arena *arena, struct store_compare_due *out,
                       bool *found, struct fault *why);

struct store_compare_version {
    struct str run;
    double score; /* as released */
    bool pinned;
};
struct store_compare_of {
    struct str team, task;
    const char *scoring; /* only runs that were scored so */
    bool ladder;         /* only runs whose own value was released */
};
/* Newest first, at most 500. */
bool store_compare_versions(struct store *store, struct arena *arena,
                            const struct store_compare_of *of, struct store_compare_version **out,
                            size_t *count, struct fault *why);
/* Runs of the baselines that stand on the board, at most COMPARE_BASELINES_MOST. */
#define COMPARE_BASELINES_MOST 8
bool store_compare_baselines(struct store *store, struct arena *arena,
                             const struct store_compare_of *of,
                             struct str out[COMPARE_BASELINES_MOST], size_t *count,
                             struct fault *why);

struct store_comparison {
    struct str run, other;
    const char *verdict; /* better worse unclear unknown: of run */
};
/* All of a team and task in place of those before, and the turn is over: one transaction. */
bool store_compare_set(struct store *store, const struct store_compare_due *due,
                       const struct store_compare_of *of, const struct store_comparison *rows,
                       size_t count, struct fault *why);
