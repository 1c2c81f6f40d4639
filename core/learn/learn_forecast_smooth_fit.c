/* Fitting exponential smoothing: where to start, and down from there. */
#include "core/learn/learn_forecast_smooth.h"
#include "core/learn/linear_lbfgs.h"
#include "core/learn/linear_loss.h"
#include <math.h>
#include <string.h>

#define PHI_LOW 0.8
#define PHI_HIGH 0.998
#define STEPS_FIRST ((size_t)10) /* for the first level and trend */
#define STARTS ((size_t)3)
#define NOT_ZERO 1e-12 /* of the squares of y: a perfect fit has a logarithm too */

struct fitting {
    const struct smooth_form *form;
    const double *y;
    size_t n;
    bool states;
    double squares; /* of y */
    struct smooth_state first, slope;
    double *work, *season; /* [3 (n + 1) + period]; [period] */
};

static double logit(double p)
{
    return log(p / (1 - p));
}

static bool positive(const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(y[i] > 0))
            return false;
    return true;
}

static size_t unknowns(const struct fitting *fitting)
{
    return 4 + (fitting->states ? 2 + fitting->form->period : 0);
}

/* x: of alpha, beta, gamma / (1 - alpha) and phi's place in its range the logits; the states. */
static void decode(struct fitting *fitting, const double *x)
{
    const struct smooth_form *form = fitting->form;
    struct smooth_state *first = &fitting->first;
    first->alpha = sigmoid(x[0]);
    first->beta = form->trend != SMOOTH_NONE ? sigmoid(x[1]) : 0;
    first->gamma = form->season != SMOOTH_NONE ? (1 - first->alpha) * sigmoid(x[2]) : 0;
    first->phi = form->damped ? PHI_LOW + (PHI_HIGH - PHI_LOW) * sigmoid(x[3]) : 1;
    if (!fitting->states)
        return;
    first->level = x[4];
    first->trend = x[5];
    memcpy(first->season, x + 6, form->period * sizeof(double));
}

/* The logarithm of the squared errors, and its gradient. */
static double look(void *of, const double *x, double *gradient)
{
    struct fitting *fitting = of;
    const struct smooth_form *form = fitting->form;
    struct smooth_state *first = &fitting->first, *slope = &fitting->slope;
    decode(fitting, x);
    double sum = smooth_slope(form, first, fitting->y, fitting->n, fitting->work, slope);
    sum += NOT_ZERO * fitting->squares;
    double share = 1 / sum, alpha = first->alpha, in_gamma = sigmoid(x[2]), in_phi = sigmoid(x[3]);
    gradient[0] = share * (slope->alpha - slope->gamma * in_gamma) * alpha * (1 - alpha);
    gradient[1] = share * slope->beta * first->beta * (1 - first->beta);
    gradient[2] = share * slope->gamma * (1 - alpha) * in_gamma * (1 - in_gamma);
    gradient[3] =
        form->damped ? share * slope->phi * (PHI_HIGH - PHI_LOW) * in_phi * (1 - in_phi) : 0;
    if (form->season == SMOOTH_NONE) {
        gradient[0] = share * slope->alpha * alpha * (1 - alpha);
        gradient[2] = 0;
    }
    if (form->trend == SMOOTH_NONE)
        gradient[1] = 0;
    if (fitting->states) {
        gradient[4] = share * slope->level;
        gradient[5] = form->trend == SMOOTH_NONE ? 0 : share * slope->trend;
        for (size_t i = 0; i < form->period; i++)
            gradient[6 + i] = form->season == SMOOTH_NONE ? 0 : share * slope->season[i];
    }
    for (size_t i = 0; i < unknowns(fitting); i++)
        if (!isfinite(gradient[i]))
            return INFINITY;
    return isfinite(sum) ? log(sum) : INFINITY;
}

/* Seasons by the mean distance from the centred moving mean of one period. */
static void season_start(const struct smooth_form *form, const double *y, size_t n, double *season,
                         double *counts)
{
    size_t m = form->period, half = m / 2;
    bool even = m % 2 == 0, mul = form->season == SMOOTH_MUL;
    memset(season, 0, m * sizeof *season);
    memset(counts, 0, m * sizeof *counts);
    double sum = 0, mean = 0;
    for (size_t i = 0; i < m; i++)
        sum += y[i];
    for (size_t from = 0; from + m + even <= n; from++) { /* y[from .. from + m) around t */
        double next = from + m < n ? sum - y[from] + y[from + m] : sum;
        double middle = (even ? (sum + next) / 2 : sum) / (double)m;
        size_t t = from + half;
        season[t % m] += mul ? y[t] / middle : y[t] - middle;
        counts[t % m]++;
        sum = next;
    }
    for (size_t i = 0; i < m; i++) {
        season[i] = counts[i] > 0 ? season[i] / counts[i] : mul;
        mean += season[i] / (double)m;
    }
    for (size_t i = 0; i < m; i++)
        season[i] = mul ? season[i] / mean : season[i] - mean;
}

