/* L-BFGS with preconditioners, and class by class. */
#include "core/learn/learn_softmax.h"
#include "core/learn/linear_columns.h"
#include "core/learn/linear_lbfgs.h"
#include "core/math/blas.h"
#include <math.h>

#define SAMPLE_ROWS_LEAST ((size_t)20000)
#define SAMPLE_ROWS_EACH ((size_t)20) /* of the sample, for each column */
#define SAMPLE_STEPS ((size_t)40)
#define FACTOR_SIDE_MOST ((size_t)1000)
#define FACTOR_WORK_MOST 1e10
#define BLOCK_BYTES_MOST ((size_t)64 << 20)
#define GRAM_COLUMNS_MOST ((size_t)1024)
#define CLASS_STEPS ((size_t)2) /* Newton steps for a class before the next one's turn */

bool logistic_is_long(const struct linear_rows *rows)
{
    return rows->count >= SAMPLE_ROWS_LEAST &&
           rows->count / SAMPLE_EACH >= SAMPLE_ROWS_EACH * (rows->columns + 1);
}

bool logistic_is_very_long(const struct linear_rows *rows)
{
    return rows->count / SAMPLE_EACH >= SAMPLE_ROWS_EACH * 4 * (rows->columns + 1);
}

/* About the inverse of the Hessian: its Cholesky factor on some rows, or the diagonal alone. */
struct precondition {
    struct linear_weights shape;
    bool intercept;
    struct matrix factor; /* of class after class; rows 0: the diagonal */
    double *diagonal;     /* as theta */
    double *part;         /* [width * (columns + 1)] of scratch */
};

struct smooth {
    struct linear_objective objective;
    struct precondition precondition;
};

static double smooth_look(void *of, const double *theta, double *gradient)
{
    struct smooth *smooth = of;
    return linear_objective_look(&smooth->objective, theta, gradient);
}

/* All classes' scores together may move without any effect: directions keep out of that. */
static void classes_centre(struct linear_weights w)
{
    for (size_t j = 0; w.width > 1 && j <= w.dense + w.sparse; j++) {
        bool constant = j == w.dense + w.sparse;
        double sum = 0;
        for (size_t k = 0; k < w.width; k++)
            sum += constant ? linear_intercepts(w)[k] : *linear_weight(w, k, j);
        for (size_t k = 0; k < w.width; k++)
            *(constant ? linear_intercepts(w) + k : linear_weight(w, k, j)) -=
                sum / (double)w.width;
    }
}

/* theta's layout to that of the factor, or back. */
static void weights_turn(struct precondition *precondition, struct linear_weights w, bool back)
{
    size_t columns = w.dense + w.sparse, n = columns + precondition->intercept;
    for (size_t k = 0; k < w.width; k++)
        for (size_t j = 0; j < n; j++) {
            double *at = j == columns ? linear_intercepts(w) + k : linear_weight(w, k, j);
            double *part = &precondition->part[k * n + j];
            *(back ? at : part) = *(back ? part : at);
        }
}

static void smooth_precondition(void *of, double *v)
{
    struct precondition *precondition = &((struct smooth *)of)->precondition;
    struct linear_weights w = precondition->shape;
    w.at = v;
    classes_centre(w);
    if (precondition->factor.rows) {
        weights_turn(precondition, w, false);
        cholesky_solve(precondition->factor, precondition->part);
        weights_turn(precondition, w, true);
    } else {
        for (size_t j = 0; j < linear_weights_count(w); j++)
            v[j] /= precondition->diagonal[j];
    }
    classes_centre(w);
}

/* Weight times the product of the chances of classes k and l, for each row. */
static void chances(const struct linear_objective *objective, size_t k, size_t l, double *out)
{
    const struct linear_rows *rows = objective->rows;
    size_t width = objective->shape.width;
    for (size_t i = 0; i < rows->count; i++) {
        double weight = rows->weight ? rows->weight[i] : 1;
        const double *residual = objective->residual + i * width;
        double first = residual[k] + (rows->y[i] == (double)k ? weight : 0);
        double second = residual[l] + (rows->y[i] == (double)l ? weight : 0);
        out[i] = weight > 0 ? fmax(first * second / weight, 0) : 0;
    }
}

/* At the objective's last look, from its rows. */
static bool factor_make(struct arena *arena, const struct linear_objective *objective,
                        struct precondition *out)
{
    const struct linear_rows *rows = objective->rows;
    size_t width = objective->shape.width, n = rows->columns + objective->intercept;
    struct segments room = { 0 };
    struct matrix full = matrix_new(arena, width * n, width * n);
    double *scale = arena_array(arena, double, rows->count);
    for (size_t k = 0; k < width; k++)
        for (size_t l = 0; l <= k; l++) {
            struct gram_wanted wanted = { .count = rows->count, .scale = scale };
            if (k == l)
                for (size_t i = 0; i < rows->count; i++)
                    scale[i] = objective->curvature[i * width + k];
            else
                chances(objective, k, l, scale);
            struct matrix gram = linear_gram(arena, rows, &wanted, &room);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                    matrix_row(full, k * n + i)[l * n + j] =
                        (k == l ? 1 : -1) / rows->total *
                        (j <= i ? matrix_row(gram, i)[j] : matrix_row(gram, j)[i]);
        }
    for (size_t i = 0; i < width * n; i++)
        matrix_row(full, i)[i] += i % n < rows->columns ? objective->l2 : 0;
    out->part = arena_array(arena, double, width *n);
    out->factor = matrix_new(arena, width * n, width * n);
    if (!hessian_factorise(full, out->factor))
        out->factor.rows = 0;
    return out->factor.rows > 0;
}

