/* Selection by sampling, and sorting by digits. */
#include "core/learn/quantiles.h"
#include "core/math/order.h"
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("O3")

#define SAMPLE 1024
#define SAMPLE_SPREAD 48        /* elements of the sample to both sides: 3 standard errors */
#define SELECT_LEAST 8192       /* fewer are sorted */
#define SELECT_QUANTILES_MOST 4 /* more than this and sorting is cheaper */
#define DIGIT 11
#define DIGITS 6

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

static void count_digits(const uint64_t *keys, size_t n, uint32_t counts[DIGITS][1 << DIGIT])
{
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            counts[d][keys[i] >> (d * DIGIT) & ((1 << DIGIT) - 1)]++;
}

static void scatter(const uint64_t *from, uint64_t *to, size_t n, int shift, uint32_t *starts)
{
    for (size_t i = 0; i < n; i++)
        to[starts[from[i] >> shift & ((1 << DIGIT) - 1)]++] = from[i];
}

void sort_by_digits(double *x, size_t n, double *other)
{
    if (n < 256 || n > UINT32_MAX) {
        sort_numbers(x, n);
        return;
    }
    uint32_t counts[DIGITS][1 << DIGIT];
    uint64_t *from = (uint64_t *)(void *)x, *to = (uint64_t *)(void *)other;
    memset(counts, 0, sizeof counts);
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(x[i]);
        memcpy(&x[i], &key, sizeof key);
    }
    count_digits(from, n, counts);
    for (int d = 0; d < DIGITS; d++) {
        uint32_t total = 0, most = 0;
        for (size_t k = 0; k < 1 << DIGIT; k++) {
            uint32_t count = counts[d][k];
            counts[d][k] = total;
            total += count;
            most = count > most ? count : most;
        }
        if (most == n) /* all the same digit */
            continue;
        scatter(from, to, n, d * DIGIT, counts[d]);
        uint64_t *swap = from;
        from = to;
        to = swap;
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

/* The values of rank `rank` and the next one. False when the sample misled. */
static bool select_between(const double *x, size_t n, size_t there, size_t rank,
                           const double *sample, size_t sampled, double *scratch, double pair[2])
{
    if (sampled < SAMPLE / 4)
        return false;
    size_t place = (size_t)((double)rank / (double)there * (double)sampled);
    double low = place < SAMPLE_SPREAD ? -INFINITY : sample[place - SAMPLE_SPREAD];
    double high = place + SAMPLE_SPREAD >= sampled ? INFINITY : sample[place + SAMPLE_SPREAD];
    size_t below = 0, kept = 0;
    for (size_t i = 0; i < n; i++) {
        double v = x[i];
        below += v < low;
        scratch[kept] = v;
        kept += (v >= low) & (v <= high);
    }
    size_t next = rank + 1 < there ? rank + 1 : rank;
    if (rank < below || next >= below + kept || kept > n / 2)
        return false;
    pair[0] = select_rank(scratch, kept, rank - below);
    pair[1] = pair[0];
    if (next > rank) {
        double least = INFINITY;
        for (size_t i = rank - below + 1; i < kept; i++)
            least = scratch[i] < least ? scratch[i] : least;
        pair[1] = least;
    }
    return true;
}

static size_t count_there(const double *x, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] == x[i];
    return count;
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
    size_t there = count_there(x, n), done = 0;
    memset(out, 0, count * sizeof *out);
    if (!there)
        return 0;
    if (n >= SELECT_LEAST && count <= SELECT_QUANTILES_MOST) {
        double sample[SAMPLE];
        size_t sampled = sample_of(x, n, sample);
        for (; done < count; done++) {
            double place = share[done] * (double)(there - 1), pair[2];
            size_t rank = (size_t)place;
            if (!select_between(x, n, there, rank, sample, sampled, scratch, pair))
                break;
            double part = place - (double)rank;
            out[done] = part > 0 ? pair[0] * (1 - part) + pair[1] * part : pair[0];
        }
        if (done == count)
            return there;
    }
    sorted_of(x, n, scratch);
    for (; done < count; done++)
        out[done] = quantile_sorted(scratch, there, share[done]);
    return there;
}
