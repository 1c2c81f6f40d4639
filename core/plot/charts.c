/* Charts: which series, axes and words each of them has. */
#include "core/plot/charts.h"
#include <math.h>
#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const double unit[] = { 0, 1 };

void chart_roc(struct text *out, const struct chart_curve *curve)
{
    char title[80];
    snprintf(title, sizeof title, "ROC curve, area %.4f", curve->area);
    const struct plot_series series[] = {
        { .mark = PLOT_LINE, .x = curve->x, .y = curve->y, .n = curve->n, .name = "model" },
        { .mark = PLOT_LINE, .x = unit, .y = unit, .n = 2, .name = "guessing", .quiet = true },
    };
    struct plot plot = { .title = title,
                         .what = "True positive rate against false positive rate as the threshold "
                                 "falls",
                         .x_label = "false positive rate",
                         .y_label = "true positive rate",
                         .x = { 0, 1 },
                         .y = { 0, 1 },
                         .series = series,
                         .series_count = COUNT(series) };
    plot_print(out, &plot);
}

void chart_precision_recall(struct text *out, const struct chart_curve *curve, double positives)
{
    char title[80];
    snprintf(title, sizeof title, "Precision and recall, average precision %.4f", curve->area);
    const double level[] = { positives, positives };
    const struct plot_series series[] = {
        { .mark = PLOT_STEP, .x = curve->x, .y = curve->y, .n = curve->n, .name = "model" },
        { .mark = PLOT_LINE, .x = unit, .y = level, .n = 2, .name = "guessing", .quiet = true },
    };
    struct plot plot = { .title = title,
                         .what = "Precision against recall as the threshold falls",
                         .x_label = "recall",
                         .y_label = "precision",
                         .x = { 0, 1 },
                         .y = { 0, 1 },
                         .series = series,
                         .series_count = COUNT(series) };
    plot_print(out, &plot);
}

void chart_calibration(struct text *out, const double *predicted, const double *share,
                       const double *low, const double *high, size_t bins)
{
    const struct plot_series series[] = {
        { .mark = PLOT_SPANS,
          .x = predicted,
          .y = share,
          .low = low,
          .high = high,
          .n = bins,
          .name = "model, 95 %" },
        { .mark = PLOT_LINE, .x = unit, .y = unit, .n = 2, .name = "perfect", .quiet = true },
    };
    struct plot plot = { .title = "Calibration",
                         .what = "Share of positives against the mean predicted probability, by "
                                 "bins of rows",
                         .x_label = "mean predicted probability",
                         .y_label = "share of positives",
                         .x = { 0, 1 },
                         .y = { 0, 1 },
                         .series = series,
                         .series_count = COUNT(series) };
    plot_print(out, &plot);
}

void chart_confusion(struct text *out, const struct str *classes, const double *counts, size_t n)
{
    struct plot_cells cells = { .title = "Confusion matrix",
                                .what = "How many rows of each class were predicted as which class",
                                .row_label = "truth",
                                .column_label = "prediction",
                                .n = n,
                                .names = classes,
                                .counts = counts };
    plot_cells_print(out, &cells);
}

void chart_residuals(struct text *out, const double *predicted, const double *residual, size_t n)
{
    double ends[2] = { INFINITY, -INFINITY };
    for (size_t i = 0; i < n; i++) {
        ends[0] = fmin(ends[0], predicted[i]);
        ends[1] = fmax(ends[1], predicted[i]);
    }
    const double zero[] = { 0, 0 };
    const struct plot_series series[] = {
        { .mark = PLOT_POINTS, .x = predicted, .y = residual, .n = n },
        { .mark = PLOT_LINE, .x = ends, .y = zero, .n = 2, .quiet = true },
    };
    struct plot plot = { .title = "Residuals",
                         .what = "Truth minus prediction against the prediction, a dot a row",
                         .x_label = "prediction",
                         .y_label = "truth - prediction",
                         .series = series,
                         .series_count = COUNT(series) };
    plot_print(out, &plot);
}

