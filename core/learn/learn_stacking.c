/* Stacking and averaging of learners. */
#include "core/learn/learn_stacking.h"
#include "core/data/split.h"
#include "core/learn/inputs.h"
#include <math.h>
#include <string.h>

#define MODELS_MOST 16
#define FOLDS_MOST 50

/* A learner within, fitted to all rows. */
struct part {
    const struct learner *learner;
    struct params params;
    void *fitted;
};

struct stack {
    size_t count, width; /* width: numbers a prediction has */
    struct part parts[MODELS_MOST];
    struct part final; /* learner NULL: the mean */
    enum target_kind target;
    size_t class_count;
};

static bool part_find(struct str name, const char *of, struct part *out, struct fault *why)
{
    struct fault unknown;
    const struct learner *learner = learner_find(name, &unknown);
    if (!learner)
        return fault_set(why, BLAME_OPEN, "%s: %s", of, unknown.text);
    if (learner == &learn_stacking || learner == &learn_averaging ||
        learner->targets == TARGET_NONE)
        return fault_set(why, BLAME_OPEN, "%s cannot use %s within", of, learner->name);
    out->learner = learner;
    out->params = params_default(learner->params, learner->param_count);
    return true;
}

/* The learners named in `models`, or some that go well together. */
static bool parts_find(const struct params *params, const char *of, struct stack *out,
                       struct fault *why)
{
    struct str rest = param_text(params, "models"), name;
    if (!rest.len)
        rest = out->target == TARGET_NUMBER ? S("ridge,random_forest,gbdt")
                                            : S("logistic,random_forest,gbdt");
    while (str_cut(&rest, ',', &name)) {
        if (out->count == MODELS_MOST)
            return fault_set(why, BLAME_OPEN, "%s: more than %d models", of, MODELS_MOST);
        if (!part_find(str_trim(name), of, &out->parts[out->count++], why))
            return false;
    }
    return out->count > 1 || fault_set(why, BLAME_OPEN, "%s needs two models or more", of);
}

static bool targets_check(const struct stack *stack, enum target_kind target, struct fault *why)
{
    for (size_t i = 0; i < stack->count; i++)
        if (!(stack->parts[i].learner->targets & target))
            return fault_set(why, BLAME_OPEN, "%s does not take this kind of target",
                             stack->parts[i].learner->name);
    return true;
}

static bool parts_fit(struct arena *arena, const struct examples *examples, struct stack *stack,
                      struct fault *why)
{
    for (size_t i = 0; i < stack->count; i++) {
        struct part *part = &stack->parts[i];
        if (!part->learner->fit(arena, examples, &part->params, &part->fitted, why))
            return false;
    }
    return true;
}

static struct stack *stack_new(struct arena *arena, const struct examples *examples)
{
    struct stack *stack = arena_new(arena, struct stack);
    stack->target = examples->target;
    stack->class_count = examples->class_count;
    stack->width = target_width(examples->target, examples->class_count);
    return stack;
}

/* Predictions of all parts side by side: rows x (count * width). */
static void parts_predict(struct arena *arena, const struct stack *stack, const struct inputs *in,
                          unsigned threads, struct matrix out)
{
    size_t rows = inputs_rows(in), width = stack->width;
    double *one = arena_array(arena, double, rows *width);
    for (size_t p = 0; p < stack->count; p++) {
        const struct part *part = &stack->parts[p];
        struct arena_mark mark = arena_mark(arena);
        part->learner->predict(arena, part->fitted, in, threads, one);
        arena_rewind(arena, mark);
        for (size_t i = 0; i < rows; i++)
            memcpy(matrix_row(out, i) + p * width, one + i * width, width * sizeof *one);
    }
}

static bool fold_predict(struct arena *arena, const struct examples *examples,
                         const struct stack *stack, const struct split *fold, struct matrix out,
                         struct fault *why)
{
    struct arena_mark mark = arena_mark(arena);
    struct examples part = examples_select(arena, examples, fold->train, fold->train_count);
    struct inputs rest = inputs_select(arena, &examples->in, fold->test, fold->test_count);
    struct stack copy = *stack;
    if (!parts_fit(arena, &part, &copy, why))
        return false;
    struct matrix predicted = matrix_new(arena, fold->test_count, out.columns);
    parts_predict(arena, &copy, &rest, examples->threads, predicted);
    for (size_t i = 0; i < fold->test_count; i++)
        memcpy(matrix_row(out, fold->test[i]), matrix_row(predicted, i),
               out.columns * sizeof(double));
    arena_rewind(arena, mark);
    return true;
}

