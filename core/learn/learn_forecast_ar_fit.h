/*
 * Autoregression of one series with other columns: y_t = b x_t + z_t, and
 *   z_t = c + d t + season + sum over lags of phi_l z_{t-l} + noise:
 * a regression with autoregressive errors, so that a forecast needs the columns of its own row
 * alone. Least squares, from lag_most on; with columns b and phi in turn until the squared error
 * stands still (Cochrane & Orcutt 1949), without them it is ordinary least squares at once.
 */
#pragma once

#include "core/math/matrix.h"
#include <stdbool.h>

struct ar_form {
    const size_t *lags; /* [lag_count] rising, >= 1 */
    size_t lag_count;
    bool constant, trend;
    size_t period; /* seasonal dummies; 1: none */
    double alpha;  /* weight of an L2 penalty on b and phi, of standardised numbers */
};

struct ar_series {
    size_t count, lag_count;     /* steps; lags that the series was long enough for */
    double mean, spread;         /* of y: z is (y - mean) / spread - b x */
    double *fixed;               /* [ar_fixed_count]: constant, trend, dummies */
    double *phi;                 /* [lag_count] */
    double *x_means, *x_weights; /* [columns] */
    double *z;                   /* [count] */
    double squared_error;        /* in units of y */
};

static inline size_t ar_fixed_count(const struct ar_form *form)
{
    return (size_t)form->constant + form->trend + (form->period - 1);
}

/* x: count x columns. False when the numbers go beyond the range. */
bool ar_fit(struct arena *arena, const struct ar_form *form, const double *y, struct matrix x,
            struct ar_series *out);

/* Without its columns: what step t (of z[0..t) all there) is expected to be. */
double ar_expect(const struct ar_form *form, const struct ar_series *series, const double *z,
                 size_t t);

/* What the columns add, in units of z. */
double ar_columns(const struct ar_series *series, const double *x, size_t columns);
