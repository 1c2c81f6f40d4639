/* Metrics that are means of terms: in pieces that stay in the cache, without an array of all. */
#ifndef __clang__
#pragma GCC optimize("O3") /* vectors: a root mean square error in the time of reading the rows */
#endif
#include "core/eval/metric_parts.h"
#include "core/eval/normal.h"
#include "core/math/sum.h"
#include <math.h>

double mean_root(double mean, double n)
{
    (void)n;
    return sqrt(mean);
}

double mean_size(double mean, double n)
{
    (void)n;
    return fabs(mean);
}

double mean_sum(double mean, double n)
{
    return mean * n;
}

double mean_minus(double mean, double n)
{
    (void)n;
    return -mean;
}

double sum_of_few(const double *x, size_t n)
{
    double lane[8] = { 0 };
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            lane[k] += x[i + k];
    for (; i < n; i++)
        lane[i & 7] += x[i];
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

double mean_in_pieces(const double *x, size_t n)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < n; i += FEW_ROWS)
        sum_add(&sum, sum_of_few(x + i, n - i < FEW_ROWS ? n - i : FEW_ROWS));
    return sum_value(&sum) / (double)n;
}

/* Rows from `at` on; the parts that terms of classes and numbers read. */
static struct scored part_of(const struct scored *rows, size_t at)
{
    struct scored out = *rows;
    out.n = rows->n - at < FEW_ROWS ? rows->n - at : FEW_ROWS;
    out.truth += at;
    out.prediction += at * rows->width;
    return out;
}

/* The mean of the terms less `from`, or of its squares. */
static double mean_of_terms(const struct metric *metric, const struct scored *rows,
                            const struct metric_options *options, double from, bool squares)
{
    struct sum sum = { 0 };
    double term[FEW_ROWS];
    for (size_t at = 0; at < rows->n; at += FEW_ROWS) {
        struct scored part = part_of(rows, at);
        metric->terms(&part, options, term);
        for (size_t i = 0; i < part.n && squares; i++)
            term[i] = (term[i] - from) * (term[i] - from);
        sum_add(&sum, sum_of_few(term, part.n));
    }
    return sum_value(&sum) / (double)rows->n;
}

static struct interval mean_interval(struct arena *arena, const struct metric *metric,
                                     const struct scored *rows,
                                     const struct metric_options *options, double mean)
{
    if (rows->n <= BOOTSTRAP_ROWS_MOST) {
        double *term = arena_array(arena, double, rows->n);
        metric->terms(rows, options, term);
        return interval_of_mean(arena, term, rows->n, options->seed);
    }
    double square = mean_of_terms(metric, rows, options, mean, true);
    double half = NORMAL_975 * sqrt(square / (double)(rows->n - 1));
    return (struct interval){ mean - half, mean + half };
}

struct interval interval_carried(struct interval of, double (*by)(double, double), double n)
{
    if (!by || isnan(of.low))
        return of;
    double a = by(of.low, n), b = by(of.high, n);
    struct interval out = { fmin(a, b), fmax(a, b) };
    if (of.low < 0 && of.high > 0)
        out.low = fmin(out.low, by(0, n));
    return out;
}

void measure_mean(struct arena *arena, const struct metric *metric, const struct scored *rows,
                  const struct metric_options *options, struct metric_value *out)
{
    double n = (double)rows->n, mean = mean_of_terms(metric, rows, options, 0, false);
    out->value = metric->of_mean ? metric->of_mean(mean, n) : mean;
    if (options->without_interval)
        return;
    struct interval interval = mean_interval(arena, metric, rows, options, mean);
    interval_set(out, interval_carried(interval, metric->of_mean, n), metric->least, metric->most);
}
