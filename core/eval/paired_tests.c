/* Tests on plain numbers. */
#include "core/eval/paired_tests.h"
#include "core/eval/normal.h"
#include "core/math/distribution.h"
#include "core/math/sum.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define ROUNDING 1e-12 /* sums as far as the observed one, but for their last bits */

struct mcnemar mcnemar_all(size_t b, size_t c)
{
    struct mcnemar out = { .p = 1, .p_corrected = 1, .p_exact = 1, .p_mid = 1 };
    size_t n = b + c, less = b < c ? b : c;
    if (n == 0)
        return out;
    double off = fabs((double)b - (double)c), corrected = fmax(0, off - 1);
    out.chi2 = off * off / (double)n;
    out.p = chi2_above(out.chi2, 1);
    out.chi2_corrected = corrected * corrected / (double)n;
    out.p_corrected = chi2_above(out.chi2_corrected, 1);
    double tail = 2 * coin_at_most(less, n);
    out.p_exact = fmin(1, tail);
    out.p_mid = out.p_exact - coin_exactly(less, n);
    return out;
}

struct interval accuracy_difference(size_t b, size_t c, size_t n)
{
    double rows = (double)n, off = (double)b - (double)c, d = off / rows;
    double error = sqrt((double)(b + c) - off * off / rows) / rows;
    return (struct interval){ d - NORMAL_975 * error, d + NORMAL_975 * error };
}

struct test_result cochran_q(const double *correct, size_t n, size_t k)
{
    double all = 0, columns = 0, rows = 0, count = (double)k;
    for (size_t j = 0; j < k; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += correct[i * k + j];
        all += sum;
        columns += sum * sum;
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += correct[i * k + j];
        rows += sum * sum;
    }
    double below = count * all - rows; /* 0: all contenders agree on each row */
    double q = below > 0 ? (count - 1) * (count * columns - all * all) / below : 0;
    return (struct test_result){ q, k > 1 ? chi2_above(q, count - 1) : 1 };
}

struct permutation permutation_exact(const double *a, size_t n, const double *b, size_t m)
{
    size_t count = n + m, total = 0, greater = 0, far = 0;
    double x[24], all = 0, sum = 0;
    assert(n > 0 && m > 0 && count <= 24);
    for (size_t i = 0; i < count; i++) {
        x[i] = i < n ? a[i] : b[i - n];
        all += x[i];
        sum += i < n ? x[i] : 0;
    }
    double observed = sum / (double)n - (all - sum) / (double)m;
    double slack = ROUNDING * fmax(1, fabs(observed));
    for (uint32_t set = (1u << n) - 1; set < 1u << count;) {
        sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += set >> i & 1 ? x[i] : 0;
        double d = sum / (double)n - (all - sum) / (double)m;
        total++;
        greater += d >= observed - slack;
        far += fabs(d) >= fabs(observed) - slack;
        uint32_t low = set & -set, next = set + low; /* the next set of as many */
        set = next | (((set ^ next) >> 2) / low);
    }
    return (struct permutation){ observed, (double)greater / (double)total,
                                 (double)far / (double)total };
}

struct bootstrap_test bootstrap_test(struct arena *arena, const struct resampling *how,
                                     const double *d, size_t count)
{
    double *means = arena_array(arena, double, count);
    uint32_t *rows = arena_array(arena, uint32_t, how->rows_most);
    size_t low = 0, high = 0;
    for (size_t b = 0; b < count; b++) {
        size_t drawn = resample_draw(how, b, rows);
        double sum = 0;
        for (size_t i = 0; i < drawn; i++)
            sum += d[rows[i]];
        means[b] = drawn ? sum / (double)drawn : NAN;
        low += means[b] <= 0;
        high += means[b] >= 0;
    }
    if (how->n == 0 || count < 2)
        return (struct bootstrap_test){ 1, NAN, { NAN, NAN } };
    double variance = variance_of(means, count, mean_of(means, count));
    return (struct bootstrap_test){
        .p = fmin(1, 2 * (double)((low < high ? low : high) + 1) / (double)(count + 1)),
        .error = sqrt(variance * (double)count / (double)(count - 1)),
        .interval = interval_percentile(means, count),
    };
}

