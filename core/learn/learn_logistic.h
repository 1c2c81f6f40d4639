/*
 * Logistic regression for two classes and for more (softmax):
 *   minimises C * sum weight * log_loss + penalty, the intercepts not penalised
 *   penalty   l2: |w|^2 / 2   l1: |w|_1   elasticnet: l1_ratio |w|_1 + (1 - l1_ratio) |w|^2 / 2
 * (scikit-learn's LogisticRegression). Solvers, chosen by the data's shape unless said:
 *   newton              two classes, few columns: Hessians by blocks of rows, kept while they serve
 *   lbfgs               any shape, no l1: preconditioned by Hessians of a tenth of the rows, or by
 *                       their diagonal where columns are many
 *   coordinate_descent  l1: on the Hessian, or column by column where they are many; of more
 *                       classes, one class after the other
 * All start from a tenth of the rows where these are many. They stop when no entry of the gradient
 * of the mean loss with its penalty is over `tol`. Vectors: tests/core/learn/logistic*.json.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_logistic;
extern const struct learner
    learn_text; /* the same with defaults for sparse words: text_classifier */
