/*
 * Values of weighted rows: intervals and resamples for every metric that is given by terms
 * or by prepare and value (metrics.h). Up to BOOTSTRAP_ROWS_MOST rows, or where a number of
 * resamples is asked for: BCa bootstrap, its acceleration by the jackknife. Beyond: normal, with
 * the jackknife's error. The jackknife leaves out rows (or groups of them) in turn, at most
 * JACKKNIFE_MOST batches.
 *
 * Rows that belong together are drawn together (core/eval/design.h), others by class where the
 * metric says so.
 */
#pragma once

#include "core/eval/interval.h"
#include "core/eval/metrics.h"

/* Value and interval. The metric has prepare and value, or terms. */
void weighed_measure(struct arena *arena, const struct metric *metric, const struct scored *rows,
                     const struct metric_options *options, struct metric_value *out);

/* The value of out[count] resamples. */
void weighed_resample(struct arena *arena, const struct metric *metric, const struct scored *rows,
                      const struct metric_options *options, double *out, size_t count);
