/* One pass over the rows: scores, losses, gradient. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_objective.h"
#include "core/learn/linear_loss.h"
#include "core/math/blas.h"
#include "core/math/threads.h"

#define PIECE_COLUMNS ((size_t)512)

struct linear_objective linear_objective_new(struct arena *arena, const struct linear_rows *rows,
                                             size_t width)
{
    size_t dense = rows->in->dense.columns;
    struct linear_objective objective = { .rows = rows, .positive = 1, .intercept = true };
    objective.shape = (struct linear_weights){ .width = width, .dense = dense };
    objective.shape.sparse = rows->columns - dense;
    objective.residual = arena_array(arena, double, rows->count *width);
    objective.segments =
        segments_new(arena, 0, rows->count, width * (dense + 1) + dense, 3 * BLOCK_ROWS * width);
    return objective;
}

/* Scores by class, z[width][rows]: losses are loops over rows. */
static void scores_by_class(const struct linear_objective *objective, size_t from, size_t rows,
                            double *z)
{
    struct linear_weights w = objective->shape;
    const struct inputs *in = objective->rows->in;
    for (size_t k = 0; k < w.width; k++)
        for (size_t i = 0; i < rows; i++)
            z[k * rows + i] = linear_intercepts(w)[k];
    rows_times_rows_add((struct matrix){ w.at, w.width, w.dense, w.dense },
                        matrix_rows(in->dense, from, rows),
                        (struct matrix){ z, w.width, rows, rows });
    const double *coefficients = w.at + w.width * w.dense;
    for (size_t i = 0; in->sparse && i < rows; i++)
        for (size_t e = in->sparse->starts[from + i]; e < in->sparse->starts[from + i + 1]; e++)
            for (size_t k = 0; k < w.width; k++)
                z[k * rows + i] +=
                    in->sparse->values[e] * coefficients[in->sparse->columns_at[e] * w.width + k];
}

/* from[count][rows] as to[rows][count]. */
static void turn(const double *restrict from, size_t count, size_t rows, double *restrict to)
{
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < rows; i++)
            to[i * count + k] = from[k * rows + i];
}

static double block_losses(const struct linear_objective *objective, struct segment *segment,
                           size_t from, size_t rows)
{
    size_t width = objective->shape.width;
    struct loss_block block = {
        .rows = rows,
        .y = objective->rows->y + from,
        .weight = objective->rows->weight ? objective->rows->weight + from : NULL,
        .offset = objective->offset ? objective->offset + from : NULL,
        .z = segment->scratch,
        .positive = objective->positive,
        .residual = objective->residual + from * width,
        .curvature = objective->curvature ? objective->curvature + from * width : NULL,
    };
    if (width == 1) {
        linear_scores(objective->rows->in, from, rows, objective->shape, segment->scratch);
        if (objective->scores)
            turn(segment->scratch, 1, rows, objective->scores + from);
        return logistic_losses(&block);
    }
    scores_by_class(objective, from, rows, segment->scratch);
    if (objective->scores)
        turn(segment->scratch, width, rows, objective->scores + from * width);
    block.residual = segment->scratch + width * rows;
    block.curvature = objective->curvature ? block.residual + width * rows : NULL;
    double loss = softmax_losses(&block, width);
    turn(block.residual, width, rows, objective->residual + from * width);
    if (objective->curvature)
        turn(block.curvature, width, rows, objective->curvature + from * width);
    return loss;
}

