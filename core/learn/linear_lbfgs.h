/*
 * Limited-memory BFGS (Nocedal 1980) for smooth convex functions of many unknowns, with a
 * preconditioner in place of the first guess of the inverse Hessian.
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>

struct lbfgs_problem {
    size_t n;
    void *of;
    double (*look)(void *of, const double *x, double *gradient);
    void (*precondition)(void *of, double *v); /* v becomes about Hessian^-1 v; NULL: v / |v| */
    double tol;                                /* of the largest gradient entry */
    size_t max_iter;
};

struct lbfgs_end {
    size_t iterations;
    bool converged, finite;
};

/* From x on; x becomes the least point found. 24 * n * 8 bytes of arena. */
struct lbfgs_end lbfgs(struct arena *arena, const struct lbfgs_problem *problem, double *x);
