/* Selection by sampling, and sorting by digits. */
#include "core/learn/quantiles.h"
#include "core/math/order.h"
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define SAMPLE 4096
#define SAMPLE_SPREAD 112       /* elements of the sample to both sides: 3.5 standard errors */
#define SELECT_LEAST 32768      /* fewer are sorted */
#define SELECT_QUANTILES_MOST 4 /* more than this and sorting is cheaper */
#define DIGIT 11
#define DIGITS 6
#define DIGITS_HIGH 3 /* the upper 33 bits: mostly enough */
#define MOVES_MOST 8  /* a value, by insertion, before the lower digits are sorted by as well */

/* Bits that rise with the number. */
static uint64_t key_of(double x)
{
    uint64_t bits;
    x += 0.0; /* no -0.0 */
    memcpy(&bits, &x, sizeof bits);
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | (uint64_t)1 << 63);
}

static double of_key(uint64_t key)
{
    uint64_t bits = key >> 63 ? key ^ (uint64_t)1 << 63 : ~key;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

struct digits {
    uint32_t counts[DIGITS_HIGH][1 << DIGIT];
};

static uint32_t digit_of(uint64_t key, int d)
{
    return (uint32_t)(key >> (d * DIGIT)) & ((1 << DIGIT) - 1);
}

/* By DIGITS_HIGH digits from `first` on, of which the last is cut at the key's end. */
static void sort_digits(uint64_t **from, uint64_t **to, size_t n, int first, struct digits *digits)
{
    memset(digits, 0, sizeof *digits);
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS_HIGH; d++)
            digits->counts[d][digit_of((*from)[i], first + d)]++;
    for (int d = 0; d < DIGITS_HIGH; d++) {
        uint32_t total = 0, most = 0, *starts = digits->counts[d];
        for (size_t k = 0; k < 1 << DIGIT; k++) {
            uint32_t count = starts[k];
            starts[k] = total;
            total += count;
            most = count > most ? count : most;
        }
        if (most == n) /* all the same digit */
            continue;
        for (size_t i = 0; i < n; i++)
            (*to)[starts[digit_of((*from)[i], first + d)]++] = (*from)[i];
        uint64_t *swap = *from;
        *from = *to;
        *to = swap;
    }
}

/* Neighbours that differ in the lower bits alone; false when there are too many of them. */
static bool sort_nearly_sorted(uint64_t *keys, size_t n)
{
    size_t moves = 0;
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at && keys[at - 1] > key; at--, moves++)
            keys[at] = keys[at - 1];
        keys[at] = key;
        if (moves > MOVES_MOST * n)
            return false;
    }
    return true;
}

void sort_by_digits(double *x, size_t n, double *other)
{
    if (n < 256 || n > UINT32_MAX) {
        sort_numbers(x, n);
        return;
    }
    struct digits digits;
    uint64_t *from = (uint64_t *)(void *)x, *to = (uint64_t *)(void *)other;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(x[i]);
        memcpy(&from[i], &key, sizeof key);
    }
    sort_digits(&from, &to, n, DIGITS - DIGITS_HIGH, &digits);
    if (!sort_nearly_sorted(from, n)) {
        sort_digits(&from, &to, n, 0, &digits);
        sort_digits(&from, &to, n, DIGITS - DIGITS_HIGH, &digits);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t key;
        memcpy(&key, &from[i], sizeof key);
        x[i] = of_key(key);
    }
}

/* Make the rank-th smallest of x[n] stand at its place, none greater before it (Hoare). */
static double select_rank(double *x, size_t n, size_t rank)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        double a = x[low], b = x[low + (high - low) / 2], c = x[high];
        double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        size_t i = low, j = high;
        for (;;) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j)
                break;
            double kept = x[i];
            x[i++] = x[j];
            x[j--] = kept;
        }
        if (i == j && x[i] == pivot) { /* the pivot's own place */
            if (rank == i)
                return pivot;
            if (rank < i)
                high = i - 1;
            else
                low = i + 1;
        } else if (rank <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
    return x[rank];
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t sample_of(const double *x, size_t n, double sample[SAMPLE])
{
    size_t count = 0, step = n / SAMPLE;
    for (size_t i = step / 2; i < n && count < SAMPLE; i += step)
        if (!isnan(x[i]))
            sample[count++] = x[i];
    qsort(sample, count, sizeof *sample, rising);
    return count;
}

/* In proportion; exactly a or b where they are equal. */
static double between(double a, double b, double part)
{
    return part < 0.5 ? a + (b - a) * part : b - (b - a) * (1 - part);
}

/* Between what the wanted quantile is for sure, and what lies there. */
struct window {
    double low, high;
    size_t there, below, kept; /* cells: in all, below low, in scratch */
};

static void window_fill(const double *x, size_t n, double *scratch, struct window *w)
{
    size_t there = 0, below = 0, kept = 0;
    double low = w->low, high = w->high;
    for (size_t i = 0; i < n; i++) {
        double v = x[i];
        there += v == v;
        below += v < low;
        scratch[kept] = v;
        kept += (v >= low) & (v <= high);
    }
    w->there = there;
    w->below = below;
    w->kept = kept;
}

/* False when the sample misled. */
static bool quantile_select(const double *x, size_t n, double share, const double *sample,
                            size_t sampled, double *scratch, double *out, size_t *there)
{
    if (sampled < SAMPLE / 4)
        return false;
    size_t place = (size_t)(share * (double)(sampled - 1));
    struct window w = { .low = place < SAMPLE_SPREAD ? -INFINITY : sample[place - SAMPLE_SPREAD],
                        .high = place + SAMPLE_SPREAD >= sampled ? INFINITY
                                                                 : sample[place + SAMPLE_SPREAD] };
    window_fill(x, n, scratch, &w);
    double wanted = share * (double)(w.there - 1);
    size_t rank = (size_t)wanted, next = rank + 1 < w.there ? rank + 1 : rank;
    if (rank < w.below || next >= w.below + w.kept || w.kept > n / 2)
        return false;
    double value = select_rank(scratch, w.kept, rank - w.below), above = value;
    double part = wanted - (double)rank;
    if (next > rank && part > 0) {
        above = INFINITY;
        for (size_t i = rank - w.below + 1; i < w.kept; i++)
            above = scratch[i] < above ? scratch[i] : above;
    }
    *out = part > 0 ? between(value, above, part) : value;
    *there = w.there;
    return true;
}

size_t sorted_of(const double *x, size_t n, double *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        scratch[count] = x[i];
        count += x[i] == x[i];
    }
    double *other = count >= 256 ? malloc(count * sizeof *other) : NULL;
    if (other)
        sort_by_digits(scratch, count, other);
    else
        sort_numbers(scratch, count);
    free(other);
    return count;
}

size_t quantiles_of(const double *x, size_t n, const double *share, size_t count, double *scratch,
                    double *out)
{
    size_t there = 0, done = 0;
    memset(out, 0, count * sizeof *out);
    if (n >= SELECT_LEAST && count <= SELECT_QUANTILES_MOST) {
        double sample[SAMPLE];
        size_t sampled = sample_of(x, n, sample);
        while (done < count &&
               quantile_select(x, n, share[done], sample, sampled, scratch, &out[done], &there))
            done++;
        if (done == count)
            return there;
    }
    there = sorted_of(x, n, scratch);
    for (; there && done < count; done++) {
        double wanted = share[done] * (double)(there - 1);
        size_t rank = (size_t)wanted, next = rank + 1 < there ? rank + 1 : rank;
        out[done] = between(scratch[rank], scratch[next], wanted - (double)rank);
    }
    return there;
}
