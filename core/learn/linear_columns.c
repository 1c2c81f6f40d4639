/* Coordinate descent on columns, with the slope of each row kept up to date. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_columns.h"
#include "core/learn/linear_descent.h"
#include "core/math/blas.h"
#include <math.h>
#include <stdlib.h>

#define SWEEPS_MOST ((size_t)100)
#define HALVINGS_MOST 40
#define RISE_MOST 1e-12

struct linear_columns linear_columns_new(struct arena *arena, const struct linear_rows *rows,
                                         bool centre)
{
    struct matrix x = rows->in->dense;
    struct linear_columns columns = { .rows = rows,
                                      .dense = matrix_new(arena, x.columns, rows->count) };
    double *means = arena_array(arena, double, rows->columns);
    if (centre)
        linear_means(arena, rows, means);
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < x.columns; j++)
            matrix_row(columns.dense, j)[i] = matrix_row(x, i)[j] - means[j];
    columns.means = means;
    columns.slope = arena_array(arena, double, rows->count);
    columns.w = arena_array(arena, double, rows->columns + 1);
    columns.bends = arena_array(arena, double, rows->columns + 1);
    columns.step = arena_array(arena, double, rows->columns + 1);
    columns.trial = arena_array(arena, double, rows->columns + 1);
    columns.gradient = arena_array(arena, double, rows->columns + 1);
    columns.active = arena_array(arena, size_t, rows->columns + 1);
    return columns;
}

/* The quadratic model sum (slope_i dz_i + bend_i dz_i^2 / 2) + penalty around where it was made. */
struct model {
    const struct linear_columns *columns;
    double *slope;      /* [rows], moves along */
    const double *bend; /* [rows] */
    double l1, l2;
    bool intercept;
    double *w;      /* [columns + 1], of the centred dense columns */
    size_t *active; /* [count] columns that are visited */
    size_t count;
    double *bends; /* [columns + 1]: of each column, < 0: not known yet */
};

static double column_slope(const struct model *model, size_t j)
{
    const struct linear_rows *rows = model->columns->rows;
    size_t dense = model->columns->dense.rows;
    double sum = 0;
    if (j == rows->columns) {
        for (size_t i = 0; i < rows->count; i++)
            sum += model->slope[i];
    } else if (j < dense) {
        sum = dot(matrix_row(model->columns->dense, j), model->slope, rows->count);
    } else {
        const struct csr *sparse = &rows->by_column;
        for (size_t e = sparse->starts[j - dense]; e < sparse->starts[j - dense + 1]; e++)
            sum += sparse->values[e] * model->slope[sparse->columns_at[e]];
    }
    return -sum / rows->total;
}

static double column_bend(const struct model *model, size_t j)
{
    const struct linear_rows *rows = model->columns->rows;
    size_t dense = model->columns->dense.rows;
    double sum = 0;
    if (j == rows->columns) {
        for (size_t i = 0; i < rows->count; i++)
            sum += model->bend[i];
    } else if (j < dense) {
        const double *x = matrix_row(model->columns->dense, j);
        for (size_t i = 0; i < rows->count; i++)
            sum += model->bend[i] * x[i] * x[i];
    } else {
        const struct csr *sparse = &rows->by_column;
        for (size_t e = sparse->starts[j - dense]; e < sparse->starts[j - dense + 1]; e++)
            sum += model->bend[sparse->columns_at[e]] * sparse->values[e] * sparse->values[e];
    }
    return sum / rows->total;
}

static void column_move(struct model *model, size_t j, double step)
{
    const struct linear_rows *rows = model->columns->rows;
    size_t dense = model->columns->dense.rows;
    if (j == rows->columns) {
        for (size_t i = 0; i < rows->count; i++)
            model->slope[i] += model->bend[i] * step;
    } else if (j < dense) {
        const double *restrict x = matrix_row(model->columns->dense, j);
        for (size_t i = 0; i < rows->count; i++)
            model->slope[i] += model->bend[i] * (step * x[i]);
    } else {
        const struct csr *sparse = &rows->by_column;
        for (size_t e = sparse->starts[j - dense]; e < sparse->starts[j - dense + 1]; e++) {
            size_t i = sparse->columns_at[e];
            model->slope[i] += model->bend[i] * (step * sparse->values[e]);
        }
    }
}

