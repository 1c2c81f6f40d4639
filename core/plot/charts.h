/*
 * The charts of machine learning, from numbers that core/eval and core/learn have made. Each
 * appends one SVG document; the arena is for scratch.
 */
#pragma once

#include "core/plot/plot.h"

/* A curve's points, in the order in which they are joined, and its one-number summary. */
struct chart_curve {
    size_t n;
    const double *x, *y;
    double area;
};

/* False against true positive rate, beside the diagonal of guessing. */
void chart_roc(struct text *out, const struct chart_curve *curve);

/* Recall against precision, beside the share of positives. */
void chart_precision_recall(struct text *out, const struct chart_curve *curve, double positives);

/* Predicted probability against the share of positives, with intervals, beside the diagonal. */
void chart_calibration(struct text *out, const double *predicted, const double *share,
                       const double *low, const double *high, size_t bins);

/* counts[n * n]: row = truth, column = prediction. */
void chart_confusion(struct text *out, const struct str *classes, const double *counts, size_t n);

/* Prediction against truth - prediction. */
void chart_residuals(struct text *out, const double *predicted, const double *residual, size_t n);

/* What a forecast is beside what was: history may be empty; low and high may be NULL. */
struct chart_forecast {
    const char *name;
    size_t history_count, n;
    const double *history_time, *history;
    const double *time, *truth, *forecast, *low, *high; /* truth may be NULL */
    bool time_is_seconds;                               /* since 1970; else steps */
};
void chart_forecast(struct text *out, const struct chart_forecast *forecast);

/* Bars, largest first in the order given. what: "loss of roc_auc when shuffled". */
void chart_importance(struct text *out, const struct plot_bars *bars);

/* A metric on training and validation rows by rows trained on or by iteration; spreads may be
   NULL. */
struct chart_learning {
    const char *x_label, *metric;
    size_t n;
    const double *x, *train, *validation;
    const double *validation_low, *validation_high;
};
void chart_learning(struct text *out, const struct chart_learning *learning);

/* Released values of versions, first to last, with their intervals, for a page. */
void chart_history(struct text *out, struct arena *arena, const double *values, const double *low,
                   const double *high, size_t count, size_t first);

/* How a prediction depends on one feature, on average. levels: NULL, or names instead of x. */
void chart_dependence(struct text *out, const char *feature, const double *x, const double *y,
                      size_t n);
