/*
 * Rows counted by class and cluster: what measures of clusterings are computed from. Only cells
 * that occur are kept, so that many clusters cost no more than rows.
 */
#pragma once

#include "core/base/arena.h"
#include "core/eval/scored.h"

struct contingency {
    size_t cell_count, class_count, cluster_count;
    const uint32_t *class, *cluster; /* [cell_count] */
    double n;
    double *count;                     /* [cell_count] */
    double *class_rows, *cluster_rows; /* [class_count], [cluster_count] sums of cells */
    double *sizes[2], *times[2];       /* scratch */
    const uint32_t *cell;              /* [row_count] of each row */
    size_t row_count;
};

/*
 * The cluster of each row from 0 on: out[n], *count of them. Where rows->cluster_count is 0 the
 * predictions may be any whole numbers below 2^32; large ones are numbered by their size.
 */
const uint32_t *clusters_numbered(struct arena *arena, const struct scored *rows, size_t *count);

/* O(n), with very many classes and clusters O(n log n). */
void contingency_make(struct arena *arena, const struct scored *rows, struct contingency *out);

/* Counts and sums anew, with row i weight[i] times; NULL: once each. */
void contingency_count(struct contingency *table, const uint32_t *weight);

/* Sums of the cells, after count was changed. */
void contingency_sum(struct contingency *table);

/* Measures of the whole. NAN only for n = 0. */
double contingency_rand(const struct contingency *table);
double contingency_ari(const struct contingency *table);
double contingency_fowlkes_mallows(const struct contingency *table);
double contingency_purity(const struct contingency *table);

/* In nats. */
double contingency_mutual_info(const struct contingency *table);
double contingency_class_entropy(const struct contingency *table);
double contingency_cluster_entropy(const struct contingency *table);

/*
 * The mutual information that clusters of these sizes have by chance, over all assignments of rows
 * (the hypergeometric model). Vinh, Epps & Bailey (2010). Sizes that occur more than once are
 * counted once; sums end where terms no longer matter.
 */
double contingency_expected_mutual_info(const struct contingency *table);
