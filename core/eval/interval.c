/* Wilson, BCa and normal intervals. */
#include "core/eval/interval.h"
#include "core/eval/draws.h"
#include "core/eval/normal.h"
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

void bootstrap_means(const double *x, size_t n, uint64_t seed, double *out, size_t count)
{
    uint64_t state = seed;
    for (size_t b = 0; b < count; b++) {
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
