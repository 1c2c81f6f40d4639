/* Paired tests. */
#include "core/eval/paired.h"
#include "core/eval/design.h"
#include "core/eval/metric_parts.h"
#include "core/eval/normal.h"
#include "core/eval/ranking.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include <assert.h>
#include <math.h>

#define SIGNS_EXACT_MOST 20
#define SIGNS_DRAWN_MOST 200
#define SIGNS_DRAWN 9999
#define ROUNDING (1 - 1e-12) /* sums as far as the observed one, but for their last bits */

double mcnemar_exact(size_t b, size_t c)
{
    if (b == c)
        return 1;
    return fmin(1, 2 * coin_at_most(b < c ? b : c, b + c));
}

double sign_flip_exact(struct arena *arena, const double *d, size_t n)
{
    assert(n <= SIGNS_EXACT_MOST);
    size_t count = 1, far = 0;
    double *sums = arena_array(arena, double, (size_t)1 << n);
    for (size_t i = 0; i < n; i++, count *= 2)
        for (size_t k = 0; k < count; k++) {
            sums[count + k] = sums[k] - d[i];
            sums[k] += d[i];
        }
    double observed = fabs(sums[0]) * ROUNDING;
    for (size_t k = 0; k < count; k++)
        far += fabs(sums[k]) >= observed;
    return (double)far / (double)count;
}

double sign_flip_random(const double *d, size_t n, size_t count, uint64_t seed)
{
    struct random random = { seed };
    double observed = 0;
    size_t far = 0;
    for (size_t i = 0; i < n; i++)
        observed += d[i];
    observed = fabs(observed) * ROUNDING;
    for (size_t b = 0; b < count; b++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += random_next(&random) >> 63 ? -d[i] : d[i];
        far += fabs(sum) >= observed;
    }
    return (1 + (double)far) / (1 + (double)count);
}

static double two_sided(double difference, double deviation)
{
    if (deviation > 0)
        return normal_two_sided(difference / deviation);
    return difference == 0 ? 1 : 0;
}

double paired_normal(const double *d, size_t n)
{
    double mean = mean_of(d, n);
    if (n < 2)
        return 1;
    return two_sided(mean, sqrt(variance_of(d, n, mean) / (double)(n - 1)));
}

void contender_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                    const struct metric_options *options, struct contender *out)
{
    struct metric_options plain = options ? *options : (struct metric_options){ 0 };
    plain.without_interval = true;
    metric_options_fill(&plain);
    *out = (struct contender){ .rows = rows, .n = rows->n };
    out->value = metric_measure(arena, metric, rows, &plain).value;
    if (isnan(out->value))
        return;
    double *at = arena_array(arena, double, REPLICATES > rows->n ? REPLICATES : rows->n);
    if (metric->losses) {
        metric->losses(rows, &plain, at);
        out->losses = at;
    } else if (metric->measure != measure_roc_auc ||
               (!design_is_plain(rows) && metric_resamples(metric))) {
        metric_resample(arena, metric, rows, &plain, at, REPLICATES);
        out->replicates = at;
    } else {
        struct ranking ranking;
        ranking_make(arena, rows, true, &ranking);
        ranking_placements(arena, &ranking, rows, at);
        out->placements = at;
    }
}

/* The variance of the mean of a - b over the rows whose truth is `class`. */
static double mean_variance(const struct contender *a, const struct contender *b, bool class)
{
    struct sum sum = { 0 }, squares = { 0 };
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        double mean = n ? sum_value(&sum) / (double)n : 0;
        for (size_t i = 0; i < a->n; i++) {
            if ((a->rows->truth[i] != 0) != class)
                continue;
            double d = a->placements[i] - b->placements[i];
            n += pass == 0;
            if (pass == 0)
                sum_add(&sum, d);
            else
                sum_add(&squares, (d - mean) * (d - mean));
        }
    }
    return n > 1 ? sum_value(&squares) / ((double)n * (double)(n - 1)) : 0;
}

static double delong(const struct contender *a, const struct contender *b)
{
    double variance = mean_variance(a, b, true) + mean_variance(a, b, false);
    double difference = a->value - b->value;
    if (variance <= 1e-18)
        return fabs(difference) < 1e-15 ? 1 : 0;
    return two_sided(difference, sqrt(variance));
}

static double mcnemar(const struct contender *a, const struct contender *b)
{
    size_t only_a = 0, only_b = 0;
    for (size_t i = 0; i < a->n; i++) {
        only_a += a->losses[i] < b->losses[i];
        only_b += b->losses[i] < a->losses[i];
    }
    return mcnemar_exact(only_a, only_b);
}

static struct pair_test losses_test(struct arena *arena, const struct contender *a,
                                    const struct contender *b, uint64_t seed)
{
    double *d = arena_array(arena, double, a->n);
    for (size_t i = 0; i < a->n; i++)
        d[i] = a->losses[i] - b->losses[i];
    if (!design_is_plain(a->rows)) {
        struct resampling how = design_of(arena, a->rows, seed);
        double error = resample_error_of_mean(arena, &how, d);
        return (struct pair_test){ .p = isnan(error) ? 1 : two_sided(mean_of(d, a->n), error),
                                   .name = how.block ? "block_normal" : "cluster_normal" };
    }
    if (a->n <= SIGNS_EXACT_MOST)
        return (struct pair_test){ .p = sign_flip_exact(arena, d, a->n),
                                   .name = "sign_flip_exact" };
    if (a->n <= SIGNS_DRAWN_MOST)
        return (struct pair_test){ .p = sign_flip_random(d, a->n, SIGNS_DRAWN, seed),
                                   .name = "sign_flip" };
    return (struct pair_test){ .p = paired_normal(d, a->n), .name = "paired_normal" };
}

static double bootstrap(const struct contender *a, const struct contender *b)
{
    double d[REPLICATES], kept = 0;
    for (size_t i = 0; i < REPLICATES; i++)
        if (!isnan(a->replicates[i] - b->replicates[i]))
            d[(size_t)kept++] = a->replicates[i] - b->replicates[i];
    if (2 * kept <= REPLICATES) /* not defined in most resamples: nothing can be told */
        return 1;
    double variance = variance_of(d, (size_t)kept, mean_of(d, (size_t)kept));
    return two_sided(a->value - b->value, sqrt(variance * kept / (kept - 1)));
}

struct pair_test pair_test(struct arena *arena, const struct metric *metric,
                           const struct contender *a, const struct contender *b,
                           const struct metric_options *options)
{
    assert(a->n == b->n);
    struct pair_test out = { .p = 1, .name = "none" };
    if (isnan(a->value) || isnan(b->value)) {
        out.difference = NAN;
        return out;
    }
    if (metric->losses == losses_accuracy && design_is_plain(a->rows))
        out = (struct pair_test){ .p = mcnemar(a, b), .name = "mcnemar_exact" };
    else if (a->losses)
        out = losses_test(arena, a, b, options ? options->seed : 0);
    else if (a->placements)
        out = (struct pair_test){ .p = delong(a, b), .name = "delong" };
    else
        out = (struct pair_test){ .p = bootstrap(a, b), .name = "paired_bootstrap" };
    out.difference = a->value - b->value;
    return out;
}
