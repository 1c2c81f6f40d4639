/*
 * The k nearest of many rows by brute force: products of float matrices block by block find the
 * candidates, whose distances are then taken in double. The bound on the floats' rounding is a
 * proven one, and where too many candidates lie within it all rows are compared in double: the
 * result is that of a search in double, rows of equal distance in the order of their numbers.
 * 50,000 x 50 against 5,000: 0.3 s, four fifths of it the products.
 */
#pragma once

#include "core/learn/float_rows.h"

struct knn_rows {
    size_t rows, columns;
    bool cosine;             /* rows have length 1 or 0, distance is 1 - cosine */
    struct float_rows frame; /* unused where cosine */
    float *at;               /* [rows][columns + 1]: behind each row its squared length, or 0 */
    float *longest;          /* [blocks of KNN_BLOCK_ROWS]: the greatest squared length there */
};

#define KNN_MOST 10000 /* neighbours */
#define KNN_BLOCK_ROWS ((size_t)1024)
#define KNN_BLOCK_QUERIES ((size_t)128) /* 128 x 1024 floats: 512 KB */

struct knn_found {
    double distance; /* l2: squared, in units of the frame */
    uint32_t row;
};

/* Put x[i] into row `at`; needs .at. */
void knn_row_make(const struct knn_rows *rows, const double *x, float *out);

/* Fill .longest and the squared lengths behind the rows. */
void knn_rows_finish(struct arena *arena, struct knn_rows *rows);

/*
 * For each row of x its k nearest, nearest first; take(work, i, found, count) is called once for
 * each row i, from any thread; count = min(k, rows->rows).
 */
struct knn_search {
    const struct knn_rows *rows;
    struct matrix x;
    size_t k;
    void (*take)(void *work, size_t at, const struct knn_found *found, size_t count);
    void *work;
};
void knn_search_run(struct arena *arena, const struct knn_search *search, unsigned threads);
