/* Radix sort and quantile cuts. */
#include "core/learn/tree_quantiles.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS 6
#define DIGIT_VALUES (1u << DIGIT_BITS)

struct quantile_scratch quantile_scratch_new(struct arena *arena, size_t n, bool weighted)
{
    struct quantile_scratch scratch = { .values = arena_array(arena, double, n),
                                        .spare = arena_array(arena, double, n) };
    if (weighted) {
        scratch.weights = arena_array(arena, float, n);
        scratch.spare_weights = arena_array(arena, float, n);
    }
    return scratch;
}

/* Order of the keys is that of the numbers; -0.0 becomes 0.0. */
static uint64_t key_of(double x)
{
    uint64_t bits;
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | (1ull << 63));
}

static double value_of(uint64_t key)
{
    uint64_t bits = key ^ ((key >> 63) ? 1ull << 63 : UINT64_MAX);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void scatter(struct quantile_scratch *scratch, size_t n, unsigned shift, uint32_t *starts)
{
    const uint64_t *from = (const uint64_t *)(const void *)scratch->values;
    uint64_t *to = (uint64_t *)(void *)scratch->spare;
    for (size_t i = 0; i < n; i++) {
        uint32_t place = starts[from[i] >> shift & (DIGIT_VALUES - 1)]++;
        to[place] = from[i];
        if (scratch->weights)
            scratch->spare_weights[place] = scratch->weights[i];
    }
    double *values = scratch->values;
    float *weights = scratch->weights;
    scratch->values = scratch->spare;
    scratch->spare = values;
    scratch->weights = scratch->spare_weights;
    scratch->spare_weights = weights;
}

static void sort(struct quantile_scratch *scratch, size_t n)
{
    uint32_t counts[DIGITS][DIGIT_VALUES] = { { 0 } };
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(scratch->values[i]);
        memcpy(&scratch->values[i], &key, sizeof key);
        for (size_t d = 0; d < DIGITS; d++)
            counts[d][key >> (d * DIGIT_BITS) & (DIGIT_VALUES - 1)]++;
    }
    for (size_t d = 0; d < DIGITS; d++) {
        uint32_t start = 0;
        bool constant = false;
        for (size_t k = 0; k < DIGIT_VALUES; k++) {
            uint32_t count = counts[d][k];
            constant |= count == n;
            counts[d][k] = start;
            start += count;
        }
        if (!constant)
            scatter(scratch, n, (unsigned)(d * DIGIT_BITS), counts[d]);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t key;
        memcpy(&key, &scratch->values[i], sizeof key);
        scratch->values[i] = value_of(key);
    }
}

static double between(double low, double high)
{
    double middle = low / 2 + high / 2;
    return middle >= low && middle < high ? middle : low;
}

/* Distinct values to the front, with their weights (or how often they came); how many. */
static size_t distinct(struct quantile_scratch *scratch, size_t n, double *total)
{
    size_t count = 0;
    double *values = scratch->values, *weights = scratch->spare;
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = scratch->weights ? (double)scratch->weights[i] : 1;
        *total += weight;
        if (count && values[count - 1] == values[i]) {
            weights[count - 1] += weight;
        } else {
            values[count] = values[i];
            weights[count++] = weight;
        }
    }
    return count;
}

size_t quantile_cuts(struct quantile_scratch *scratch, size_t n, size_t most, double *cuts,
                     double *centers)
{
    double total, inside = 0, sum = 0;
    sort(scratch, n);
    size_t count = distinct(scratch, n, &total), bins = 0;
    const double *values = scratch->values, *weights = scratch->spare;
    for (size_t k = 0; k < count; k++) {
        inside += weights[k];
        sum += weights[k] * values[k];
        size_t left = most - bins; /* bins that may still be made, this one included */
        bool last = k + 1 == count;
        /* a bin ends where the next value would take it further past its share than it is short */
        double share = left ? total / (double)left : 0;
        double next = last ? 0 : weights[k + 1];
        if (!last && count > most && (left == 1 || inside + next / 2 < share))
            continue;
        if (centers)
            centers[bins] = sum / inside;
        if (!last)
            cuts[bins] = between(values[k], values[k + 1]);
        bins++;
        total -= inside;
        inside = sum = 0;
    }
    return bins ? bins : 1;
}