/* To the minimum in one column; gives how far it was off. */
static double visit(struct model *model, size_t j)
{
    bool penalised = j < model->columns->rows->columns;
    double l1 = penalised ? model->l1 : 0, l2 = penalised ? model->l2 : 0;
    if (model->bends[j] < 0)
        model->bends[j] = column_bend(model, j);
    double slope = column_slope(model, j), bend = model->bends[j];
    double violation = descent_violation(model->w[j], slope, l1, l2);
    if (violation == 0 || !(bend + l2 > 0))
        return 0;
    double step = descent_minimum(slope + bend * model->w[j], bend, l1, l2) - model->w[j];
    if (step != 0)
        column_move(model, j, step);
    model->w[j] += step;
    return violation;
}

static void model_descend(struct model *model, double tol)
{
    for (size_t sweep = 0; sweep < SWEEPS_MOST; sweep++) {
        double worst = 0;
        for (size_t i = 0; i < model->count; i++)
            worst = fmax(worst, visit(model, model->active[i]));
        if (model->intercept)
            worst = fmax(worst, visit(model, model->columns->rows->columns));
        if (!(worst > tol))
            return;
    }
}

#define TOGETHER_MOST ((size_t)1024)          /* columns */
#define TOGETHER_CELLS_MOST ((size_t)1 << 23) /* of their rows */

/* A working set of few columns is solved for on its Gram matrix. */
struct together {
    size_t most; /* columns, the intercept being one */
    struct matrix x, gram;
    struct descent_room room;
    double *w, *before, *slope, *linear;
};

static struct together together_new(struct arena *arena, const struct linear_rows *rows)
{
    size_t most = TOGETHER_CELLS_MOST / (rows->count ? rows->count : 1);
    most = most < TOGETHER_MOST ? most : TOGETHER_MOST;
    most = most < rows->columns + 1 ? most : rows->columns + 1;
    return (struct together){ .most = most,
                              .x = matrix_new(arena, most, rows->count),
                              .gram = matrix_new(arena, most, most),
                              .room = descent_room_new(arena, most),
                              .w = arena_array(arena, double, most),
                              .before = arena_array(arena, double, most),
                              .slope = arena_array(arena, double, most),
                              .linear = arena_array(arena, double, most) };
}

/* Column j times the roots of the bends. */
static void column_spread(const struct model *model, size_t j, double *restrict out)
{
    const struct linear_rows *rows = model->columns->rows;
    size_t dense = model->columns->dense.rows;
    if (j >= dense && j < rows->columns) {
        const struct csr *sparse = &rows->by_column;
        memset(out, 0, rows->count * sizeof *out);
        for (size_t e = sparse->starts[j - dense]; e < sparse->starts[j - dense + 1]; e++)
            out[sparse->columns_at[e]] = sparse->values[e];
    } else {
        for (size_t i = 0; i < rows->count; i++)
            out[i] = j < dense ? matrix_row(model->columns->dense, j)[i] : 1;
    }
    for (size_t i = 0; i < rows->count; i++)
        out[i] *= sqrt(model->bend[i]);
}

