/*
 * Are two contenders different, measured on the same rows? Which test, by metric:
 *   accuracy                  McNemar, exact
 *   roc_auc                   DeLong
 *   means of losses           sign flips: all up to 20 rows, 9999 drawn ones up to 200 rows;
 *                             beyond that the paired normal test
 *   all others                paired bootstrap: difference over the deviation of its replicates
 * Rows that belong together (core/eval/design.h): means of losses by the normal test with the error
 * of clusters or blocks, all others by the bootstrap of groups.
 * All two-sided. Vectors: tests/core/eval/vectors/{mcnemar,delong,permutation}.json.
 */
#pragma once

#include "core/eval/metrics.h"

/* What the tests need of a contender; made once, used in each of its pairs. */
struct contender {
    const struct scored *rows;
    double value;
    size_t n;
    const double *losses;     /* [n], or NULL */
    const double *placements; /* [n] roc_auc, or NULL */
    const double *replicates; /* [REPLICATES], or NULL */
};

#define REPLICATES 1000

struct pair_test {
    double difference; /* of the values, a - b */
    double p;          /* 1 when either value is NAN */
    const char *name; /* "mcnemar_exact", "delong", "sign_flip_exact", "sign_flip", "paired_normal",
                          "paired_bootstrap", "cluster_normal", "block_normal" */
};

void contender_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                    const struct metric_options *options, struct contender *out);

/* Both on the same truth, row by row (n is asserted). options may be NULL. */
struct pair_test pair_test(struct arena *arena, const struct metric *metric,
                           const struct contender *a, const struct contender *b,
                           const struct metric_options *options);

/* b rows only one of two gets right, c only the other. 0 and 0: 1. */
double mcnemar_exact(size_t b, size_t c);

/* Chance that random signs give a sum as far from 0 as d[n] has: over all 2^n signs, n <= 20. */
double sign_flip_exact(struct arena *arena, const double *d, size_t n);

/*
 * The same from `count` draws: replicate b, row i flips by bit 63 of output b * n + i of
 * splitmix64(seed); p = (1 + as far) / (1 + count).
 */
double sign_flip_random(const double *d, size_t n, size_t count, uint64_t seed);

/* Mean of d[n] over its standard error, against the normal distribution. */
double paired_normal(const double *d, size_t n);
