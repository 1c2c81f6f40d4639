/*
 * Rows cut into segments that threads work on: each segment sums into places of its own, which are
 * added in order afterwards. Their number depends on the data's shape alone, hence results do not
 * depend on the number of threads.
 */
#pragma once

#include "core/base/arena.h"

#define BLOCK_ROWS ((size_t)256) /* with 100 columns 200 KB: stays in the second-level cache */

struct segment {
    size_t from, count; /* rows */
    double *sums;       /* [sum_count], zero at first */
    double *scratch;    /* [scratch_count] */
    double loss;
};

struct segments {
    size_t count, sum_count;
    struct segment *at;
};

/* Rows [from, from + count). */
struct segments segments_new(struct arena *arena, size_t from, size_t count, size_t sum_count,
                             size_t scratch_count);

void segments_clear(struct segments segments);

/* Add the sums of all into the first one, in order. */
struct segment *segments_total(struct segments segments);
