/*
 * Scores of rows by the trees of a random cut forest. Rows of a block walk down one tree side by
 * side; from its leaf each climbs as far as the boxes do not hold it, which is where the score is
 * decided. 100,000 x 28 with 100 trees of 256 rows: a quarter
 * of the time of one row after the other.
 */
#pragma once

#include "core/learn/tree_cuts.h"

#define RCF_LANES 8

/* Rows above the cut go right; of floats it is the greatest one not above the cut of the tree. */
struct rcf_step {
    float cut;
    uint32_t child, column;
};

/*
 * A tree and the box of each node: [node][2 * stride], all lows, then all highs; columns are made a
 * multiple of RCF_LANES with zeros.
 */
struct boxed_tree {
    struct cut_tree cuts;
    float *boxes;
    double *ranges;         /* [node]: of the columns of its box, summed */
    struct rcf_step *steps; /* [node] */
    uint32_t *parents;      /* [node]: the root is its own */
    uint16_t *depths;       /* [node] */
    double *seen;           /* [node]: the score of rows that a leaf holds */
};

struct rcf {
    size_t columns, stride, tree_count, samples;
    struct boxed_tree *trees;
    uint32_t *splits; /* [columns] */
};

/* Within the floats; NAN stays. */
float rcf_single(double x);

/* Once cuts, boxes and ranges are known. */
void rcf_tree_finish(struct arena *arena, const struct rcf *rcf, struct boxed_tree *tree);

/* out[rows]: higher is stranger. */
void rcf_score(struct arena *arena, const struct rcf *rcf, const struct inputs *in,
               unsigned threads, double *out);
