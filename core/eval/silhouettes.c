/* Silhouettes: distances tile by tile, summed by cluster. Rows are sorted by cluster, so that the
   sums run over neighbours. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/eval/silhouettes.h"
#include "core/base/compiler.h"
#include "core/math/blas.h"
#include "core/math/sum.h"
#include <math.h>
#include <string.h>

/* Each clone gives the same bits, for nothing here can be contracted. */
#define TILE 128
#define NEAR 1e-6 /* squared distance, relative to squared lengths */

struct work {
    size_t n, width, clusters;
    struct matrix x;   /* centred, sorted by cluster */
    double *half;      /* [n] half the squared length of a row */
    uint32_t *cluster; /* [n] of the sorted rows */
    uint32_t *from;    /* [clusters + 1] */
    double *sums;      /* [n * clusters] or [TILE * clusters] */
    size_t sums_from;  /* the row that sums begins with */
    double distance[TILE * TILE];
};

static void sort_rows(struct work *w, const struct silhouette_input *in, uint32_t *order)
{
    for (size_t i = 0; i < w->n; i++)
        w->from[in->cluster[i] + 1]++;
    for (size_t c = 0; c < w->clusters; c++)
        w->from[c + 1] += w->from[c];
    for (size_t i = 0; i < w->n; i++)
        order[w->from[in->cluster[i]]++] = (uint32_t)i;
    for (size_t c = w->clusters; c > 0; c--)
        w->from[c] = w->from[c - 1];
    w->from[0] = 0;
}

static void centre(struct work *w, const struct silhouette_input *in, const uint32_t *order)
{
    for (size_t k = 0; k < w->width; k++) {
        struct sum sum = { 0 };
        for (size_t i = 0; i < w->n; i++)
            sum_add(&sum, in->features[i * w->width + k]);
        double mean = sum_value(&sum) / (double)w->n;
        for (size_t i = 0; i < w->n; i++)
            matrix_row(w->x, i)[k] = in->features[order[i] * w->width + k] - mean;
    }
    for (size_t i = 0; i < w->n; i++) {
        const double *row = matrix_row(w->x, i);
        double squares = 0;
        for (size_t k = 0; k < w->width; k++)
            squares += row[k] * row[k];
        w->half[i] = squares / 2;
        w->cluster[i] = in->cluster[order[i]];
    }
}

/* Where the difference of products has lost digits: the distance by its definition. */
static double distance_exactly(const struct work *w, size_t i, size_t j)
{
    const double *a = matrix_row(w->x, i), *b = matrix_row(w->x, j);
    double squares = 0;
    for (size_t k = 0; k < w->width; k++)
        squares += (a[k] - b[k]) * (a[k] - b[k]);
    return __builtin_sqrt(squares);
}

/* From less half of the squared distances to the distances; gives how many are small. */
CLONED_V3 static int64_t roots(double *at, double own, const double *half, size_t n)
{
    int64_t near = 0;
    for (size_t b = 0; b < n; b++) {
        double squared = -2 * at[b];
        near += squared <= NEAR * (own + half[b]);
        at[b] = __builtin_sqrt(squared > 0 ? squared : 0);
    }
    return near;
}

/* Distances of the rows from i on to those from j on; half of d^2 is half + half - product. */
static void tile_fill(struct work *w, size_t i, size_t rows, size_t j, size_t columns)
{
    struct matrix tile = { w->distance, rows, columns, TILE };
    const double *half = w->half + j;
    for (size_t a = 0; a < rows; a++)
        for (size_t b = 0; b < columns; b++)
            w->distance[a * TILE + b] = -(w->half[i + a] + half[b]);
    rows_times_rows_add(matrix_rows(w->x, i, rows), matrix_rows(w->x, j, columns), tile);
    for (size_t a = 0; a < rows; a++) {
        double *at = w->distance + a * TILE, own = w->half[i + a];
        int64_t near = roots(at, own, half, columns);
        for (size_t b = 0; near && b < columns; b++)
            if (at[b] * at[b] <= 2 * NEAR * (own + half[b]))
                at[b] = distance_exactly(w, i + a, j + b);
    }
}

