/*
 * Histograms of gradients: for each bin of each column the sum of gradients and of Hessians of a
 * node's rows. Both are whole numbers (fixed point, see struct gradients): adding them in any order
 * gives the same bits, hence trees do not depend on the number of threads.
 */
#pragma once

#include "core/learn/tree_model.h"

#define GRADIENT_MOST 0x1p30         /* the largest of each is that many units */
#define GRADIENT_MOST_COARSE 0x7ffff /* or that many, where it does; twice as fast */

struct gradient {
    int32_t g, h; /* h >= 0 */
};

struct gradients {
    struct gradient *at;   /* [rows] of one output */
    double g_unit, h_unit; /* what one unit stands for */
    int64_t g, h;          /* sums, in units */
    bool coarse;           /* none is larger than GRADIENT_MOST_COARSE */
};

/* Gradient and Hessian side by side: one addition. 2^32 rows fit. */
typedef int64_t gradient_sum __attribute__((vector_size(16)));

struct histogram_shape {
    const struct binned *binned;
    uint32_t *columns; /* [count]: which columns, rising */
    uint32_t *starts;  /* [count + 1]: where each one's codes start */
    size_t count, entries;
    bool even; /* all columns, 256 codes each: the fast way */
};

/*
 * The shape for the columns that are wanted (all when NULL). Where most have nearly 256 codes, all
 * get 256: the place of a sum is then a constant, measured 1.3 times as fast as looking it up.
 */
struct histogram_shape histogram_shape_new(struct arena *arena, const struct binned *binned);
void histogram_shape_set(struct histogram_shape *shape, const bool *wanted);

/* A part of the shape: its columns [from, from + count); entries and sums are its own. */
struct histogram_shape histogram_shape_part(const struct histogram_shape *shape, size_t from,
                                            size_t count);

/* sums[shape->entries] += those of rows[count]. */
void histogram_add(const struct histogram_shape *shape, const struct gradients *gradients,
                   const uint32_t *rows, size_t count, gradient_sum *sums);
