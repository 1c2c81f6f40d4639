/* Medians, quantiles and deviances of numbers, as values of weighted rows. */
#include "core/eval/moments.h"
#include "core/eval/ranking.h"
#include "core/math/sum.h"
#include <math.h>

#define CONSTANT "the truth is the same in all rows"

/* Numbers in order. */
struct sorted {
    size_t n;
    const double *x;
    uint32_t *order; /* [n] from the highest down */
};

static struct sorted sorted_make(struct arena *arena, const double *x, size_t n)
{
    struct sorted out = { n, x, arena_array(arena, uint32_t, n) };
    ranking_groups(arena, x, n, arena_array(arena, uint32_t, n), out.order);
    return out;
}

/* As quantile_sorted of the numbers, each repeated as often as it weighs. */
static double quantile_weighed(const struct sorted *at, const uint32_t *weight, double share)
{
    uint64_t n = weight ? 0 : at->n, seen = 0;
    for (size_t i = 0; i < at->n && weight; i++)
        n += weight[i];
    double place = share * (double)(n - 1), low = NAN;
    uint64_t below = (uint64_t)place;
    for (size_t i = at->n; i-- > 0;) {
        uint32_t row = at->order[i];
        seen += weight ? weight[row] : 1;
        if (isnan(low) && seen > below)
            low = at->x[row];
        if (seen > below + 1)
            return low + (place - (double)below) * (at->x[row] - low);
    }
    return low;
}

void *medae_prepare(PREPARE_PARTS)
{
    struct sorted *out = arena_new(arena, struct sorted);
    double *size = arena_array(arena, double, rows->n);
    (void)note;
    losses_absolute(rows, options, size);
    *out = sorted_make(arena, size, rows->n);
    return out;
}

double medae_value(VALUE_PARTS)
{
    (void)note;
    return quantile_weighed(prepared, weight, 0.5);
}

struct quantile_rows {
    struct sorted truth;
    const double *prediction;
    double alpha;
};

static void *quantile_prepare(struct arena *arena, const struct scored *rows, double alpha)
{
    struct quantile_rows *out = arena_new(arena, struct quantile_rows);
    *out =
        (struct quantile_rows){ sorted_make(arena, rows->truth, rows->n), rows->prediction, alpha };
    return out;
}

void *d2_median_prepare(PREPARE_PARTS)
{
    (void)options, (void)note;
    return quantile_prepare(arena, rows, 0.5);
}

void *d2_pinball_prepare(PREPARE_PARTS)
{
    (void)note;
    return quantile_prepare(arena, rows, options->alpha);
}

static double pinball(double truth, double said, double alpha)
{
    return fmax(alpha * (truth - said), (alpha - 1) * (truth - said));
}

double d2_pinball_value(VALUE_PARTS)
{
    const struct quantile_rows *at = prepared;
    double quantile = quantile_weighed(&at->truth, weight, at->alpha);
    struct sum loss = { 0 }, alone = { 0 };
    for (size_t i = 0; i < at->truth.n; i++) {
        double w = weight ? weight[i] : 1;
        sum_add(&loss, w * pinball(at->truth.x[i], at->prediction[i], at->alpha));
        sum_add(&alone, w * pinball(at->truth.x[i], quantile, at->alpha));
    }
    if (sum_value(&alone) > 0)
        return 1 - sum_value(&loss) / sum_value(&alone);
    *note = CONSTANT;
    return NAN;
}

double deviance(double truth, double prediction, double power)
{
    if (power == 1)
        return 2 * ((truth > 0 ? truth * log(truth / prediction) : 0) - truth + prediction);
    if (power == 2)
        return 2 * (log(prediction / truth) + truth / prediction - 1);
    double one = 1 - power, two = 2 - power;
    return 2 * (pow(fmax(truth, 0), two) / (one * two) - truth * pow(prediction, one) / one +
                pow(prediction, two) / two);
}

static const char *outside(const struct scored *rows, double power)
{
    for (size_t i = 0; i < rows->n; i++) {
        double truth = rows->truth[i];
        if (rows->prediction[i] <= 0)
            return "a prediction is not above 0";
        if (power >= 1 && truth < 0)
            return "the truth is below 0 in a row";
        if (power >= 2 && truth <= 0)
            return "the truth is not above 0 in a row";
    }
    return NULL;
}

const char *outside_poisson(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    return outside(rows, 1);
}

const char *outside_gamma(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    return outside(rows, 2);
}

const char *outside_tweedie(const struct scored *rows, const struct metric_options *options)
{
    return outside(rows, options->power);
}

/* What each row adds to the deviance of a mean, apart from the mean. */
struct deviances {
    size_t n;
    const double *loss, *truth;
    double *own; /* [n] y ln y, ln y, or y^(2 - power) */
    double power;
};

void *d2_tweedie_prepare(PREPARE_PARTS)
{
    struct deviances *out = arena_new(arena, struct deviances);
    double *loss = arena_array(arena, double, rows->n), power = options->power;
    *out = (struct deviances){ rows->n, loss, rows->truth, arena_array(arena, double, rows->n),
                               power };
    (void)note;
    for (size_t i = 0; i < rows->n; i++) {
        double y = rows->truth[i];
        loss[i] = deviance(y, rows->prediction[i], power);
        out->own[i] = power == 1   ? y > 0 ? y * log(y) : 0
                      : power == 2 ? log(y)
                                   : pow(fmax(y, 0), 2 - power);
    }
    return out;
}

/* The mean deviance of the mean: sums of y turn into the mean, and little is left. */
static double deviance_of_mean(double own, double mean, double power)
{
    if (power == 1)
        return 2 * (own - mean * log(mean));
    if (power == 2)
        return 2 * (log(mean) - own);
    return 2 * (own - pow(mean, 2 - power)) / ((1 - power) * (2 - power));
}

double d2_tweedie_value(VALUE_PARTS)
{
    const struct deviances *at = prepared;
    struct sum loss = { 0 }, own = { 0 }, truth = { 0 };
    double n = 0, least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < at->n; i++) {
        double w = weight ? weight[i] : 1;
        if (w == 0)
            continue;
        sum_add(&loss, w * at->loss[i]);
        sum_add(&own, w * at->own[i]);
        sum_add(&truth, w * at->truth[i]);
        least = fmin(least, at->truth[i]);
        most = fmax(most, at->truth[i]);
        n += w;
    }
    double mean = sum_value(&truth) / n;
    double alone = deviance_of_mean(sum_value(&own) / n, mean, at->power);
    if (most > least && mean > 0 && alone > 0)
        return 1 - sum_value(&loss) / n / alone;
    *note = most > least ? "the mean of the truth is not above 0" : CONSTANT;
    return NAN;
}
