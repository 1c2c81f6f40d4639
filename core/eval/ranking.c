/* Groups of equal scores, and what is summed over them. */
#include "core/eval/ranking.h"
#include "core/eval/draws.h"
#include "core/eval/ranking_sort.h"
#include "core/math/sum.h"
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

/* Each class alone, from the highest score down. */
struct apart {
    const uint64_t *ones, *zeros;
    size_t ones_count, zeros_count;
};

static struct apart classes_sort(struct arena *arena, const struct scored *rows)
{
    size_t n = rows->n, p = 0, q = n;
    uint64_t *keys = arena_array(arena, uint64_t, n), *other = arena_array(arena, uint64_t, n);
    for (size_t i = 0; i < n; i++) { /* class 1 from the front, class 0 from the back */
        uint64_t key = key_of(rows->prediction[i]);
        bool is = rows->truth[i] != 0;
        keys[is ? p : q - 1] = key;
        p += is;
        q -= !is;
    }
    sort_keys(keys, other, p);
    sort_keys(keys + p, other + p, n - p);
    return (struct apart){ keys, keys + p, p, n - p };
}

/* Where two sorted classes stand, and the group that was passed last. */
struct place {
    size_t one, zero;
    size_t ones, zeros;
};

static inline bool next_group(const struct apart *all, struct place *at)
{
    size_t i = at->one, j = at->zero;
    if (i == all->ones_count && j == all->zeros_count)
        return false;
    bool of_zero = i == all->ones_count || (j < all->zeros_count && all->zeros[j] < all->ones[i]);
    uint64_t key = of_zero ? all->zeros[j] : all->ones[i];
    while (i < all->ones_count && all->ones[i] == key)
        i++;
    while (j < all->zeros_count && all->zeros[j] == key)
        j++;
    *at = (struct place){ i, j, i - at->one, j - at->zero };
    return true;
}

static void plain_make(struct arena *arena, const struct scored *rows, struct ranking *out)
{
    struct apart all = classes_sort(arena, rows);
    struct place at = { 0 };
    *out = (struct ranking){ .positives = arena_array(arena, uint32_t, rows->n),
                             .negatives = arena_array(arena, uint32_t, rows->n),
                             .positive_count = all.ones_count,
                             .negative_count = all.zeros_count };
    for (; next_group(&all, &at); out->group_count++) {
        out->positives[out->group_count] = (uint32_t)at.ones;
        out->negatives[out->group_count] = (uint32_t)at.zeros;
    }
}

size_t ranking_groups(struct arena *arena, const double *x, size_t n, uint32_t *group,
                      uint32_t *order)
{
    struct keyed *keys = arena_array(arena, struct keyed, n);
    struct keyed *other = arena_array(arena, struct keyed, n);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        keys[i] = (struct keyed){ key_of(x[i]), (uint32_t)i };
    sort_keyed(keys, other, n);
    for (size_t i = 0; i < n; i++) {
        count += i == 0 || keys[i].key != keys[i - 1].key;
        group[keys[i].row] = (uint32_t)(count - 1);
        order[i] = keys[i].row;
    }
    return count;
}

static void grouped_make(struct arena *arena, const struct scored *rows, struct ranking *out)
{
    *out = (struct ranking){ .positives = arena_array(arena, uint32_t, rows->n),
                             .negatives = arena_array(arena, uint32_t, rows->n),
                             .group = arena_array(arena, uint32_t, rows->n),
                             .order = arena_array(arena, uint32_t, rows->n) };
    out->group_count = ranking_groups(arena, rows->prediction, rows->n, out->group, out->order);
    for (size_t i = 0; i < rows->n; i++) {
        bool positive = rows->truth[i] != 0;
        (positive ? out->positives : out->negatives)[out->group[i]]++;
        out->positive_count += positive;
    }
    out->negative_count = rows->n - out->positive_count;
}

void ranking_make(struct arena *arena, const struct scored *rows, bool with_groups,
                  struct ranking *out)
{
    assert(rows->n < UINT32_MAX);
    if (with_groups)
        grouped_make(arena, rows, out);
    else
        plain_make(arena, rows, out);
}

void ranking_weigh(const struct ranking *ranking, const struct scored *rows, const uint32_t *weight,
                   struct ranking *out)
{
    size_t groups = ranking->group_count;
    memset(out->positives, 0, groups * sizeof *out->positives);
    memset(out->negatives, 0, groups * sizeof *out->negatives);
    out->positive_count = out->negative_count = 0;
    for (size_t i = 0; i < rows->n; i++) {
        bool is = rows->truth[i] != 0;
        (is ? out->positives : out->negatives)[ranking->group[i]] += weight[i];
        *(is ? &out->positive_count : &out->negative_count) += weight[i];
    }
}

