/* Metrics of what decisions bring and cost. */
#include "core/eval/confusion.h"
#include "core/eval/profit.h"
#include "core/eval/ranking.h"
#include <math.h>

static double gain_of(const struct metric_options *options, bool is, bool said)
{
    if (is)
        return said ? options->gain_tp : options->gain_fn;
    return said ? options->gain_fp : options->gain_tn;
}

double bayes_threshold(const struct metric_options *options)
{
    double of_zero = options->gain_tn - options->gain_fp;
    double of_one = options->gain_tp - options->gain_fn;
    return of_zero + of_one > 0 ? of_zero / (of_zero + of_one) : NAN;
}

static void gains_from(const struct scored *rows, const struct metric_options *options,
                       double threshold, double sign, double *out)
{
    for (size_t i = 0; i < rows->n; i++)
        out[i] = sign * gain_of(options, rows->truth[i] != 0, rows->prediction[i] >= threshold);
}

static void terms_profit(LOSSES_PARTS)
{
    gains_from(rows, options, options->threshold, 1, out);
}

static void losses_profit(LOSSES_PARTS)
{
    gains_from(rows, options, options->threshold, -1, out);
}

static void terms_bayes(LOSSES_PARTS)
{
    gains_from(rows, options, bayes_threshold(options), 1, out);
}

static void losses_bayes(LOSSES_PARTS)
{
    gains_from(rows, options, bayes_threshold(options), -1, out);
}

static void losses_cost(LOSSES_PARTS)
{
    for (size_t i = 0; i < rows->n; i++)
        out[i] = options->costs[(size_t)rows->truth[i] * options->cost_classes +
                                said_class(rows, i, options)];
}

static const char *no_gains(const struct scored *rows, const struct metric_options *options)
{
    (void)rows;
    bool any = options->gain_tp != 0 || options->gain_fp != 0 || options->gain_fn != 0 ||
               options->gain_tn != 0;
    return any ? NULL : "the options gain_tp, gain_fp, gain_fn, gain_tn are needed";
}

static const char *no_threshold(const struct scored *rows, const struct metric_options *options)
{
    const char *gains = no_gains(rows, options);
    double threshold = bayes_threshold(options);
    if (gains || (threshold >= 0 && threshold <= 1))
        return gains;
    return "the gains are such that one answer is always better";
}

static const char *no_costs(const struct scored *rows, const struct metric_options *options)
{
    if (!options->costs)
        return "the option costs is needed";
    return options->cost_classes == rows->class_count
               ? NULL
               : "the option costs is of another number of classes";
}

/* ---- The best threshold ---- */

struct thresholds {
    struct ranking all, drawn;
    const struct scored *rows;
    struct metric_options options;
};

static void *thresholds_prepare(PREPARE_PARTS)
{
    struct thresholds *out = arena_new(arena, struct thresholds);
    (void)note;
    out->rows = rows;
    out->options = *options;
    ranking_make(arena, rows, true, &out->all);
    out->drawn = out->all;
    out->drawn.positives = arena_array(arena, uint32_t, out->all.group_count);
    out->drawn.negatives = arena_array(arena, uint32_t, out->all.group_count);
    return out;
}

/* The mean gain at the best threshold; *group: the last that is said to be 1, SIZE_MAX for none. */
static double best_gain(const struct ranking *ranking, const struct metric_options *options,
                        size_t *group)
{
    double p = (double)ranking->positive_count, n = (double)ranking->negative_count;
    double gain = p * options->gain_fn + n * options->gain_tn, best = gain;
    *group = SIZE_MAX;
    for (size_t g = 0; g < ranking->group_count; g++) {
        gain += ranking->positives[g] * (options->gain_tp - options->gain_fn) +
                ranking->negatives[g] * (options->gain_fp - options->gain_tn);
        if (gain >= best) {
            best = gain;
            *group = g;
        }
    }
    return best / (p + n);
}

static double best_value(VALUE_PARTS)
{
    struct thresholds *at = prepared;
    size_t group;
    (void)note;
    if (!weight)
        return best_gain(&at->all, &at->options, &group);
    ranking_weigh(&at->all, at->rows, weight, &at->drawn);
    return best_gain(&at->drawn, &at->options, &group);
}

double profit_best_threshold(struct arena *arena, const struct scored *rows,
                             const struct metric_options *options, double *profit)
{
    struct ranking ranking;
    size_t group;
    ranking_make(arena, rows, true, &ranking);
    *profit = best_gain(&ranking, options, &group);
    for (size_t i = 0; i < rows->n; i++)
        if (ranking.group[i] == group)
            return rows->prediction[i];
    return INFINITY;
}

static void measure_best(METRIC_PARTS)
{
    static const struct metric plain = { .least = -INFINITY,
                                         .most = INFINITY,
                                         .interval = METRIC_BCA,
                                         .prepare = thresholds_prepare,
                                         .value = best_value };
    weighed_measure(arena, &plain, rows, options, out);
    double profit;
    out->at = profit_best_threshold(arena, rows, options, &profit);
}

#define ROW(word)                                                                                  \
    .name = (word), .kinds = TRUTH_BINARY, .in_unit = true, .higher_is_better = true,              \
    .least = -INFINITY, .most = INFINITY, .interval = METRIC_BCA, .needs = "the options gain_*"
#define GAINS "gain_tp gain_fp gain_fn gain_tn"

static const struct metric profits[] = {
    { ROW("profit"), .title = "profit a row", .options = GAINS " threshold",
      .definition = "mean gain of a row, by what it is and is said to be from the threshold on",
      .edges = "not defined without gains", .obstacle = no_gains, .terms = terms_profit,
      .losses = losses_profit },
    { ROW("profit_total"), .title = "total profit", .options = GAINS " threshold",
      .definition = "sum of the rows' gains", .edges = "not defined without gains",
      .obstacle = no_gains, .terms = terms_profit, .of_mean = mean_sum, .losses = losses_profit },
    { ROW("profit_bayes"), .title = "profit at the Bayes threshold", .options = GAINS,
      .definition = "profit at the threshold that is best for true probabilities: (tn - fp) / "
                    "(tn - fp + tp - fn) of the gains",
      .edges = "not defined where one answer is always better", .obstacle = no_threshold,
      .terms = terms_bayes, .losses = losses_bayes },
    { ROW("profit_best"), .title = "profit at the best threshold", .options = GAINS,
      .definition = "profit at the threshold that is best for these very rows, the lowest of "
                    "equals: an upper bound",
      .edges = "not defined without gains", .obstacle = no_gains, .measure = measure_best,
      .prepare = thresholds_prepare, .value = best_value },
    { .name = "expected_cost",
      .title = "expected cost",
      .kinds = METRIC_CLASSES,
      .in_unit = true,
      .least = -INFINITY,
      .most = INFINITY,
      .options = "costs threshold",
      .needs = "the option costs",
      .definition = "mean cost of a row, by what it is and is said to be",
      .edges = "not defined without costs for each class",
      .interval = METRIC_BCA,
      .obstacle = no_costs,
      .terms = losses_cost,
      .losses = losses_cost },
};
const struct metric_family metrics_profit = METRIC_FAMILY("profit", profits);
