/* Wilson, Clopper-Pearson, BCa, percentile and normal intervals. */
#include "core/eval/interval.h"
#include "core/eval/draws.h"
#include "core/eval/normal.h"
#include "core/math/distribution.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <math.h>

size_t bootstrap_count(size_t n)
{
    size_t count = BOOTSTRAP_DRAWS / (n ? n : 1);
    return count > BOOTSTRAP_MOST    ? BOOTSTRAP_MOST
           : count < BOOTSTRAP_LEAST ? BOOTSTRAP_LEAST
                                     : count;
}

struct interval interval_wilson(double successes, double n)
{
    if (n <= 0)
        return (struct interval){ 0, 1 };
    double p = successes / n, z2 = NORMAL_975 * NORMAL_975, below = 1 + z2 / n;
    double centre = (p + z2 / (2 * n)) / below;
    double half = NORMAL_975 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / below;
    return (struct interval){ fmax(0, centre - half), fmin(1, centre + half) };
}

struct interval interval_clopper_pearson(double successes, double n)
{
    struct interval out = { 0, 1 };
    if (successes > 0)
        out.low = beta_quantile(0.025, successes, n - successes + 1);
    if (successes < n)
        out.high = beta_quantile(0.975, successes + 1, n - successes);
    return out;
}

struct interval interval_share(struct arena *arena, const struct resampling *how, const double *x)
{
    double n = (double)how->n, p = mean_of(x, how->n);
    double error = resample_error_of_mean(arena, how, x), plain = p * (1 - p) / n;
    double effect = plain > 0 && error > 0 ? fmax(1, error * error / plain) : 1;
    return interval_wilson(p * n / effect, n / effect);
}

/*
 * Replicates side by side, each with its own part of the one stream of draws: sums wait for nobody,
 * and are the same to the bit.
 */
#define LANES 8

static void means_aside(const double *x, size_t n, uint64_t seed, double *out)
{
    double sum[LANES] = { 0 };
    uint64_t state[LANES];
    uint32_t rows[LANES][DRAWS_PIECE];
    for (size_t k = 0; k < LANES; k++)
        state[k] = draws_after(seed, k * n);
    for (size_t at = 0; at < n; at += DRAWS_PIECE) {
        size_t count = n - at < DRAWS_PIECE ? n - at : DRAWS_PIECE;
        for (size_t k = 0; k < LANES; k++)
            draws_fill(&state[k], n, rows[k], count);
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < LANES; k++)
                sum[k] += x[rows[k][i]];
    }
    for (size_t k = 0; k < LANES; k++)
        out[k] = sum[k] / (double)n;
}

void bootstrap_means(const double *x, size_t n, uint64_t seed, double *out, size_t count)
{
    size_t aside = count / LANES * LANES;
    for (size_t b = 0; b < aside; b += LANES)
        means_aside(x, n, draws_after(seed, b * n), out + b);
    uint64_t state = draws_after(seed, aside * n);
    for (size_t b = aside; b < count; b++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[draw_row(&state, n)];
        out[b] = sum / (double)n;
    }
}

double acceleration_of(const double *influence, size_t n)
{
    double mean = mean_of(influence, n);
    struct sum squares = { 0 }, cubes = { 0 };
    for (size_t i = 0; i < n; i++) {
        double d = influence[i] - mean;
        sum_add(&squares, d * d);
        sum_add(&cubes, d * d * d);
    }
    double spread = sum_value(&squares);
    return spread > 0 ? sum_value(&cubes) / (6 * spread * sqrt(spread)) : 0;
}

static double bca_end(const double *sorted, size_t count, double z0, double acceleration, double z)
{
    double shifted = z0 + (z0 + z) / (1 - acceleration * (z0 + z));
    return quantile_sorted(sorted, count, normal_below(shifted));
}

