/*
 * Growing one tree on gradients: histograms of the smaller child alone, the larger one's is the
 * parent's minus that; the last level's rows are not moved. Whatever would take too much memory for
 * a histogram a node (very many columns, very many leaves) is built anew where it is needed.
 */
#pragma once

#include "core/learn/learn_gbdt_split.h"

struct grow_rules {
    struct split_rules split; /* in real units */
    double learning_rate;
    size_t max_depth;  /* 0: no limit but TREE_DEPTH_MOST */
    size_t max_leaves; /* 0: no limit */
    bool lossguide;    /* the leaf of the highest gain first; else level by level */
};

/*
 * Gives a leaf another value than the gradients' (the median of what is left, say): rows[count] are
 * its rows; place is where they start among all, so that scratch of [rows] serves all leaves.
 */
struct leaf_renewal {
    double (*value)(void *work, const uint32_t *rows, size_t count, size_t place);
    void *work;
};

struct crew;
struct grower;

/* Room for trees on these rows, grown by a crew of `threads`; binned must have by_column. */
struct grower *grower_new(struct arena *arena, const struct binned *binned,
                          const struct grow_rules *rules, unsigned threads, struct crew *crew);

struct growth {
    const struct gradients *gradients;
    const bool *wanted;                 /* [columns], or NULL: all */
    const struct leaf_renewal *renewal; /* or NULL */
    double *margins;                    /* row i's at margins[i * step] gets its leaf's value */
    size_t step;
};

/* Grow, add to the margins; gains and numbers of splits are added up in gain and splits. */
void grower_grow(struct arena *arena, struct grower *grower, const struct growth *growth,
                 struct tree *tree, struct tree_model *model);
