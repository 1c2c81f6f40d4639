/*
 * Least squares for a numeric target:
 *   linear   minimises sum weight (y - x w - b)^2; where features depend on one another, the
 *            solution of least length in w (as scikit-learn's LinearRegression)
 *   ridge    adds alpha |w|^2; the intercept is not penalised (as scikit-learn's Ridge)
 * From the centred Gram matrix, O(rows * columns^2); of more than 4096 columns (1024 where rows
 * are fewer) by conjugate gradients. Vectors: tests/core/learn/linear.json.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_linear;
extern const struct learner learn_ridge;
