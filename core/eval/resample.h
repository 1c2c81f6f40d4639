/*
 * Rows drawn anew for a bootstrap: row by row, within strata (so that each class keeps its number),
 * by clusters (all rows of an entity together: rows of one patient are no independent rows) or in
 * moving blocks (Kuensch 1989: neighbours of a time series stay together).
 *
 * Replicate b is made from outputs b * draws .. b * draws + draws - 1 of splitmix64(seed), each
 * turned into a place below k as (x * k) >> 64: any replicate can be made without those before it,
 * by any thread, and two contenders on the same rows get the same rows (paired).
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct resampling {
    size_t n;             /* rows, below 2^32 */
    size_t draws;         /* random numbers a replicate */
    size_t rows_most;     /* of a replicate: n, but with clusters up to draws * the largest one */
    size_t unit_count;    /* what is drawn: rows, clusters or blocks */
    size_t block;         /* rows of a block; 0 without blocks */
    const uint32_t *rows; /* [n] the rows unit by unit (clusters, strata); else NULL */
    const uint32_t *from; /* [unit_count + 1] where each unit starts in rows */
    const uint32_t *unit; /* [n] the unit of each row */
    bool is_strata;
    uint64_t seed;
};

struct resampling resample_rows(size_t n, uint64_t seed);

/* Rows of one stratum take each other's places. group[n]: any numbers, borrowed for the call. */
struct resampling resample_strata(struct arena *arena, const uint32_t *group, size_t n,
                                  uint64_t seed);

/* As many clusters as there are, with replacement, all of their rows. O(n log n) to make. */
struct resampling resample_clusters(struct arena *arena, const uint32_t *group, size_t n,
                                    uint64_t seed);

/* Blocks of `length` neighbours, 0: round(n^(1/3)); cut to n rows. The rows are in time's order. */
struct resampling resample_blocks(size_t n, size_t length, uint64_t seed);

/* The rows of replicate b: out[rows_most]. Gives their number. */
size_t resample_draw(const struct resampling *how, size_t b, uint32_t *out);

/* The same as counts: weight[n] says how often each row was drawn. */
void resample_weights(const struct resampling *how, size_t b, uint32_t *weight);

/*
 * Standard error of the mean of x[n], as the design asks for: rows sd / sqrt(n); strata within
 * them; clusters by the sums of their residuals; blocks by all overlapping ones. NAN with fewer
 * than two units.
 */
double resample_error_of_mean(struct arena *arena, const struct resampling *how, const double *x);
