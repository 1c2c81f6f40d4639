/*
 * Order: sorting numbers, medians and quantiles. NAN must have been taken out before.
 */
#pragma once

#include <stddef.h>

/* Rising; -0.0 and 0.0 are equal. O(n log n). */
void sort_numbers(double *x, size_t n);
void sort_indexes(size_t *at, size_t n);

/*
 * The quantile at share (0..1) of the rising sorted[n], between neighbours in proportion
 * (Hyndman & Fan type 7, numpy's default). NAN for n = 0.
 */
double quantile_sorted(const double *sorted, size_t n, double share);
