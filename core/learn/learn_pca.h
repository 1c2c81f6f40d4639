/*
 * Principal components as a learner without a target: how far each row is from the plane of the
 * components, squared. A row that does not go with the others is far: an anomaly score.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_pca;
