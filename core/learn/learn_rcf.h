/*
 * Random cut forest (Guha, Mishra, Roy & Schrijvers 2016): trees cut at random, a column in
 * proportion to its range. The score weighs, along a row's path, the chance that a cut of the box
 * with the row in it would have set the row apart there. Higher is stranger; about 1 is usual.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_random_cut_forest;
