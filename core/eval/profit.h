/*
 * Thresholds from what decisions bring (options gain_*): in theory and on given rows.
 */
#pragma once

#include "core/eval/metric_parts.h"
#include "core/eval/weighed.h"

/*
 * From which probability of class 1 on saying 1 brings more: (tn - fp) / (tn - fp + tp - fn) of the
 * gains (Elkan 2001). NAN where saying 1 never gains by a higher probability.
 */
double bayes_threshold(const struct metric_options *options);

/*
 * The score from which on saying 1 brings most on these rows, the lowest of equals; INFINITY when
 * saying 1 of none does. *profit: mean gain of a row there. O(n).
 */
double profit_best_threshold(struct arena *arena, const struct scored *rows,
                             const struct metric_options *options, double *profit);
