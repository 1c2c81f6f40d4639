/* Sorting and quantiles. */
#include "core/math/order.h"
#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sort_numbers(double *x, size_t n)
{
    if (n > 1)
        qsort(x, n, sizeof *x, compare);
}

static int compare_indexes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

void sort_indexes(size_t *at, size_t n)
{
    if (n > 1)
        qsort(at, n, sizeof *at, compare_indexes);
}

double quantile_sorted(const double *sorted, size_t n, double share)
{
    if (n == 0)
        return NAN;
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    if (below + 1 >= n)
        return sorted[n - 1];
    double part = place - (double)below;
    return sorted[below] * (1 - part) + sorted[below + 1] * part;
}
