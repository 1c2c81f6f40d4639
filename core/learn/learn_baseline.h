/*
 * Baselines: what a model must beat.
 *   majority   for two classes: every row has the second class's share of the training rows
 *   mean       for numbers: every row has the mean of the training rows
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_majority;
extern const struct learner learn_mean;
