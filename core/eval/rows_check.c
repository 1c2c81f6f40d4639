/* Checks of many numbers at once: no branch a number, eight lanes. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/eval/rows_check.h"
#include <stdint.h>

#define LANES 8
#define BLOCK ((size_t)4096)

/* x - x is 0 for finite numbers alone. */
static bool block_finite(const double *x, size_t n)
{
    double lane[LANES] = { 0 }, all = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += x[i + k] - x[i + k];
    for (; i < n; i++)
        lane[0] += x[i] - x[i];
    for (size_t k = 0; k < LANES; k++)
        all += lane[k];
    return all == 0;
}

static bool block_within(const double *x, size_t n, double least, double most)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (uint64_t)((x[i] >= least) & (x[i] <= most));
    return count == n;
}

static bool block_binary(const double *x, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (uint64_t)((x[i] == 0) | (x[i] == 1));
    return count == n;
}

bool numbers_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i += BLOCK)
        if (!block_finite(x + i, n - i < BLOCK ? n - i : BLOCK))
            return false;
    return true;
}

bool numbers_within(const double *x, size_t n, double least, double most)
{
    for (size_t i = 0; i < n; i += BLOCK)
        if (!block_within(x + i, n - i < BLOCK ? n - i : BLOCK, least, most))
            return false;
    return true;
}

bool numbers_binary(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i += BLOCK)
        if (!block_binary(x + i, n - i < BLOCK ? n - i : BLOCK))
            return false;
    return true;
}
