/*
 * Rank ranges: all pairs of contenders are tested on the same rows, the p-values adjusted (Holm
 * 1979) at 5 %, and each contender's rank is between 1 + the number that are significantly better
 * and K - the number that are significantly worse. Tests: core/eval/paired.h.
 *
 * The same in other words: clusters (a line between two places where everybody above is
 * significantly better than everybody below) and letters (two contenders share one if and only if
 * they are not significantly different; insert and absorb, Piepho 2004).
 */
#pragma once

#include "core/eval/metrics.h"

struct rank {
    size_t place;     /* 0 best by value; ties in the order given */
    size_t low, high; /* 1..K */
    double value;
    size_t cluster;      /* 1 is the best one */
    const char *letters; /* "a", "bc"; the 27th is "a1"; "" where there would be too many */
};

struct ranks {
    size_t count;
    struct rank *at;   /* [count] in the order given */
    double *p;         /* [count * count] adjusted, symmetric, 1 on the diagonal */
    const char **test; /* [count * count] which test: "mcnemar_exact" ... */
};

/*
 * rows[count]: the contenders' predictions beside the same truth (asserted: n and kind). A
 * contender whose value is NAN ranks behind all that have one.
 * O(count^2 n) and, for metrics that are no mean of losses, O(count n) for each of 1000 resamples.
 */
void ranks_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                size_t count, const struct metric_options *options, struct ranks *out);

/*
 * The same ranges from tests that were made before: p[count * count] as pair_test gives them,
 * symmetric, and value[count]. Fills low and high.
 */
void ranks_from_tests(struct arena *arena, const struct metric *metric, const double *p,
                      const double *value, size_t count, struct rank *out);

/*
 * Rank ranges from who is significantly better: better[i * count + j] says that i is better than
 * j. Fills low and high.
 */
void rank_ranges(const bool *better, size_t count, struct rank *out);

/* Fills place from value: the best first, ties in the order given, NAN last. O(count^2). */
void rank_places(const struct metric *metric, struct rank *at, size_t count);

/* Fills cluster from better and place. O(count^2). */
void rank_clusters(const bool *better, size_t count, struct rank *out);

/* Fills letters from better and place; "" for all when more than 4 count + 64 sets are needed. */
void rank_letters(struct arena *arena, const bool *better, size_t count, struct rank *out);
