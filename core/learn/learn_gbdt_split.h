/*
 * The best split of a node from its histogram: numbers along their bins, missing tried on both
 * sides; categories in the order of their mean gradient (Fisher 1958: the best two groups are a cut
 * of that order). Regularised gain and leaf values as XGBoost defines them (Chen & Guestrin 2016).
 */
#pragma once

#include "core/learn/learn_gbdt_histogram.h"

/* In units of the gradients: gain is in g_unit^2 / h_unit, a leaf's value in g_unit / h_unit. */
struct split_rules {
    double lambda, alpha, gamma, min_child_weight, max_delta_step;
    double cat_smooth;
    const int8_t *monotone; /* [columns of binned]: 1 rising, -1 falling, 0 free; NULL: all free */
};

/* What a value must lie between, from monotone splits above. */
struct bounds {
    double low, high;
};

/* Of a node. */
struct node_sums {
    int64_t g, h;
    struct bounds bounds;
};

struct split {
    double gain; /* over the node as a leaf; 0: none found */
    uint32_t column, bin;
    bool category, missing_left;
    struct bitmap left; /* of categories, by code; bit 255 is missing and unseen */
    int64_t g, h;       /* of the left side */
};

/* The best value of a leaf with these sums. */
double leaf_value(const struct split_rules *rules, double g, double h, struct bounds bounds);

/* Better of *best and what the columns of the shape offer; equal gains leave *best. */
void split_find(const struct split_rules *rules, const struct histogram_shape *shape,
                const gradient_sum *sums, const struct node_sums *node, struct split *best);
