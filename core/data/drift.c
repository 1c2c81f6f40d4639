/* Has a column another distribution than before? */
#include "core/data/drift.h"
#include "core/data/dictionary.h"
#include "core/math/distribution.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <assert.h>
#include <math.h>

#define KS_EXACT_MOST 2e7
#define EXPECTED_LEAST 5

static double psi_of(const double *p, const double *q, size_t count)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < count; i++) {
        double before = fmax(p[i], DRIFT_FLOOR), after = fmax(q[i], DRIFT_FLOOR);
        sum_add(&sum, (after - before) * log(after / before));
    }
    return sum_value(&sum);
}

static double *sorted_values(struct arena *arena, const struct column *column, size_t rows,
                             size_t *count)
{
    double *sorted = arena_array(arena, double, rows);
    *count = 0;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(column->numbers[i]))
            sorted[(*count)++] = column->numbers[i];
    sort_numbers(sorted, *count);
    return sorted;
}

/* How many of the sorted values are below x. */
static size_t count_below(const double *sorted, size_t n, double x)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double psi_of_numbers(const double *a, size_t n, const double *b, size_t m)
{
    double p[DRIFT_BINS], q[DRIFT_BINS];
    size_t a_before = 0, b_before = 0;
    for (size_t i = 1; i <= DRIFT_BINS; i++) {
        double edge = quantile_sorted(a, n, (double)i / DRIFT_BINS);
        size_t a_to = i == DRIFT_BINS ? n : count_below(a, n, edge);
        size_t b_to = i == DRIFT_BINS ? m : count_below(b, m, edge);
        p[i - 1] = (double)(a_to - a_before) / (double)n;
        q[i - 1] = (double)(b_to - b_before) / (double)m;
        a_before = a_to;
        b_before = b_to;
    }
    return psi_of(p, q, DRIFT_BINS);
}

static double ks_of(const double *a, size_t n, const double *b, size_t m)
{
    double most = 0;
    for (size_t i = 0, j = 0; i < n && j < m;) {
        double x = fmin(a[i], b[j]);
        while (i < n && a[i] == x)
            i++;
        while (j < m && b[j] == x)
            j++;
        most = fmax(most, fabs((double)i / (double)n - (double)j / (double)m));
    }
    return most;
}

/*
 * The share of paths from (0, 0) to (n, m) that stay nearer than d to the diagonal. Of the paths to
 * (i, j) the last step comes from (i - 1, j) with chance i / (i + j): shares neither grow nor
 * vanish.
 */
static double ks_exact(struct arena *arena, double d, size_t n, size_t m)
{
    double *inside = arena_array(arena, double, m + 1), grid = (double)n * (double)m;
    double limit = (0.5 + floor(d * grid - 1e-7)) / grid;
    for (size_t i = 0; i <= n; i++) {
        double x = (double)i / (double)n, left = 0;
        for (size_t j = 0; j <= m; j++) {
            double share = i + j ? (inside[j] * (double)i + left * (double)j) / (double)(i + j) : 1;
            left = inside[j] = fabs(x - (double)j / (double)m) > limit ? 0 : share;
        }
    }
    return fmin(fmax(1 - inside[m], 0), 1);
}

double ks_above(struct arena *arena, double d, size_t n, size_t m)
{
    if (n == 0 || m == 0)
        return NAN;
    if (d <= 0)
        return 1;
    if ((double)n * (double)m <= KS_EXACT_MOST)
        return ks_exact(arena, d, n < m ? n : m, n < m ? m : n);
    double root = sqrt((double)n * (double)m / ((double)n + (double)m));
    double x = (root + 0.12 + 0.11 / root) * d, sum = 0;
    if (x < 0.2) /* the series is slow there, and 1 to 12 digits */
        return 1;
    for (int k = 1; k <= 100; k++)
        sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * x * x);
    return fmin(fmax(sum, 0), 1);
}

