/* The table of metrics. To add one: its functions in a metrics_*.c file and a row here. */
#include "core/eval/metrics.h"
#include "core/eval/metric_parts.h"
#include <assert.h>
#include <math.h>

#define BINARY TRUTH_BINARY
#define CLASSES (TRUTH_BINARY | TRUTH_CLASSES)
#define NUMBER TRUTH_NUMBER

#define BCA "BCa bootstrap of rows, beyond 10000 rows normal"

const struct metric metrics[] = {
    { "roc_auc", BINARY, true, 0, 1, false, false,
      "area under the ROC curve: the chance that a positive scores above a negative, ties half",
      "DeLong, on the logit scale near 0 and 1", measure_roc_auc, NULL, NULL },
    { "average_precision", BINARY, true, 0, 1, false, false,
      "sum over distinct scores of recall gained times precision, without interpolation",
      "BCa bootstrap by class, beyond 10000 rows normal", measure_average_precision, NULL,
      resample_average_precision },
    { "log_loss", CLASSES, false, 0, INFINITY, true, true,
      "mean of -ln(probability of the true class), clipped to 1e-15, on boards to 0.01", BCA,
      measure_log_loss, losses_log_loss, NULL },
    { "brier", BINARY, false, 0, 1, true, true,
      "mean squared difference of the probability of class 1 and the truth", BCA, measure_brier,
      losses_brier, NULL },
    { "accuracy", CLASSES, true, 0, 1, true, false,
      "share of rows whose class is right; class 1 from 0.5 on, else the likeliest", "Wilson",
      measure_accuracy, losses_accuracy, NULL },
    { "f1", BINARY, true, 0, 1, true, false,
      "2 TP / (2 TP + FP + FN), class 1 from 0.5 on; 0 when there is nothing to divide by",
      "BCa bootstrap by class, beyond 10000 rows normal", measure_f1, NULL, resample_f1 },
    { "precision", BINARY, true, 0, 1, true, false,
      "TP / (TP + FP), class 1 from 0.5 on; 0 when no row is said to be 1", "Wilson",
      measure_precision, NULL, resample_precision },
    { "recall", BINARY, true, 0, 1, true, false, "TP / (TP + FN), class 1 from 0.5 on", "Wilson",
      measure_recall, NULL, resample_recall },
    { "rmse", NUMBER, false, 0, INFINITY, false, false, "root of the mean squared error", BCA,
      measure_rmse, losses_squared, NULL },
    { "mae", NUMBER, false, 0, INFINITY, false, false, "mean absolute error", BCA, measure_mae,
      losses_absolute, NULL },
    { "medae", NUMBER, false, 0, INFINITY, false, false, "median absolute error",
      "order statistics", measure_medae, NULL, resample_medae },
    { "r2", NUMBER, true, -INFINITY, 1, false, false,
      "1 - sum of squared errors / sum of squares about the mean of the truth", BCA, measure_r2,
      losses_squared, NULL },
};
const size_t metric_count = sizeof metrics / sizeof *metrics;

const struct metric *metric_find(struct str name)
{
    for (size_t i = 0; i < metric_count; i++)
        if (str_is(name, metrics[i].name))
            return &metrics[i];
    return NULL;
}

const char *const *metric_names(struct arena *arena)
{
    const char **names = arena_array(arena, const char *, metric_count + 1);
    for (size_t i = 0; i < metric_count; i++)
        names[i] = metrics[i].name;
    return names;
}

/* Why a metric cannot be measured on these rows; NULL when it can. */
static const char *obstacle(const struct metric *metric, const struct scored *rows)
{
    if (!(metric->kinds & rows->kind))
        return "the metric does not measure this kind of target";
    if (rows->n == 0)
        return "there are no rows";
    if (rows->kind == TRUTH_CLASSES && rows->width == 1 && metric->each_class)
        return "a probability for each class is needed";
    if (rows->kind != TRUTH_BINARY)
        return NULL;
    size_t ones = 0;
    for (size_t i = 0; i < rows->n; i++)
        ones += rows->truth[i] != 0;
    bool ranks = metric->measure == measure_roc_auc || metric->measure == measure_average_precision;
    if (ranks && (ones == 0 || ones == rows->n))
        return ones ? "the rows are all of class 1" : "the rows are all of class 0";
    return NULL;
}

struct metric_value metric_measure(struct arena *arena, const struct metric *metric,
                                   const struct scored *rows, const struct metric_options *options)
{
    struct metric_options all = options ? *options : (struct metric_options){ 0 };
    struct metric_value out = {
        .value = NAN, .low = NAN, .high = NAN, .n = rows->n, .note = obstacle(metric, rows)
    };
    if (out.note)
        return out;
    out.note = "";
    if (!(all.clip > 0))
        all.clip = METRIC_CLIP_PRIVATE;
    metric->measure(arena, rows, &all, &out);
    return out;
}

bool metric_better(const struct metric *metric, double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) && isnan(b);
    if (isinf(a) || isinf(b))
        return metric->higher_is_better ? a > b : a < b;
    double more = metric->higher_is_better ? a - b : b - a;
    return more > 1e-9 * fmax(fabs(a), fabs(b));
}

void interval_set(struct metric_value *out, struct interval interval, double least, double most)
{
    out->low = isnan(interval.low) ? NAN : fmin(fmax(interval.low, least), most);
    out->high = isnan(interval.high) ? NAN : fmin(fmax(interval.high, least), most);
    if (isnan(out->low) && !*out->note)
        out->note = "too few rows for an interval";
}
