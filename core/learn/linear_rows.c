/* Passes over training rows: copies of blocks, Gram matrices, samples, transposition. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_rows.h"
#include "core/learn/linear_table.h"
#include "core/learn/segments.h"
#include "core/math/blas.h"
#include "core/math/sum.h"
#include "core/math/threads.h"
#include <math.h>

#define GROUP_ROWS ((size_t)32) /* of a sample */

struct csr csr_transposed(struct arena *arena, const struct csr *sparse)
{
    size_t *starts = arena_array(arena, size_t, sparse->columns + 2), cells;
    cells = sparse->starts[sparse->rows];
    uint32_t *rows = arena_array(arena, uint32_t, cells);
    double *values = arena_array(arena, double, cells);
    for (size_t e = 0; e < cells; e++)
        starts[sparse->columns_at[e] + 2]++;
    for (size_t j = 0; j < sparse->columns; j++)
        starts[j + 2] += starts[j + 1]; /* starts[j + 1] is where column j is filled next */
    for (size_t i = 0; i < sparse->rows; i++)
        for (size_t e = sparse->starts[i]; e < sparse->starts[i + 1]; e++) {
            size_t to = starts[sparse->columns_at[e] + 1]++;
            rows[to] = (uint32_t)i;
            values[to] = sparse->values[e];
        }
    return (struct csr){ sparse->columns, sparse->rows, starts, rows, values };
}

static double total_of(const double *weight, size_t count)
{
    return weight ? sum_of(weight, count) : (double)count;
}

double linear_rows_total(const struct linear_rows *rows)
{
    return total_of(rows->weight, rows->count);
}

struct linear_rows linear_rows_new(struct arena *arena, const struct examples *examples,
                                   const double *class_weight)
{
    struct linear_rows rows = { .in = &examples->in,
                                .y = examples->y,
                                .weight = examples->weight,
                                .count = inputs_rows(&examples->in),
                                .columns = inputs_columns(&examples->in),
                                .threads = examples->threads };
    if (class_weight) {
        double *weight = arena_array(arena, double, rows.count);
        for (size_t i = 0; i < rows.count; i++)
            weight[i] = class_weight[(size_t)rows.y[i]] * (rows.weight ? rows.weight[i] : 1);
        rows.weight = weight;
    }
    rows.total = total_of(rows.weight, rows.count);
    if (examples->in.sparse)
        rows.by_column = csr_transposed(arena, examples->in.sparse);
    return rows;
}

double *linear_balanced(struct arena *arena, const struct examples *examples)
{
    size_t rows = inputs_rows(&examples->in), classes = examples->class_count;
    double *factor = arena_array(arena, double, classes);
    struct sum *sums = arena_array(arena, struct sum, classes);
    for (size_t i = 0; i < rows; i++)
        sum_add(&sums[(size_t)examples->y[i]], examples->weight ? examples->weight[i] : 1);
    for (size_t k = 0; k < classes; k++) {
        double of = sum_value(&sums[k]);
        factor[k] = of > 0 ? total_of(examples->weight, rows) / ((double)classes * of) : 0;
    }
    return factor;
}

static struct csr sparse_sample(struct arena *arena, const struct csr *sparse, const size_t *picked,
                                size_t count)
{
    size_t *starts = arena_array(arena, size_t, count + 1);
    for (size_t i = 0; i < count; i++)
        starts[i + 1] = starts[i] + sparse->starts[picked[i] + 1] - sparse->starts[picked[i]];
    uint32_t *columns_at = arena_array(arena, uint32_t, starts[count]);
    double *values = arena_array(arena, double, starts[count]);
    for (size_t i = 0; i < count; i++) {
        size_t from = sparse->starts[picked[i]], cells = starts[i + 1] - starts[i];
        memcpy(columns_at + starts[i], sparse->columns_at + from, cells * sizeof *columns_at);
        memcpy(values + starts[i], sparse->values + from, cells * sizeof *values);
    }
    return (struct csr){ count, sparse->columns, starts, columns_at, values };
}

