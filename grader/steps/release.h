/*
 * The board's release rule: what of a held-out value everybody may know. `rounded`: metrics within
 * 0..1 to `digits` decimals, others to `digits` significant digits, so that a released number tells
 * little about single rows.
 */
#pragma once

#include "core/eval/metrics.h"

struct released {
    double value, low, high; /* without an interval low and high are the value */
    bool has_interval;
};
struct released release_round(const struct metric *metric, const struct metric_value *value,
                              int digits);
/*
 * `ladder` with `eta`: metrics within 0..1 move in steps of eta. The value next to it, and the
 * interval out to whole steps.
 */
bool release_has_steps(const struct metric *metric, double eta);
struct released release_step(const struct metric *metric, const struct metric_value *value,
                             double eta);

/* Decimals with which such a score is printed; scale: a typical size of the target. */
int release_decimals(const struct metric *metric, double scale, int digits);
