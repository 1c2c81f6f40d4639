/*
 * Alternating least squares: what a feature adds to each of its rows is linear in its own w and v
 * together, h = x (q - v x, 1) with q the row's sum of v x. Sums of h h' over four rows at a time:
 * that and solving for all of a feature's numbers at once make few epochs enough.
 */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/learn_fm_block.h"
#include "core/learn/linear_loss.h"
#include "core/learn/linear_rows.h"
#include "core/math/threads.h"
#include <math.h>

#define PIECE_FEATURES ((size_t)32)

struct als {
    const struct fm_task *task;
    struct fm *fm;
    struct csr by_feature;
    double *sums;              /* [rows * stride]: q */
    double *score;             /* [rows] z */
    double *slope;             /* [rows] weight * (y - prediction) */
    double curvature;          /* of the loss by z, for weight 1 */
    size_t from, to;           /* features of the present turn */
    struct fm_change *changes; /* [features] */
};

/* h of a row, side numbers; x = 1 for levels. */
static inline void row_slope(const struct als *als, size_t row, double x, const double *theta,
                             double *restrict h)
{
    size_t factors = als->fm->factors, side = als->fm->stride;
    const double *q = als->sums + row * side;
    for (size_t f = 0; f < side; f++)
        h[f] = x * (q[f] - theta[f] * x);
    h[factors] = x;
}

static double weight_of(const struct als *als, size_t row)
{
    const double *weight = als->task->examples->weight;
    return weight ? weight[row] : 1;
}

/* Sums over the feature's rows of h h' and of h * slope. */
CLONED_V4 static void feature_sums(const struct als *als, size_t j, double *restrict a,
                                   double *restrict right)
{
    SCRATCH double room[BATCH * SIDE_MOST];
    const struct csr *cells = &als->by_feature;
    const double *theta = als->fm->theta + j * als->fm->stride;
    size_t side = als->fm->stride;
    memset(room, 0, BATCH * side * sizeof *room);
    for (size_t e = cells->starts[j]; e < cells->starts[j + 1]; e += BATCH) {
        size_t count = cells->starts[j + 1] - e;
        struct fm_batch batch = { { room, room + side, room + 2 * side, room + 3 * side },
                                  { 0 },
                                  { 0 } };
        for (size_t r = 0; r < BATCH && r < count; r++) {
            size_t row = cells->columns_at[e + r];
            row_slope(als, row, cells->values[e + r], theta, room + r * side);
            batch.scales[r] = als->curvature * weight_of(als, row);
            batch.slopes[r] = als->slope[row];
        }
        fm_batch_add(side, &batch, a, right);
    }
}

/* The rows of a feature after its numbers moved by step. */
static void feature_move(struct als *als, size_t j, const double *restrict step)
{
    const struct csr *cells = &als->by_feature;
    double *theta = als->fm->theta + j * als->fm->stride;
    SCRATCH double h[SIDE_MOST];
    size_t side = als->fm->stride, factors = als->fm->factors;
    for (size_t e = cells->starts[j]; e < cells->starts[j + 1]; e++) {
        size_t row = cells->columns_at[e];
        double x = cells->values[e], moved = 0;
        double *restrict q = als->sums + row * side;
        row_slope(als, row, x, theta, h);
        for (size_t f = 0; f < side; f++)
            moved += h[f] * step[f];
        for (size_t f = 0; f < factors; f++)
            q[f] = fm_kept(q[f] + x * step[f]);
        als->score[row] += moved;
        double y = als->task->examples->y[row], weight = weight_of(als, row);
        als->slope[row] =
            weight * (y - (als->fm->two_classes ? sigmoid(als->score[row]) : als->score[row]));
    }
    for (size_t f = 0; f < side; f++) {
        double next = fm_kept(theta[f] + step[f]);
        fm_change_add(&als->changes[j], theta[f], next);
        theta[f] = next;
    }
}

static void feature_turn(struct als *als, size_t j, double *a)
{
    SCRATCH double step[SIDE_MOST];
    size_t side = als->fm->stride, factors = als->fm->factors;
    const double *theta = als->fm->theta + j * side;
    memset(a, 0, side * side * sizeof *a);
    memset(step, 0, side * sizeof *step);
    feature_sums(als, j, a, step);
    for (size_t f = 0; f <= factors; f++) {
        double l2 = als->task->l2[f == factors ? 1 : 2];
        a[f * side + f] += l2;
        step[f] -= l2 * theta[f];
    }
    for (size_t f = factors + 1; f < side; f++)
        step[f] = 0;
    als->changes[j] = (struct fm_change){ 0 };
    if (fm_solve(a, factors + 1, side, step))
        feature_move(als, j, step);
}

static void piece_turn(void *work, size_t at)
{
    struct als *als = work;
    size_t from = als->from + at * PIECE_FEATURES;
    SCRATCH double a[SIDE_MOST * SIDE_MOST];
    for (size_t j = from; j < als->to && j < from + PIECE_FEATURES; j++)
        feature_turn(als, j, a);
}

/* Levels of one column share no row: they may take their turns at once. */
static void column_turn(struct als *als, size_t from, size_t to, bool category)
{
    als->from = from;
    als->to = to;
    size_t pieces = (to - from + PIECE_FEATURES - 1) / PIECE_FEATURES;
    if (category)
        threads_run(als->task->examples->threads, pieces, piece_turn, als);
    else
        for (size_t at = 0; at < pieces; at++)
            piece_turn(als, at);
}

static void bias_turn(struct als *als)
{
    double sum = -als->task->l2[0] * als->fm->bias;
    for (size_t i = 0; i < als->task->cells.rows; i++)
        sum += als->slope[i];
    double step = sum / (als->curvature * als->task->total + als->task->l2[0]);
    als->fm->bias += step;
    for (size_t i = 0; i < als->task->cells.rows; i++) {
        als->score[i] += step;
        als->slope[i] =
            weight_of(als, i) * (als->task->examples->y[i] -
                                 (als->fm->two_classes ? sigmoid(als->score[i]) : als->score[i]));
    }
}

void fm_als(struct arena *arena, const struct fm_task *task, struct fm *fm)
{
    size_t rows = task->cells.rows;
    if (fm_als_levels(arena, task, fm))
        return;
    struct als als = { .task = task, .fm = fm, .by_feature = csr_transposed(arena, &task->cells) };
    als.curvature = fm->two_classes ? FM_CURVATURE_BOUND : 1;
    als.sums = (double *)arena_take_array(arena, rows, fm->stride * sizeof(double));
    als.changes = arena_array(arena, struct fm_change, fm->features);
    als.score = arena_array(arena, double, rows);
    als.slope = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++)
        als.score[i] = fm_score(fm, &task->cells, i, als.sums + i * fm->stride);
    for (size_t epoch = 0; epoch < task->epochs; epoch++) {
        bias_turn(&als);
        for (size_t j = 0; j < fm->dense; j++)
            column_turn(&als, fm->first[j], fm->first[j + 1], fm->levels && fm->levels[j]);
        column_turn(&als, fm->first[fm->dense], fm->features, false);
        fm->epochs = epoch + 1;
        if (fm_settled(task, als.changes, fm->features))
            break;
    }
}
