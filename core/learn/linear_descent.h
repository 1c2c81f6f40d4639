/*
 * Coordinate descent for least squares with an L1 penalty (lasso, elastic net, and the steps of
 * L1-penalised logistic regression):
 *   minimise  w G w / 2 - c w + sum l1 |w[j]| + l2 w[j]^2 / 2
 * over sweeps of all coordinates and of those that are not 0; once few are left, their signs tell
 * the solution, which is then solved for. Source: Friedman, Hastie & Tibshirani (2010).
 */
#pragma once

#include "core/math/matrix.h"
#include <stdbool.h>

struct quadratic {
    struct matrix gram;   /* n x n, both triangles, >= 0 */
    const double *linear; /* c[n] */
    double l1, l2;
    size_t free_count; /* so many of the last coordinates are not penalised */
};

/* Scratch for n coordinates. */
struct descent_room {
    struct matrix factor; /* n x n; rows 0: coordinates are never solved for together */
    size_t *active;       /* [n] */
    double *solution;     /* [n] */
};

struct descent_room descent_room_new(struct arena *arena, size_t n);

/* slope[n] = c - G w. */
void quadratic_slope(const struct quadratic *problem, const double *w, double *slope);

/*
 * From w on until no coordinate's (sub)gradient is off by more than tol, or `most` sweeps over all.
 * slope[n] belongs to w and is kept so. Gives the largest violation seen by the last sweep.
 */
double quadratic_descend(const struct quadratic *problem, double *w, double *slope, double tol,
                         size_t most, struct descent_room *room);

/* How far a coordinate's (sub)gradient is from holding 0: slope = c - G w of it. */
double descent_violation(double w, double slope, double l1, double l2);

/* The minimiser in one coordinate: pull = slope + curvature * w. */
double descent_minimum(double pull, double curvature, double l1, double l2);
