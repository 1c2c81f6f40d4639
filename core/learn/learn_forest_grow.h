/*
 * Growing one tree of a forest: rows move with what is known of them, a histogram a drawn column
 * (sums are whole numbers: any order gives the same bits), of which small nodes visit only the bins
 * that they have.
 */
#pragma once

#include "core/learn/tree_model.h"
#include "core/math/random.h"

/* A row in a tree. */
struct element {
    uint32_t row;
    uint32_t weight; /* in units, times how often it was drawn */
    int32_t y;       /* class, or the number in units of forest_data.y_unit around y_middle */
};

/* Rows above, weight in units below: one addition counts both. */
#define COUNT_SHIFT 36
#define WEIGHT_MASK (((int64_t)1 << COUNT_SHIFT) - 1)
#define WEIGHT_SUM_MOST 0x1p34 /* twice over is still below the shift: rows drawn again */

typedef int64_t stat __attribute__((vector_size(16))); /* count and weight; weight * y */

struct forest_data {
    const struct binned *binned;
    const double *y;
    size_t rows;                   /* with any weight */
    struct element *elements;      /* [rows]: each once */
    size_t classes;                /* 0: numbers */
    bool weighted;                 /* rows or classes weigh differently */
    bool by_class;                 /* three and more classes: a weight a class; else a mean */
    double weight_unit, gain_unit; /* what one of a weight, of a split's gain stands for */
};

struct forest_rules {
    size_t max_features, max_depth, max_leaves; /* 0: no limit */
    size_t min_samples_split, min_samples_leaf;
    double min_impurity_decrease, ccp_alpha;
    bool entropy, random_cuts, bootstrap;
    size_t samples; /* drawn for a tree when bootstrap */
};

struct forest_split {
    double gain; /* of weight * impurity; -INFINITY: none */
    uint32_t column, bin;
    bool missing_left;
};

/* A node that is still to be split, or not. */
struct open_node {
    uint32_t at, depth;
    size_t from, count;
    struct forest_split split;
};

/* The bins that a node has of one column, rising; missing apart. */
struct found_bins {
    size_t count;
    uint8_t bins[TREE_CODES];
    stat sums[TREE_CODES]; /* of means; those of classes are in planting.class_list */
    bool missing;
    stat missing_sum;
};

/* Room of one thread, and the tree that it grows. */
struct planting {
    struct pairs *pairs; /* of learn_forest_pairs.h; NULL when grown from elements */
    const struct forest_data *data;
    const struct forest_rules *rules;
    struct random random;
    struct element *elements, *spare; /* [rows] */
    size_t count;                     /* of elements in this tree */
    uint32_t *drawn;                  /* [rows]: how often */
    uint32_t *order;                  /* [columns], shuffled on */
    struct open_node *open;
    size_t open_count;
    stat *means;         /* [BATCH * 256], zero between uses; one of both */
    int64_t *by_class;   /* [BATCH * 256 * classes] */
    int64_t *class_list; /* [257 * classes]: of the bins that a node has */
    int64_t *class_left; /* [2 * classes] */
    int64_t *class_node; /* [classes] */
    uint64_t (*used)[4]; /* [BATCH]: bins that a node has */
    struct found_bins found;
    double total;         /* weight of the tree's root, in units */
    double *risk, *costs; /* [2 * rows] when pruning: of nodes as leaves; of their branches */
    double *node_means;   /* [2 * rows * width] when pruning */
    uint32_t *places;     /* [2 * rows] when pruning */
    struct tree tree;     /* with room for 2 * rows */
    double *gain;         /* [columns] */
    uint32_t *splits;     /* [columns] */
};

#define FOREST_BATCH 8 /* columns whose histograms are filled at once: 32 KB */
/* F of every number of columns that a batch can have. */
#define FOREST_BATCHES(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8)

/* pairs: grow as learn_forest_pairs.h does. */
struct planting *planting_new(struct arena *arena, const struct forest_data *data,
                              const struct forest_rules *rules, bool pairs);

/* Grow the tree of a seed. */
void planting_grow(struct planting *planting, struct random random);

/* The best split of the elements [from, from + count); false when there is none. */
bool forest_split_find(struct planting *planting, size_t from, size_t count,
                       struct forest_split *best);

/* How often each row is drawn into a bootstrapped tree: planting.drawn. */
void forest_rows_draw(struct planting *planting);

/* The node turns from open to split, with two more behind it: the first one's place. */
uint32_t forest_divide(struct planting *planting, uint32_t at, struct forest_split split);

/*
 * Which of the open nodes is next: the last one opened; with a limit of leaves the one that gains
 * most. Gains stand `step` bytes apart; count > 0.
 */
size_t forest_next(const struct forest_rules *rules, const double *gains, size_t step,
                   size_t count);

/* Draw `batch` more columns behind the first `taken` of planting.order. */
void forest_columns_draw(struct planting *planting, size_t taken, size_t batch);

/* Weight times impurity of a node with these sums; of numbers less the constant sum of squares. */
double forest_risk(const struct planting *planting, const struct element *elements, size_t count);

/* Cut weak branches off (minimal cost-complexity pruning). */
void forest_prune(struct planting *planting);