static void diagonal_make(struct arena *arena, const struct linear_objective *objective,
                          struct precondition *out)
{
    const struct linear_rows *rows = objective->rows;
    struct linear_weights d = objective->shape;
    out->diagonal = d.at = arena_array(arena, double, linear_weights_count(d));
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < d.width; k++) {
            double curvature = objective->curvature[i * d.width + k];
            const double *x = matrix_row(rows->in->dense, i);
            for (size_t j = 0; j < d.dense; j++)
                d.at[k * d.dense + j] += curvature * x[j] * x[j];
            linear_intercepts(d)[k] += curvature;
        }
    double *sparse = d.at + d.width * d.dense;
    for (size_t j = 0; j < d.sparse; j++)
        for (size_t e = rows->by_column.starts[j]; e < rows->by_column.starts[j + 1]; e++)
            for (size_t k = 0; k < d.width; k++)
                sparse[j * d.width + k] +=
                    objective->curvature[rows->by_column.columns_at[e] * d.width + k] *
                    rows->by_column.values[e] * rows->by_column.values[e];
    double most = 0;
    for (size_t j = 0; j < linear_weights_count(d); j++) {
        d.at[j] = d.at[j] / rows->total + (j < d.width * (d.dense + d.sparse) ? objective->l2 : 0);
        most = fmax(most, d.at[j]);
    }
    for (size_t j = 0; j < linear_weights_count(d); j++)
        if (!(d.at[j] > 1e-12 * most)) /* a column of zeros without a penalty, or NAN */
            d.at[j] = most > 0 ? most : 1;
}

static struct linear_objective objective_new(struct arena *arena, const struct logistic_task *task,
                                             const struct linear_rows *rows)
{
    struct linear_objective objective = linear_objective_new(arena, rows, task->width);
    objective.l2 = task->l2;
    objective.intercept = task->intercept;
    objective.curvature = arena_array(arena, double, rows->count * task->width);
    return objective;
}

static void precondition_make(struct arena *arena, struct linear_objective *objective,
                              const double *theta, struct precondition *out)
{
    size_t n = (objective->rows->columns + 1) * objective->shape.width;
    double *gradient = arena_array(arena, double, linear_weights_count(objective->shape));
    linear_objective_look(objective, theta, gradient);
    *out = (struct precondition){ .shape = objective->shape, .intercept = objective->intercept };
    bool small = n <= FACTOR_SIDE_MOST &&
                 (double)n * (double)n * (double)objective->rows->count <= FACTOR_WORK_MOST;
    if (!small || !factor_make(arena, objective, out))
        diagonal_make(arena, objective, out);
}

bool logistic_lbfgs(struct arena *arena, const struct logistic_task *task, double *theta,
                    struct newton_end *end)
{
    struct smooth smooth = { .objective = objective_new(arena, task, task->rows) };
    struct inputs some;
    if (logistic_is_long(task->rows)) {
        struct linear_rows sample = linear_rows_sample(arena, task->rows, SAMPLE_EACH, &some);
        struct logistic_task shorter = *task;
        shorter.rows = &sample;
        if (shorter.max_iter > SAMPLE_STEPS)
            shorter.max_iter = SAMPLE_STEPS;
        if (!logistic_lbfgs(arena, &shorter, theta, end))
            memset(theta, 0, linear_weights_count(smooth.objective.shape) * sizeof *theta);
        struct linear_objective objective = objective_new(arena, task, &sample);
        precondition_make(arena, &objective, theta, &smooth.precondition);
    } else {
        precondition_make(arena, &smooth.objective, theta, &smooth.precondition);
    }
    smooth.objective.curvature = NULL;
    struct lbfgs_problem problem = { .n = linear_weights_count(smooth.objective.shape),
                                     .of = &smooth,
                                     .look = smooth_look,
                                     .precondition = smooth_precondition,
                                     .tol = task->tol,
                                     .max_iter = task->max_iter };
    struct lbfgs_end done = lbfgs(arena, &problem, theta);
    *end = (struct newton_end){ done.iterations, done.converged };
    return done.finite;
}

/* One class against the others' fixed scores: a logistic regression of two classes with offsets. */
struct one_class {
    struct linear_objective objective;
    struct matrix hessian;
    bool has_hessian;
    double *theta; /* [columns + 1] */
};

struct by_class {
    const struct logistic_task *task;
    struct one_class *classes;
    struct newton_options options;
    const struct linear_columns *columns; /* NULL: Newton */
    struct newton_room room;
    double *scores, *offset; /* [rows * width], [rows] */
};

