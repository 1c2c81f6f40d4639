/* Constant predictions: the share of a class, the mean of a number. */
#include "core/learn/learn_baseline.h"
#include "core/math/sum.h"
#include <math.h>

struct constant {
    double value;
};

static bool constant_fit(struct arena *arena, const struct examples *examples,
                         const struct params *params, void **fitted, struct fault *why)
{
    (void)params;
    struct constant *constant = arena_new(arena, struct constant);
    constant->value = mean_of(examples->y, examples->x.rows);
    *fitted = constant;
    return isfinite(constant->value) ||
           fault_set(why, BLAME_OPEN, "the mean of the target went beyond the range of numbers");
}

static void constant_predict(const void *fitted, struct matrix x, double *out)
{
    const struct constant *constant = fitted;
    for (size_t i = 0; i < x.rows; i++)
        out[i] = constant->value;
}

static void constant_save(const void *fitted, struct text *out)
{
    const struct constant *constant = fitted;
    bytes_put_double(out, constant->value);
}

static void *constant_load(struct bytes *in, size_t feature_count)
{
    (void)feature_count;
    struct constant *constant = arena_new(in->arena, struct constant);
    constant->value = bytes_finite(in);
    return constant;
}

static void constant_describe(const void *fitted, const struct feature_names *names,
                              struct json_out *out)
{
    (void)names;
    const struct constant *constant = fitted;
    json_add_double(out, "constant", constant->value);
}

const struct learner learn_majority = {
    .name = "majority",
    .what = "baseline for two classes: the second class's share, for every row",
    .targets = TARGET_TWO_CLASSES,
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
    .fit = constant_fit,
    .predict = constant_predict,
    .save = constant_save,
    .load = constant_load,
    .describe = constant_describe,
};