static struct test_result t_result(double difference, double error, double df)
{
    if (!(error > 0))
        return (struct test_result){ difference == 0 ? 0 : copysign(INFINITY, difference),
                                     difference == 0 ? 1 : 0 };
    return (struct test_result){ difference / error, t_two_sided(difference / error, df) };
}

struct test_result paired_t(const double *d, size_t n)
{
    double mean = mean_of(d, n);
    if (n < 2)
        return (struct test_result){ NAN, NAN };
    return t_result(mean, sqrt(variance_of(d, n, mean) / (double)(n - 1)), (double)n - 1);
}

struct test_result corrected_t(const double *d, size_t n, double train_rows, double test_rows)
{
    double mean = mean_of(d, n), count = (double)n;
    if (n < 2 || !(train_rows > 0))
        return (struct test_result){ NAN, NAN };
    double variance = variance_of(d, n, mean) * count / (count - 1);
    return t_result(mean, sqrt((1 / count + test_rows / train_rows) * variance), count - 1);
}

static double five_by_two_spread(const double d[10]) /* sum of the repeats' variances */
{
    double sum = 0;
    for (size_t i = 0; i < 10; i += 2)
        sum += (d[i] - d[i + 1]) * (d[i] - d[i + 1]) / 2;
    return sum;
}

struct test_result five_by_two_t(const double d[10])
{
    return t_result(d[0], sqrt(five_by_two_spread(d) / 5), 5);
}

struct test_result five_by_two_f(const double d[10])
{
    double squares = 0, spread = five_by_two_spread(d);
    for (size_t i = 0; i < 10; i++)
        squares += d[i] * d[i];
    if (!(spread > 0))
        return (struct test_result){ squares > 0 ? INFINITY : 0, squares > 0 ? 0 : 1 };
    double f = squares / (2 * spread);
    return (struct test_result){ f, f_above(f, 10, 5) };
}

static int by_size(const void *a, const void *b)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x > y) - (x < y);
}

/* Chance of a rank sum of v or more under random signs: each rank is in or out. */
static double signed_rank_at_least(struct arena *arena, size_t n, double v)
{
    size_t most = n * (n + 1) / 2;
    double *ways = arena_array(arena, double, most + 1), sum = 0;
    ways[0] = 1;
    for (size_t rank = 1; rank <= n; rank++)
        for (size_t s = most + 1; s-- > 0;)
            ways[s] = 0.5 * (ways[s] + (s >= rank ? ways[s - rank] : 0));
    for (size_t s = most + 1; s-- > 0 && (double)s >= v;)
        sum += ways[s];
    return sum;
}

static void signed_rank_normal(struct wilcoxon *out, double n, double ties)
{
    double off = out->v - n * (n + 1) / 4;
    double error = sqrt(n * (n + 1) * (2 * n + 1) / 24 - ties / 48);
    if (!(error > 0))
        return;
    out->p_greater = normal_below(-(off - 0.5) / error);
    out->p_two_sided = fmin(1, normal_two_sided(fmax(0, fabs(off) - 0.5) / error));
}

struct wilcoxon wilcoxon_signed_rank(struct arena *arena, const double *d, size_t n)
{
    double *sorted = arena_array(arena, double, n), ties = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0)
            sorted[count++] = d[i];
    qsort(sorted, count, sizeof *sorted, by_size);
    struct wilcoxon out = { .p_greater = 1, .p_two_sided = 1 };
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && fabs(sorted[end]) == fabs(sorted[i]);)
            end++;
        double tied = (double)(end - i), rank = (double)(i + 1 + end) / 2;
        ties += tied * tied * tied - tied;
        for (size_t k = i; k < end; k++)
            out.v += sorted[k] > 0 ? rank : 0;
    }
    out.is_exact = ties == 0 && count < 50;
    if (!out.is_exact) {
        signed_rank_normal(&out, (double)count, ties);
        return out;
    }
    double most = (double)count * (double)(count + 1) / 2;
    out.p_greater = signed_rank_at_least(arena, count, out.v);
    double less = signed_rank_at_least(arena, count, most - out.v);
    out.p_two_sided = fmin(1, 2 * fmin(out.p_greater, less));
    return out;
}
