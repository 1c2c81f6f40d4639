/*
 * Where to cut the values of a column into bins: sorted by radix, then about equal weight a bin,
 * never between equal values; one bin a value where there are no more than bins.
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>

struct quantile_scratch {
    double *values, *spare;         /* [n]; values is where the caller puts them */
    float *weights, *spare_weights; /* [n], or NULL: all alike */
};

struct quantile_scratch quantile_scratch_new(struct arena *arena, size_t n, bool weighted);

/*
 * Bins of the n values (no NAN) in the scratch, at most `most`; at least 1. The values are lost.
 *   cuts[most - 1]   out: midway between the highest value of a bin and the lowest of the next
 *   centers[most]    out: the mean of the values of each bin; may be NULL
 * O(n).
 */
size_t quantile_cuts(struct quantile_scratch *scratch, size_t n, size_t most, double *cuts,
                     double *centers);
