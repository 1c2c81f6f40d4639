/* Coefficients and intercepts: scores, bytes, explanation, description. */
#include "core/learn/linear_model.h"
#include "core/learn/linear_loss.h"
#include "core/math/blas.h"
#include "core/math/threads.h"
#include <assert.h>
#include <math.h>

#define PIECE_ROWS ((size_t)2048)

struct linear_weights linear_weights_new(struct arena *arena, size_t width, const struct inputs *in)
{
    struct linear_weights w = { .width = width, .dense = in->dense.columns };
    w.sparse = in->sparse ? in->sparse->columns : 0;
    w.at = arena_array(arena, double, linear_weights_count(w));
    return w;
}

/* z[i] += a sparse row times its coefficients; two sums, as additions wait for one another. */
static void sparse_scores(const struct csr *sparse, size_t from, size_t count, const double *w,
                          double *z)
{
    for (size_t i = 0; i < count; i++) {
        size_t e = sparse->starts[from + i], end = sparse->starts[from + i + 1];
        double even = 0, odd = 0;
        for (; e + 1 < end; e += 2) {
            even += sparse->values[e] * w[sparse->columns_at[e]];
            odd += sparse->values[e + 1] * w[sparse->columns_at[e + 1]];
        }
        if (e < end)
            even += sparse->values[e] * w[sparse->columns_at[e]];
        z[i] += even + odd;
    }
}

static void sparse_scores_wide(const struct csr *sparse, size_t from, size_t count,
                               struct linear_weights w, double *z)
{
    const double *coefficients = w.at + w.width * w.dense;
    for (size_t i = 0; i < count; i++)
        for (size_t e = sparse->starts[from + i]; e < sparse->starts[from + i + 1]; e++) {
            const double *of = coefficients + sparse->columns_at[e] * w.width;
            for (size_t k = 0; k < w.width; k++)
                z[i * w.width + k] += sparse->values[e] * of[k];
        }
}

void linear_scores(const struct inputs *in, size_t from, size_t count, struct linear_weights w,
                   double *z)
{
    assert(in->dense.columns == w.dense && (in->sparse ? in->sparse->columns : 0) == w.sparse);
    size_t width = w.width;
    const double *intercepts = linear_intercepts(w);
    struct matrix x = matrix_rows(in->dense, from, count);
    if (width == 1) {
        matrix_times(x, w.at, z);
        for (size_t i = 0; i < count; i++)
            z[i] += intercepts[0];
        if (in->sparse)
            sparse_scores(in->sparse, from, count, w.at + w.dense, z);
        return;
    }
    for (size_t i = 0; i < count; i++)
        memcpy(z + i * width, intercepts, width * sizeof *z);
    rows_times_rows_add(x, (struct matrix){ w.at, width, w.dense, w.dense },
                        (struct matrix){ z, count, width, width });
    if (in->sparse)
        sparse_scores_wide(in->sparse, from, count, w, z);
}

struct linear_model *linear_model_new(struct arena *arena, const struct examples *examples)
{
    struct linear_model *model = arena_new(arena, struct linear_model);
    size_t width = target_width(examples->target, examples->class_count);
    model->weights = linear_weights_new(arena, width, &examples->in);
    model->means = arena_array(arena, double, inputs_columns(&examples->in));
    model->link = examples->target == TARGET_NUMBER        ? LINK_IDENTITY
                  : examples->target == TARGET_TWO_CLASSES ? LINK_LOGIT
                                                           : LINK_SOFTMAX;
    model->converged = true;
    return model;
}

struct prediction {
    const struct linear_model *model;
    const struct inputs *in;
    double *out;
};

static void piece_predict(void *work, size_t at)
{
    const struct prediction *prediction = work;
    const struct linear_model *model = prediction->model;
    size_t from = at * PIECE_ROWS, rows = inputs_rows(prediction->in), width = model->weights.width;
    size_t count = rows - from < PIECE_ROWS ? rows - from : PIECE_ROWS;
    double *out = prediction->out + from * width;
    linear_scores(prediction->in, from, count, model->weights, out);
    if (model->link == LINK_LOGIT)
        for (size_t i = 0; i < count; i++)
            out[i] = sigmoid(out[i]);
    else if (model->link == LINK_SOFTMAX)
        for (size_t i = 0; i < count; i++)
            softmax(out + i * width, width);
}

void linear_model_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                          unsigned threads, double *out)
{
    (void)arena;
    struct prediction prediction = { .model = fitted, .in = in, .out = out };
    threads_run(threads, (inputs_rows(in) + PIECE_ROWS - 1) / PIECE_ROWS, piece_predict,
                &prediction);
}

