/*
 * Quantiles of columns with gaps, without sorting where few are asked for: two elements of a sample
 * enclose the wanted rank, one pass finds what lies between (Floyd & Rivest 1975). Exact; the
 * sample is every k-th value, so that equal inputs take equal ways.
 */
#pragma once

#include <stddef.h>

/*
 * out[count]: the quantiles at share[count] (0..1, rising) of x[n], NAN cells left out, between
 * neighbours in proportion (Hyndman & Fan type 7). scratch[n]. Gives how many cells were there;
 * with none the quantiles are 0. O(n) for each quantile, and O(n) in all when there are many.
 */
size_t quantiles_of(const double *x, size_t n, const double *share, size_t count, double *scratch,
                    double *out);

/* Sort rising; by digits of 11 bits (O(n)), other[n] is scratch. No NAN; -0.0 counts as 0.0. */
void sort_by_digits(double *x, size_t n, double *other);

/* out[n] gets the filled cells of x[n], sorted; gives their number. Falls back on a slower sort
   where memory for it lacks. */
size_t sorted_of(const double *x, size_t n, double *out);
