/*
 * Features without a copy: where each is a number of the table, as it is or standardised, learners
 * that take that read the table's columns themselves.
 */
#pragma once

#include "core/learn/features.h"

/*
 * As features_encode_training, but inputs.columns with shift and scale. False where that cannot be:
 * other steps made features, there are gaps, groups or times. O(columns).
 */
bool features_scaled_training(struct arena *arena, const struct features *features,
                              struct inputs *out);