double ranking_auc(const struct ranking *ranking)
{
    size_t below = ranking->negative_count;
    wide twice = 0;
    if (!ranking->positive_count || !ranking->negative_count)
        return NAN;
    for (size_t g = 0; g < ranking->group_count; g++) {
        below -= ranking->negatives[g];
        twice += (wide)ranking->positives[g] * (2 * below + ranking->negatives[g]);
    }
    return (double)twice /
           (2.0 * (double)ranking->positive_count * (double)ranking->negative_count);
}

static double area_of(const struct apart *all)
{
    struct place at = { 0 };
    wide twice = 0;
    if (!all->ones_count || !all->zeros_count)
        return NAN;
    while (next_group(all, &at)) /* below: what is left */
        twice += (wide)at.ones * (2 * (all->zeros_count - at.zero) + at.zeros);
    return (double)twice / (2.0 * (double)all->ones_count * (double)all->zeros_count);
}

/* The sums of the powers of the placements about the area, each class's divided by its rows. */
static void area_errors(const struct apart *all, struct ranking_area *out)
{
    double p = (double)all->ones_count, n = (double)all->zeros_count, v10 = 0, v01 = 0;
    double cubes10 = 0, cubes01 = 0;
    struct place at = { 0 };
    while (next_group(all, &at)) {
        double ones = (double)at.ones, zeros = (double)at.zeros;
        double below = (double)(all->zeros_count - at.zero), above = (double)(at.one - at.ones);
        double of_one = (below + zeros / 2) / n - out->value;
        double of_zero = (above + ones / 2) / p - out->value;
        v10 += ones * of_one * of_one;
        v01 += zeros * of_zero * of_zero;
        cubes10 += ones * of_one * of_one * of_one;
        cubes01 += zeros * of_zero * of_zero * of_zero;
    }
    double squares = v10 / (p * p) + v01 / (n * n);
    double cubes = cubes10 / (p * p * p) + cubes01 / (n * n * n);
    out->variance = p < 2 || n < 2 ? NAN : v10 / ((p - 1) * p) + v01 / ((n - 1) * n);
    out->acceleration = squares > 0 ? cubes / (6 * squares * sqrt(squares)) : 0;
}

struct ranking_area ranking_area_of(struct arena *arena, const struct scored *rows,
                                    bool with_errors)
{
    struct apart all = classes_sort(arena, rows);
    struct ranking_area out = { .value = area_of(&all),
                                .variance = NAN,
                                .positive_count = all.ones_count,
                                .negative_count = all.zeros_count };
    if (with_errors && !isnan(out.value))
        area_errors(&all, &out);
    return out;
}

double ranking_auc_variance(const struct ranking *ranking)
{
    double positives = (double)ranking->positive_count, negatives = (double)ranking->negative_count;
    double auc = ranking_auc(ranking), above = 0, below = negatives, v10 = 0, v01 = 0;
    if (positives < 2 || negatives < 2)
        return NAN;
    for (size_t g = 0; g < ranking->group_count; g++) {
        double p = (double)ranking->positives[g], n = (double)ranking->negatives[g];
        below -= n;
        double of_positive = (below + n / 2) / negatives - auc;
        double of_negative = (above + p / 2) / positives - auc;
        v10 += p * of_positive * of_positive;
        v01 += n * of_negative * of_negative;
        above += p;
    }
    return v10 / ((positives - 1) * positives) + v01 / ((negatives - 1) * negatives);
}

double ranking_average_precision(const uint32_t *positives, const uint32_t *negatives,
                                 size_t group_count)
{
    struct sum sum = { 0 };
    double found = 0, seen = 0;
    for (size_t g = 0; g < group_count; g++) {
        found += positives[g];
        seen += (double)positives[g] + negatives[g];
        if (positives[g])
            sum_add(&sum, positives[g] * (found / seen));
    }
    return found > 0 ? sum_value(&sum) / found : NAN;
}

/*
 * How the value changes with the weight of a row: a positive adds its own precision and lifts that
 * of every positive at or below it; a negative lowers theirs.
 */
