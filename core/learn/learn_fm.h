/*
 * Factorization machines (Rendle 2010), for numbers and two classes:
 *   z = bias + sum w_j x_j + sum over j < l of <v_j, v_l> x_j x_l,  v of num_factors numbers
 * A category column is one feature a level (x = 1), as are users and items of ratings; numbers and
 * sparse columns are one feature each. Levels never seen in training, or missing, add nothing.
 *   minimises  sum weight * (y - z)^2 (or 2 log_loss) + l2 * squares, each kind with its own l2
 * A numeric y is learnt less its weighted mean and over its weighted deviation (1 where constant),
 * so that penalties and learning rate suit any unit; the fitted numbers are in the unit of y.
 *   als   blocks of w_j and v_j together, in the order of the columns, solved for exactly (of two
 *         classes: with the bound 1/4 on the loss's curvature, hence always down); no learning rate
 *   sgd   row by row in random order, steps cut where they would overshoot; one thread
 * als: O(epochs * cells * num_factors^2 / 2). Equal bits with any number of threads.
 */
#pragma once

#include "core/learn/learner.h"

#define FACTORS_MOST ((size_t)256)

struct fm {
    size_t dense, sparse;   /* columns */
    const uint32_t *levels; /* [dense] as inputs.levels; NULL: all are numbers */
    size_t *first; /* [dense + 1]: the first feature of each column; the sparse ones last */
    size_t features, factors, stride;
    double *theta; /* [features * stride]: v, then w at [factors], then zeros */
    double bias;
    bool two_classes;
    size_t epochs;           /* run */
    double first_loss, loss; /* mean of the training rows, before and after */
};

struct fm_task {
    const struct examples *examples;
    struct csr cells; /* rows by features */
    double l2[3];     /* bias, linear, factors */
    double learning_rate, tol;
    size_t epochs; /* at most */
    double total;  /* of the weights */
};

/* fm's theta and bias from where they are; sets the epochs run. als ends early, by task->tol. */
void fm_als(struct arena *arena, const struct fm_task *task, struct fm *fm);
void fm_sgd(struct arena *arena, const struct fm_task *task, struct fm *fm);

/* z of one row of cells; sums[factors] becomes the sum of v_j x_j. */
double fm_score(const struct fm *fm, const struct csr *cells, size_t row, double *sums);

extern const struct learner learn_factorization_machine;
