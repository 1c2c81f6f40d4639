/*
 * Logistic regression for two classes, penalised by L2:
 *   minimises C * sum log_loss + |w|^2 / 2, the intercept not penalised; C = 1 / l2
 * (scikit-learn's LogisticRegression). Newton's method with a Cholesky factor a step and halved
 * steps where the loss would rise; it stops when no entry of the gradient of the mean loss is over
 * `tol`. O(iterations * rows * features^2). Vectors: tests/core/learn/logistic.json.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_logistic;
