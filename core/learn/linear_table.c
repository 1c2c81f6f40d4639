/* One pass over columns: scores by axpy, losses, gradients by inner products, block by block. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_table.h"
#include "core/base/compiler.h"
#include "core/learn/linear_loss.h"
#include "core/math/threads.h"
#include <math.h>

#define SHIFT_MOST 1e4
#define TABLE_ROWS ((size_t)512)
#define ABREAST ((size_t)4) /* columns */
#define LANES ((size_t)4)

typedef double lanes __attribute__((vector_size(32), aligned(8)));

bool linear_table_fits(const struct inputs *in)
{
    for (size_t j = 0; in->columns && j < in->dense.columns; j++)
        if (!(fabs(in->shift[j]) <= SHIFT_MOST * fabs(in->scale[j])))
            return false;
    return in->columns && in->dense.columns;
}

struct linear_table linear_table_new(struct arena *arena, const struct linear_rows *rows)
{
    struct linear_table table = { .rows = rows, .positive = 1, .intercept = true };
    size_t columns = rows->columns;
    table.weights = arena_array(arena, double, columns);
    table.segments = segments_new(arena, 0, rows->count, 2 * columns + 1, 2 * TABLE_ROWS);
    return table;
}

/* z[rows] += the sum of w[k] x[k]. */
CLONED_V4 static void columns_add(const double *const x[ABREAST], const double w[ABREAST],
                                  size_t rows, double *restrict z)
{
    const double *restrict a = x[0], *restrict b = x[1], *restrict c = x[2], *restrict d = x[3];
    double wa = w[0], wb = w[1], wc = w[2], wd = w[3];
    for (size_t i = 0; i < rows; i++)
        z[i] += (wa * a[i] + wb * b[i]) + (wc * c[i] + wd * d[i]);
}

/* out[k] += the product of x[k] and r. */
CLONED_V4 static void columns_inner(const double *const x[ABREAST], const double *r, size_t rows,
                                    double out[ABREAST])
{
    lanes sums[2 * ABREAST] = { 0 };
    size_t i = 0;
    for (; i + 2 * LANES <= rows; i += 2 * LANES) {
        lanes low = *(const lanes *)(r + i), high = *(const lanes *)(r + i + LANES);
        for (size_t k = 0; k < ABREAST; k++) {
            sums[2 * k] += *(const lanes *)(x[k] + i) * low;
            sums[2 * k + 1] += *(const lanes *)(x[k] + i + LANES) * high;
        }
    }
    for (size_t k = 0; k < ABREAST; k++) {
        lanes sum = sums[2 * k] + sums[2 * k + 1];
        double rest = 0;
        for (size_t e = i; e < rows; e++)
            rest += x[k][e] * r[e];
        out[k] += (sum[0] + sum[1]) + (sum[2] + sum[3]) + rest;
    }
}

/* Columns from j on, at row `from`; past the last one the last again, with a weight of 0. */
static size_t columns_abreast(const struct linear_table *table, size_t j, size_t from,
                              const double *x[ABREAST])
{
    size_t columns = table->rows->columns;
    for (size_t k = 0; k < ABREAST; k++)
        x[k] = table->rows->in->columns[j + k < columns ? j + k : columns - 1] + from;
    return columns - j < ABREAST ? columns - j : ABREAST;
}

static void block_scores(const struct linear_table *table, size_t from, size_t rows, double *z)
{
    for (size_t i = 0; i < rows; i++)
        z[i] = table->bias;
    for (size_t j = 0; j < table->rows->columns; j += ABREAST) {
        const double *x[ABREAST];
        double w[ABREAST] = { 0 };
        memcpy(w, table->weights + j, columns_abreast(table, j, from, x) * sizeof *w);
        columns_add(x, w, rows, z);
    }
}

static void block_inner(const struct linear_table *table, size_t from, size_t rows, const double *r,
                        double *sums)
{
    for (size_t j = 0; j < table->rows->columns; j += ABREAST) {
        const double *x[ABREAST];
        double out[ABREAST] = { 0 };
        size_t count = columns_abreast(table, j, from, x);
        columns_inner(x, r, rows, out);
        for (size_t k = 0; k < count; k++)
            sums[j + k] += out[k];
    }
}

