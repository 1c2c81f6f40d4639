/*
 * Exact Shapley values of trees (Lundberg, Erion & Lee 2018, the path-dependent kind): a column
 * that is not known sends a row down both sides in proportion to the training rows there.
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct shap_node {
    uint32_t child;       /* of a leaf its own place; the right child stands behind it */
    uint32_t column;      /* of the output */
    double share;         /* of its parent's rows: 0..1 */
    const double *values; /* of a leaf: [width] */
};

/* One tree at a time. */
struct shap_tree {
    struct shap_node *nodes;
    size_t count, width;
    double scale; /* of the values */
};

/* Scratch of one thread for trees of that depth. */
struct shap_element;
struct shap_element *shap_scratch(struct arena *arena, size_t depth);

/*
 * Add what each column does for a row to out[k * step + column], k < width.
 *   right[count]   whether the row goes right, for each node
 * O(leaves * depth^2).
 */
void shap_add(const struct shap_tree *tree, const bool *right, struct shap_element *scratch,
              double *out, size_t step);

/* Add the mean of the values over the training rows to mean[width]. reached[count] is scratch. */
void shap_mean(const struct shap_tree *tree, double *reached, double *mean);
