/*
 * Least squares with an L2 penalty for any number of columns, by conjugate gradients on the
 * (centred) rows: Hestenes & Stiefel (1952). From 0, hence without a penalty the solution of least
 * length. A pass over the rows forth and back a step.
 */
#pragma once

#include "core/learn/linear_rows.h"

struct conjugate {
    const struct linear_rows *rows;
    double alpha, tol;
    size_t max_iter;
    const double *means; /* [columns]; NULL: no intercept */
    /* out */
    size_t iterations;
    bool converged;
};

/*
 * theta[columns + 1]: the solution. Ends when the gradient has fallen to tol of what it was, or
 * after max_iter steps.
 */
void linear_conjugate(struct arena *arena, struct conjugate *conjugate, double *theta);
