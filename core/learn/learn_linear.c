/* Ordinary least squares and ridge regression from the centred Gram matrix. */
#include "core/learn/learn_linear.h"
#include "core/learn/linear_model.h"
#include "core/learn/segments.h"
#include "core/math/blas.h"
#include "core/math/sum.h"
#include "core/math/threads.h"
#include <math.h>

/* Below this the normal equations are taken as singular: half of the digits of a double. */
#define RCOND_LEAST 1e-12

struct centred {
    const struct examples *examples;
    const double *means; /* of the features, then of y */
    struct segments segments;
};

/* The Gram matrix of one segment's centred rows, y being the last column. */
static void segment_add(void *work, size_t at)
{
    struct centred *centred = work;
    struct segment *segment = &centred->segments.at[at];
    const struct examples *examples = centred->examples;
    size_t count = examples->in.dense.columns;
    segment_clear(segment);
    for (size_t from = 0; from < segment->count; from += BLOCK_ROWS) {
        struct matrix block = segment->block;
        block.rows = segment->count - from < BLOCK_ROWS ? segment->count - from : BLOCK_ROWS;
        for (size_t i = 0; i < block.rows; i++) {
            size_t row = segment->from + from + i;
            const double *x = matrix_row(examples->in.dense, row);
            double *out = matrix_row(block, i);
            for (size_t j = 0; j < count; j++)
                out[j] = x[j] - centred->means[j];
            out[count] = examples->y[row] - centred->means[count];
        }
        gram_add(block, segment->gram);
    }
}

static double *means_of(struct arena *arena, const struct examples *examples)
{
    size_t count = examples->in.dense.columns;
    struct sum *sums = arena_array(arena, struct sum, count);
    double *means = arena_array(arena, double, count + 1);
    for (size_t i = 0; i < examples->in.dense.rows; i++)
        for (size_t j = 0; j < count; j++)
            sum_add(&sums[j], matrix_row(examples->in.dense, i)[j]);
    for (size_t j = 0; j < count; j++)
        means[j] = sum_value(&sums[j]) / (double)examples->in.dense.rows;
    means[count] = mean_of(examples->y, examples->in.dense.rows);
    return means;
}

/* The square left part of the Gram matrix, both triangles, alpha on its diagonal. */
static struct matrix normal_matrix(struct arena *arena, struct matrix gram, double alpha)
{
    size_t count = gram.rows - 1;
    struct matrix a = matrix_new(arena, count, count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j <= i; j++)
            matrix_row(a, i)[j] = matrix_row(a, j)[i] = matrix_row(gram, i)[j];
    for (size_t i = 0; i < count; i++)
        matrix_row(a, i)[i] += alpha;
    return a;
}

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

static bool least_squares(struct arena *arena, const struct examples *examples, double alpha,
                          struct linear_model **out, struct fault *why)
{
    size_t count = examples->in.dense.columns;
    struct centred centred = { .examples = examples, .means = means_of(arena, examples) };
    centred.segments = segments_new(arena, examples->in.dense.rows, count + 1);
    threads_run(examples->threads, centred.segments.count, segment_add, &centred);
    struct matrix gram = segments_total(centred.segments)->gram;
    struct linear_model *model = linear_model_new(arena, count);
    double *w = model->coefficients;
    memcpy(w, matrix_row(gram, count), count * sizeof *w);
    if (!isfinite(norm_of(gram)))
        return fault_set(why, BLAME_OPEN,
                         "the features' or the target's squares went beyond the range of numbers, "
                         "scale them (transform \"standard\")");
    if (!solve_cholesky(arena, normal_matrix(arena, gram, alpha), w)) {
        memcpy(w, matrix_row(gram, count), count * sizeof *w);
        if (!solve_eigen(arena, normal_matrix(arena, gram, alpha), w))
            return fault_set(why, BLAME_OPEN, "the least squares problem could not be solved");
    }
    model->intercept = centred.means[count] - dot(w, centred.means, count);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(w[i]))
            model->intercept = NAN;
    if (!isfinite(model->intercept))
        return fault_set(why, BLAME_OPEN, "the coefficients went beyond the range of numbers");
    *out = model;
    return true;
}

static bool linear_fit(struct arena *arena, const struct examples *examples,
                       const struct params *params, void **fitted, struct fault *why)
{
    (void)params;
    struct linear_model *model = NULL;
    bool done = least_squares(arena, examples, 0, &model, why);
    *fitted = model;
    return done;
}

static bool ridge_fit(struct arena *arena, const struct examples *examples,
                      const struct params *params, void **fitted, struct fault *why)
{
    struct linear_model *model = NULL;
    bool done = least_squares(arena, examples, param_number(params, "alpha"), &model, why);
    *fitted = model;
    return done;
}

static void linear_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                           unsigned threads, double *out)
{
    (void)arena, (void)threads;
    linear_model_sums(fitted, in->dense, out);
}

static const struct param_spec ridge_params[] = {
    { "alpha", "l2", PARAM_NUMBER, 0, 1e12, "1", NULL, "weight of the L2 penalty" },
};

const struct learner learn_linear = {
    .name = "linear",
    .what = "ordinary least squares",
    .targets = TARGET_NUMBER,
    .fit = linear_fit,
    .predict = linear_predict,
    .save = linear_model_save,
    .load = linear_model_load,
    .describe = linear_model_describe,
};

const struct learner learn_ridge = {
    .name = "ridge",
    .what = "least squares with an L2 penalty",
    .targets = TARGET_NUMBER,
    .params = ridge_params,
    .param_count = sizeof ridge_params / sizeof *ridge_params,
    .fit = ridge_fit,
    .predict = linear_predict,
    .save = linear_model_save,
    .load = linear_model_load,
    .describe = linear_model_describe,
};
