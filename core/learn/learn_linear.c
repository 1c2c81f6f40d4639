/* Ordinary least squares and ridge regression. */
#include "core/learn/learn_linear.h"
#include "core/learn/linear_conjugate.h"
#include "core/learn/linear_model.h"
#include "core/learn/linear_moments.h"
#include "core/math/blas.h"
#include <math.h>

/* Below this the normal equations are taken as singular: half of the digits of a double. */
#define RCOND_LEAST 1e-12
#define GRAM_COLUMNS_MOST ((size_t)4096)
#define GRAM_COLUMNS_WIDE ((size_t)1024)
#define CONJUGATE_TOL 1e-12
#define CONJUGATE_STEPS ((size_t)2000)

static double norm_of(struct matrix a)
{
    double norm = 0;
    for (size_t i = 0; i < a.rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < a.columns; j++)
            sum += fabs(matrix_row(a, i)[j]);
        if (!(sum <= norm)) /* NAN too */
            norm = sum;
    }
    return norm;
}

static struct matrix copy_with(struct arena *arena, struct matrix gram, double alpha)
{
    struct matrix a = matrix_new(arena, gram.rows, gram.columns);
    for (size_t i = 0; i < a.rows; i++) {
        memcpy(matrix_row(a, i), matrix_row(gram, i), a.columns * sizeof(double));
        matrix_row(a, i)[i] += alpha;
    }
    return a;
}

static bool solve_cholesky(struct arena *arena, struct matrix a, double *w)
{
    double norm = norm_of(a);
    double *work = arena_array(arena, double, 3 * a.rows);
    int *iwork = arena_array(arena, int, a.rows);
    if (!cholesky(a) || cholesky_rcond(a, norm, work, iwork) < RCOND_LEAST)
        return false;
    cholesky_solve(a, w);
    return true;
}

/* The solution of least length: directions with (nearly) no variance are left out. */
static bool solve_eigen(struct arena *arena, struct matrix a, double *w)
{
    size_t n = a.rows, room = 34 * n;
    double *values = arena_array(arena, double, n);
    double *work = arena_array(arena, double, room);
    double *right = arena_array(arena, double, n);
    memcpy(right, w, n * sizeof *w);
    if (!eigen_symmetric(a, values, work, room))
        return false;
    double least = values[n - 1] * RCOND_LEAST;
    memset(w, 0, n * sizeof *w);
    for (size_t i = 0; i < n; i++) {
        if (values[i] <= least)
            continue;
        const double *vector = matrix_row(a, i);
        double part = dot(vector, right, n) / values[i];
        for (size_t j = 0; j < n; j++)
            w[j] += part * vector[j];
    }
    return true;
}

static bool solve_gram(struct arena *arena, const struct linear_rows *rows, double alpha,
                       bool intercept, struct linear_model *model, struct fault *why)
{
    size_t count = rows->columns;
    const double *shift =
        intercept ? moments_shift(arena, rows) : arena_array(arena, double, count + 1);
    struct moments moments = moments_new(arena, rows, 0, rows->count, shift);
    struct centred centred = moments_centre(arena, &moments, NULL, intercept);
    double *w = model->weights.at;
    if (!isfinite(norm_of(centred.gram)) || !isfinite(centred.y_squares))
        return fault_set(why, BLAME_OPEN,
                         "the features' or the target's squares went beyond the range of numbers, "
                         "scale them (transform \"standard\")");
    memcpy(w, centred.with_y, count * sizeof *w);
    alpha /= centred.total;
    if (!solve_cholesky(arena, copy_with(arena, centred.gram, alpha), w)) {
        memcpy(w, centred.with_y, count * sizeof *w);
        if (!solve_eigen(arena, copy_with(arena, centred.gram, alpha), w))
            return fault_set(why, BLAME_OPEN, "the least squares problem could not be solved");
    }
    *linear_intercepts(model->weights) = centred.means[count] - dot(w, centred.means, count);
    if (intercept)
        memcpy(model->means, centred.means, count * sizeof *model->means);
    else
        linear_means(arena, rows, model->means);
    return true;
}

static void solve_conjugate(struct arena *arena, const struct linear_rows *rows, double alpha,
                            bool intercept, struct linear_model *model)
{
    struct conjugate conjugate = {
        .rows = rows, .alpha = alpha, .tol = CONJUGATE_TOL, .max_iter = CONJUGATE_STEPS
    };
    linear_means(arena, rows, model->means);
    conjugate.means = intercept ? model->means : NULL;
    linear_conjugate(arena, &conjugate, model->weights.at);
    model->iterations = conjugate.iterations;
    model->converged = conjugate.converged;
}

static bool least_squares(struct arena *arena, const struct examples *examples, double alpha,
                          bool intercept, void **fitted, struct fault *why)
{
    struct linear_model *model = linear_model_new(arena, examples);
    struct linear_rows rows = linear_rows_new(arena, examples, NULL);
    size_t most = rows.count < rows.columns ? GRAM_COLUMNS_WIDE : GRAM_COLUMNS_MOST;
    *fitted = model;
    if (rows.columns > most)
        solve_conjugate(arena, &rows, alpha, intercept, model);
    else if (!solve_gram(arena, &rows, alpha, intercept, model, why))
        return false;
    for (size_t j = 0; j <= rows.columns; j++)
        if (!isfinite(model->weights.at[j]) || (j < rows.columns && !isfinite(model->means[j])))
            return fault_set(why, BLAME_OPEN, "the coefficients went beyond the range of numbers");
    return true;
}

static bool linear_fit(struct arena *arena, const struct examples *examples,
                       const struct params *params, void **fitted, struct fault *why)
{
    return least_squares(arena, examples, 0, param_flag(params, "fit_intercept"), fitted, why);
}

static bool ridge_fit(struct arena *arena, const struct examples *examples,
                      const struct params *params, void **fitted, struct fault *why)
{
    return least_squares(arena, examples, param_number(params, "alpha"),
                         param_flag(params, "fit_intercept"), fitted, why);
}

#define FIT_INTERCEPT                                                                              \
    {                                                                                              \
        "fit_intercept", "use_bias", PARAM_BOOL, 0, 1, "true", NULL,                               \
            "whether there is a constant term"                                                     \
    }

static const struct param_spec linear_params[] = { FIT_INTERCEPT };

static const struct param_spec ridge_params[] = {
    { "alpha", "l2", PARAM_NUMBER, 0, 1e12, "1", NULL, "weight of the L2 penalty" },
    FIT_INTERCEPT,
};

const struct learner learn_linear = {
    .name = "linear",
    .what = "ordinary least squares",
    .targets = TARGET_NUMBER,
    .takes = TAKES_SPARSE,
    .params = linear_params,
    .param_count = sizeof linear_params / sizeof *linear_params,
    .fit = linear_fit,
    .predict = linear_model_predict,
    .explain = linear_model_explain,
    .save = linear_model_save,
    .load = linear_model_load,
    .describe = linear_model_describe,
};

const struct learner learn_ridge = {
    .name = "ridge",
    .what = "least squares with an L2 penalty",
    .targets = TARGET_NUMBER,
    .takes = TAKES_SPARSE,
    .params = ridge_params,
    .param_count = sizeof ridge_params / sizeof *ridge_params,
    .fit = ridge_fit,
    .predict = linear_model_predict,
    .explain = linear_model_explain,
    .save = linear_model_save,
    .load = linear_model_load,
    .describe = linear_model_describe,
};
