/*
 * Newton's method for two classes with L1 and L2 penalties where columns are few: steps from the
 * Hessian, kept while it still brings quick progress; with L1 the step is that of the penalised
 * quadratic model (linear_descent.h). Steps are halved where the loss would rise.
 * Ends when no entry of the (sub)gradient is over tol, or no step leads down.
 */
#pragma once

#include "core/base/fault.h"
#include "core/learn/linear_descent.h"
#include "core/learn/linear_objective.h"

struct newton_options {
    double l1, tol;
    size_t max_iter;
};

struct newton_end {
    size_t iterations;
    bool converged;
};

/* Scratch for many runs over rows of one shape; its arena is used once more for Gram matrices. */
struct newton_room {
    struct arena *arena;
    struct matrix factor;        /* L2 only: the Hessian's Cholesky factor */
    struct descent_room descent; /* L1 only */
    struct segments gram;
    double *vectors[5];
};

struct newton_room newton_room_new(struct arena *arena, const struct linear_objective *objective,
                                   bool with_l1);

/*
 * theta[columns + 1]: from where, becomes the solution. hessian: a matrix of as many rows, full, to
 * start with where has_hessian; it holds the last one afterwards. objective->curvature is needed.
 * False when numbers went out of range.
 */
bool linear_newton(struct newton_room *room, struct linear_objective *objective,
                   const struct newton_options *options, struct matrix hessian, bool has_hessian,
                   double *theta, struct newton_end *end);

/*
 * Cholesky factor of a Hessian; where it is singular (features that depend on one another without a
 * penalty, or probabilities of 0 and 1), more and more of its diagonal is added. False: not finite.
 */
bool hessian_factorise(struct matrix hessian, struct matrix factor);
