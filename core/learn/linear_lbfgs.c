/* L-BFGS: the two-loop recursion and a line search that interpolates. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_lbfgs.h"
#include "core/math/blas.h"
#include <math.h>
#include <string.h>

#define MEMORY ((size_t)10)
#define TRIALS_MOST 30
#define DOWN_LEAST 1e-4
#define RISE_MOST 1e-12 /* of the value: what rounding may add near the optimum */

struct pair {
    double *step, *change; /* of x and of the gradient */
    double inner;          /* their product, > 0 */
};

struct state {
    const struct lbfgs_problem *problem;
    struct pair pairs[MEMORY];
    size_t count, next; /* pairs kept; where the next one goes */
    double *x, *gradient, *x_there, *gradient_there, *direction;
    double value;
};

static double largest(const double *v, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(v[i]) <= most))
            most = fabs(v[i]);
    return most;
}

static void add(double *restrict to, double factor, const double *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += factor * from[i];
}

static void precondition(const struct state *state)
{
    size_t n = state->problem->n;
    double *v = state->direction, scale = 1;
    if (state->problem->precondition) {
        state->problem->precondition(state->problem->of, v);
        return;
    }
    if (state->count) {
        const struct pair *last = &state->pairs[(state->next + MEMORY - 1) % MEMORY];
        scale = last->inner / dot(last->change, last->change, n);
    } else {
        scale = 1 / sqrt(dot(v, v, n));
    }
    for (size_t i = 0; i < n; i++)
        v[i] *= scale;
}

/* direction = - about Hessian^-1 gradient. */
static void direction_find(const struct state *state)
{
    size_t n = state->problem->n;
    double shares[MEMORY];
    for (size_t i = 0; i < n; i++)
        state->direction[i] = -state->gradient[i];
    for (size_t k = 0; k < state->count; k++) {
        size_t at = (state->next + MEMORY - 1 - k) % MEMORY;
        const struct pair *pair = &state->pairs[at];
        shares[at] = dot(pair->step, state->direction, n) / pair->inner;
        add(state->direction, -shares[at], pair->change, n);
    }
    precondition(state);
    for (size_t k = state->count; k-- > 0;) {
        size_t at = (state->next + MEMORY - 1 - k) % MEMORY;
        const struct pair *pair = &state->pairs[at];
        double back = dot(pair->change, state->direction, n) / pair->inner;
        add(state->direction, shares[at] - back, pair->step, n);
    }
}

/* Along the direction until the value falls enough; the next share by a parabola. */
static bool descend(struct state *state)
{
    size_t n = state->problem->n;
    double slope = dot(state->gradient, state->direction, n), share = 1;
    if (!(slope < 0))
        return false;
    for (size_t trial = 0; trial < TRIALS_MOST; trial++) {
        memcpy(state->x_there, state->x, n * sizeof(double));
        add(state->x_there, share, state->direction, n);
        double value =
            state->problem->look(state->problem->of, state->x_there, state->gradient_there);
        if (value <= state->value + DOWN_LEAST * share * slope + RISE_MOST * fabs(state->value)) {
            state->value = value;
            return true;
        }
        double curve = value - state->value - share * slope;
        double best = -slope * share * share / (2 * curve);
        share = best > share / 10 && best < share / 2 ? best : share / (curve > 0 ? 2 : 10);
    }
    return false;
}

/* Take the step over; its pair is kept where the function bends upward along it. */
static void step_take(struct state *state)
{
    size_t n = state->problem->n;
    struct pair *pair = &state->pairs[state->next];
    for (size_t i = 0; i < n; i++) {
        pair->step[i] = state->x_there[i] - state->x[i];
        pair->change[i] = state->gradient_there[i] - state->gradient[i];
    }
    pair->inner = dot(pair->step, pair->change, n);
    if (pair->inner > 1e-14 * dot(pair->change, pair->change, n) && isfinite(1 / pair->inner)) {
        state->next = (state->next + 1) % MEMORY;
        state->count += state->count < MEMORY;
    }
    double *kept = state->x;
    state->x = state->x_there;
    state->x_there = kept;
    kept = state->gradient;
    state->gradient = state->gradient_there;
    state->gradient_there = kept;
}

struct lbfgs_end lbfgs(struct arena *arena, const struct lbfgs_problem *problem, double *x)
{
    size_t n = problem->n;
    struct state state = { .problem = problem };
    double **places[] = { &state.x, &state.gradient, &state.x_there, &state.gradient_there,
                          &state.direction };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        *places[i] = arena_array(arena, double, n);
    for (size_t i = 0; i < MEMORY; i++) {
        state.pairs[i].step = arena_array(arena, double, n);
        state.pairs[i].change = arena_array(arena, double, n);
    }
    memcpy(state.x, x, n * sizeof *x);
    state.value = problem->look(problem->of, state.x, state.gradient);
    struct lbfgs_end end = { 0 };
    for (;;) {
        double worst = largest(state.gradient, n);
        end.finite = isfinite(state.value) && isfinite(worst);
        end.converged = end.finite && worst <= problem->tol;
        if (!end.finite || end.converged || end.iterations == problem->max_iter)
            break;
        direction_find(&state);
        if (!descend(&state)) {
            if (!state.count)
                break;
            state.count = 0; /* once more from the preconditioner alone */
            continue;
        }
        step_take(&state);
        end.iterations++;
    }
    memcpy(x, state.x, n * sizeof *x);
    return end;
}
