/* Metrics of forecasts: against naive ones and what came before, and of predicted quantiles. */
#include "core/eval/forecasts.h"
#include <math.h>

#define OF_PARTS const double *sum, double n, const struct scored *rows, size_t series
#define ROW_PARTS const struct scored *rows, size_t row, size_t before, double *sum

static double error_of(const struct scored *rows, size_t row)
{
    return rows->prediction[row] - rows->truth[row];
}

/* ---- Points ---- */

static void row_errors(ROW_PARTS)
{
    double error = error_of(rows, row);
    (void)before;
    sum[0] = fabs(error);
    sum[1] = error * error;
    sum[2] = error;
}

static double of_mase(OF_PARTS)
{
    double scale = rows->history->scale[series];
    return scale > 0 ? sum[0] / n / scale : NAN;
}

static double of_rmsse(OF_PARTS)
{
    double scale = rows->history->squares[series];
    return scale > 0 ? sqrt(sum[1] / n / scale) : NAN;
}

static double of_tracking(OF_PARTS)
{
    (void)rows;
    (void)series;
    return sum[0] > 0 ? fabs(sum[2]) / (sum[0] / n) : 0;
}

/* Rows whose naive forecast is known. */
static void row_naive(ROW_PARTS)
{
    double naive = rows->history->naive[row] - rows->truth[row], error = error_of(rows, row);
    (void)before;
    if (isnan(naive))
        return;
    sum[0] = fabs(error);
    sum[1] = fabs(naive);
    sum[2] = error * error;
    sum[3] = naive * naive;
}

static double of_relative_mae(OF_PARTS)
{
    (void)n, (void)rows, (void)series;
    return sum[1] > 0 ? sum[0] / sum[1] : NAN;
}

static double of_relative_rmse(OF_PARTS)
{
    (void)n, (void)rows, (void)series;
    return sum[3] > 0 ? sqrt(sum[2] / sum[3]) : NAN;
}

static double of_skill(OF_PARTS)
{
    return 1 - of_relative_rmse(sum, n, rows, series);
}

static void row_theil_u1(ROW_PARTS)
{
    double error = error_of(rows, row);
    (void)before;
    sum[0] = error * error;
    sum[1] = rows->prediction[row] * rows->prediction[row];
    sum[2] = rows->truth[row] * rows->truth[row];
}

static double of_theil_u1(OF_PARTS)
{
    (void)n, (void)rows, (void)series;
    double of = sqrt(sum[1]) + sqrt(sum[2]);
    return of > 0 ? sqrt(sum[0]) / of : NAN;
}

/* Changes relative to the value before. */
static void row_theil_u2(ROW_PARTS)
{
    if (before == SIZE_MAX || rows->truth[before] == 0)
        return;
    double last = rows->truth[before], error = error_of(rows, row) / last;
    double change = (rows->truth[row] - last) / last;
    sum[0] = error * error;
    sum[1] = change * change;
}

static double of_theil_u2(OF_PARTS)
{
    (void)n, (void)rows, (void)series;
    return sum[1] > 0 ? sqrt(sum[0] / sum[1]) : NAN;
}

static void row_direction(ROW_PARTS)
{
    if (before == SIZE_MAX)
        return;
    double last = rows->truth[before];
    sum[0] = (rows->truth[row] > last) == (rows->prediction[row] > last);
    sum[1] = 1;
}

static double of_share(OF_PARTS)
{
    (void)n, (void)rows, (void)series;
    return sum[1] > 0 ? sum[0] / sum[1] : NAN;
}

/* ---- Quantiles ---- */

static double pinball(const struct scored *rows, size_t row, size_t k)
{
    double level = rows->quantile_levels[k];
    double above = rows->truth[row] - rows->quantiles[row * rows->quantile_count + k];
    return above >= 0 ? level * above : (level - 1) * above;
}

static void row_quantiles(ROW_PARTS)
{
    (void)before;
    for (size_t k = 0; k < rows->quantile_count; k++)
        sum[0] += pinball(rows, row, k) / (double)rows->quantile_count;
    sum[1] = fabs(rows->truth[row]);
}

static double of_wql(OF_PARTS)
{
    (void)n, (void)rows, (void)series;
    return sum[1] > 0 ? 2 * sum[0] / sum[1] : NAN;
}

static double of_mean(OF_PARTS)
{
    (void)rows, (void)series;
    return sum[0] / n;
}

