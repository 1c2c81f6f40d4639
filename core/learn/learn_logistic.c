/* Logistic regression: its parameters, and which solver is for which data. */
#include "core/learn/learn_logistic.h"
#include "core/learn/learn_softmax.h"
#include "core/learn/linear_columns.h"
#include "core/learn/linear_lbfgs.h"
#include "core/learn/linear_model.h"
#include "core/learn/linear_table.h"
#include "core/math/blas.h"
#include <math.h>

#define NEWTON_COLUMNS_MOST ((size_t)1024)
#define NEWTON_SPARSE_MOST ((size_t)256) /* columns, where some of them are sparse */
#define SAMPLE_STEPS ((size_t)10)
#define SAMPLE_TOL 1e-3 /* of a sample of some rows: it is that far from all of them anyway */
#define FIRST_EACH ((size_t)5) /* of the sample's rows one, for the steps from nowhere */
#define TABLE_STEPS ((size_t)40)

enum solver { SOLVER_AUTO, SOLVER_NEWTON, SOLVER_LBFGS, SOLVER_DESCENT };

static const char *const solvers[] = { "auto", "newton", "lbfgs", "coordinate_descent", NULL };
static const char *const penalties[] = { "l2", "l1", "elasticnet", "none", NULL };
static const char *const class_weights[] = { "none", "balanced", NULL };

static bool logistic_check(const struct params *params, struct fault *why)
{
    bool l1 = param_is(params, "penalty", "l1") || param_is(params, "penalty", "elasticnet");
    if (param_is_set(params, "l2") && param_is_given(params, "C"))
        return fault_set(why, BLAME_OPEN,
                         "logistic was given both C and l2, which is 1 / C: give one of them");
    if (l1 && param_is(params, "solver", "lbfgs"))
        return fault_set(why, BLAME_OPEN,
                         "solver lbfgs does not go with penalty l1 or elasticnet, take newton or "
                         "coordinate_descent");
    return !param_is_given(params, "l1_ratio") || param_is(params, "penalty", "elasticnet") ||
           fault_set(why, BLAME_OPEN, "l1_ratio is for penalty elasticnet alone");
}

static enum solver solver_for(const struct logistic_task *task, const struct params *params)
{
    for (size_t i = SOLVER_NEWTON; solvers[i]; i++)
        if (param_is(params, "solver", solvers[i]))
            return (enum solver)i;
    size_t most = task->rows->in->sparse ? NEWTON_SPARSE_MOST : NEWTON_COLUMNS_MOST;
    if (task->width == 1 && task->rows->columns <= most)
        return SOLVER_NEWTON;
    return task->l1 > 0 ? SOLVER_DESCENT : SOLVER_LBFGS;
}

static struct linear_objective objective_new(struct arena *arena, const struct logistic_task *task,
                                             const struct linear_rows *rows)
{
    struct linear_objective objective = linear_objective_new(arena, rows, task->width);
    objective.curvature = arena_array(arena, double, rows->count);
    objective.l2 = task->l2;
    objective.intercept = task->intercept;
    return objective;
}

/* Newton's method on one row in `each`; the Hessian is that of its last steps. */
static bool sample_run(struct arena *arena, const struct logistic_task *task, size_t each,
                       struct newton_options options, struct matrix hessian, double *theta)
{
    struct inputs some;
    struct newton_end end;
    struct linear_rows sample = linear_rows_sample(arena, task->rows, each, &some);
    struct linear_objective objective = objective_new(arena, task, &sample);
    struct newton_room room = newton_room_new(arena, &objective, task->l1 > 0);
    if (options.max_iter > SAMPLE_STEPS)
        options.max_iter = SAMPLE_STEPS;
    bool found =
        linear_newton(&room, &objective, &options, hessian, false, theta, &end) && end.converged;
    if (!found)
        memset(theta, 0, (task->rows->columns + 1) * sizeof *theta);
    return found;
}

static bool newton_run(struct arena *arena, const struct logistic_task *task, double *means,
                       double *theta, struct newton_end *end)
{
    size_t n = task->rows->columns + task->intercept;
    struct newton_options options = { task->l1, task->tol, task->max_iter };
    struct matrix hessian = matrix_new(arena, n, n);
    bool has_hessian = logistic_is_long(task->rows) &&
                       sample_run(arena, task, SAMPLE_EACH, options, hessian, theta);
    struct linear_objective objective = objective_new(arena, task, task->rows);
    struct newton_room room = newton_room_new(arena, &objective, task->l1 > 0);
    objective.means = means;
    return linear_newton(&room, &objective, &options, hessian, has_hessian, theta, end);
}

