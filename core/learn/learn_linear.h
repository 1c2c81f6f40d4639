/*
 * Least squares for a numeric target, solved from the Gram matrix of the centred features:
 *   linear   minimises sum (y - x w - b)^2; where features depend on one another, the solution of
 *            least length in w (as scikit-learn's LinearRegression)
 *   ridge    adds alpha |w|^2; the intercept is not penalised (as scikit-learn's Ridge)
 * O(rows * features^2), memory 8 * features^2 * 8 bytes and less.
 * Vectors: tests/core/learn/linear.json.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_linear;
extern const struct learner learn_ridge;
