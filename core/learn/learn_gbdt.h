/*
 * Gradient-boosted trees on histograms (Friedman 2001; Chen & Guestrin 2016): for numbers, classes
 * and rankings (inputs.group says which query a row belongs to; the target is its relevance).
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_gbdt;
