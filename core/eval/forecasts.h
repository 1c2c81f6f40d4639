/*
 * Forecasts series by series: sums of what each row adds, and values made of these. Intervals
 * respect that neighbours in time go together: with SERIES_DRAWN series or more, whole series are
 * drawn; with fewer, moving blocks of round(n^(1/3)) rows within each series (Kuensch 1989).
 */
#pragma once

#include "core/eval/metric_parts.h"

#define SERIES_DRAWN 10
#define FORECAST_SUMS 4

/* What a row adds: sum[FORECAST_SUMS], zeroed. before: the row before it in its series, or
   SIZE_MAX. */
typedef void forecast_row(const struct scored *rows, size_t row, size_t before, double *sum);

/* A metric of forecasts. */
struct forecast_rule {
    forecast_row *row;
    /* The value of the sums over `n` rows; NAN where it is not defined. */
    double (*of)(const double *sum, double n, const struct scored *rows, size_t series);
    bool
        each_series; /* the mean of the series' values, undefined ones left out; else of all sums */
    double least, most;
};

void forecast_measure(METRIC_PARTS, const struct forecast_rule *rule);
void forecast_resample(RESAMPLE_PARTS, const struct forecast_rule *rule);

/* The widest pair of predicted quantiles whose levels add up to 1: columns of rows->quantiles.
   False when there is none. */
bool forecast_interval(const struct scored *rows, size_t *low, size_t *high);
