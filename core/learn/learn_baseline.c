/* Constant predictions: the share of each class, the mean of a number. */
#include "core/learn/learn_baseline.h"
#include "core/math/sum.h"
#include <math.h>

struct constant {
    size_t width;
    double *values; /* [width] */
};

static struct constant *constant_new(struct arena *arena, size_t width)
{
    struct constant *constant = arena_new(arena, struct constant);
    constant->width = width;
    constant->values = arena_array(arena, double, width);
    return constant;
}

static bool constant_fit(struct arena *arena, const struct examples *examples,
                         const struct params *params, void **fitted, struct fault *why)
{
    (void)params;
    size_t width = target_width(examples->target, examples->class_count);
    struct constant *constant = constant_new(arena, width);
    struct sum weights = { 0 };
    struct sum *sums = arena_array(arena, struct sum, width);
    for (size_t i = 0; i < inputs_rows(&examples->in); i++) {
        double weight = examples->weight ? examples->weight[i] : 1, y = examples->y[i];
        sum_add(&weights, weight);
        sum_add(&sums[width > 1 ? (size_t)y : 0], width > 1 ? weight : weight * y);
    }
    for (size_t k = 0; k < width; k++)
        constant->values[k] = sum_value(&sums[k]) / sum_value(&weights);
    *fitted = constant;
    return isfinite(constant->values[0]) ||
           fault_set(why, BLAME_OPEN, "the mean of the target went beyond the range of numbers");
}

static void constant_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                             unsigned threads, double *out)
{
    (void)arena, (void)threads;
    const struct constant *constant = fitted;
    for (size_t i = 0; i < inputs_rows(in); i++)
        for (size_t k = 0; k < constant->width; k++)
            *out++ = constant->values[k];
}

static void constant_save(const void *fitted, struct text *out)
{
    const struct constant *constant = fitted;
    bytes_put_doubles(out, constant->values, constant->width);
}

static void *constant_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct constant *constant = arena_new(in->arena, struct constant);
    constant->width = target_width(shape->target, shape->class_count);
    constant->values = bytes_doubles(in, constant->width);
    return constant;
}

static void constant_describe(const void *fitted, const struct feature_names *names,
                              struct json_out *out)
{
    (void)names;
    const struct constant *constant = fitted;
    if (constant->width == 1) {
        json_add_double(out, "constant", constant->values[0]);
        return;
    }
    json_open_list(out, "constants");
    for (size_t k = 0; k < constant->width; k++)
        json_add_double(out, NULL, constant->values[k]);
    json_close_list(out);
}

const struct learner learn_majority = {
    .name = "majority",
    .what = "baseline for classes: each class's share, for every row",
    .targets = TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE,
    .fit = constant_fit,
    .predict = constant_predict,
    .save = constant_save,
    .load = constant_load,
    .describe = constant_describe,
};

const struct learner learn_mean = {
    .name = "mean",
    .what = "baseline for numbers: the mean, for every row",
    .targets = TARGET_NUMBER,
    .takes = TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE,
    .fit = constant_fit,
    .predict = constant_predict,
    .save = constant_save,
    .load = constant_load,
    .describe = constant_describe,
};
