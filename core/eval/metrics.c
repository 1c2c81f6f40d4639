/* The families of metrics. To add a metric: its functions and a row in a metrics_*.c file. */
#include "core/eval/metrics.h"
#include "core/eval/design.h"
#include "core/eval/metric_parts.h"
#include "core/eval/weighed.h"
#include <assert.h>
#include <math.h>

static const struct metric_family *const families[] = {
    &metrics_scores,      &metrics_binary,     &metrics_multiclass,  &metrics_multiclass_scores,
    &metrics_calibration, &metrics_regression, &metrics_correlation, &metrics_life,
    &metrics_profit,      &metrics_fairness,   &metrics_forecast,    &metrics_ranking,
    &metrics_clusters,    &metrics_labels,     &metrics_boxes,
};

const struct metric_family *metric_family_at(size_t at)
{
    return at < sizeof families / sizeof *families ? families[at] : NULL;
}

const struct metric *metric_at(size_t at)
{
    const struct metric_family *family;
    for (size_t i = 0; (family = metric_family_at(i)); at -= family->count, i++)
        if (at < family->count)
            return &family->metrics[at];
    return NULL;
}

size_t metric_count(void)
{
    const struct metric_family *family;
    size_t count = 0;
    for (size_t i = 0; (family = metric_family_at(i)); i++)
        count += family->count;
    return count;
}

const struct metric *metric_find(struct str name)
{
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++)
        if (str_is(name, metric->name))
            return metric;
    return NULL;
}

const char *const *metric_names(struct arena *arena)
{
    size_t count = metric_count();
    const char **names = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = metric_at(i)->name;
    return names;
}

/* Why a metric cannot be measured on these rows; NULL when it can. */
static const char *obstacle(const struct metric *metric, const struct scored *rows,
                            const struct metric_options *options)
{
    if (!(metric->kinds & rows->kind))
        return "the metric does not measure this kind of target";
    if (rows->n == 0)
        return "there are no rows";
    if (rows->kind == TRUTH_CLASSES && rows->width == 1 && metric->each_class)
        return "a probability for each class is needed";
    if (rows->kind == TRUTH_BINARY && metric->both_classes) {
        size_t ones = 0;
        for (size_t i = 0; i < rows->n; i++)
            ones += rows->truth[i] != 0;
        if (ones == 0 || ones == rows->n)
            return ones ? "the rows are all of class 1" : "the rows are all of class 0";
    }
    return metric->obstacle ? metric->obstacle(rows, options) : NULL;
}

/* Can it be computed from weighted rows? */
static bool weighs(const struct metric *metric)
{
    return metric->value || metric->terms;
}

static struct metric_options filled(const struct metric_options *options)
{
    struct metric_options all = options ? *options : (struct metric_options){ 0 };
    metric_options_fill(&all);
    return all;
}

struct metric_value metric_measure(struct arena *arena, const struct metric *metric,
                                   const struct scored *rows, const struct metric_options *options)
{
    struct metric_options all = filled(options);
    struct metric_value out = { .value = NAN,
                                .low = NAN,
                                .high = NAN,
                                .n = rows->n,
                                .note = obstacle(metric, rows, &all),
                                .at = NAN };
    if (out.note)
        return out;
    out.note = "";
    bool asked = !all.without_interval &&
                 (!design_is_plain(rows) || (all.bootstrap_count && !metric->counts_resamples));
    if (metric->measure && !(weighs(metric) && asked))
        metric->measure(arena, rows, &all, &out);
    else if (metric->terms && !metric->value && !asked)
        measure_mean(arena, metric, rows, &all, &out);
    else
        weighed_measure(arena, metric, rows, &all, &out);
    return out;
}

bool metric_resamples(const struct metric *metric)
{
    return metric->resample || weighs(metric);
}

void metric_resample(struct arena *arena, const struct metric *metric, const struct scored *rows,
                     const struct metric_options *options, double *out, size_t count)
{
    struct metric_options all = filled(options);
    if (obstacle(metric, rows, &all) || !metric_resamples(metric))
        for (size_t b = 0; b < count; b++)
            out[b] = NAN;
    else if (metric->resample && (design_is_plain(rows) || !weighs(metric)))
        metric->resample(arena, rows, &all, out, count);
    else
        weighed_resample(arena, metric, rows, &all, out, count);
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