static void together_descend(struct model *model, struct together *of, double tol)
{
    size_t columns = model->columns->rows->columns, n = model->count + model->intercept;
    struct matrix gram = { of->gram.at, n, n, n }, x = matrix_rows(of->x, 0, n);
    memset(gram.at, 0, n * n * sizeof *gram.at);
    for (size_t k = 0; k < n; k++) {
        size_t j = k < model->count ? model->active[k] : columns;
        column_spread(model, j, matrix_row(x, k));
        of->w[k] = of->before[k] = model->w[j];
        of->slope[k] = column_slope(model, j);
    }
    rows_times_rows_add(x, x, gram);
    for (size_t i = 0; i < n * n; i++)
        gram.at[i] /= model->columns->rows->total;
    for (size_t k = 0; k < n; k++)
        of->linear[k] = of->slope[k] + dot(matrix_row(gram, k), of->w, n);
    struct quadratic problem = { .gram = gram,
                                 .linear = of->linear,
                                 .l1 = model->l1,
                                 .l2 = model->l2,
                                 .free_count = model->intercept };
    quadratic_descend(&problem, of->w, of->slope, tol, SWEEPS_MOST, &of->room);
    for (size_t k = 0; k < n; k++) {
        size_t j = k < model->count ? model->active[k] : columns;
        if (of->w[k] != of->before[k])
            column_move(model, j, of->w[k] - of->before[k]);
        model->w[j] = of->w[k];
    }
}

#define JOIN_LEAST ((size_t)100) /* columns that may join at once, else as many as are in */

struct joining {
    double violation;
    size_t column;
};

static int joining_order(const void *a, const void *b)
{
    const struct joining *x = a, *y = b;
    return x->violation > y->violation   ? -1
           : x->violation < y->violation ? 1
           : x->column < y->column       ? -1
                                         : x->column > y->column;
}

/* Of the columns that are 0 only those that violate most stay active. */
static void active_trim(struct model *model, const double *gradient, struct joining *joining)
{
    size_t in = 0, count = 0;
    for (size_t k = 0; k < model->count; k++) {
        size_t j = model->active[k];
        if (model->w[j] != 0)
            model->active[in++] = j;
        else
            joining[count++] = (struct joining){ fabs(gradient[j]), j };
    }
    qsort(joining, count, sizeof *joining, joining_order);
    size_t most = in > JOIN_LEAST ? in : JOIN_LEAST;
    for (size_t k = 0; k < count && k < most; k++)
        model->active[in++] = joining[k].column;
    model->count = in;
}

/* Which columns to visit, from the slope by column; gives the largest violation. */
static double active_find(struct model *model, const double *gradient)
{
    size_t columns = model->columns->rows->columns;
    double worst = 0;
    model->count = 0;
    for (size_t j = 0; j < columns + model->intercept; j++) {
        double l1 = j < columns ? model->l1 : 0, l2 = j < columns ? model->l2 : 0;
        double violation = descent_violation(model->w[j], -gradient[j], l1, l2);
        if (!(violation <= worst))
            worst = violation;
        if (j < columns && (violation > 0 || model->w[j] != 0))
            model->active[model->count++] = j;
        model->bends[j] = -1;
    }
    return worst;
}

/* The intercept for columns as they are, from that for centred ones (sign -1), or back (1). */
static void intercept_turn(const struct linear_columns *columns, double *w, double sign)
{
    w[columns->rows->columns] += sign * dot(w, columns->means, columns->dense.rows);
}

static struct model model_new(const struct linear_columns *columns)
{
    return (struct model){ .columns = columns,
                           .slope = columns->slope,
                           .w = columns->w,
                           .bends = columns->bends,
                           .active = columns->active };
}

static double l1_norm(const double *w, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += fabs(w[j]);
    return sum;
}

struct search {
    struct linear_objective *objective;
    const struct newton_options *options;
    double *theta, *step, *trial, *gradient;
    double value;
};

static bool search_down(struct search *search)
{
    size_t n = search->objective->rows->columns + 1;
    double share = 1;
    for (size_t halving = 0; halving < HALVINGS_MOST; halving++, share /= 2) {
        for (size_t j = 0; j < n; j++)
            search->trial[j] = search->theta[j] + share * search->step[j];
        double value = linear_objective_look(search->objective, search->trial, search->gradient) +
                       search->options->l1 * l1_norm(search->trial, n - 1);
        if (value > search->value + RISE_MOST * fabs(search->value) || !isfinite(value))
            continue;
        memcpy(search->theta, search->trial, n * sizeof(double));
        search->value = value;
        return true;
    }
    return false;
}

