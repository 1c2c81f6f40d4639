/* Coefficients and an intercept: sums, bytes, description. */
#include "core/learn/linear_model.h"
#include "core/math/blas.h"
#include <assert.h>

struct linear_model *linear_model_new(struct arena *arena, size_t count)
{
    struct linear_model *model = arena_new(arena, struct linear_model);
    model->count = count;
    model->coefficients = arena_array(arena, double, count);
    model->converged = true;
    return model;
}

void linear_model_sums(const struct linear_model *model, struct matrix x, double *out)
{
    assert(x.columns == model->count);
    matrix_times(x, model->coefficients, out);
    for (size_t i = 0; i < x.rows; i++)
        out[i] += model->intercept;
}

void linear_model_save(const void *fitted, struct text *out)
{
    const struct linear_model *model = fitted;
    bytes_put_doubles(out, model->coefficients, model->count);
    bytes_put_double(out, model->intercept);
    bytes_put_u32(out, (uint32_t)model->iterations);
    bytes_put_u32(out, model->converged);
}

void *linear_model_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct linear_model *model = arena_new(in->arena, struct linear_model);
    model->count = shape->columns;
    model->coefficients = bytes_doubles(in, shape->columns);
    model->intercept = bytes_finite(in);
    model->iterations = bytes_u32(in);
    uint32_t converged = bytes_u32(in);
    model->converged = converged == 1;
    if (converged > 1)
        in->failed = true;
    return model;
}

void linear_model_describe(const void *fitted, const struct feature_names *names,
                           struct json_out *out)
{
    const struct linear_model *model = fitted;
    if (model->iterations) {
        json_add_int(out, "iterations", (int64_t)model->iterations);
        json_add_bool(out, "converged", model->converged);
    }
    json_add_double(out, "intercept", model->intercept);
    json_open_list(out, "coefficients");
    for (size_t i = 0; i < model->count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "feature", names->at[i]);
        json_add_double(out, "value", model->coefficients[i]);
        json_close_map(out);
    }
    json_close_list(out);
}