static void numbers_drift(struct arena *arena, const struct column *before, size_t before_rows,
                          const struct column *after, size_t after_rows, struct drift *out)
{
    size_t n, m;
    const double *a = sorted_values(arena, before, before_rows, &n);
    const double *b = sorted_values(arena, after, after_rows, &m);
    if (n == 0 || m == 0)
        return;
    out->psi = psi_of_numbers(a, n, b, m);
    out->ks = ks_of(a, n, b, m);
    out->ks_p = ks_above(arena, out->ks, n, m);
}

struct level_counts {
    size_t count;
    double *before, *after; /* rows of each level */
    double all_before, all_after;
};

/* Levels that are expected in fewer than 5 rows of a side count together. */
static void chi2_of(const struct level_counts *c, struct drift *out)
{
    double all = c->all_before + c->all_after, sum = 0, rare_before = 0, rare_after = 0;
    double least = fmin(c->all_before, c->all_after) / all;
    size_t kept = 0;
    for (size_t k = 0; k <= c->count; k++) {
        bool rest = k == c->count;
        double x = rest ? rare_before : c->before[k], y = rest ? rare_after : c->after[k];
        if (!rest && (x + y) * least < EXPECTED_LEAST) {
            rare_before += x;
            rare_after += y;
            continue;
        }
        if (x + y == 0)
            continue;
        double expected_x = (x + y) * c->all_before / all;
        double expected_y = (x + y) * c->all_after / all;
        sum += (x - expected_x) * (x - expected_x) / expected_x +
               (y - expected_y) * (y - expected_y) / expected_y;
        kept++;
    }
    out->chi2 = kept > 1 ? sum : 0;
    out->chi2_p = kept > 1 ? chi2_above(sum, (double)(kept - 1)) : 1;
}

static void texts_drift(struct arena *arena, const struct column *before, size_t before_rows,
                        const struct column *after, size_t after_rows, struct drift *out)
{
    struct dictionary levels = { .arena = arena };
    size_t most = before->level_count + after->level_count;
    struct level_counts c = { .before = arena_array(arena, double, most),
                              .after = arena_array(arena, double, most) };
    int32_t *map = arena_array(arena, int32_t, after->level_count);
    for (size_t k = 0; k < before->level_count; k++)
        dictionary_add(&levels, before->levels[k]);
    for (size_t k = 0; k < after->level_count; k++)
        map[k] = dictionary_add(&levels, after->levels[k]);
    c.count = levels.count;
    for (size_t i = 0; i < before_rows; i++)
        if (before->codes[i] >= 0)
            c.before[before->codes[i]]++;
    for (size_t i = 0; i < after_rows; i++)
        if (after->codes[i] >= 0)
            c.after[map[after->codes[i]]]++;
    for (size_t k = 0; k < c.count; k++) {
        c.all_before += c.before[k];
        c.all_after += c.after[k];
        out->unseen_rows += c.before[k] == 0 ? (size_t)c.after[k] : 0;
    }
    if (c.all_before == 0 || c.all_after == 0)
        return;
    chi2_of(&c, out);
    for (size_t k = 0; k < c.count; k++) {
        c.before[k] /= c.all_before;
        c.after[k] /= c.all_after;
    }
    out->psi = psi_of(c.before, c.after, c.count);
}

void column_drift(struct arena *arena, const struct column *before, size_t before_rows,
                  const struct column *after, size_t after_rows, struct drift *out)
{
    assert(column_is_numeric(before) == column_is_numeric(after));
    *out = (struct drift){ .psi = NAN, .ks = NAN, .ks_p = NAN, .chi2 = NAN, .chi2_p = NAN };
    out->missing_before = before_rows ? (double)before->missing_count / (double)before_rows : 0;
    out->missing_after = after_rows ? (double)after->missing_count / (double)after_rows : 0;
    if (column_is_numeric(before))
        numbers_drift(arena, before, before_rows, after, after_rows, out);
    else
        texts_drift(arena, before, before_rows, after, after_rows, out);
}
