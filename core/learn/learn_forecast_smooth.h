/*
 * Exponential smoothing of one series by level, trend and season (Holt 1957, Winters 1960), with
 * the gradient of its squared errors by all that can be fitted.
 *   expected: u = l + phi b or l b^phi;  f = u, u + s or u s  (s of one season ago)
 *   level:    l' = alpha (y - s or y / s) + (1 - alpha) u
 *   trend:    b' = beta (l' - l or l' / l) + (1 - beta) (phi b or b^phi)
 *   season:   s' = gamma (y - u or y / u) + (1 - gamma) s
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>
#include <stddef.h>

enum smooth_part { SMOOTH_NONE, SMOOTH_ADD, SMOOTH_MUL };

struct smooth_form {
    enum smooth_part trend, season;
    size_t period; /* 1 without a season */
    bool damped;
};

struct smooth_state {
    double alpha, beta, gamma, phi; /* 0..1 */
    double level, trend;
    double *season; /* [period]: of step t at t % period */
};

/* Run over y[n]; *state goes from before the first to behind the last step. expected[n] or NULL.
 * The sum of the squared errors. */
double smooth_run(const struct smooth_form *form, struct smooth_state *state, const double *y,
                  size_t n, double *expected);

/* h steps (from 1) behind n steps. */
double smooth_ahead(const struct smooth_form *form, const struct smooth_state *state, size_t n,
                    size_t h);

/*
 * The sum of squared errors from *start, and in *slope its derivatives by all numbers of start.
 * work[3 (n + 1) + period].
 */
double smooth_slope(const struct smooth_form *form, const struct smooth_state *start,
                    const double *y, size_t n, double *work, struct smooth_state *slope);

/*
 * Fit the smoothing parameters, and where `states` also the first level, trend and season, to the
 * least sum of squared errors; *out is the state before the first step. From several starts by
 * quasi-Newton steps; the start of the states is a classical decomposition. n >= 1; parts that n is
 * too short for are taken out of *form: a season needs two of its periods, a trend four steps.
 * False when a multiplicative part meets values <= 0.
 */
bool smooth_fit(struct arena *arena, struct smooth_form *form, const double *y, size_t n,
                bool states, struct smooth_state *out);