/* - log of the sum of e^z of the other classes. */
static void offset_find(struct by_class *by_class, size_t k)
{
    size_t width = by_class->task->width;
    for (size_t i = 0; i < by_class->task->rows->count; i++) {
        const double *z = by_class->scores + i * width;
        double most = -INFINITY, sum = 0;
        for (size_t c = 0; c < width; c++)
            most = c != k && z[c] > most ? z[c] : most;
        for (size_t c = 0; c < width; c++)
            sum += c != k ? exp(z[c] - most) : 0;
        by_class->offset[i] = -most - log(sum);
    }
}

static bool class_turn(struct by_class *by_class, size_t k, double *one_score)
{
    struct one_class *one = &by_class->classes[k];
    struct newton_end end;
    size_t width = by_class->task->width, count = by_class->task->rows->count;
    offset_find(by_class, k);
    one->objective.offset = by_class->offset;
    bool done = by_class->columns
                    ? linear_columns_logistic(&one->objective, by_class->columns,
                                              &by_class->options, one->theta, &end)
                    : linear_newton(&by_class->room, &one->objective, &by_class->options,
                                    one->hessian, one->has_hessian, one->theta, &end);
    one->has_hessian = !by_class->columns && end.iterations > 0;
    struct linear_weights w = one->objective.shape;
    w.at = one->theta;
    linear_scores(by_class->task->rows->in, 0, count, w, one_score);
    for (size_t i = 0; i < count; i++)
        by_class->scores[i * width + k] = one_score[i];
    return done;
}

static struct by_class by_class_new(struct arena *arena, const struct logistic_task *task)
{
    const struct linear_rows *rows = task->rows;
    struct by_class by_class = { .task = task,
                                 .options = { task->l1, task->tol / 2, CLASS_STEPS } };
    by_class.classes = arena_array(arena, struct one_class, task->width);
    by_class.scores = arena_array(arena, double, rows->count * task->width);
    by_class.offset = arena_array(arena, double, rows->count);
    size_t n = rows->columns + task->intercept;
    bool small = n <= GRAM_COLUMNS_MOST && n * n <= BLOCK_BYTES_MOST / sizeof(double) / task->width;
    if (!small) {
        struct linear_columns *columns = arena_new(arena, struct linear_columns);
        *columns = linear_columns_new(arena, rows, task->intercept);
        by_class.columns = columns;
    }
    struct linear_objective objective = linear_objective_new(arena, rows, 1);
    objective.curvature = arena_array(arena, double, rows->count);
    objective.l2 = task->l2;
    objective.intercept = task->intercept;
    if (small)
        by_class.room = newton_room_new(arena, &objective, task->l1 > 0);
    for (size_t k = 0; k < task->width; k++) {
        by_class.classes[k] = (struct one_class){ .objective = objective };
        by_class.classes[k].objective.positive = (double)k;
        by_class.classes[k].theta = arena_array(arena, double, rows->columns + 1);
        if (small)
            by_class.classes[k].hessian = matrix_new(arena, n, n);
    }
    return by_class;
}

static double violation_of(const struct logistic_task *task, struct linear_weights w,
                           const double *gradient)
{
    double worst = 0;
    size_t penalised = w.width * (w.dense + w.sparse);
    for (size_t j = 0; j < linear_weights_count(w); j++) {
        double violation =
            descent_violation(w.at[j], -gradient[j], j < penalised ? task->l1 : 0, 0);
        if (!(violation <= worst))
            worst = violation;
    }
    return worst;
}

bool softmax_by_class(struct arena *arena, const struct logistic_task *task, double *theta,
                      struct newton_end *end)
{
    struct by_class by_class = by_class_new(arena, task);
    struct linear_objective all = linear_objective_new(arena, task->rows, task->width);
    struct linear_weights w = all.shape;
    double *gradient = arena_array(arena, double, linear_weights_count(w));
    double *one_score = arena_array(arena, double, task->rows->count);
    all.l2 = task->l2;
    all.intercept = task->intercept;
    w.at = theta;
    memset(theta, 0, linear_weights_count(w) * sizeof *theta);
    *end = (struct newton_end){ 0 };
    while (end->iterations < task->max_iter && !end->converged) {
        for (size_t k = 0; k < w.width; k++) {
            if (!class_turn(&by_class, k, one_score))
                return false;
            for (size_t j = 0; j < task->rows->columns; j++)
                *linear_weight(w, k, j) = by_class.classes[k].theta[j];
            linear_intercepts(w)[k] = by_class.classes[k].theta[task->rows->columns];
        }
        double value = linear_objective_look(&all, theta, gradient);
        double worst = violation_of(task, w, gradient);
        if (!isfinite(value) || !isfinite(worst))
            return false;
        end->converged = worst <= task->tol;
        end->iterations++;
    }
    double sum = 0; /* the constants may move together without any effect */
    for (size_t k = 0; k < w.width; k++)
        sum += linear_intercepts(w)[k] / (double)w.width;
    for (size_t k = 0; k < w.width; k++)
        linear_intercepts(w)[k] -= sum;
    return true;
}