struct linear_rows linear_rows_sample(struct arena *arena, const struct linear_rows *rows,
                                      size_t each, struct inputs *in)
{
    struct linear_rows sample = *rows;
    size_t *picked = arena_array(arena, size_t, rows->count / each + GROUP_ROWS), count = 0;
    for (size_t from = 0; from < rows->count; from += each * GROUP_ROWS)
        for (size_t i = from; i < from + GROUP_ROWS && i < rows->count; i++)
            picked[count++] = i;
    *in = (struct inputs){ .dense = rows->in->columns
                                        ? linear_table_matrix(arena, rows, each)
                                        : matrix_new(arena, count, rows->in->dense.columns) };
    double *y = arena_array(arena, double, count);
    double *weight = rows->weight ? arena_array(arena, double, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (!rows->in->columns)
            memcpy(matrix_row(in->dense, i), matrix_row(rows->in->dense, picked[i]),
                   in->dense.columns * sizeof(double));
        y[i] = rows->y[picked[i]];
        if (weight)
            weight[i] = rows->weight[picked[i]];
    }
    if (rows->in->sparse) {
        struct csr *sparse = arena_new(arena, struct csr);
        *sparse = sparse_sample(arena, rows->in->sparse, picked, count);
        in->sparse = sparse;
        sample.by_column = csr_transposed(arena, sparse);
    }
    sample.in = in;
    sample.y = y;
    sample.weight = weight;
    sample.count = count;
    sample.total = total_of(weight, count);
    return sample;
}

struct gram {
    const struct linear_rows *rows;
    const struct gram_wanted *wanted;
    struct segments segments;
    size_t width;
};

/* One row of the block: what is multiplied with itself. */
static void row_fill(const struct gram *gram, size_t row, double *restrict out)
{
    const struct inputs *in = gram->rows->in;
    const struct gram_wanted *wanted = gram->wanted;
    size_t dense = in->dense.columns, columns = gram->rows->columns;
    size_t step = wanted->scale_stride ? wanted->scale_stride : 1;
    double root = wanted->scale ? sqrt(wanted->scale[row * step]) : 1;
    const double *restrict x = matrix_row(in->dense, row), *restrict shift = wanted->shift;
    if (shift)
        for (size_t j = 0; j < dense; j++)
            out[j] = root * (x[j] - shift[j]);
    else
        for (size_t j = 0; j < dense; j++)
            out[j] = root * x[j];
    for (size_t j = dense; j < columns; j++)
        out[j] = shift ? -root * shift[j] : 0;
    for (size_t e = in->sparse ? in->sparse->starts[row] : 0;
         in->sparse && e < in->sparse->starts[row + 1]; e++)
        out[dense + in->sparse->columns_at[e]] += root * in->sparse->values[e];
    if (wanted->with_y)
        out[columns] = root * (gram->rows->y[row] - (shift ? shift[columns] : 0));
    out[gram->width - 1] = root;
}

static void segment_gram(void *work, size_t at)
{
    struct gram *gram = work;
    struct segment *segment = &gram->segments.at[at];
    size_t width = gram->width;
    struct matrix sums = { segment->sums, width, width, width };
    for (size_t from = 0; from < segment->count; from += BLOCK_ROWS) {
        size_t left = segment->count - from;
        struct matrix block = { segment->scratch, left < BLOCK_ROWS ? left : BLOCK_ROWS, width,
                                width };
        for (size_t i = 0; i < block.rows; i++)
            row_fill(gram, segment->from + from + i, matrix_row(block, i));
        gram_add(block, sums);
    }
}