struct by_table {
    struct linear_table table;
    struct matrix factor; /* of the Hessian on some rows */
};

static double by_table_look(void *of, const double *theta, double *gradient)
{
    return linear_table_look(&((struct by_table *)of)->table, theta, gradient);
}

static void by_table_precondition(void *of, double *v)
{
    cholesky_solve(((struct by_table *)of)->factor, v);
}

/*
 * Many rows of a table's own columns: L-BFGS from the solution and the Hessian of some rows, which
 * gains about a digit a pass. False where that did not converge.
 */
static bool table_run(struct arena *arena, const struct logistic_task *task, double *means,
                      double *theta, struct newton_end *end)
{
    size_t n = task->rows->columns + task->intercept;
    struct matrix hessian = matrix_new(arena, n, n);
    struct by_table by = { linear_table_new(arena, task->rows), matrix_new(arena, n, n) };
    struct newton_options options = { 0, fmax(task->tol, SAMPLE_TOL), task->max_iter };
    if (logistic_is_very_long(task->rows))
        sample_run(arena, task, SAMPLE_EACH * FIRST_EACH, options, hessian, theta);
    if (!sample_run(arena, task, SAMPLE_EACH, options, hessian, theta) ||
        !hessian_factorise(hessian, by.factor))
        return false;
    by.table.l2 = task->l2;
    by.table.intercept = task->intercept;
    by.table.means = means;
    struct lbfgs_problem problem = { .n = task->rows->columns + 1,
                                     .of = &by,
                                     .look = by_table_look,
                                     .precondition = by_table_precondition,
                                     .tol = task->tol,
                                     .max_iter = TABLE_STEPS };
    struct lbfgs_end done = lbfgs(arena, &problem, theta);
    *end = (struct newton_end){ done.iterations, done.converged };
    return done.finite && done.converged && done.iterations <= task->max_iter;
}

static bool descent_run(struct arena *arena, const struct logistic_task *task, double *theta,
                        struct newton_end *end)
{
    if (task->width > 1)
        return softmax_by_class(arena, task, theta, end);
    struct newton_options options = { task->l1, task->tol, task->max_iter };
    struct linear_objective objective = objective_new(arena, task, task->rows);
    struct linear_columns columns = linear_columns_new(arena, task->rows, task->intercept);
    return linear_columns_logistic(&objective, &columns, &options, theta, end);
}

static bool solve(struct arena *arena, const struct logistic_task *task, enum solver solver,
                  struct linear_model *model)
{
    struct newton_end end = { 0 };
    double *theta = model->weights.at;
    bool done;
    if (task->rows->in->columns) { /* see by_table */
        done = table_run(arena, task, model->means, theta, &end);
        if (!done) {
            struct logistic_task copied = *task;
            struct linear_rows rows = linear_rows_copied(arena, task->rows);
            copied.rows = &rows;
            memset(theta, 0, linear_weights_count(model->weights) * sizeof *theta);
            return solve(arena, &copied, solver, model);
        }
    } else if (solver == SOLVER_NEWTON) {
        done = newton_run(arena, task, model->means, theta, &end);
    } else {
        linear_means(arena, task->rows, model->means);
        done = solver == SOLVER_LBFGS ? logistic_lbfgs(arena, task, theta, &end)
                                      : descent_run(arena, task, theta, &end);
    }
    model->iterations = end.iterations;
    model->converged = end.converged;
    return done;
}

