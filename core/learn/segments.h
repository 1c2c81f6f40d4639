/*
 * Rows cut into segments that threads work on: each segment sums into its own Gram matrix, which
 * are added in order afterwards. Their number depends on the data's shape alone, hence results do
 * not depend on the number of threads.
 */
#pragma once

#include "core/math/matrix.h"

#define BLOCK_ROWS ((size_t)256) /* with 100 columns 200 KB: stays in the second-level cache */

struct segment {
    size_t from, count;  /* rows */
    struct matrix gram;  /* width x width, lower triangle */
    struct matrix block; /* BLOCK_ROWS x width of scratch */
    double *sums;        /* [width] */
    double loss;
};

struct segments {
    size_t count;
    struct segment *at;
};

struct segments segments_new(struct arena *arena, size_t rows, size_t width);

/* Zero the sums of one. */
void segment_clear(struct segment *segment);

/* Add all into the first one, in order. */
struct segment *segments_total(struct segments segments);
