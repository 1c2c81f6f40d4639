/*
 * Models of models:
 *   stacking    several learners, then one that learns from their predictions of rows that they did
 *               not see (cross-validation; Wolpert 1992)
 *   averaging   the mean of several learners' predictions
 * Parameter `models`: names of learners with their default parameters, such as
 * "logistic,random_forest,gbdt"; `final`: what learns from their predictions. Each sees the same
 * features. O(folds + 1) times what the learners take.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_stacking;
extern const struct learner learn_averaging;