/* The rows' classes as codes, so that each fold has its share of them; NULL for numbers. */
static const int32_t *codes_of(struct arena *arena, const struct examples *examples)
{
    size_t rows = inputs_rows(&examples->in);
    if (!examples->class_count)
        return NULL;
    int32_t *codes = arena_array(arena, int32_t, rows);
    for (size_t i = 0; i < rows; i++)
        codes[i] = (int32_t)examples->y[i];
    return codes;
}

static bool stacking_fit(struct arena *arena, const struct examples *examples,
                         const struct params *params, void **fitted, struct fault *why)
{
    struct stack *stack = stack_new(arena, examples);
    size_t rows = inputs_rows(&examples->in), folds = param_integer(params, "cv");
    struct str final = param_text(params, "final");
    if (!final.len)
        final = examples->target == TARGET_NUMBER ? S("ridge") : S("logistic");
    if (!parts_find(params, "stacking", stack, why) ||
        !part_find(final, "stacking", &stack->final, why) ||
        !targets_check(stack, examples->target, why))
        return false;
    if (!(stack->final.learner->targets & examples->target))
        return fault_set(why, BLAME_OPEN, "%s does not take this kind of target",
                         stack->final.learner->name);
    if (rows < 2 * folds)
        return fault_set(why, BLAME_OPEN, "stacking of %zu folds needs %zu rows or more", folds,
                         2 * folds);
    struct matrix seen = matrix_new(arena, rows, stack->count * stack->width);
    struct splits splits;
    if (!split_stratified(arena, codes_of(arena, examples), rows, folds, examples->seed, &splits,
                          why))
        return false;
    for (size_t f = 0; f < folds; f++)
        if (!fold_predict(arena, examples, stack, &splits.at[f], seen, why))
            return false;
    struct examples above = *examples;
    above.in = (struct inputs){ .dense = seen };
    *fitted = stack;
    return stack->final.learner->fit(arena, &above, &stack->final.params, &stack->final.fitted,
                                     why) &&
           parts_fit(arena, examples, stack, why);
}

static bool averaging_fit(struct arena *arena, const struct examples *examples,
                          const struct params *params, void **fitted, struct fault *why)
{
    struct stack *stack = stack_new(arena, examples);
    *fitted = stack;
    return parts_find(params, "averaging", stack, why) &&
           targets_check(stack, examples->target, why) && parts_fit(arena, examples, stack, why);
}

static void stack_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                          unsigned threads, double *out)
{
    const struct stack *stack = fitted;
    size_t width = stack->width;
    struct matrix seen = matrix_new(arena, inputs_rows(in), stack->count * width);
    parts_predict(arena, stack, in, threads, seen);
    if (stack->final.learner) {
        struct inputs above = { .dense = seen };
        stack->final.learner->predict(arena, stack->final.fitted, &above, threads, out);
        return;
    }
    for (size_t i = 0; i < seen.rows; i++)
        for (size_t k = 0; k < width; k++) {
            double sum = 0;
            for (size_t p = 0; p < stack->count; p++)
                sum += matrix_row(seen, i)[p * width + k];
            out[i * width + k] = sum / (double)stack->count;
        }
}

static void part_save(const struct part *part, struct text *out)
{
    bytes_put_text(out, str_of(part->learner->name));
    part->learner->save(part->fitted, out);
}

static void stack_save(const void *fitted, struct text *out)
{
    const struct stack *stack = fitted;
    bytes_put_u32(out, (uint32_t)stack->count);
    for (size_t i = 0; i < stack->count; i++)
        part_save(&stack->parts[i], out);
    bytes_put_u32(out, stack->final.learner != NULL);
    if (stack->final.learner)
        part_save(&stack->final, out);
}

static void part_load(struct bytes *in, const struct fitted_shape *shape, struct part *out)
{
    struct str name = bytes_text(in);
    struct fault why;
    if (in->failed || !part_find(name, "the model", out, &why) ||
        !(out->learner->targets & shape->target)) {
        in->failed = true;
        return;
    }
    out->fitted = out->learner->load(in, shape);
    if (!out->fitted)
        in->failed = true;
}

