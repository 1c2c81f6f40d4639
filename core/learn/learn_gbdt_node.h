/*
 * What the parts of growing (learn_gbdt_grow.c, learn_gbdt_rows.c, learn_gbdt_level.c) share.
 */
#pragma once

#include "core/learn/learn_gbdt_grow.h"
#include "core/math/threads.h"

#define CHUNK_ROWS ((size_t)16384) /* partition and margins: 64 KB of row numbers */

struct node {
    size_t from, count; /* rows: its part of grower.rows, while kept apart */
    struct node_sums sums;
    gradient_sum *histogram; /* NULL: not kept */
    uint32_t depth, child;   /* child 0: a leaf */
    bool apart;              /* its children's rows have been moved apart */
    double value;            /* of the leaf, learning rate included */
    struct split best;
};

/* A span of a node's rows. */
struct chunk {
    uint32_t node;
    size_t from, count;
    size_t lefts; /* out: how many of them went left */
};

struct grower {
    const struct binned *binned;
    const struct grow_rules *rules;
    unsigned threads;
    uint32_t *rows, *spare; /* [rows] */
    struct node *nodes;
    size_t node_count, node_room;
    uint32_t *list; /* [node_room]: nodes being split */
    struct chunk *chunks;
    size_t chunk_count;

    struct histogram_shape use; /* what this tree may look at */
    struct levels *levels;      /* learn_gbdt_level.c */

    /* of the tree being grown */
    const struct gradients *gradients;
    struct split_rules split; /* in units */
    const struct leaf_renewal *renewal;
    struct crew *crew;
};

/* Which codes go left. */
void split_table(const struct split *split, const struct binned *binned, uint8_t *left);

/* All rows are the root's, in their own order. */
void rows_reset(struct grower *grower);

/* Move the rows of the listed nodes apart; sets their children's from and count. */
void rows_part(struct grower *grower, const uint32_t *list, size_t count);

/* Add the leaves' values to the margins. */
void rows_add(struct grower *grower, double *margins, size_t step);

/* Room for the histograms of so many leaves, or of as many as the memory allowed for it holds. */
struct levels *levels_new(struct arena *arena, const struct grower *grower, size_t leaves);
/* Before a tree and after it: all histograms are free. */
void levels_clear(struct grower *grower);

/* Find the best split of the root; of both children of the listed nodes, whose rows are apart. */
void level_root(struct grower *grower);
void level_search(struct grower *grower, const uint32_t *list, size_t count);
