/* Contenders on the same rows, and on several data sets. */
#include "core/eval/comparison.h"
#include "core/eval/design.h"
#include "core/eval/interval.h"
#include "core/eval/metric_parts.h"
#include "core/eval/multiplicity.h"
#include "core/eval/normal.h"
#include "core/eval/paired_tests.h"
#include "core/math/distribution.h"
#include "core/math/sum.h"
#include <math.h>

#define DRAWN_MOST 200 /* rows up to which the interval of a mean of losses is a bootstrap's */

static struct interval around(double value, double half)
{
    return (struct interval){ value - half, value + half };
}

static struct interval accuracy_interval(const struct contender *a, const struct contender *b)
{
    size_t only_a = 0, only_b = 0;
    for (size_t i = 0; i < a->n; i++) {
        only_a += a->losses[i] < b->losses[i];
        only_b += b->losses[i] < a->losses[i];
    }
    return accuracy_difference(only_a, only_b, a->n);
}

/*
 * Of the mean of loss differences, brought to the scale of the values: the slope between the two
 * (of a root or the like the chord). Where they are equal on average there is no slope to be had.
 */
static struct interval losses_interval(struct arena *arena, const struct contender *a,
                                       const struct contender *b, uint64_t seed)
{
    double *d = arena_array(arena, double, a->n), spread = 0;
    for (size_t i = 0; i < a->n; i++) {
        d[i] = a->losses[i] - b->losses[i];
        spread = fmax(spread, fabs(d[i]));
    }
    double mean = mean_of(d, a->n), difference = a->value - b->value;
    if (spread == 0)
        return around(difference, 0);
    if (!(fabs(mean) > 1e-12 * spread))
        return (struct interval){ NAN, NAN };
    struct interval of;
    if (a->n <= DRAWN_MOST && design_is_plain(a->rows)) {
        of = interval_of_mean(arena, d, a->n, seed);
    } else {
        struct resampling how = design_of(arena, a->rows, seed);
        of = around(mean, NORMAL_975 * resample_error_of_mean(arena, &how, d));
    }
    double slope = difference / mean;
    return slope > 0 ? (struct interval){ of.low * slope, of.high * slope }
                     : (struct interval){ of.high * slope, of.low * slope };
}

/* DeLong: the variance of each class about its own mean. */
static struct interval placements_interval(const struct contender *a, const struct contender *b)
{
    double variance = 0, difference = a->value - b->value;
    for (int class = 0; class < 2; class ++) {
        struct sum sum = { 0 }, squares = { 0 };
        double n = 0;
        for (int pass = 0; pass < 2; pass++) {
            double mean = pass ? sum_value(&sum) / n : 0;
            for (size_t i = 0; i < a->n; i++) {
                double d = a->placements[i] - b->placements[i];
                if ((a->rows->truth[i] != 0) != class)
                    continue;
                n += pass == 0;
                sum_add(pass ? &squares : &sum, pass ? (d - mean) * (d - mean) : d);
            }
        }
        variance += n > 1 ? sum_value(&squares) / (n * (n - 1)) : NAN;
    }
    return around(difference, NORMAL_975 * sqrt(variance));
}

static struct interval replicates_interval(struct arena *arena, const struct contender *a,
                                           const struct contender *b)
{
    double *d = arena_array(arena, double, REPLICATES);
    size_t kept = 0;
    for (size_t i = 0; i < REPLICATES; i++)
        if (!isnan(a->replicates[i] - b->replicates[i]))
            d[kept++] = a->replicates[i] - b->replicates[i];
    return 2 * kept > REPLICATES ? interval_percentile(d, kept) : (struct interval){ NAN, NAN };
}