/* sums: [columns] of the gradient by x, one of the residuals, [columns] of x. */
static void segment_look(void *work, size_t at)
{
    struct linear_table *table = work;
    struct segment *segment = &table->segments.at[at];
    const struct linear_rows *rows = table->rows;
    double *z = segment->scratch, *residual = z + TABLE_ROWS, ones[TABLE_ROWS];
    for (size_t i = 0; i < TABLE_ROWS; i++)
        ones[i] = 1;
    for (size_t start = 0; start < segment->count; start += TABLE_ROWS) {
        size_t left = segment->count - start, from = segment->from + start;
        size_t count = left < TABLE_ROWS ? left : TABLE_ROWS;
        const double *weight = rows->weight ? rows->weight + from : NULL;
        block_scores(table, from, count, z);
        struct loss_block block = { .rows = count,
                                    .y = rows->y + from,
                                    .weight = weight,
                                    .z = z,
                                    .positive = table->positive,
                                    .residual = residual };
        segment->loss += logistic_losses(&block);
        for (size_t i = 0; i < count; i++)
            segment->sums[rows->columns] += residual[i];
        block_inner(table, from, count, residual, segment->sums);
        if (table->means)
            block_inner(table, from, count, weight ? weight : ones,
                        segment->sums + rows->columns + 1);
    }
}

double linear_table_look(struct linear_table *table, const double *theta, double *gradient)
{
    const struct inputs *in = table->rows->in;
    size_t columns = table->rows->columns;
    table->bias = theta[columns];
    for (size_t j = 0; j < columns; j++) {
        table->weights[j] = theta[j] / in->scale[j];
        table->bias -= table->weights[j] * in->shift[j];
    }
    segments_clear(table->segments);
    threads_run(table->rows->threads, table->segments.count, segment_look, table);
    const struct segment *total = segments_total(table->segments);
    double per = 1 / table->rows->total, all = total->sums[columns], squares = 0;
    for (size_t j = 0; j < columns; j++) {
        gradient[j] =
            (total->sums[j] - in->shift[j] * all) / in->scale[j] * per + table->l2 * theta[j];
        squares += theta[j] * theta[j];
    }
    gradient[columns] = table->intercept ? all * per : 0;
    for (size_t j = 0; table->means && j < columns; j++)
        table->means[j] = (total->sums[columns + 1 + j] * per - in->shift[j]) / in->scale[j];
    table->means = NULL;
    return total->loss * per + table->l2 * squares / 2;
}

#define GROUP_ROWS ((size_t)32)

struct copying {
    const struct inputs *in;
    struct matrix out;
    size_t each;
};

#define PIECE_GROUPS ((size_t)8)

static void piece_copy(void *work, size_t at)
{
    const struct copying *copying = work;
    const struct inputs *in = copying->in;
    size_t first = at * PIECE_GROUPS * GROUP_ROWS, left = copying->out.rows - first;
    size_t rows = left < PIECE_GROUPS * GROUP_ROWS ? left : PIECE_GROUPS * GROUP_ROWS;
    for (size_t start = 0; start < rows; start += GROUP_ROWS) {
        size_t group = at * PIECE_GROUPS + start / GROUP_ROWS, to = first + start;
        size_t count = rows - start < GROUP_ROWS ? rows - start : GROUP_ROWS;
        for (size_t j = 0; j < in->dense.columns; j++) {
            const double *x = in->columns[j] + group * copying->each * GROUP_ROWS;
            double *out = copying->out.at + to * copying->out.stride + j;
            double shift = in->shift ? in->shift[j] : 0, scale = in->scale ? in->scale[j] : 1;
            for (size_t i = 0; i < count; i++)
                out[i * copying->out.stride] = (x[i] - shift) / scale;
        }
    }
}

struct matrix linear_table_matrix(struct arena *arena, const struct linear_rows *rows, size_t each)
{
    size_t count = 0, groups;
    for (size_t from = 0; from < rows->count; from += each * GROUP_ROWS)
        count += rows->count - from < GROUP_ROWS ? rows->count - from : GROUP_ROWS;
    struct copying copying = { rows->in, matrix_new(arena, count, rows->columns), each };
    groups = (count + GROUP_ROWS - 1) / GROUP_ROWS;
    threads_run(rows->threads, (groups + PIECE_GROUPS - 1) / PIECE_GROUPS, piece_copy, &copying);
    return copying.out;
}

struct linear_rows linear_rows_copied(struct arena *arena, const struct linear_rows *rows)
{
    struct linear_rows copied = *rows;
    struct inputs *in = arena_new(arena, struct inputs);
    *in = *rows->in;
    in->dense = linear_table_matrix(arena, rows, 1);
    in->columns = NULL;
    in->shift = in->scale = NULL;
    copied.in = in;
    return copied;
}