/* sums: [width][dense] of the gradient, [width] of the intercepts, [dense] of the features. */
static void segment_look(void *work, size_t at)
{
    struct linear_objective *objective = work;
    struct segment *segment = &objective->segments.at[at];
    size_t width = objective->shape.width, dense = objective->shape.dense;
    double *intercepts = segment->sums + width * dense, ones[BLOCK_ROWS];
    for (size_t i = 0; i < BLOCK_ROWS; i++)
        ones[i] = 1;
    for (size_t start = 0; start < segment->count; start += BLOCK_ROWS) {
        size_t left = segment->count - start, from = segment->from + start;
        size_t rows = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        segment->loss += block_losses(objective, segment, from, rows);
        double *residual = objective->residual + from * width;
        for (size_t i = 0; i < rows; i++)
            for (size_t k = 0; k < width; k++)
                intercepts[k] += residual[i * width + k];
        struct matrix x = matrix_rows(objective->rows->in->dense, from, rows);
        if (width == 1)
            matrix_transposed_times_add(x, residual, segment->sums);
        else
            columns_times_columns_add((struct matrix){ residual, rows, width, width }, x,
                                      (struct matrix){ segment->sums, width, dense, dense });
        if (objective->means)
            matrix_transposed_times_add(
                x, objective->rows->weight ? objective->rows->weight + from : ones,
                intercepts + width);
    }
}

static double column_product(const struct csr *by_column, size_t j, const double *r)
{
    size_t e = by_column->starts[j], end = by_column->starts[j + 1];
    double even = 0, odd = 0;
    for (; e + 1 < end; e += 2) {
        even += by_column->values[e] * r[by_column->columns_at[e]];
        odd += by_column->values[e + 1] * r[by_column->columns_at[e + 1]];
    }
    return e < end ? even + odd + by_column->values[e] * r[by_column->columns_at[e]] : even + odd;
}

static void column_products(const struct csr *by_column, size_t j, const double *r, size_t width,
                            double *out)
{
    for (size_t k = 0; k < width; k++)
        out[k] = 0;
    for (size_t e = by_column->starts[j]; e < by_column->starts[j + 1]; e++) {
        const double *residual = r + by_column->columns_at[e] * width;
        for (size_t k = 0; k < width; k++)
            out[k] += by_column->values[e] * residual[k];
    }
}

static double column_mean(const struct linear_rows *rows, size_t j)
{
    double sum = 0;
    if (rows->weight)
        return column_product(&rows->by_column, j, rows->weight) / rows->total;
    for (size_t e = rows->by_column.starts[j]; e < rows->by_column.starts[j + 1]; e++)
        sum += rows->by_column.values[e];
    return sum / rows->total;
}

static void columns_look(void *work, size_t at)
{
    struct linear_objective *objective = work;
    const struct csr *by_column = &objective->rows->by_column;
    size_t width = objective->shape.width, dense = objective->shape.dense;
    double *gradient = objective->gradient + width * dense;
    for (size_t j = at * PIECE_COLUMNS; j < by_column->rows && j < (at + 1) * PIECE_COLUMNS; j++) {
        if (width == 1)
            gradient[j] = column_product(by_column, j, objective->residual);
        else
            column_products(by_column, j, objective->residual, width, gradient + j * width);
        if (objective->means)
            objective->means[dense + j] = column_mean(objective->rows, j);
    }
}

double linear_objective_look(struct linear_objective *objective, const double *theta,
                             double *gradient)
{
    struct linear_weights *shape = &objective->shape;
    size_t width = shape->width, dense = shape->dense, penalised = width * (dense + shape->sparse);
    shape->at = (double *)theta;
    objective->gradient = gradient;
    segments_clear(objective->segments);
    threads_run(objective->rows->threads, objective->segments.count, segment_look, objective);
    threads_run(objective->rows->threads,
                (objective->rows->by_column.rows + PIECE_COLUMNS - 1) / PIECE_COLUMNS, columns_look,
                objective);
    struct segment *total = segments_total(objective->segments);
    double scale = 1 / objective->rows->total, squares = 0;
    memcpy(gradient, total->sums, width * dense * sizeof *gradient);
    for (size_t k = 0; k < width; k++)
        gradient[penalised + k] = objective->intercept ? total->sums[width * dense + k] * scale : 0;
    for (size_t j = 0; j < penalised; j++) {
        gradient[j] = gradient[j] * scale + objective->l2 * theta[j];
        squares += theta[j] * theta[j];
    }
    for (size_t j = 0; objective->means && j < dense; j++)
        objective->means[j] = total->sums[width * (dense + 1) + j] * scale;
    objective->means = NULL;
    return total->loss * scale + objective->l2 * squares / 2;
}
