/* Compensated sums. */
#include "core/math/sum.h"
#include <math.h>

double sum_value(const struct sum *sum)
{
    double value = sum->total + sum->lost;
    return isnan(value) ? sum->total : value; /* inf - inf in the correction */
}

double sum_of(const double *x, size_t n)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < n; i++)
        sum_add(&sum, x[i]);
    return sum_value(&sum);
}

double mean_of(const double *x, size_t n)
{
    return n ? sum_of(x, n) / (double)n : NAN;
}

double variance_of(const double *x, size_t n, double mean)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < n; i++)
        sum_add(&sum, (x[i] - mean) * (x[i] - mean));
    return n ? sum_value(&sum) / (double)n : NAN;
}
