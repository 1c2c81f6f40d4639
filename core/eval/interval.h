/*
 * 95 % intervals. Bootstrap draws follow one stream: replicate b, draw i is output b * n + i of
 * splitmix64(seed), so that another implementation can repeat them. Vectors:
 * tests/core/eval/vectors/bootstrap.json.
 */
#pragma once

#include "core/base/arena.h"
#include <stdint.h>

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

/* Acceleration from each row's influence on the value (any scale, any constant added). */
double acceleration_of(const double *influence, size_t n);

/* Means of BOOTSTRAP resamples of x[n]: out[count]. */
void bootstrap_means(const double *x, size_t n, uint64_t seed, double *out, size_t count);