struct matrix linear_gram(struct arena *arena, const struct linear_rows *rows,
                          const struct gram_wanted *wanted, struct segments *room)
{
    struct gram gram = { .rows = rows,
                         .wanted = wanted,
                         .width = rows->columns + wanted->with_y + 1 };
    size_t cells = gram.width * gram.width;
    if (room->count)
        segments_clear(*room);
    else
        *room = segments_new(arena, wanted->from, wanted->count, cells, BLOCK_ROWS * gram.width);
    gram.segments = *room;
    threads_run(rows->threads, gram.segments.count, segment_gram, &gram);
    return (struct matrix){ segments_total(gram.segments)->sums, gram.width, gram.width,
                            gram.width };
}

struct means {
    const struct linear_rows *rows;
    struct segments segments;
    double *out;
};

static void segment_sum(void *work, size_t at)
{
    struct means *means = work;
    struct segment *segment = &means->segments.at[at];
    const struct linear_rows *rows = means->rows;
    double *restrict sums = segment->sums;
    for (size_t i = segment->from; i < segment->from + segment->count; i++) {
        const double *restrict x = matrix_row(rows->in->dense, i);
        double weight = rows->weight ? rows->weight[i] : 1;
        for (size_t j = 0; j < rows->in->dense.columns; j++)
            sums[j] += weight * x[j];
    }
}

void linear_means(struct arena *arena, const struct linear_rows *rows, double *means)
{
    size_t dense = rows->in->dense.columns;
    struct means work = { .rows = rows, .segments = segments_new(arena, 0, rows->count, dense, 0) };
    threads_run(rows->threads, work.segments.count, segment_sum, &work);
    const double *sums = segments_total(work.segments)->sums;
    for (size_t j = 0; j < dense; j++)
        means[j] = sums[j] / rows->total;
    for (size_t j = 0; j < rows->by_column.rows; j++) {
        double sum = 0;
        for (size_t e = rows->by_column.starts[j]; e < rows->by_column.starts[j + 1]; e++)
            sum += rows->by_column.values[e] *
                   (rows->weight ? rows->weight[rows->by_column.columns_at[e]] : 1);
        means[dense + j] = sum / rows->total;
    }
}

#define PIECE_COLUMNS ((size_t)512)

struct transposed {
    const struct linear_rows *rows;
    const double *r;
    struct segments segments;
    double *out; /* of the sparse columns */
};

static void segment_transposed(void *work, size_t at)
{
    struct transposed *transposed = work;
    struct segment *segment = &transposed->segments.at[at];
    size_t dense = transposed->rows->in->dense.columns;
    matrix_transposed_times_add(
        matrix_rows(transposed->rows->in->dense, segment->from, segment->count),
        transposed->r + segment->from, segment->sums);
    for (size_t i = segment->from; i < segment->from + segment->count; i++)
        segment->sums[dense] += transposed->r[i];
}

static void columns_transposed(void *work, size_t at)
{
    struct transposed *transposed = work;
    const struct csr *by_column = &transposed->rows->by_column;
    for (size_t j = at * PIECE_COLUMNS; j < by_column->rows && j < (at + 1) * PIECE_COLUMNS; j++) {
        double sum = 0;
        for (size_t e = by_column->starts[j]; e < by_column->starts[j + 1]; e++)
            sum += by_column->values[e] * transposed->r[by_column->columns_at[e]];
        transposed->out[j] = sum;
    }
}

void linear_transposed(const struct linear_rows *rows, const double *r, double *out,
                       struct segments room)
{
    size_t dense = rows->in->dense.columns;
    struct transposed work = { rows, r, room, out + dense };
    segments_clear(room);
    threads_run(rows->threads, room.count, segment_transposed, &work);
    threads_run(rows->threads, (rows->by_column.rows + PIECE_COLUMNS - 1) / PIECE_COLUMNS,
                columns_transposed, &work);
    const double *sums = segments_total(room)->sums;
    memcpy(out, sums, dense * sizeof *out);
    out[rows->columns] = sums[dense];
}
