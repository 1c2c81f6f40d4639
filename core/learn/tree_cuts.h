/*
 * Trees whose cuts lie anywhere between values, not between bins: what isolation forests and
 * random cut forests walk.
 */
#pragma once

#include "core/learn/learner.h"
#include "core/math/random.h"

/* Rows above the cut go right, all others (NAN as well) left; a leaf is its own child. */
struct cut_node {
    double cut;     /* INFINITY in a leaf */
    uint32_t child; /* the left one; the right one stands behind it */
    uint32_t column;
};

struct cut_tree {
    uint32_t count, depth;
    struct cut_node *nodes;
    uint32_t *rows; /* [count]: of the sample there */
};

/* The places of the leaves that CUT_GROUP rows reach. */
#define CUT_GROUP 16
void cut_tree_walk(const struct cut_tree *tree, const double *const *rows, uint32_t *at);

void cut_tree_save(const struct cut_tree *tree, struct text *out);
/* in->failed is set when the bytes are not such a tree of that many columns. */
void cut_tree_load(struct bytes *in, size_t columns, struct cut_tree *tree);

/* One more in splits[column] for each cut of the tree. */
void cut_splits_count(const struct cut_tree *tree, uint32_t *splits);

/* What is told of a forest of such trees: cuts are at random, their number is all there is. */
struct cut_forest {
    size_t trees, samples, columns;
    const char *samples_name; /* as the parameter */
    const uint32_t *splits;   /* [columns] */
};
void cut_forest_describe(const struct cut_forest *forest, const struct feature_names *names,
                         struct json_out *out);

/* Different rows of `rows` at random into out[samples]. */
void cut_sample(struct random *random, size_t rows, size_t samples, uint32_t *out);