/* Twice the integral of the pinball loss over the levels, each standing for those nearest to it. */
static void row_crps(ROW_PARTS)
{
    const double *level = rows->quantile_levels;
    (void)before;
    for (size_t k = 0; k < rows->quantile_count; k++) {
        double low = k ? (level[k - 1] + level[k]) / 2 : 0;
        double high = k + 1 < rows->quantile_count ? (level[k] + level[k + 1]) / 2 : 1;
        sum[0] += 2 * (high - low) * pinball(rows, row, k);
    }
}

static void row_interval(ROW_PARTS)
{
    size_t low = 0, high = 0;
    (void)before;
    if (!forecast_interval(rows, &low, &high)) /* an obstacle before */
        return;
    const double *at = rows->quantiles + row * rows->quantile_count;
    double miss = 2 * rows->quantile_levels[low], truth = rows->truth[row];
    sum[0] = truth >= at[low] && truth <= at[high];
    sum[1] = at[high] - at[low];
    sum[2] = sum[1] + 2 / miss * (fmax(0, at[low] - truth) + fmax(0, truth - at[high]));
}

static double of_gap(OF_PARTS)
{
    size_t low = 0, high = 0;
    (void)series;
    forecast_interval(rows, &low, &high);
    return fabs(sum[0] / n - (rows->quantile_levels[high] - rows->quantile_levels[low]));
}

static double of_width(OF_PARTS)
{
    (void)rows, (void)series;
    return sum[1] / n;
}

static double of_winkler(OF_PARTS)
{
    (void)rows, (void)series;
    return sum[2] / n;
}

static double of_msis(OF_PARTS)
{
    double scale = rows->history->scale[series];
    return scale > 0 ? sum[2] / n / scale : NAN;
}

/* ---- What is needed ---- */

static const char *needs_history(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    return rows->history ? NULL : "the values before the forecast are needed: a history";
}

static const char *needs_quantiles(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    return rows->quantile_count ? NULL : "columns of predicted quantiles are needed";
}

static const char *needs_interval(const struct scored *rows, const struct metric_options *options)
{
    size_t low, high;
    (void)options;
    return forecast_interval(rows, &low, &high)
               ? NULL
               : "two quantiles whose levels add up to 1 are needed, such as q0.05 and q0.95";
}

static const char *needs_both(const struct scored *rows, const struct metric_options *options)
{
    const char *why = needs_interval(rows, options);
    return why ? why : needs_history(rows, options);
}

