/*
 * What parameters of tree learners say about rows and columns.
 */
#pragma once

#include "core/learn/learner.h"

/*
 * The weight of each row: its own, times its class's so that classes count alike when balanced
 * (scikit-learn's rule: rows / (classes * rows of the class)), times `positive` for the second of
 * two classes. NULL when all are 1.
 */
const double *tree_weights(struct arena *arena, const struct examples *examples, bool balanced,
                           double positive);

/*
 * "x1:1,x7:-1" by name, "0:1,6:-1" by position, or "1,0,-1" for all columns in order: 1 rising, -1
 * falling, 0 free. *out [columns], or NULL when the text is empty. Categories take none.
 */
bool tree_monotone(struct arena *arena, const struct examples *examples, struct str text,
                   const int8_t **out, struct fault *why);