struct interval interval_bca(double value, double *replicates, size_t count, double acceleration)
{
    if (count == 0)
        return (struct interval){ NAN, NAN };
    size_t twice_below = 0;
    for (size_t i = 0; i < count; i++)
        twice_below += replicates[i] < value ? 2 : replicates[i] == value;
    /* all to one side: as if half a replicate were on the other */
    double share = fmin(fmax((double)twice_below, 1), 2 * (double)count - 1) / (2 * (double)count);
    double z0 = normal_quantile(share);
    sort_numbers(replicates, count);
    return (struct interval){ bca_end(replicates, count, z0, acceleration, -NORMAL_975),
                              bca_end(replicates, count, z0, acceleration, NORMAL_975) };
}

struct interval interval_percentile(double *replicates, size_t count)
{
    sort_numbers(replicates, count);
    return (struct interval){ quantile_sorted(replicates, count, 0.025),
                              quantile_sorted(replicates, count, 0.975) };
}

struct interval interval_basic(double value, double *replicates, size_t count)
{
    struct interval at = interval_percentile(replicates, count);
    return (struct interval){ 2 * value - at.high, 2 * value - at.low };
}

/* Without the units u, u + step, u + 2 step ...: rows in order. */
static size_t rows_without(const struct resampling *how, size_t u, size_t step, uint32_t *out)
{
    bool clusters = how->rows && !how->is_strata;
    size_t count = 0;
    for (size_t i = 0; i < how->n; i++)
        if ((clusters ? how->unit[i] : i) % step != u)
            out[count++] = (uint32_t)i;
    return count;
}

static double acceleration_resampled(const struct resampling *how,
                                     const struct statistic *statistic, uint32_t *rows)
{
    size_t units = how->rows && !how->is_strata ? how->unit_count : how->n;
    size_t groups = units < JACKKNIFE_MOST ? units : JACKKNIFE_MOST, kept = 0;
    double influence[JACKKNIFE_MOST];
    if (how->block)
        return 0;
    for (size_t u = 0; u < groups; u++) {
        double value = statistic->of(statistic->at, rows, rows_without(how, u, groups, rows));
        if (isfinite(value))
            influence[kept++] = -value;
    }
    return acceleration_of(influence, kept);
}

struct interval interval_resampled(struct arena *arena, const struct resampling *how,
                                   const struct statistic *statistic, size_t count)
{
    size_t kept = 0, most = how->rows_most > how->n ? how->rows_most : how->n;
    uint32_t *rows = arena_array(arena, uint32_t, most);
    double *replicates = arena_array(arena, double, count);
    for (size_t i = 0; i < how->n; i++)
        rows[i] = (uint32_t)i;
    double value = statistic->of(statistic->at, rows, how->n);
    if (isnan(value) || how->unit_count < 2)
        return (struct interval){ NAN, NAN };
    for (size_t b = 0; b < count; b++) {
        double one = statistic->of(statistic->at, rows, resample_draw(how, b, rows));
        if (!isnan(one))
            replicates[kept++] = one;
    }
    if (2 * kept <= count)
        return (struct interval){ NAN, NAN };
    return interval_bca(value, replicates, kept, acceleration_resampled(how, statistic, rows));
}

void jackknife(struct arena *arena, const struct statistic *statistic, size_t n, double *out)
{
    uint32_t *rows = arena_array(arena, uint32_t, n);
    for (size_t i = 1; i < n; i++)
        rows[i - 1] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) { /* rows: all but i, in order */
        out[i] = statistic->of(statistic->at, rows, n - 1);
        if (i + 1 < n)
            rows[i] = (uint32_t)i;
    }
}

void pseudo_values(double value, const double *without, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (double)n * value - (double)(n - 1) * without[i];
}

struct interval interval_of_mean(struct arena *arena, const double *x, size_t n, uint64_t seed)
{
    if (n < 2)
        return (struct interval){ NAN, NAN };
    double mean = mean_of(x, n);
    if (n > BOOTSTRAP_ROWS_MOST) {
        double half = NORMAL_975 * sqrt(variance_of(x, n, mean) / (double)(n - 1));
        return (struct interval){ mean - half, mean + half };
    }
    size_t count = bootstrap_count(n);
    double *means = arena_array(arena, double, count);
    bootstrap_means(x, n, seed, means, count);
    return interval_bca(mean, means, count, acceleration_of(x, n));
}
