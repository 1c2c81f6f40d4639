/*
 * Silhouettes (Rousseeuw 1987): of each row (b - a) / max(a, b), where a is its mean Euclidean
 * distance to the others of its cluster and b the smallest mean distance to another cluster. 0 for
 * a row alone in its cluster.
 *   features[n * width]   row by row
 *   cluster[n]            0 .. cluster_count - 1, at least two of them not empty
 *   out[n]
 * O(n^2 width) in tiles through BLAS, each pair once where n * clusters numbers fit into
 * SILHOUETTE_CELLS_MOST, else twice. Squared distances come from products of centred rows, those
 * that are small beside the rows' lengths from differences: relative error of a distance < 1e-9.
 */
#pragma once

#include "core/base/arena.h"
#include <stdint.h>

#define SILHOUETTE_CELLS_MOST ((size_t)1 << 25)

struct silhouette_input {
    const double *features;
    size_t n, width;
    const uint32_t *cluster;
    size_t cluster_count;
};

void silhouettes(struct arena *arena, const struct silhouette_input *in, double *out);
