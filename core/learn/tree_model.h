/*
 * Many trees as a model: grown by learn_gbdt and learn_forest, walked here. A row is binned once
 * (tree_bins.h), then each step down a tree compares two bytes; sixteen rows go side by side, so
 * that the waits of one are the work of others.
 */
#pragma once

#include "core/learn/tree_bins.h"

#define TREE_DEPTH_MOST 512u
#define TREE_CODES 256 /* of a column */

/*
 * A node in 64 bits: the place of its left child (the right one stands behind it), which byte of
 * the row's codes it looks at, whether that is a category, and the bin. A row goes right when its
 * code is above the bin; of a category when its bit is not set in the bitmap. A leaf is its own
 * child, looks at byte 0 and has bin 255: nobody leaves it.
 */
static inline uint64_t node_make(uint32_t child, uint32_t slot, bool category, uint32_t bin)
{
    return (uint64_t)child << 32 | (uint64_t)slot << 9 | (uint64_t)category << 8 | bin;
}

static inline uint32_t node_child(uint64_t node)
{
    return (uint32_t)(node >> 32);
}

static inline uint32_t node_slot(uint64_t node)
{
    return (uint32_t)(node >> 9) & 0x7fffff;
}

static inline bool node_category(uint64_t node)
{
    return node >> 8 & 1;
}

static inline uint32_t node_bin(uint64_t node)
{
    return node & 255;
}

struct bitmap {
    uint64_t bits[TREE_CODES / 64]; /* 1: left */
};

static inline bool bitmap_has(const struct bitmap *bitmap, uint32_t code)
{
    return bitmap->bits[code / 64] >> (code % 64) & 1;
}

static inline void bitmap_set(struct bitmap *bitmap, uint32_t code)
{
    bitmap->bits[code / 64] |= 1ull << (code % 64);
}

struct tree {
    uint32_t count, leaf_count, bitmap_count, depth;
    uint64_t *nodes;        /* [count], the root first */
    uint32_t *extra;        /* [count]: of a leaf its number, of a category's node its bitmap's */
    float *cover;           /* [count]: weight of the training rows there */
    double *values;         /* [leaf_count * leaf_width] */
    struct bitmap *bitmaps; /* [bitmap_count] */
};

struct tree_model {
    struct bins bins;  /* of the columns that trees look at: slot / 2 is their number */
    size_t columns;    /* of the inputs */
    size_t width;      /* numbers a row */
    size_t leaf_width; /* 1: tree t adds to number t % width; else width */
    size_t tree_count;
    struct tree *trees;
    double *base;     /* [width] */
    double scale;     /* of the trees' sum, before the base is added */
    double *gain;     /* [columns]: what splits on it gained in all */
    uint32_t *splits; /* [columns]: how many there are */
};

struct tree_model *tree_model_new(struct arena *arena, size_t columns, size_t width,
                                  size_t leaf_width);

/*
 * Once grown: give the model the bins that its trees use. Until then the slots of nodes are those
 * of `all`. Also finds the depths of trees.
 */
void tree_model_finish(struct arena *arena, struct tree_model *model, const struct bins *all);

/* out[rows * width]: the base and the scaled sum of the trees. */
void tree_model_sums(struct arena *arena, const struct tree_model *model, const struct inputs *in,
                     unsigned threads, double *out);

/* learner.explain for those sums. */
void tree_model_explain(struct arena *arena, const struct tree_model *model,
                        const struct inputs *in, unsigned threads, double *out);
