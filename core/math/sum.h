/*
 * Sums in a fixed order with a carried correction (Neumaier 1974): the error does not grow with the
 * number of values, and the same values in the same order give the same bits.
 */
#pragma once

#include <stddef.h>

struct sum {
    double total, lost;
};

static inline void sum_add(struct sum *sum, double x)
{
    double more = sum->total + x;
    if (__builtin_fabs(sum->total) >= __builtin_fabs(x))
        sum->lost += (sum->total - more) + x;
    else
        sum->lost += (x - more) + sum->total;
    sum->total = more;
}

/* The sum; infinities and NAN come out as a plain sum would give them. */
double sum_value(const struct sum *sum);

double sum_of(const double *x, size_t n);
double mean_of(const double *x, size_t n);                  /* NAN for n = 0 */
double variance_of(const double *x, size_t n, double mean); /* divided by n; NAN for n = 0 */
