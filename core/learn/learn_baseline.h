/*
 * Baselines: what a model must beat.
 *   majority   for classes: every row has each class's share of the (weighted) training rows
 *   mean       for numbers: every row has the mean of the training rows
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_majority;
extern const struct learner learn_mean;
