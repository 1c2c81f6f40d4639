/* Conjugate gradients for least squares. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_conjugate.h"
#include "core/learn/linear_model.h"
#include "core/math/blas.h"
#include "core/math/sum.h"
#include "core/math/threads.h"
#include <math.h>

#define PIECE_ROWS ((size_t)2048)

struct forth {
    const struct linear_rows *rows;
    struct linear_weights w;
    double *out;
};

static void piece_forth(void *work, size_t at)
{
    struct forth *forth = work;
    size_t from = at * PIECE_ROWS, left = forth->rows->count - from;
    linear_scores(forth->rows->in, from, left < PIECE_ROWS ? left : PIECE_ROWS, forth->w,
                  forth->out + from);
}

/* out[rows] = root of the weight * (x - means) v; v has room for an intercept behind. */
static void multiply(const struct conjugate *conjugate, double *v, double *out)
{
    const struct linear_rows *rows = conjugate->rows;
    v[rows->columns] = conjugate->means ? -dot(v, conjugate->means, rows->columns) : 0;
    struct forth forth = { rows, { 1, rows->in->dense.columns, rows->by_column.rows, v }, out };
    threads_run(rows->threads, (rows->count + PIECE_ROWS - 1) / PIECE_ROWS, piece_forth, &forth);
    for (size_t i = 0; rows->weight && i < rows->count; i++)
        out[i] *= sqrt(rows->weight[i]);
}

/* out[columns + 1] = transposed. */
static void multiply_back(const struct conjugate *conjugate, const double *r, double *weighted,
                          double *out, struct segments room)
{
    const struct linear_rows *rows = conjugate->rows;
    for (size_t i = 0; i < rows->count; i++)
        weighted[i] = rows->weight ? r[i] * sqrt(rows->weight[i]) : r[i];
    linear_transposed(rows, weighted, out, room);
    for (size_t j = 0; conjugate->means && j < rows->columns; j++)
        out[j] -= conjugate->means[j] * out[rows->columns];
}

void linear_conjugate(struct arena *arena, struct conjugate *conjugate, double *theta)
{
    const struct linear_rows *rows = conjugate->rows;
    size_t n = rows->columns, count = rows->count;
    double *r = arena_array(arena, double, count), *ahead = arena_array(arena, double, count);
    double *weighted = arena_array(arena, double, count);
    double *slope = arena_array(arena, double, n + 1), *p = arena_array(arena, double, n + 1);
    struct segments room = segments_new(arena, 0, count, rows->in->dense.columns + 1, 0);
    struct sum mean = { 0 };
    for (size_t i = 0; i < count; i++)
        sum_add(&mean, rows->y[i] * (rows->weight ? rows->weight[i] : 1));
    double y_mean = conjugate->means ? sum_value(&mean) / rows->total : 0;
    for (size_t i = 0; i < count; i++)
        r[i] = (rows->y[i] - y_mean) * (rows->weight ? sqrt(rows->weight[i]) : 1);
    multiply_back(conjugate, r, weighted, slope, room);
    memcpy(p, slope, n * sizeof *p);
    double now = dot(slope, slope, n), least = now * conjugate->tol * conjugate->tol;
    for (size_t step = 0; now > least && step < conjugate->max_iter; step++) {
        multiply(conjugate, p, ahead);
        double curve = dot(ahead, ahead, count) + conjugate->alpha * dot(p, p, n);
        if (!(curve > 0))
            break;
        double along = now / curve;
        for (size_t j = 0; j < n; j++)
            theta[j] += along * p[j];
        for (size_t i = 0; i < count; i++)
            r[i] -= along * ahead[i];
        multiply_back(conjugate, r, weighted, slope, room);
        for (size_t j = 0; j < n; j++)
            slope[j] -= conjugate->alpha * theta[j];
        double next = dot(slope, slope, n);
        for (size_t j = 0; j < n; j++)
            p[j] = slope[j] + next / now * p[j];
        now = next;
        conjugate->iterations = step + 1;
    }
    conjugate->converged = now <= least;
    theta[n] = y_mean - (conjugate->means ? dot(theta, conjugate->means, n) : 0);
}
