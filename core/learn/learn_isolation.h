/*
 * Isolation forest (Liu, Ting & Zhou 2008): rows that few random cuts set apart are strange. The
 * score is 2^(-mean path / the mean path of as many rows), 0..1, higher is stranger; 0.5 is usual.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_isolation_forest;
