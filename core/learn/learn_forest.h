/*
 * One decision tree (Breiman et al. 1984), random forests (Breiman 2001) and extremely randomised
 * trees (Geurts, Ernst & Wehenkel 2006), for numbers and classes. Cuts are those of tree_bins.h: at
 * most 255 values a column are told apart. Rows whose cell is missing go where they do best.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_decision_tree;
extern const struct learner learn_random_forest;
extern const struct learner learn_extra_trees;