/* Adds each row's distances to the clusters of the columns. */
CLONED_V3 static void sum_rows(struct work *w, size_t i, size_t rows, size_t j, size_t columns)
{
    for (size_t b = 0; b < columns;) {
        uint32_t c = w->cluster[j + b];
        size_t end = w->from[c + 1] - j < columns ? w->from[c + 1] - j : columns;
        for (size_t a = 0; a < rows; a++) {
            const double *at = w->distance + a * TILE;
            double sum[8] = { 0 };
            size_t k = b;
            for (; k + 8 <= end; k += 8)
                for (size_t l = 0; l < 8; l++)
                    sum[l] += at[k + l];
            for (; k < end; k++)
                sum[0] += at[k];
            w->sums[(i + a - w->sums_from) * w->clusters + c] +=
                ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
        }
        b = end;
    }
}

/* Adds each column's distances to the clusters of the rows. */
CLONED_V3 static void sum_columns(struct work *w, size_t i, size_t rows, size_t j, size_t columns)
{
    double sum[TILE];
    for (size_t a = 0; a < rows;) {
        uint32_t c = w->cluster[i + a];
        size_t end = w->from[c + 1] - i < rows ? w->from[c + 1] - i : rows;
        memset(sum, 0, sizeof sum);
        for (; a < end; a++)
            for (size_t b = 0; b < columns; b++)
                sum[b] += w->distance[a * TILE + b];
        for (size_t b = 0; b < columns; b++)
            w->sums[(j + b) * w->clusters + c] += sum[b];
    }
}

static double silhouette_of(const struct work *w, const double *sums, uint32_t own)
{
    double size = (double)(w->from[own + 1] - w->from[own]), other = INFINITY;
    if (size <= 1)
        return 0;
    for (size_t c = 0; c < w->clusters; c++) {
        double rows = (double)(w->from[c + 1] - w->from[c]);
        if (c != own && rows > 0 && sums[c] / rows < other)
            other = sums[c] / rows;
    }
    double inside = sums[own] / (size - 1), more = inside > other ? inside : other;
    return more > 0 ? (other - inside) / more : 0;
}

static size_t left(const struct work *w, size_t from)
{
    return w->n - from < TILE ? w->n - from : TILE;
}

void silhouettes(struct arena *arena, const struct silhouette_input *in, double *out)
{
    struct work *w = arena_new(arena, struct work);
    size_t n = in->n;
    bool once = n <= SILHOUETTE_CELLS_MOST / in->cluster_count;
    uint32_t *order = arena_array(arena, uint32_t, n);
    w->n = n;
    w->width = in->width;
    w->clusters = in->cluster_count;
    w->x = matrix_new(arena, n, in->width);
    w->half = arena_array(arena, double, n);
    w->cluster = arena_array(arena, uint32_t, n);
    w->from = arena_array(arena, uint32_t, w->clusters + 1);
    w->sums = arena_array(arena, double, (once ? n : TILE) * w->clusters);
    sort_rows(w, in, order);
    centre(w, in, order);
    for (size_t i = 0; i < n; i += TILE) {
        size_t rows = left(w, i);
        if (!once) {
            memset(w->sums, 0, TILE * w->clusters * sizeof *w->sums);
            w->sums_from = i;
        }
        for (size_t j = once ? i : 0; j < n; j += TILE) {
            tile_fill(w, i, rows, j, left(w, j));
            sum_rows(w, i, rows, j, left(w, j));
            if (once && i != j)
                sum_columns(w, i, rows, j, left(w, j));
        }
        for (size_t a = 0; a < rows; a++) /* all tiles of these rows are done */
            out[order[i + a]] =
                silhouette_of(w, w->sums + (i + a - w->sums_from) * w->clusters, w->cluster[i + a]);
    }
}