/* The raw score of one class: coefficient * (x - mean) a column, behind them the mean score. */
static void explain_row(const struct linear_model *model, const struct inputs *in, size_t row,
                        double *out)
{
    struct linear_weights w = model->weights;
    size_t columns = w.dense + w.sparse;
    for (size_t k = 0; k < w.width; k++, out += columns + 1) {
        double mean = linear_intercepts(w)[k];
        for (size_t j = 0; j < columns; j++) {
            double x = j < w.dense ? matrix_row(in->dense, row)[j] : 0;
            double of = *linear_weight(w, k, j);
            out[j] = of * (x - model->means[j]);
            mean += of * model->means[j];
        }
        for (size_t e = in->sparse ? in->sparse->starts[row] : 0;
             in->sparse && e < in->sparse->starts[row + 1]; e++) {
            size_t j = w.dense + in->sparse->columns_at[e];
            out[j] += *linear_weight(w, k, j) * in->sparse->values[e];
        }
        out[columns] = mean;
    }
}

static void piece_explain(void *work, size_t at)
{
    const struct prediction *prediction = work;
    struct linear_weights w = prediction->model->weights;
    size_t each = w.width * (w.dense + w.sparse + 1), rows = inputs_rows(prediction->in);
    for (size_t i = at * PIECE_ROWS; i < rows && i < (at + 1) * PIECE_ROWS; i++)
        explain_row(prediction->model, prediction->in, i, prediction->out + i * each);
}

void linear_model_explain(struct arena *arena, const void *fitted, const struct inputs *in,
                          unsigned threads, double *out)
{
    (void)arena;
    struct prediction prediction = { .model = fitted, .in = in, .out = out };
    threads_run(threads, (inputs_rows(in) + PIECE_ROWS - 1) / PIECE_ROWS, piece_explain,
                &prediction);
}

void linear_model_save(const void *fitted, struct text *out)
{
    const struct linear_model *model = fitted;
    struct linear_weights w = model->weights;
    bytes_put_doubles(out, w.at, linear_weights_count(w));
    bytes_put_doubles(out, model->means, w.dense + w.sparse);
    bytes_put_double(out, model->alpha);
    bytes_put_u32(out, (uint32_t)model->iterations);
    bytes_put_u32(out, model->converged);
}

void *linear_model_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct linear_model *model = arena_new(in->arena, struct linear_model);
    size_t count;
    model->weights.width = target_width(shape->target, shape->class_count);
    model->weights.dense = shape->dense;
    model->weights.sparse = shape->columns - shape->dense;
    if (__builtin_mul_overflow(model->weights.width, shape->columns + 1, &count))
        in->failed = true;
    model->weights.at = bytes_doubles(in, count);
    model->means = bytes_doubles(in, shape->columns);
    model->link = shape->target == TARGET_NUMBER        ? LINK_IDENTITY
                  : shape->target == TARGET_TWO_CLASSES ? LINK_LOGIT
                                                        : LINK_SOFTMAX;
    model->alpha = bytes_finite(in);
    model->iterations = bytes_u32(in);
    uint32_t converged = bytes_u32(in);
    model->converged = converged == 1;
    if (converged > 1)
        in->failed = true;
    return model;
}

static void describe_class(struct linear_weights w, size_t k, const struct feature_names *names,
                           struct json_out *out)
{
    json_add_double(out, "intercept", linear_intercepts(w)[k]);
    json_open_list(out, "coefficients");
    for (size_t j = 0; j < w.dense + w.sparse; j++) {
        json_open_map(out, NULL);
        json_add_text(out, "feature", names->at[j]);
        json_add_double(out, "value", *linear_weight(w, k, j));
        json_close_map(out);
    }
    json_close_list(out);
}

void linear_model_describe(const void *fitted, const struct feature_names *names,
                           struct json_out *out)
{
    const struct linear_model *model = fitted;
    if (model->iterations) {
        json_add_int(out, "iterations", (int64_t)model->iterations);
        json_add_bool(out, "converged", model->converged);
    }
    if (model->alpha != 0)
        json_add_double(out, "alpha", model->alpha);
    if (model->weights.width == 1) {
        describe_class(model->weights, 0, names, out);
        return;
    }
    json_open_list(out, "classes");
    for (size_t k = 0; k < model->weights.width; k++) {
        json_open_map(out, NULL);
        describe_class(model->weights, k, names, out);
        json_close_map(out);
    }
    json_close_list(out);
}
