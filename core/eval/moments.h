/*
 * Metrics of numbers that are functions of sums over the rows, of medians, or of deviances: the
 * parts of metrics_regression.c and metrics_correlation.c.
 */
#pragma once

#include "core/eval/metric_parts.h"

/* Sums over weighted rows; e = prediction - truth, y and p about fixed points near their means. */
struct moments {
    double n, e, size, squares; /* rows, sums of e, |e|, e^2 */
    double y, yy, p, pp, yp;    /* sums of y, y^2, p, p^2, y p about the fixed points */
    double truth_size;          /* sum of |truth| */
    double apart;               /* difference of the fixed points, p's less y's */
};

void *moments_prepare(PREPARE_PARTS);

/* With weights; borrowed until the next call. */
const struct moments *moments_count(void *prepared, const uint32_t *weight);

/* r2 of rows that count once each, in one pass; NAN and a note where the truth is constant. */
double plain_r2(const struct scored *rows, const char **note);

double moments_r2(VALUE_PARTS);
double moments_adjusted_r2(VALUE_PARTS);
double moments_explained_variance(VALUE_PARTS);
double moments_wape(VALUE_PARTS);
double moments_nrmse(VALUE_PARTS);
double moments_rae(VALUE_PARTS);
double moments_rrse(VALUE_PARTS);
double moments_max_error(VALUE_PARTS);

void *medae_prepare(PREPARE_PARTS);
double medae_value(VALUE_PARTS);
void *d2_median_prepare(PREPARE_PARTS);
void *d2_pinball_prepare(PREPARE_PARTS);
double d2_pinball_value(VALUE_PARTS);

/*
 * Deviance of one row (Jorgensen 1987): power 0 the squared error, 1 Poisson, 2 gamma, 3 inverse
 * Gaussian. Where it exists: outside_*.
 */
double deviance(double truth, double prediction, double power);
const char *outside_poisson(const struct scored *rows, const struct metric_options *options);
const char *outside_gamma(const struct scored *rows, const struct metric_options *options);
const char *outside_tweedie(const struct scored *rows, const struct metric_options *options);
void *d2_tweedie_prepare(PREPARE_PARTS);
double d2_tweedie_value(VALUE_PARTS);