struct influence ranking_average_precision_influence(struct arena *arena, const struct ranking *r)
{
    double *of_positive = arena_array(arena, double, r->group_count);
    double *of_negative = arena_array(arena, double, r->group_count);
    double p = (double)r->positive_count, n = (double)r->negative_count;
    double found = p, seen = p + n, lift = 0, loss = 0, mean_positive = 0, mean_negative = 0;
    for (size_t g = r->group_count; g-- > 0;) { /* from the lowest score up */
        double here = r->positives[g], precision = found / seen;
        lift += here * (1 - precision) / seen;
        loss += here * precision / seen;
        of_positive[g] = (precision + lift) / p;
        of_negative[g] = -loss / p;
        mean_positive += here * of_positive[g] / p;
        mean_negative += (double)r->negatives[g] * of_negative[g] / n;
        found -= here;
        seen -= here + (double)r->negatives[g];
    }
    struct influence out = { 0 };
    for (size_t g = 0; g < r->group_count; g++) {
        double a = of_positive[g] - mean_positive, b = of_negative[g] - mean_negative;
        out.squares += r->positives[g] * a * a + r->negatives[g] * b * b;
        out.cubes += r->positives[g] * a * a * a + r->negatives[g] * b * b * b;
    }
    return out;
}

double ranking_average_precision_of(struct arena *arena, const struct scored *rows)
{
    struct apart all = classes_sort(arena, rows);
    struct place at = { 0 };
    struct sum sum = { 0 };
    while (next_group(&all, &at))
        if (at.ones)
            sum_add(&sum, (double)at.ones * ((double)at.one / (double)(at.one + at.zero)));
    return all.ones_count ? sum_value(&sum) / (double)all.ones_count : NAN;
}

/* For each positive the negatives above it and, with those of its own score, at or above it. */
struct bounds {
    uint32_t above, until;
};

static struct bounds *bounds_make(struct arena *arena, const struct apart *all)
{
    struct bounds *out = arena_array(arena, struct bounds, all->ones_count);
    struct place at = { 0 };
    while (next_group(all, &at))
        for (size_t i = at.one - at.ones; i < at.one; i++)
            out[i] = (struct bounds){ (uint32_t)(at.zero - at.zeros), (uint32_t)at.zero };
    return out;
}

/*
 * One resample: negatives are drawn and summed up along the order; each positive then beats those
 * that are left below it, and positives are drawn among these sums.
 */
static double area_draw(uint64_t *state, const struct apart *all, const struct bounds *bounds,
                        uint32_t *counts, uint32_t *twice_lost)
{
    size_t p = all->ones_count, n = all->zeros_count;
    memset(counts, 0, (n + 1) * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[draw_row(state, n) + 1]++;
    for (size_t i = 0; i < n; i++)
        counts[i + 1] += counts[i];
    for (size_t i = 0; i < p; i++)
        twice_lost[i] = counts[bounds[i].above] + counts[bounds[i].until];
    uint64_t lost = 0;
    for (size_t i = 0; i < p; i++)
        lost += twice_lost[draw_row(state, p)];
    return 1 - (double)lost / (2.0 * (double)p * (double)n);
}

void ranking_area_resample(struct arena *arena, const struct scored *rows, uint64_t seed,
                           double *out, size_t count)
{
    struct apart all = classes_sort(arena, rows);
    struct bounds *bounds = bounds_make(arena, &all);
    uint32_t *counts = arena_array(arena, uint32_t, all.zeros_count + 1);
    uint32_t *twice_lost = arena_array(arena, uint32_t, all.ones_count);
    uint64_t state = seed;
    assert(rows->n < UINT32_MAX / 2); /* twice_lost */
    for (size_t b = 0; b < count; b++)
        out[b] = area_draw(&state, &all, bounds, counts, twice_lost);
}

void ranking_placements(struct arena *arena, const struct ranking *ranking,
                        const struct scored *rows, double *out)
{
    double *of_positive = arena_array(arena, double, ranking->group_count);
    double *of_negative = arena_array(arena, double, ranking->group_count);
    double below = (double)ranking->negative_count, above = 0;
    for (size_t g = 0; g < ranking->group_count; g++) {
        double p = (double)ranking->positives[g], n = (double)ranking->negatives[g];
        below -= n;
        of_positive[g] = (below + n / 2) / (double)ranking->negative_count;
        of_negative[g] = (above + p / 2) / (double)ranking->positive_count;
        above += p;
    }
    for (size_t i = 0; i < rows->n; i++)
        out[i] =
            rows->truth[i] != 0 ? of_positive[ranking->group[i]] : of_negative[ranking->group[i]];
}