/* From the gradient of columns as they are to that of centred ones with their penalty left out. */
static void gradient_centre(const struct linear_columns *columns, double l2, const double *theta,
                            double *gradient)
{
    double whole = gradient[columns->rows->columns];
    for (size_t j = 0; j < columns->rows->columns; j++)
        gradient[j] -= l2 * theta[j];
    for (size_t j = 0; j < columns->dense.rows; j++)
        gradient[j] -= whole * columns->means[j];
}

bool linear_columns_logistic(struct linear_objective *objective,
                             const struct linear_columns *columns,
                             const struct newton_options *options, double *theta,
                             struct newton_end *end)
{
    size_t n = objective->rows->columns + 1;
    struct model model = model_new(columns);
    struct search search = { .objective = objective, .options = options, .theta = theta };
    search.step = columns->step;
    search.trial = columns->trial;
    search.gradient = columns->gradient;
    model.l1 = options->l1;
    model.l2 = objective->l2;
    model.intercept = objective->intercept;
    model.bend = objective->curvature;
    *end = (struct newton_end){ 0 };
    search.value = linear_objective_look(objective, theta, search.gradient) +
                   options->l1 * l1_norm(theta, n - 1);
    for (;;) {
        memcpy(model.w, theta, n * sizeof *theta);
        intercept_turn(columns, model.w, 1);
        gradient_centre(columns, model.l2, theta, search.gradient);
        double worst = active_find(&model, search.gradient);
        end->converged = worst <= options->tol;
        if (!isfinite(search.value) || !isfinite(worst))
            return false;
        if (end->converged || end->iterations == options->max_iter)
            return true;
        memcpy(model.slope, objective->residual, objective->rows->count * sizeof(double));
        model_descend(&model, fmax(worst * 0.03, options->tol / 10));
        intercept_turn(columns, model.w, -1);
        for (size_t j = 0; j < n; j++)
            search.step[j] = model.w[j] - theta[j];
        if (!search_down(&search))
            return true;
        end->iterations++;
    }
}

bool linear_columns_squares(struct arena *arena, const struct linear_columns *columns, double l2,
                            bool intercept, const struct newton_options *options, double *theta,
                            struct newton_end *end)
{
    const struct linear_rows *rows = columns->rows;
    struct model model = model_new(columns);
    double *gradient = columns->gradient;
    double *ones = arena_array(arena, double, rows->count);
    double *scores = arena_array(arena, double, rows->count);
    struct linear_weights weights = { 1, rows->in->dense.columns, rows->by_column.rows, theta };
    for (size_t i = 0; i < rows->count; i++)
        ones[i] = rows->weight ? rows->weight[i] : 1;
    model.bend = ones;
    model.l1 = options->l1;
    model.l2 = l2;
    model.intercept = intercept;
    *end = (struct newton_end){ 0 };
    struct together together = together_new(arena, rows);
    struct joining *joining = arena_array(arena, struct joining, rows->columns);
    memcpy(model.w, theta, (rows->columns + 1) * sizeof *theta);
    intercept_turn(columns, model.w, 1);
    linear_scores(rows->in, 0, rows->count, weights, scores);
    for (size_t i = 0; i < rows->count; i++)
        model.slope[i] = ones[i] * (scores[i] - rows->y[i]);
    for (;;) {
        for (size_t j = 0; j <= rows->columns; j++)
            gradient[j] = -column_slope(&model, j);
        double worst = active_find(&model, gradient);
        end->converged = worst <= options->tol;
        if (!isfinite(worst) || end->converged || end->iterations == options->max_iter)
            break;
        active_trim(&model, gradient, joining);
        if (model.count + intercept <= together.most)
            together_descend(&model, &together, fmax(worst * 1e-3, options->tol / 3));
        else
            model_descend(&model, fmax(worst * 0.03, options->tol / 3));
        end->iterations++;
    }
    intercept_turn(columns, model.w, -1);
    memcpy(theta, model.w, (rows->columns + 1) * sizeof *theta);
    return isfinite(l1_norm(theta, rows->columns + 1));
}