static void *stack_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct stack *stack = arena_new(in->arena, struct stack);
    stack->target = shape->target;
    stack->class_count = shape->class_count;
    stack->width = target_width(shape->target, shape->class_count);
    stack->count = bytes_u32(in);
    if (stack->count < 2 || stack->count > MODELS_MOST)
        in->failed = true;
    for (size_t i = 0; i < stack->count && !in->failed; i++)
        part_load(in, shape, &stack->parts[i]);
    uint32_t has_final = bytes_u32(in);
    struct fitted_shape above = { .columns = stack->count * stack->width,
                                  .dense = stack->count * stack->width,
                                  .target = shape->target,
                                  .class_count = shape->class_count };
    if (has_final > 1)
        in->failed = true;
    if (has_final && !in->failed)
        part_load(in, &above, &stack->final);
    return in->failed ? NULL : stack;
}

/* Names of what the final learner sees: "logistic", or "logistic 2" for a class. */
static struct feature_names names_above(struct arena *arena, const struct stack *stack)
{
    struct str *names = arena_array(arena, struct str, stack->count * stack->width);
    for (size_t p = 0; p < stack->count; p++)
        for (size_t k = 0; k < stack->width; k++)
            names[p * stack->width + k] =
                str_of(stack->width > 1 ? arena_print(arena, "%s of class %zu",
                                                      stack->parts[p].learner->name, k + 1)
                                        : stack->parts[p].learner->name);
    return (struct feature_names){ names, stack->count * stack->width };
}

static void stack_describe(const void *fitted, const struct feature_names *names,
                           struct json_out *out)
{
    const struct stack *stack = fitted;
    json_open_list(out, "models");
    for (size_t i = 0; i < stack->count; i++) {
        json_open_map(out, NULL);
        json_add_zero(out, "learner", stack->parts[i].learner->name);
        stack->parts[i].learner->describe(stack->parts[i].fitted, names, out);
        json_close_map(out);
    }
    json_close_list(out);
    if (!stack->final.learner)
        return;
    struct feature_names above = names_above(out->text->arena, stack);
    json_open_map(out, "final");
    json_add_zero(out, "learner", stack->final.learner->name);
    stack->final.learner->describe(stack->final.fitted, &above, out);
    json_close_map(out);
}

static bool stacking_check(const struct params *params, struct fault *why)
{
    struct stack stack = { 0 };
    struct str final = param_text(params, "final");
    return parts_find(params, "stacking", &stack, why) &&
           (!final.len || part_find(final, "stacking", &stack.final, why));
}

static bool averaging_check(const struct params *params, struct fault *why)
{
    struct stack stack = { 0 };
    return parts_find(params, "averaging", &stack, why);
}

#define MODELS_WHAT                                                                                \
    "names of learners, between commas; default logistic (ridge for numbers), random_forest, gbdt"

static const struct param_spec stacking_params[] = {
    { "models", "estimators", PARAM_TEXT, 3, 400, NULL, NULL, MODELS_WHAT },
    { "final", "final_estimator", PARAM_TEXT, 0, 60, NULL, NULL,
      "what learns from their predictions; default logistic, for numbers ridge" },
    { "cv", "folds", PARAM_INTEGER, 2, FOLDS_MOST, "5", NULL, "folds" },
};
static const struct param_spec averaging_params[] = {
    { "models", "estimators", PARAM_TEXT, 3, 400, NULL, NULL, MODELS_WHAT },
};

const struct learner learn_stacking = {
    .name = "stacking",
    .what = "a learner on top of several others' predictions",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
    .params = stacking_params,
    .param_count = sizeof stacking_params / sizeof *stacking_params,
    .check = stacking_check,
    .fit = stacking_fit,
    .predict = stack_predict,
    .save = stack_save,
    .load = stack_load,
    .describe = stack_describe,
};

const struct learner learn_averaging = {
    .name = "averaging",
    .what = "the mean of several learners' predictions",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
    .params = averaging_params,
    .param_count = sizeof averaging_params / sizeof *averaging_params,
    .check = averaging_check,
    .fit = averaging_fit,
    .predict = stack_predict,
    .save = stack_save,
    .load = stack_load,
    .describe = stack_describe,
};
