/* Drawing rows: plain, within strata, by clusters, in blocks. */
#include "core/eval/resample.h"
#include "core/eval/draws.h"
#include "core/math/sum.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN 0x9E3779B97F4A7C15u

struct resampling resample_rows(size_t n, uint64_t seed)
{
    assert(n < UINT32_MAX);
    return (struct resampling){ .n = n, .draws = n, .rows_most = n, .unit_count = n, .seed = seed };
}

struct labelled {
    uint32_t group, row;
};

static int by_group(const void *a, const void *b)
{
    const struct labelled *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Units in the order of their first rows, so that the names of groups do not matter. */
static void units_make(struct arena *arena, const uint32_t *group, struct resampling *out)
{
    size_t n = out->n, count = 0;
    struct labelled *sorted = arena_array(arena, struct labelled, n);
    uint32_t *first = arena_array(arena, uint32_t, n), *unit = arena_array(arena, uint32_t, n);
    uint32_t *from = arena_array(arena, uint32_t, n + 1), *rows = arena_array(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct labelled){ group[i], (uint32_t)i };
    qsort(sorted, n, sizeof *sorted, by_group);
    for (size_t i = 0, head = 0; i < n; i++) {
        if (sorted[i].group != sorted[head].group)
            head = i;
        first[sorted[i].row] = sorted[head].row;
    }
    for (size_t i = 0; i < n; i++) {
        unit[i] = first[i] == i ? (uint32_t)count++ : unit[first[i]];
        from[unit[i] + 1]++;
    }
    for (size_t u = 0; u < count; u++)
        from[u + 1] += from[u];
    uint32_t *next = first; /* no longer needed as what it was */
    memcpy(next, from, count * sizeof *next);
    for (size_t i = 0; i < n; i++)
        rows[next[unit[i]]++] = (uint32_t)i;
    out->unit_count = count;
    out->unit = unit;
    out->from = from;
    out->rows = rows;
}

struct resampling resample_strata(struct arena *arena, const uint32_t *group, size_t n,
                                  uint64_t seed)
{
    struct resampling out = resample_rows(n, seed);
    units_make(arena, group, &out);
    out.is_strata = true;
    return out;
}

struct resampling resample_clusters(struct arena *arena, const uint32_t *group, size_t n,
                                    uint64_t seed)
{
    struct resampling out = resample_rows(n, seed);
    size_t largest = 0;
    units_make(arena, group, &out);
    for (size_t u = 0; u < out.unit_count; u++) {
        size_t size = out.from[u + 1] - out.from[u];
        largest = size > largest ? size : largest;
    }
    out.draws = out.unit_count;
    out.rows_most = out.draws * largest;
    return out;
}

struct resampling resample_blocks(size_t n, size_t length, uint64_t seed)
{
    struct resampling out = resample_rows(n, seed);
    if (length == 0)
        length = (size_t)lround(cbrt((double)n));
    length = length > n ? n : length ? length : 1;
    out.block = length;
    out.draws = (n + length - 1) / length;
    out.unit_count = n ? n - length + 1 : 0;
    return out;
}

static size_t draw_clusters(const struct resampling *how, uint64_t state, uint32_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < how->draws; i++) {
        size_t u = draw_row(&state, how->unit_count), size = how->from[u + 1] - how->from[u];
        memcpy(out + count, how->rows + how->from[u], size * sizeof *out);
        count += size;
    }
    return count;
}

static size_t draw_blocks(const struct resampling *how, uint64_t state, uint32_t *out)
{
    size_t count = 0;
    while (count < how->n) {
        size_t start = draw_row(&state, how->unit_count);
        for (size_t k = 0; k < how->block && count < how->n; k++)
            out[count++] = (uint32_t)(start + k);
    }
    return count;
}

size_t resample_draw(const struct resampling *how, size_t b, uint32_t *out)
{
    uint64_t state = how->seed + (uint64_t)b * how->draws * GOLDEN;
    if (how->block)
        return draw_blocks(how, state, out);
    if (how->rows && !how->is_strata)
        return draw_clusters(how, state, out);
    for (size_t i = 0; i < how->n; i++) {
        if (!how->is_strata) {
            out[i] = (uint32_t)draw_row(&state, how->n);
            continue;
        }
        const uint32_t *from = how->from + how->unit[i];
        out[i] = how->rows[from[0] + draw_row(&state, from[1] - from[0])];
    }
    return how->n;
}

void resample_weights(const struct resampling *how, size_t b, uint32_t *weight)
{
    uint64_t state = how->seed + (uint64_t)b * how->draws * GOLDEN;
    memset(weight, 0, how->n * sizeof *weight);
    for (size_t i = 0, count = 0; i < how->draws; i++) {
        if (how->block) {
            size_t start = draw_row(&state, how->unit_count);
            for (size_t k = 0; k < how->block && count < how->n; k++, count++)
                weight[start + k]++;
        } else if (how->is_strata) {
            const uint32_t *from = how->from + how->unit[i];
            weight[how->rows[from[0] + draw_row(&state, from[1] - from[0])]]++;
        } else if (how->rows) {
            size_t u = draw_row(&state, how->unit_count);
            for (size_t k = how->from[u]; k < how->from[u + 1]; k++)
                weight[how->rows[k]]++;
        } else {
            weight[draw_row(&state, how->n)]++;
        }
    }
}

/* Sum over units of the squared sums of residuals, times units / (units - 1). */
static double clusters_variance(const struct resampling *how, const double *x, double mean)
{
    struct sum squares = { 0 };
    for (size_t u = 0; u < how->unit_count; u++) {
        struct sum residuals = { 0 };
        for (size_t k = how->from[u]; k < how->from[u + 1]; k++)
            sum_add(&residuals, x[how->rows[k]] - mean);
        sum_add(&squares, sum_value(&residuals) * sum_value(&residuals));
    }
    double units = (double)how->unit_count, n = (double)how->n;
    return sum_value(&squares) * units / (units - 1) / (n * n);
}

static double strata_variance(struct arena *arena, const struct resampling *how, const double *x)
{
    struct sum all = { 0 };
    double n = (double)how->n, *in = arena_array(arena, double, how->n);
    for (size_t u = 0; u < how->unit_count; u++) {
        size_t size = how->from[u + 1] - how->from[u];
        for (size_t k = 0; k < size; k++)
            in[k] = x[how->rows[how->from[u] + k]];
        if (size > 1) /* a stratum of one row tells nothing about its spread */
            sum_add(&all, variance_of(in, size, mean_of(in, size)) * (double)size * (double)size /
                              (double)(size - 1));
    }
    return sum_value(&all) / (n * n);
}

static double blocks_variance(const struct resampling *how, const double *x, double mean)
{
    struct sum squares = { 0 };
    double length = (double)how->block, count = (double)how->unit_count;
    for (size_t start = 0; start < how->unit_count; start++) {
        double residuals = 0;
        for (size_t k = 0; k < how->block; k++)
            residuals += x[start + k] - mean;
        sum_add(&squares, residuals * residuals);
    }
    return sum_value(&squares) / length / count / (double)how->n;
}

double resample_error_of_mean(struct arena *arena, const struct resampling *how, const double *x)
{
    size_t n = how->n;
    double mean = mean_of(x, n);
    if (n < 2 || (!how->is_strata && how->unit_count < 2))
        return NAN;
    if (how->block)
        return sqrt(blocks_variance(how, x, mean));
    if (how->is_strata)
        return sqrt(strata_variance(arena, how, x));
    if (how->rows)
        return sqrt(clusters_variance(how, x, mean));
    return sqrt(variance_of(x, n, mean) / (double)(n - 1));
}
