/* Stochastic gradient descent: rows in an order drawn anew each epoch. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/learn_fm.h"
#include "core/learn/linear_loss.h"
#include "core/math/random.h"
#include <math.h>

/* The squares of the slopes of z by bias, w and v, summed; sums as fm_score leaves them. */
static double slope_squares(const struct csr *cells, const struct fm *fm, size_t row,
                            const double *restrict sums)
{
    double squares = 1;
    for (size_t e = cells->starts[row]; e < cells->starts[row + 1]; e++) {
        const double *restrict theta = fm->theta + cells->columns_at[e] * fm->stride;
        double x = cells->values[e], others = 1;
        for (size_t f = 0; f < fm->factors; f++)
            others += (sums[f] - theta[f] * x) * (sums[f] - theta[f] * x);
        squares += x * x * others;
    }
    return squares;
}

/* A step no longer than one that, were z linear in all, would take the row half the way to y.
   The l2 penalties are shared out to the rows that have the feature. */
static void row_step(const struct fm_task *task, struct fm *fm, size_t row, const double *counts,
                     double *sums)
{
    const struct csr *cells = &task->cells;
    double z = fm_score(fm, cells, row, sums), y = task->examples->y[row];
    double weight = task->examples->weight ? task->examples->weight[row] : 1;
    double slope = weight * (y - (fm->two_classes ? sigmoid(z) : z));
    double rate =
        fmin(task->learning_rate, 0.5 / (fmax(weight, 1) * slope_squares(cells, fm, row, sums)));
    fm->bias += rate * (slope - task->l2[0] * fm->bias / (double)cells->rows);
    for (size_t e = cells->starts[row]; e < cells->starts[row + 1]; e++) {
        size_t j = cells->columns_at[e];
        double *restrict theta = fm->theta + j * fm->stride;
        double x = cells->values[e], share = 1 / counts[j];
        double *w = &theta[fm->factors];
        *w += rate * (slope * x - task->l2[1] * share * *w);
        for (size_t f = 0; f < fm->factors; f++)
            theta[f] +=
                rate * (slope * x * (sums[f] - theta[f] * x) - task->l2[2] * share * theta[f]);
    }
}

void fm_sgd(struct arena *arena, const struct fm_task *task, struct fm *fm)
{
    size_t rows = task->cells.rows;
    double sums[FACTORS_MOST];
    size_t *order = arena_array(arena, size_t, rows);
    double *counts = arena_array(arena, double, fm->features);
    for (size_t e = 0; e < task->cells.starts[rows]; e++)
        counts[task->cells.columns_at[e]]++;
    for (size_t i = 0; i < rows; i++)
        order[i] = i;
    for (size_t epoch = 0; epoch < task->epochs; epoch++) {
        struct random random = random_stream(task->examples->seed, fm->features + epoch);
        random_shuffle(&random, order, rows);
        for (size_t i = 0; i < rows; i++)
            row_step(task, fm, order[i], counts, sums);
    }
    fm->epochs = task->epochs;
}
