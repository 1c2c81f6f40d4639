/* Medians of errors, and r2 with its interval. */
#include "core/eval/moments.h"
#include "core/eval/draws.h"
#include "core/eval/normal.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

/* The largest l with P(fewer than l of n fall below the median) <= 2.5 %; 0 for n < 6. */
static size_t median_rank(size_t n)
{
    if (n > BOOTSTRAP_ROWS_MOST)
        return (size_t)(((double)n - NORMAL_975 * sqrt((double)n)) / 2);
    size_t low = 0, high = n / 2 + 1;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (coin_at_most(middle - 1, n) <= 0.025)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void measure_medae(METRIC_PARTS)
{
    double *off = arena_array(arena, double, rows->n);
    losses_absolute(rows, options, off);
    sort_numbers(off, rows->n);
    out->value = quantile_sorted(off, rows->n, 0.5);
    if (options->without_interval)
        return;
    size_t rank = median_rank(rows->n);
    struct interval interval = { NAN, NAN };
    if (rank > 0)
        interval = (struct interval){ off[rank - 1], off[rows->n - rank] };
    interval_set(out, interval, 0, INFINITY);
}

struct ordered {
    double value;
    uint32_t row;
};

static int value_order(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* Rows are drawn, their places counted: the median is where half the draws are passed. */
static double median_draw(uint64_t *state, const double *sorted, const uint32_t *place,
                          uint32_t *counts, size_t n)
{
    size_t passed = 0, low = (n - 1) / 2, high = n / 2;
    double below = NAN;
    memset(counts, 0, n * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[place[draw_row(state, n)]]++;
    for (size_t i = 0; i < n; i++) {
        passed += counts[i];
        if (isnan(below) && passed > low)
            below = sorted[i];
        if (passed > high)
            return (below + sorted[i]) / 2;
    }
    return below;
}

void resample_medae(RESAMPLE_PARTS)
{
    size_t n = rows->n;
    double *off = arena_array(arena, double, n);
    struct ordered *order = arena_array(arena, struct ordered, n);
    uint32_t *place = arena_array(arena, uint32_t, n);
    uint32_t *counts = arena_array(arena, uint32_t, n);
    uint64_t state = options->seed;
    losses_absolute(rows, options, off);
    for (size_t i = 0; i < n; i++)
        order[i] = (struct ordered){ off[i], (uint32_t)i };
    qsort(order, n, sizeof *order, value_order);
    for (size_t i = 0; i < n; i++) {
        place[order[i].row] = (uint32_t)i;
        off[i] = order[i].value;
    }
    for (size_t b = 0; b < count; b++)
        out[b] = median_draw(&state, off, place, counts, n);
}

struct squares {
    double errors, spread;
};

/* Of one resample; the truth comes centred, so that little cancels. */
static struct squares squares_draw(uint64_t *state, const double *loss, const double *centred,
                                   size_t n)
{
    double errors = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = draw_row(state, n);
        errors += loss[at];
        sum += centred[at];
        squares += centred[at] * centred[at];
    }
    return (struct squares){ errors, squares - sum * sum / (double)n };
}

static struct interval r2_interval(struct arena *arena, const double *loss, const double *centred,
                                   struct squares all, size_t n, uint64_t seed)
{
    double rest = all.errors / all.spread, *influence = arena_array(arena, double, n);
    for (size_t i = 0; i < n; i++)
        influence[i] = (rest * centred[i] * centred[i] - loss[i]) / all.spread;
    if (n > BOOTSTRAP_ROWS_MOST) {
        double half =
            NORMAL_975 * sqrt((double)n * variance_of(influence, n, mean_of(influence, n)));
        return (struct interval){ 1 - rest - half, 1 - rest + half };
    }
    size_t count = bootstrap_count(n), kept = 0;
    double *replicates = arena_array(arena, double, count);
    uint64_t state = seed;
    for (size_t b = 0; b < count; b++) {
        struct squares drawn = squares_draw(&state, loss, centred, n);
        if (drawn.spread > all.spread * 1e-12) /* else all draws were of one value */
            replicates[kept++] = 1 - drawn.errors / drawn.spread;
    }
    return interval_bca(1 - rest, replicates, kept, acceleration_of(influence, n));
}

void measure_r2(METRIC_PARTS)
{
    out->value = plain_r2(rows, &out->note);
    if (options->without_interval || isnan(out->value))
        return;
    double mean = mean_of(rows->truth, rows->n);
    double *loss = arena_array(arena, double, rows->n);
    double *centred = arena_array(arena, double, rows->n);
    struct sum spread = { 0 };
    losses_squared(rows, options, loss);
    for (size_t i = 0; i < rows->n; i++) {
        centred[i] = rows->truth[i] - mean;
        sum_add(&spread, centred[i] * centred[i]);
    }
    struct squares all = { sum_of(loss, rows->n), sum_value(&spread) };
    interval_set(out, r2_interval(arena, loss, centred, all, rows->n, options->seed), -INFINITY, 1);
}
