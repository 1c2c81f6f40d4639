/*
 * 95 % intervals. Bootstrap draws follow one stream: replicate b, draw i is output b * n + i of
 * splitmix64(seed), so that another implementation can repeat them. Vectors:
 * tests/core/eval/vectors/bootstrap.json.
 */
#pragma once

#include "core/eval/resample.h"

struct interval {
    double low, high;
};

#define BOOTSTRAP_MOST 2000                 /* resamples; fewer where there are many rows, ... */
#define BOOTSTRAP_LEAST 1000                /* ... never fewer than these */
#define BOOTSTRAP_DRAWS ((size_t)10000000)  /* about so many draws in all */
#define BOOTSTRAP_ROWS_MOST ((size_t)10000) /* beyond it the normal approximation holds */

/* How many resamples of n rows. */
size_t bootstrap_count(size_t n);

/* A share: successes of n (Wilson 1927). n = 0: [0, 1]. */
struct interval interval_wilson(double successes, double n);

/* A share, never narrower than 95 % (Clopper & Pearson 1934); wider than Wilson's. */
struct interval interval_clopper_pearson(double successes, double n);

/*
 * A share of rows that come in clusters or blocks: Wilson with the number of rows that as many
 * independent ones would be worth (n / design effect, which is at least 1). x[n]: 0 or 1.
 */
struct interval interval_share(struct arena *arena, const struct resampling *how, const double *x);

/*
 * A mean of independent values: BCa bootstrap up to BOOTSTRAP_ROWS_MOST, normal beyond. NAN for
 * n < 2.
 */
struct interval interval_of_mean(struct arena *arena, const double *x, size_t n, uint64_t seed);

/*
 * Efron's BCa from the replicates (which get sorted) and an acceleration; 0 gives the
 * bias-corrected percentile interval. NAN for count 0.
 */
struct interval interval_bca(double value, double *replicates, size_t count, double acceleration);

/* 2.5 and 97.5 % of the replicates, which get sorted; and mirrored about the value. */
struct interval interval_percentile(double *replicates, size_t count);
struct interval interval_basic(double value, double *replicates, size_t count);

/*
 * Any value that is computed from rows, drawn as `how` says. Replicates that are NAN are left out;
 * NAN when half are. BCa; the acceleration is the jackknife's over rows or clusters, in at most
 * JACKKNIFE_MOST groups of them, and 0 with blocks. Calls of statistic: count + JACKKNIFE_MOST + 1.
 */
#define JACKKNIFE_MOST 200
struct statistic {
    double (*of)(void *at, const uint32_t *rows, size_t n);
    void *at;
};
struct interval interval_resampled(struct arena *arena, const struct resampling *how,
                                   const struct statistic *statistic, size_t count);

/*
 * The value without each row in turn: out[n]; pseudo-values n v - (n - 1) v_i, whose mean stands
 * for the value and whose spread for its error (Tukey 1958). n calls.
 */
void jackknife(struct arena *arena, const struct statistic *statistic, size_t n, double *out);
void pseudo_values(double value, const double *without, size_t n, double *out);

/* Acceleration from each row's influence on the value (any scale, any constant added). */
double acceleration_of(const double *influence, size_t n);

/* Means of BOOTSTRAP resamples of x[n]: out[count]. */
void bootstrap_means(const double *x, size_t n, uint64_t seed, double *out, size_t count);
