/*
 * k nearest neighbours, for numbers and classes: the mean of the target, or the share of each
 * class, among the k training rows nearest to a row. All pairs are compared (see
 * learn_knn_search.h): exact, equal distances in the order of the training rows.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_knn;