void chart_forecast(struct text *out, const struct chart_forecast *f)
{
    struct plot_series series[4];
    size_t count = 0;
    if (f->low && f->high)
        series[count++] = (struct plot_series){
            .mark = PLOT_BAND, .x = f->time, .low = f->low, .high = f->high, .n = f->n
        };
    series[count++] = (struct plot_series){ .mark = PLOT_LINE,
                                            .x = f->time,
                                            .y = f->forecast,
                                            .n = f->n,
                                            .name = "forecast",
                                            .colour = 1 };
    if (f->history_count)
        series[count++] = (struct plot_series){ .mark = PLOT_LINE,
                                                .x = f->history_time,
                                                .y = f->history,
                                                .n = f->history_count,
                                                .quiet = true,
                                                .name = "training" };
    if (f->truth)
        series[count++] = (struct plot_series){
            .mark = PLOT_LINE, .x = f->time, .y = f->truth, .n = f->n, .name = "truth"
        };
    char title[120];
    snprintf(title, sizeof title, "Forecast%s%s", f->name && *f->name ? ": " : "",
             f->name ? f->name : "");
    struct plot plot = { .title = title,
                         .what = "The forecast over time beside what was",
                         .x_label = f->time_is_seconds ? "time (UTC)" : "step",
                         .y_label = "value",
                         .x_is_time = f->time_is_seconds,
                         .series = series,
                         .series_count = count };
    plot_print(out, &plot);
}

void chart_importance(struct text *out, const struct plot_bars *bars)
{
    struct plot_bars titled = *bars;
    titled.title = bars->title ? bars->title : "Importance of features";
    titled.what = bars->what ? bars->what : "One bar a feature, the longest matters most";
    plot_bars_print(out, &titled);
}

void chart_learning(struct text *out, const struct chart_learning *l)
{
    struct plot_series series[3];
    size_t count = 0;
    if (l->train)
        series[count++] = (struct plot_series){
            .mark = PLOT_LINE, .x = l->x, .y = l->train, .n = l->n, .name = "training"
        };
    if (l->validation)
        series[count++] = (struct plot_series){
            .mark = PLOT_LINE, .x = l->x, .y = l->validation, .n = l->n, .name = "validation"
        };
    if (l->validation_low && l->validation_high)
        series[count++] = (struct plot_series){ .mark = PLOT_BAND,
                                                .x = l->x,
                                                .low = l->validation_low,
                                                .high = l->validation_high,
                                                .n = l->n,
                                                .colour = 2 };
    struct plot plot = { .title = "Learning curve",
                         .what = "The metric on training and on validation rows",
                         .x_label = l->x_label,
                         .y_label = l->metric,
                         .series = series,
                         .series_count = count };
    plot_print(out, &plot);
}

void chart_history(struct text *out, struct arena *arena, const double *values, const double *low,
                   const double *high, size_t count, size_t first)
{
    double *x = arena_array(arena, double, count);
    for (size_t i = 0; i < count; i++)
        x[i] = (double)(first + i);
    const struct plot_series series[] = {
        { .mark = PLOT_LINE, .x = x, .y = values, .n = count },
        { .mark = PLOT_SPANS,
          .x = x,
          .y = values,
          .low = low,
          .high = high,
          .n = count,
          .colour = 1 },
    };
    struct plot plot = { .title = "Released score of each version",
                         .what = "The table below has the numbers",
                         .x_label = "version",
                         .y_label = "score, 95 %",
                         .width = 1000,
                         .height = 240,
                         .x_is_whole = true,
                         .in_page = true,
                         .series = series,
                         .series_count = COUNT(series) };
    plot_print(out, &plot);
}

void chart_dependence(struct text *out, const char *feature, const double *x, const double *y,
                      size_t n)
{
    const struct plot_series series[] = {
        { .mark = PLOT_LINE, .x = x, .y = y, .n = n },
        { .mark = PLOT_POINTS, .x = x, .y = y, .n = n },
    };
    struct plot plot = { .title = "Partial dependence",
                         .what = "The mean prediction as one feature changes and all others stay",
                         .x_label = feature,
                         .y_label = "mean prediction",
                         .series = series,
                         .series_count = COUNT(series) };
    plot_print(out, &plot);
}
