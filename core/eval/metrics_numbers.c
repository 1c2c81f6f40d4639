/* Metrics of numbers, and means of losses. */
#include "core/eval/metric_parts.h"
#include "core/eval/normal.h"
#include "core/math/order.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include <math.h>

void measure_mean(METRIC_PARTS, void (*losses)(LOSSES_PARTS))
{
    double *loss = arena_array(arena, double, rows->n);
    losses(rows, options, loss);
    out->value = mean_of(loss, rows->n);
    if (!options->without_interval)
        interval_set(out, interval_of_mean(arena, loss, rows->n, options->seed), 0, INFINITY);
}

void losses_absolute(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = fabs(rows->prediction[i] - rows->truth[i]);
}

void losses_squared(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        double off = rows->prediction[i] - rows->truth[i];
        out[i] = off * off;
    }
}

void measure_mae(METRIC_PARTS)
{
    measure_mean(arena, rows, options, out, losses_absolute);
}

/* BCa respects the root: the interval of the mean square is carried over. */
void measure_rmse(METRIC_PARTS)
{
    measure_mean(arena, rows, options, out, losses_squared);
    out->value = sqrt(out->value);
    out->low = sqrt(out->low);
    out->high = sqrt(out->high);
}

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

struct squares {
    double errors, spread;
};

/* Of one resample; the truth comes centred, so that little cancels. */
static struct squares squares_draw(struct random *random, const double *loss, const double *centred,
                                   size_t n)
{
    double errors = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = random_below(random, n);
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
    struct random random = { seed };
    for (size_t b = 0; b < count; b++) {
        struct squares drawn = squares_draw(&random, loss, centred, n);
        if (drawn.spread > all.spread * 1e-12) /* else all draws were of one value */
            replicates[kept++] = 1 - drawn.errors / drawn.spread;
    }
    return interval_bca(1 - rest, replicates, kept, acceleration_of(influence, n));
}

void measure_r2(METRIC_PARTS)
{
    double mean = mean_of(rows->truth, rows->n);
    double *loss = arena_array(arena, double, rows->n);
    double *centred = arena_array(arena, double, rows->n);
    struct sum spread = { 0 };
    bool constant = true;
    losses_squared(rows, options, loss);
    for (size_t i = 0; i < rows->n; i++) {
        centred[i] = rows->truth[i] - mean;
        sum_add(&spread, centred[i] * centred[i]);
        constant &= rows->truth[i] == rows->truth[0];
    }
    struct squares all = { sum_of(loss, rows->n), sum_value(&spread) };
    if (constant) {
        out->note = "the truth is the same in all rows";
        return;
    }
    out->value = 1 - all.errors / all.spread;
    if (!options->without_interval)
        interval_set(out, r2_interval(arena, loss, centred, all, rows->n, options->seed), -INFINITY,
                     1);
}