#define RULE(name, row_, each, least_, most_)                                                      \
    static const struct forecast_rule rule_##name = { row_, of_##name, each, least_, most_ };      \
    static void measure_##name(METRIC_PARTS)                                                       \
    {                                                                                              \
        forecast_measure(arena, rows, options, out, &rule_##name);                                 \
    }                                                                                              \
    static void resample_##name(RESAMPLE_PARTS)                                                    \
    {                                                                                              \
        forecast_resample(arena, rows, options, out, count, &rule_##name);                         \
    }

#define of_directional of_share
#define of_quantile_loss of_mean
#define of_crps of_mean
#define of_coverage of_mean

RULE(mase, row_errors, true, 0, INFINITY)
RULE(rmsse, row_errors, true, 0, INFINITY)
RULE(tracking, row_errors, false, 0, INFINITY)
RULE(relative_mae, row_naive, false, 0, INFINITY)
RULE(relative_rmse, row_naive, false, 0, INFINITY)
RULE(skill, row_naive, false, -INFINITY, 1)
RULE(theil_u1, row_theil_u1, false, 0, 1)
RULE(theil_u2, row_theil_u2, false, 0, INFINITY)
RULE(directional, row_direction, false, 0, 1)
RULE(wql, row_quantiles, false, 0, INFINITY)
RULE(quantile_loss, row_quantiles, false, 0, INFINITY)
RULE(crps, row_crps, false, 0, INFINITY)
RULE(coverage, row_interval, false, 0, 1)
RULE(gap, row_interval, false, 0, 1)
RULE(width, row_interval, false, -INFINITY, INFINITY)
RULE(winkler, row_interval, false, 0, INFINITY)
RULE(msis, row_interval, true, 0, INFINITY)

#define ROW(word, of)                                                                              \
    .name = (word), .kinds = TRUTH_NUMBER,                                                         \
    .interval = "BCa bootstrap of series; of fewer than 10, moving blocks within each",            \
    .measure = measure_##of, .resample = resample_##of
#define SIZE .least = 0, .most = INFINITY
#define PAIR "of the widest pair of quantiles whose levels add up to 1"

static const struct metric forecast[] = {
    { ROW("mase", mase), .title = "MASE", SIZE,
      .definition = "mean over series of mean |error| / mean |y_t - y_(t-m)| of the values before "
                    "the forecast, m the season",
      .needs = "a history of the values before", .obstacle = needs_history,
      .edges = "series that never changed before have no value" },
    { ROW("rmsse", rmsse), .title = "RMSSE", SIZE,
      .definition = "mean over series of the root of mean error^2 / mean (y_t - y_(t-m))^2 of the "
                    "values before the forecast",
      .needs = "a history of the values before", .obstacle = needs_history,
      .edges = "series that never changed before have no value" },
    { ROW("relative_mae", relative_mae), .title = "MAE over the naive forecast's", SIZE,
      .definition = "mean |error| / that of the seasonal naive forecast",
      .needs = "a history of the values before", .obstacle = needs_history,
      .edges = "not defined where the naive forecast is exact" },
    { ROW("relative_rmse", relative_rmse), .title = "RMSE over the naive forecast's", SIZE,
      .definition = "root mean squared error / that of the seasonal naive forecast",
      .needs = "a history of the values before", .obstacle = needs_history,
      .edges = "not defined where the naive forecast is exact" },
    { ROW("forecast_skill", skill), .title = "forecast skill", .higher_is_better = true,
      .least = -INFINITY, .most = 1,
      .definition = "1 - relative_rmse: 0 is the seasonal naive forecast",
      .needs = "a history of the values before", .obstacle = needs_history,
      .edges = "not defined where the naive forecast is exact" },
    { ROW("theil_u1", theil_u1), .title = "Theil's U1", .least = 0, .most = 1,
      .definition = "root mean squared error / (root mean square of the forecast + of the truth)",
      .edges = "not defined where all are 0" },
    { ROW("theil_u2", theil_u2), .title = "Theil's U2", SIZE,
      .definition = "root of the sum of (error / value before)^2 over that of (change / value "
                    "before)^2; 1 is no change; without the first row of a series",
      .edges = "rows after a 0 are left out; not defined where nothing changes" },
    { ROW("directional_accuracy", directional), .title = "directional accuracy",
      .higher_is_better = true, .least = 0, .most = 1,
      .definition = "share of rows where forecast and truth are both above the value before, or "
                    "both not; without the first row of a series",
      .edges = "not defined for series of one row" },
    { ROW("tracking_signal", tracking), .title = "tracking signal", SIZE,
      .definition = "|sum of errors| / mean |error|: as many as rows when all are to one side",
      .edges = "0 without errors" },
    { ROW("quantile_loss", quantile_loss), .title = "quantile loss", SIZE,
      .definition = "mean over rows and predicted quantiles of the pinball loss",
      .needs = "columns of quantiles", .obstacle = needs_quantiles },
    { ROW("weighted_quantile_loss", wql), .title = "weighted quantile loss", SIZE,
      .definition = "mean over quantiles of 2 sum of pinball losses / sum of |truth|",
      .needs = "columns of quantiles", .obstacle = needs_quantiles,
      .edges = "not defined where every truth is 0" },
    { ROW("crps", crps), .title = "CRPS", SIZE,
      .definition = "continuous ranked probability score: twice the pinball loss over all levels, "
                    "each predicted one standing for those nearest to it",
      .needs = "columns of quantiles", .obstacle = needs_quantiles },
    { ROW("interval_coverage", coverage), .title = "interval coverage", .higher_is_better = true,
      .least = 0, .most = 1,
      .definition = "share of rows inside the interval " PAIR "; compare with its level",
      .needs = "columns of quantiles", .obstacle = needs_interval },
    { ROW("interval_coverage_gap", gap), .title = "gap of the interval coverage", .least = 0,
      .most = 1, .definition = "|interval_coverage - level of the interval|",
      .needs = "columns of quantiles", .obstacle = needs_interval },
    { ROW("interval_width", width), .title = "interval width", .least = -INFINITY, .most = INFINITY,
      .definition = "mean width of the interval " PAIR "; below 0 where they cross",
      .needs = "columns of quantiles", .obstacle = needs_interval },
    { ROW("winkler", winkler), .title = "Winkler score", SIZE,
      .definition =
          "interval score: mean width + 2 / a times the distance of rows outside, a = 1 - "
          "level, of the interval " PAIR,
      .needs = "columns of quantiles", .obstacle = needs_interval },
    { ROW("msis", msis), .title = "scaled interval score", SIZE,
      .definition = "mean over series of the winkler score / mean |y_t - y_(t-m)| of the values "
                    "before the forecast",
      .needs = "a history of the values before and columns of quantiles", .obstacle = needs_both,
      .edges = "series that never changed before have no value" },
};
const struct metric_family metrics_forecast = METRIC_FAMILY("forecast", forecast);