static bool logistic_fit(struct arena *arena, const struct examples *examples,
                         const struct params *params, void **fitted, struct fault *why)
{
    const double *balanced =
        param_is(params, "class_weight", "balanced") ? linear_balanced(arena, examples) : NULL;
    struct linear_rows rows = linear_rows_new(arena, examples, balanced);
    struct linear_model *model = linear_model_new(arena, examples);
    double strength =
        param_is_set(params, "l2") ? param_number(params, "l2") : 1 / param_number(params, "C");
    double ratio = param_is(params, "penalty", "l1")           ? 1
                   : param_is(params, "penalty", "elasticnet") ? param_number(params, "l1_ratio")
                                                               : 0;
    strength = param_is(params, "penalty", "none") ? 0 : strength / rows.total;
    struct logistic_task task = { .rows = &rows,
                                  .width = model->weights.width,
                                  .l1 = strength * ratio,
                                  .l2 = strength * (1 - ratio),
                                  .tol = param_number(params, "tol"),
                                  .max_iter = param_integer(params, "max_iter"),
                                  .intercept = param_flag(params, "fit_intercept") };
    enum solver solver = solver_for(&task, params);
    if (solver == SOLVER_NEWTON && task.width > 1)
        return fault_set(why, BLAME_OPEN,
                         "solver newton is for two classes, for more take lbfgs or "
                         "coordinate_descent");
    *fitted = model;
    if (rows.in->columns && !(solver == SOLVER_NEWTON && task.l1 == 0 && !balanced &&
                              logistic_is_long(&rows) && linear_table_fits(rows.in)))
        rows = linear_rows_copied(arena, &rows);
    bool finite = solve(arena, &task, solver, model);
    if (balanced) { /* explanations are about the rows as they are */
        struct linear_rows plain = rows;
        plain.weight = examples->weight;
        plain.total = linear_rows_total(&plain);
        linear_means(arena, &plain, model->means);
    }
    for (size_t j = 0; finite && j < linear_weights_count(model->weights); j++)
        finite = isfinite(model->weights.at[j]);
    for (size_t j = 0; finite && j < rows.columns; j++)
        finite = isfinite(model->means[j]);
    return finite || fault_set(why, BLAME_OPEN,
                               "the features went beyond the range of numbers, scale them "
                               "(transform \"standard\")");
}

#define LOGISTIC_PARAMS(C_DEFAULT, TOL_DEFAULT)                                                    \
    { "C", NULL, PARAM_NUMBER, 1e-12, 1e12, C_DEFAULT, NULL, "inverse weight of the penalty" },    \
        { "l2", "lambda", PARAM_NUMBER, 0, 1e12, NULL, NULL, "weight of the penalty, 1 / C" },     \
        { "penalty", NULL, PARAM_CHOICE, 0, 0, "l2", penalties, "what keeps coefficients small" }, \
        { "l1_ratio", NULL, PARAM_NUMBER, 0, 1, "0.5", NULL, "elasticnet: the share of l1" },      \
        { "solver", NULL, PARAM_CHOICE, 0, 0, "auto", solvers, "auto: by the data's shape" },      \
        { "max_iter", "epochs", PARAM_INTEGER, 1, 100000, "1000", NULL, "steps at most" },         \
        { "tol", NULL,        PARAM_NUMBER, 1e-14,                                                 \
          1,     TOL_DEFAULT, NULL,         "largest gradient entry to stop at" },                 \
        { "class_weight",                                                                          \
          NULL,                                                                                    \
          PARAM_CHOICE,                                                                            \
          0,                                                                                       \
          0,                                                                                       \
          "none",                                                                                  \
          class_weights,                                                                           \
          "balanced: classes count alike" },                                                       \
    {                                                                                              \
        "fit_intercept", "use_bias", PARAM_BOOL, 0, 1, "true", NULL,                               \
            "whether there is a constant term"                                                     \
    }

static const struct param_spec logistic_params[] = { LOGISTIC_PARAMS("1", "1e-8") };
static const struct param_spec text_params[] = { LOGISTIC_PARAMS("10", "1e-5") };

const struct learner learn_logistic = {
    .name = "logistic",
    .what = "logistic regression, of two classes or more (softmax)",
    .targets = TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_SPARSE,
    .params = logistic_params,
    .param_count = sizeof logistic_params / sizeof *logistic_params,
    .fit_scaled = true,
    .check = logistic_check,
    .fit = logistic_fit,
    .predict = linear_model_predict,
    .explain = linear_model_explain,
    .save = linear_model_save,
    .load = linear_model_load,
    .describe = linear_model_describe,
};

const struct learner learn_text = {
    .name = "text_classifier",
    .what = "linear classifier of word counts (hashed n-grams, TF-IDF): logistic with C=10",
    .targets = TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_SPARSE,
    .params = text_params,
    .param_count = sizeof text_params / sizeof *text_params,
    .check = logistic_check,
    .fit = logistic_fit,
    .predict = linear_model_predict,
    .explain = linear_model_explain,
    .save = linear_model_save,
    .load = linear_model_load,
    .describe = linear_model_describe,
};
