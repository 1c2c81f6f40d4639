/*
 * Least squares with an L1 penalty (scikit-learn's objective):
 *   minimises  sum weight (y - x w - b)^2 / (2 sum of weights)
 *              + alpha l1_ratio |w|_1 + alpha (1 - l1_ratio) |w|^2 / 2
 *   lasso            l1_ratio = 1
 *   elastic_net      l1_ratio from 0 to 1
 *   lasso_cv, elastic_net_cv   alpha chosen by cross-validation over folds of consecutive rows,
 *                    from n_alphas of a geometric row down to eps * the least that leaves nothing;
 *                    unless eps is given, further down until the L2 part, which does not go with
 *                    the unit of y, is eps * a column's mean square (scikit-learn's path ends
 *                    before that: sale prices in dollars, R2 0.16 in place of 0.90)
 * Coordinate descent on the Gram matrix, which folds share (one pass over the data for all); of
 * more than 2048 columns on the columns themselves. Ends when the duality gap is below tol * the
 * variance of y. Vectors: tests/core/learn/lasso.json.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_lasso;
extern const struct learner learn_elastic_net;
extern const struct learner learn_lasso_cv;
extern const struct learner learn_elastic_net_cv;
