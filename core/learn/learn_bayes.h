/*
 * Naive Bayes: each column by itself tells the chance of a class, given that the classes are as
 * frequent as in training (fit_prior) or equally so.
 *   numbers      kind gaussian: a normal distribution a class, variances raised by var_smoothing *
 *                the largest of any column; bernoulli: over 0 or not; multinomial: counts, >= 0
 *   categories   the share of each level, alpha added to each count (scikit-learn's CategoricalNB)
 *   sparse part  multinomial counts, or bernoulli
 * A missing cell, or a level never seen, says nothing and is left out. O(rows * columns).
 * Vectors: tests/core/learn/bayes.json.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_naive_bayes;
