/*
 * k-means clustering: k centres so that the squared distances of the rows to their nearest centre
 * are small in sum. No target; predicts the number of the nearest centre.
 * Exact iterations (learn_kmeans_lloyd.h); the result is a local optimum that depends on the start.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_kmeans;