struct interval pair_interval(struct arena *arena, const struct metric *metric,
                              const struct contender *a, const struct contender *b,
                              const struct metric_options *options)
{
    if (isnan(a->value) || isnan(b->value) || a->n < 2)
        return (struct interval){ NAN, NAN };
    if (metric->losses == losses_accuracy && design_is_plain(a->rows))
        return accuracy_interval(a, b);
    if (a->losses)
        return losses_interval(arena, a, b, options ? options->seed : 0);
    if (a->placements)
        return placements_interval(a, b);
    return a->replicates ? replicates_interval(arena, a, b) : (struct interval){ NAN, NAN };
}

/* Who of the two, if the p-value says that it is no accident. */
static int verdict(double p, bool a_better, bool b_better)
{
    return p > COMPARISON_ALPHA ? 0 : a_better ? -1 : b_better ? 1 : 0;
}

static void pairs_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                       const struct metric_options *options, struct comparison *out)
{
    struct contender *at = arena_array(arena, struct contender, out->count);
    double *p = arena_array(arena, double, out->count * out->count);
    size_t k = 0;
    for (size_t i = 0; i < out->count; i++)
        contender_make(arena, metric, &rows[i], options, &at[i]);
    for (size_t i = 0; i < out->count; i++)
        for (size_t j = i + 1; j < out->count; j++, k++) {
            struct pair_test test = pair_test(arena, metric, &at[i], &at[j], options);
            struct interval of = pair_interval(arena, metric, &at[i], &at[j], options);
            out->pairs[k] = (struct compared_pair){ .a = i,
                                                    .b = j,
                                                    .difference = test.difference,
                                                    .low = of.low,
                                                    .high = of.high,
                                                    .p = p[k] = test.p,
                                                    .test = test.name };
        }
    holm(arena, p, k, p);
    for (size_t i = 0; i < k; i++) {
        struct compared_pair *pair = &out->pairs[i];
        double a = at[pair->a].value, b = at[pair->b].value;
        pair->adjusted = p[i];
        pair->better = verdict(p[i], metric_better(metric, a, b), metric_better(metric, b, a));
    }
}

static void ranks_fill(struct arena *arena, struct comparison *out)
{
    size_t k = out->count;
    bool *better = arena_array(arena, bool, k *k);
    for (size_t i = 0; i < k; i++) {
        out->at[i].value = out->values[i].value;
        for (size_t j = 0; j < k; j++)
            better[i * k + j] = !isnan(out->values[i].value) && isnan(out->values[j].value);
    }
    for (size_t i = 0; i < out->pair_count; i++) {
        const struct compared_pair *pair = &out->pairs[i];
        if (pair->better)
            better[pair->better < 0 ? pair->a * k + pair->b : pair->b * k + pair->a] = true;
    }
    rank_ranges(better, k, out->at);
    rank_places(out->metric, out->at, k);
    rank_clusters(better, k, out->at);
    rank_letters(arena, better, k, out->at);
}

struct comparison comparison_make(struct arena *arena, const struct metric *metric,
                                  const struct scored *rows, size_t count,
                                  const struct metric_options *options)
{
    struct comparison out = { .metric = metric,
                              .count = count,
                              .rows = count ? rows[0].n : 0,
                              .values = arena_array(arena, struct metric_value, count),
                              .at = arena_array(arena, struct rank, count),
                              .pair_count = count ? count * (count - 1) / 2 : 0 };
    out.pairs = arena_array(arena, struct compared_pair, out.pair_count);
    for (size_t i = 0; i < count; i++)
        out.values[i] = metric_measure(arena, metric, &rows[i], options);
    pairs_make(arena, metric, rows, options, &out);
    ranks_fill(arena, &out);
    return out;
}

/* ---- several data sets ---- */

static double *differences_of(struct arena *arena, const struct sets_design *at, size_t a, size_t b)
{
    double *d = arena_array(arena, double, at->sets);
    for (size_t i = 0; i < at->sets; i++)
        d[i] = at->value[i * at->contenders + a] - at->value[i * at->contenders + b];
    return d;
}

