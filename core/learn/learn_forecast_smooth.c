/* Exponential smoothing: the recursion, and its derivatives run backward. */
#include "core/learn/learn_forecast_smooth.h"
#include <math.h>
#include <string.h>

#pragma GCC optimize("O3")

static double power(double b, double phi)
{
    return phi == 1 ? b : pow(b, phi);
}

/* One step's sums: what is expected without the season, what the trend becomes by itself. */
struct step {
    double u, g, f;
};

static inline struct step step_of(const struct smooth_form *form, double phi, double l, double b,
                                  double s)
{
    struct step step = { l, 0, 0 };
    if (form->trend == SMOOTH_ADD) {
        step.g = phi * b;
        step.u = l + step.g;
    } else if (form->trend == SMOOTH_MUL) {
        step.g = power(b, phi);
        step.u = l * step.g;
    }
    step.f = form->season == SMOOTH_ADD   ? step.u + s
             : form->season == SMOOTH_MUL ? step.u * s
                                          : step.u;
    return step;
}

/* Over y; states behind each step go to levels and trends [n + 1], seasons [n + period]. */
static inline __attribute__((always_inline)) double run(const struct smooth_form *form,
                                                        struct smooth_state *state, const double *y,
                                                        size_t n, double *expected,
                                                        double *const kept[3])
{
    double alpha = state->alpha, beta = state->beta, gamma = state->gamma, phi = state->phi;
    double l = state->level, b = state->trend, sum = 0;
    size_t period = form->period, at = 0;
    for (size_t t = 0; t < n; t++) {
        double s = kept ? kept[2][t] : state->season[at];
        struct step step = step_of(form, phi, l, b, s);
        double error = y[t] - step.f, before = l;
        sum += error * error;
        if (expected)
            expected[t] = step.f;
        double aim = form->season == SMOOTH_ADD   ? y[t] - s
                     : form->season == SMOOTH_MUL ? y[t] / s
                                                  : y[t];
        l = alpha * aim + (1 - alpha) * step.u;
        if (form->trend == SMOOTH_ADD)
            b = beta * (l - before) + (1 - beta) * step.g;
        else if (form->trend == SMOOTH_MUL)
            b = beta * (l / before) + (1 - beta) * step.g;
        if (form->season != SMOOTH_NONE)
            s = gamma * (form->season == SMOOTH_ADD ? y[t] - step.u : y[t] / step.u) +
                (1 - gamma) * s;
        if (kept) {
            kept[0][t + 1] = l;
            kept[1][t + 1] = b;
            kept[2][t + period] = s;
        } else {
            state->season[at] = s;
            at = at + 1 == period ? 0 : at + 1;
        }
    }
    state->level = l;
    state->trend = b;
    return sum;
}

double smooth_run(const struct smooth_form *form, struct smooth_state *state, const double *y,
                  size_t n, double *expected)
{
    return run(form, state, y, n, expected, NULL);
}

double smooth_ahead(const struct smooth_form *form, const struct smooth_state *state, size_t n,
                    size_t h)
{
    double phi = state->phi, sum = 0, u = state->level;
    sum = phi == 1 ? (double)h : phi * (1 - pow(phi, (double)h)) / (1 - phi);
    if (form->trend == SMOOTH_ADD)
        u += sum * state->trend;
    else if (form->trend == SMOOTH_MUL)
        u *= pow(state->trend, sum);
    double s = state->season[(n + h - 1) % form->period];
    return form->season == SMOOTH_ADD ? u + s : form->season == SMOOTH_MUL ? u * s : u;
}

/* Derivatives by the states behind a step, on the way back. */
struct back {
    double l, b, alpha, beta, gamma, phi;
};

/* The trend's part of one step back: from b' to l', l and b. */
static inline void trend_back(const struct smooth_form *form, const struct smooth_state *start,
                              const double state[4], struct back *back, double to[2])
{
    double l = state[0], b = state[1], g = state[2], after = state[3];
    double beta = start->beta, phi = start->phi;
    to[0] = to[1] = 0;
    if (form->trend == SMOOTH_ADD) {
        back->beta += back->b * (after - l - g);
        back->l += back->b * beta;
        to[0] = -back->b * beta;
        to[1] = back->b * (1 - beta) * phi;
        back->phi += back->b * (1 - beta) * b;
    } else if (form->trend == SMOOTH_MUL) {
        back->beta += back->b * (after / l - g);
        back->l += back->b * beta / l;
        to[0] = -back->b * beta * after / (l * l);
        to[1] = back->b * (1 - beta) * phi * g / b;
        back->phi += form->damped ? back->b * (1 - beta) * g * log(b) : 0;
    }
}

/* One step back; the derivative by the season of one period ago comes back, that by s' goes in. */
static inline double step_back(const struct smooth_form *form, const struct smooth_state *start,
                               double y, const double state[4], double by_season, struct back *back)
{
    double l = state[0], b = state[1], s = state[2], after = state[3], phi = start->phi;
    struct step step = step_of(form, phi, l, b, s);
    double to[2], by_u, by_s = 0, error = y - step.f;
    trend_back(form, start, (double[]){ l, b, step.g, after }, back, to);
    double by_f = -2 * error, aim = y;
    by_u = back->l * (1 - start->alpha);
    if (form->season == SMOOTH_ADD) {
        aim = y - s;
        by_s = -back->l * start->alpha + by_f + by_season * (1 - start->gamma);
        back->gamma += by_season * (y - step.u - s);
        by_u += by_f - by_season * start->gamma;
    } else if (form->season == SMOOTH_MUL) {
        aim = y / s;
        by_s =
            -back->l * start->alpha * y / (s * s) + by_f * step.u + by_season * (1 - start->gamma);
        back->gamma += by_season * (y / step.u - s);
        by_u += by_f * s - by_season * start->gamma * y / (step.u * step.u);
    } else {
        by_u += by_f;
    }
    back->alpha += back->l * (aim - step.u);
    back->l = to[0] + by_u * (form->trend == SMOOTH_MUL ? step.g : 1);
    back->b = to[1];
    if (form->trend == SMOOTH_ADD) {
        back->b += by_u * phi;
        back->phi += by_u * b;
    } else if (form->trend == SMOOTH_MUL) {
        back->b += by_u * l * phi * step.g / b;
        back->phi += form->damped ? by_u * step.u * log(b) : 0;
    }
    return by_s;
}

double smooth_slope(const struct smooth_form *form, const struct smooth_state *start,
                    const double *y, size_t n, double *work, struct smooth_state *slope)
{
    size_t period = form->period, at = n % period;
    double *kept[] = { work, work + n + 1, work + 2 * (n + 1) };
    struct smooth_state state = *start;
    kept[0][0] = start->level;
    kept[1][0] = start->trend;
    memcpy(kept[2], start->season, period * sizeof(double));
    double sum = run(form, &state, y, n, NULL, kept);
    struct back back = { 0 };
    memset(slope->season, 0, period * sizeof(double));
    for (size_t t = n; t-- > 0;) {
        at = at ? at - 1 : period - 1;
        double one[] = { kept[0][t], kept[1][t], kept[2][t], kept[0][t + 1] };
        slope->season[at] = step_back(form, start, y[t], one, slope->season[at], &back);
    }
    slope->alpha = back.alpha;
    slope->beta = back.beta;
    slope->gamma = back.gamma;
    slope->phi = back.phi;
    slope->level = back.l;
    slope->trend = back.b;
    return sum;
}
