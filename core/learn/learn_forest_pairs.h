/*
 * Growing a tree for two classes whose rows all weigh the same: the usual case, of its own because
 * it takes 60 % of the time. Rows move as records of their codes, so that a node reads what stands
 * side by side; one addition of a whole number counts rows, draws and draws of class 1; and nodes
 * of at most 16 rows need no histogram: the codes of a column are compared with each other, sixteen
 * at once. The trees are those that learn_forest_split.c would grow.
 */
#pragma once

#include "core/learn/learn_forest_grow.h"

/* May this data and these rules be grown so? */
bool pairs_usable(const struct forest_data *data, const struct forest_rules *rules);

/* Room of one thread for it. */
struct pairs *pairs_new(struct arena *arena, const struct forest_data *data);

/* As planting_grow; planting.random is set. */
void pairs_grow(struct planting *planting);

/* A node's rows are records [from, from + count) of records[depth % 2]. */
struct pair_node {
    uint32_t at, depth;
    size_t from, count;
    int64_t sums; /* count, draws, draws of class 1 */
    struct pair_split {
        double gain; /* -INFINITY: none */
        uint32_t column, bin;
        bool missing_left;
        int64_t left; /* sums */
    } split;
};

struct pairs {
    size_t size;         /* of a record, bytes: codes of the columns, zeros, draws and class */
    uint8_t *records[2]; /* [rows][size] */
    int64_t *sums;       /* [FOREST_BATCH][TREE_CODES], zero between uses */
    uint64_t used[FOREST_BATCH][4]; /* bins that a node has */
    struct pair_node *open;
    size_t open_count;
};

/* The best split of a node that has both classes; false when there is none. */
bool pairs_split_find(struct planting *planting, struct pair_node *node);

/* Sums of rows in one whole number, 21 bits each. */
#define PAIR_BITS 21
#define PAIR_MOST ((size_t)1 << PAIR_BITS) /* draws of a tree: fewer */

static inline int64_t pair_positives(int64_t sums)
{
    return sums & (((int64_t)1 << PAIR_BITS) - 1);
}

static inline int64_t pair_draws(int64_t sums)
{
    return sums >> PAIR_BITS & (((int64_t)1 << PAIR_BITS) - 1);
}

static inline size_t pair_rows(int64_t sums)
{
    return (size_t)(sums >> 2 * PAIR_BITS);
}

/* The last byte of a record: how often it was drawn, and the class in the highest bit. */
#define PAIR_DRAWS_MOST 15u /* sixteen of them stay below 256 */

static inline uint8_t pair_tail(uint32_t draws, bool positive)
{
    return (uint8_t)(draws | (uint32_t)positive << 7);
}

static inline int64_t pair_sums(uint8_t tail)
{
    int64_t draws = tail & 127;
    return ((int64_t)1 << 2 * PAIR_BITS) + draws * (((int64_t)1 << PAIR_BITS) + (tail >> 7));
}