/* Folds: the corrected t test, and its interval. */
static void fold_pair(const struct sets_design *at, const double *d, struct compared_pair *pair)
{
    struct test_result got = corrected_t(d, at->sets, at->train_rows, at->test_rows);
    pair->test = "corrected_t";
    pair->p = isnan(got.p) ? 1 : got.p;
    if (isfinite(got.statistic) && got.statistic != 0) {
        double error = fabs(pair->difference / got.statistic);
        struct interval of =
            around(pair->difference, error * t_quantile(0.975, (double)at->sets - 1));
        pair->low = of.low;
        pair->high = of.high;
    }
}

static void sets_pair(struct arena *arena, const struct sets_design *at,
                      const struct sets_comparison *out, struct compared_pair *pair)
{
    const double *rank = out->friedman.mean_ranks;
    double *d = differences_of(arena, at, pair->a, pair->b);
    pair->difference = mean_of(d, at->sets);
    pair->low = pair->high = NAN;
    if (at->train_rows > 0) {
        fold_pair(at, d, pair);
    } else if (at->contenders == 2) {
        pair->test = "wilcoxon_signed_rank";
        pair->p = wilcoxon_signed_rank(arena, d, at->sets).p_two_sided;
    } else {
        pair->test = "nemenyi";
        pair->p = nemenyi_p(rank[pair->a] - rank[pair->b], at->contenders, at->sets);
    }
}

/* Nemenyi's test covers all pairs as it is; the others are adjusted. */
static void sets_adjust(struct arena *arena, const struct sets_design *at,
                        struct sets_comparison *out, bool *better)
{
    size_t k = at->contenders;
    double *p = arena_array(arena, double, out->pair_count);
    for (size_t i = 0; i < out->pair_count; i++)
        p[i] = out->pairs[i].p;
    if (at->train_rows > 0)
        holm(arena, p, out->pair_count, p);
    for (size_t i = 0; i < out->pair_count; i++) {
        struct compared_pair *pair = &out->pairs[i];
        double of = at->train_rows > 0
                        ? (at->higher_is_better ? 1 : -1) * pair->difference
                        : out->friedman.mean_ranks[pair->b] - out->friedman.mean_ranks[pair->a];
        pair->adjusted = p[i];
        pair->better = verdict(p[i], of > 0, of < 0);
        if (pair->better)
            better[pair->better < 0 ? pair->a * k + pair->b : pair->b * k + pair->a] = true;
    }
}

static void sets_places(struct sets_comparison *out, size_t count)
{
    const double *rank = out->friedman.mean_ranks;
    for (size_t i = 0; i < count; i++) {
        out->at[i].value = rank[i];
        for (size_t j = 0; j < count; j++)
            out->at[i].place += rank[j] < rank[i] || (rank[j] == rank[i] && j < i);
    }
}

struct sets_comparison sets_compare(struct arena *arena, const struct sets_design *at)
{
    size_t k = at->contenders, pair = 0;
    bool *better = arena_array(arena, bool, k *k);
    struct sets_comparison out = {
        .friedman = friedman_test(arena, at->value, at->sets, k, at->higher_is_better),
        .nemenyi =
            at->train_rows > 0 || k < 3 ? NAN : nemenyi_difference(k, at->sets, COMPARISON_ALPHA),
        .mean = arena_array(arena, double, k),
        .at = arena_array(arena, struct rank, k),
        .pairs = arena_array(arena, struct compared_pair, k * k),
        .pair_count = k ? k * (k - 1) / 2 : 0,
    };
    for (size_t i = 0; i < at->sets; i++)
        for (size_t j = 0; j < k; j++)
            out.mean[j] += at->value[i * k + j] / (double)at->sets;
    for (size_t i = 0; i < k; i++)
        for (size_t j = i + 1; j < k; j++, pair++) {
            out.pairs[pair] = (struct compared_pair){ .a = i, .b = j };
            sets_pair(arena, at, &out, &out.pairs[pair]);
        }
    sets_adjust(arena, at, &out, better);
    rank_ranges(better, k, out.at);
    sets_places(&out, k);
    rank_clusters(better, k, out.at);
    rank_letters(arena, better, k, out.at);
    return out;
}