/* The line through the first steps without their season: its value before the first, its rise. */
static void level_start(const struct smooth_form *form, const double *y, size_t n,
                        struct smooth_state *out)
{
    size_t count = n < STEPS_FIRST ? n : STEPS_FIRST;
    double sum = 0, sum_t = 0, sum_ty = 0, sum_tt = 0;
    for (size_t i = 0; i < count; i++) {
        double t = (double)(i + 1), s = out->season[i % form->period];
        double clean = form->season == SMOOTH_ADD   ? y[i] - s
                       : form->season == SMOOTH_MUL ? y[i] / s
                                                    : y[i];
        sum += clean;
        sum_t += t;
        sum_ty += t * clean;
        sum_tt += t * t;
    }
    double k = (double)count, spread = sum_tt - sum_t * sum_t / k;
    double rise = spread > 0 ? (sum_ty - sum_t * sum / k) / spread : 0;
    out->level = sum / k;
    out->trend = 0;
    if (form->trend == SMOOTH_NONE)
        return;
    double before = sum / k - rise * sum_t / k;
    out->trend = rise;
    if (form->trend == SMOOTH_MUL) {
        before = before > 0 ? before : sum / k;
        out->trend = 1 + rise / before > 0.1 ? 1 + rise / before : 1;
    }
    out->level = before;
}

static double value_at(struct fitting *fitting, const double *x)
{
    decode(fitting, x);
    struct smooth_state copy = fitting->first;
    copy.season = fitting->season;
    memcpy(copy.season, fitting->first.season, fitting->form->period * sizeof(double));
    double sum = smooth_run(fitting->form, &copy, fitting->y, fitting->n, NULL);
    return isfinite(sum) ? sum : INFINITY;
}

/* From a coarse grid the best for each alpha: levels that learn slowly with a fast season, and fast
 * with a slow one, are valleys of their own. */
static void grid_start(struct fitting *fitting, const double *states,
                       double *const starts[STARTS + 1])
{
    static const double alphas[] = { 0.05, 0.3, 0.8 }, betas[] = { 0.02, 0.3 },
                        gammas[] = { 0.05, 0.5, 0.95 };
    double values[STARTS] = { INFINITY, INFINITY, INFINITY };
    double *x = starts[STARTS];
    size_t count = unknowns(fitting);
    memcpy(x, states, count * sizeof *x);
    for (size_t i = 0; i < 18; i++) {
        size_t place = i % 3;
        x[0] = logit(alphas[i % 3]);
        x[1] = logit(betas[i / 3 % 2]);
        x[2] = logit(gammas[i / 6]);
        x[3] = logit(0.9);
        double value = value_at(fitting, x);
        if (i >= 6 && fitting->form->season == SMOOTH_NONE)
            break;
        if (!(value < values[place]))
            continue;
        values[place] = value;
        memcpy(starts[place], x, count * sizeof *x);
    }
}

static void descend(struct arena *arena, struct fitting *fitting, double *states)
{
    size_t count = unknowns(fitting);
    double *places[STARTS + 1], least = INFINITY;
    for (size_t i = 0; i <= STARTS; i++) {
        places[i] = arena_array(arena, double, count);
        memcpy(places[i], states, count * sizeof *states);
    }
    grid_start(fitting, states, places);
    struct lbfgs_problem problem = {
        .n = count, .of = fitting, .look = look, .tol = 1e-6, .max_iter = 150
    };
    for (size_t i = 0; i < STARTS; i++) {
        double before = value_at(fitting, places[i]);
        memcpy(states, places[i], count * sizeof *states);
        lbfgs(arena, &problem, states);
        double value = value_at(fitting, states);
        if (!(value <= before)) {
            memcpy(states, places[i], count * sizeof *states);
            value = before;
        }
        if (i == 0 || value < least)
            memcpy(places[STARTS], states, count * sizeof *states);
        least = fmin(least, value);
    }
    decode(fitting, places[STARTS]);
}

bool smooth_fit(struct arena *arena, struct smooth_form *form, const double *y, size_t n,
                bool states, struct smooth_state *out)
{
    bool season = form->season != SMOOTH_NONE && form->period > 1 && n >= 2 * form->period;
    if ((form->season == SMOOTH_MUL || form->trend == SMOOTH_MUL) && !positive(y, n))
        return false;
    if (!season) {
        form->season = SMOOTH_NONE;
        form->period = 1;
    }
    if (n < 4)
        form->trend = SMOOTH_NONE;
    form->damped = form->damped && form->trend != SMOOTH_NONE;
    size_t period = form->period;
    double *scaled = arena_array(arena, double, n), scale = 0;
    for (size_t i = 0; i < n; i++)
        scale += fabs(y[i]) / (double)n;
    scale = scale > 0 && isfinite(scale) ? scale : 1;
    struct fitting fitting = { .form = form, .y = scaled, .n = n, .states = states };
    for (size_t i = 0; i < n; i++) {
        scaled[i] = y[i] / scale;
        fitting.squares += scaled[i] * scaled[i];
    }
    fitting.squares = fitting.squares > 0 ? fitting.squares : 1;
    fitting.first.season = arena_array(arena, double, period);
    fitting.slope.season = arena_array(arena, double, period);
    fitting.season = arena_array(arena, double, period);
    fitting.work = arena_array(arena, double, 3 * (n + 1) + period);
    if (season)
        season_start(form, scaled, n, fitting.first.season, fitting.season);
    level_start(form, scaled, n, &fitting.first);
    double *x = arena_array(arena, double, 6 + period);
    x[4] = fitting.first.level;
    x[5] = fitting.first.trend;
    memcpy(x + 6, fitting.first.season, period * sizeof *x);
    descend(arena, &fitting, x);
    *out = fitting.first;
    out->level *= scale;
    out->trend *= form->trend == SMOOTH_MUL ? 1 : scale;
    for (size_t i = 0; i < period && form->season != SMOOTH_MUL; i++)
        out->season[i] *= scale;
    return true;
}
