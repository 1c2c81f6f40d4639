/* The learner "gbdt": its parameters, predictions and file. */
#include "core/learn/learn_gbdt.h"
#include "core/learn/learn_gbdt_fit.h"
#include "core/learn/tree_file.h"

static bool learn(struct arena *arena, const struct examples *examples, const struct params *params,
                  void **fitted, struct fault *why)
{
    struct gbdt *gbdt = arena_new(arena, struct gbdt);
    *fitted = gbdt;
    return gbdt_fit(arena, examples, params, gbdt, why);
}

static const struct objective *objective_in(const struct gbdt *gbdt)
{
    return objective_of(gbdt->objective, TARGET_NUMBER);
}

static void predict(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out)
{
    const struct gbdt *gbdt = fitted;
    const struct objective *objective = objective_in(gbdt);
    tree_model_sums(arena, gbdt->model, in, threads, out);
    for (size_t i = 0; objective->link && i < inputs_rows(in); i++)
        objective->link(out + i * gbdt->model->width, gbdt->model->width);
}

static void explain(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out)
{
    const struct gbdt *gbdt = fitted;
    tree_model_explain(arena, gbdt->model, in, threads, out);
}

static void save(const void *fitted, struct text *out)
{
    const struct gbdt *gbdt = fitted;
    bytes_put_u32(out, (uint32_t)gbdt->objective);
    bytes_put_u32(out, (uint32_t)gbdt->rounds);
    bytes_put_u32(out, (uint32_t)gbdt->loss_count);
    bytes_put_doubles(out, gbdt->train_loss, gbdt->loss_count);
    bytes_put_u32(out, (uint32_t)gbdt->validation_count);
    bytes_put_doubles(out, gbdt->validation_loss, gbdt->validation_count);
    tree_model_save(gbdt->model, out);
}

static void *load(struct bytes *in, const struct fitted_shape *shape)
{
    struct gbdt *gbdt = arena_new(in->arena, struct gbdt);
    gbdt->objective = bytes_u32(in);
    gbdt->rounds = bytes_u32(in);
    gbdt->loss_count = bytes_count(in, 8);
    gbdt->train_loss = bytes_doubles(in, gbdt->loss_count);
    gbdt->validation_count = bytes_count(in, 8);
    gbdt->validation_loss = bytes_doubles(in, gbdt->validation_count);
    size_t known = 0;
    while (objective_names[known])
        known++;
    if (!gbdt->objective || gbdt->objective >= known)
        in->failed = true;
    if (in->failed || !(objective_in(gbdt)->targets & shape->target)) {
        in->failed = true;
        return NULL;
    }
    gbdt->model = tree_model_load(in, shape, target_width(shape->target, shape->class_count), 1);
    return in->failed ? NULL : gbdt;
}

static void list(struct json_out *out, const char *key, const double *values, size_t count)
{
    json_open_list(out, key);
    for (size_t i = 0; i < count; i++)
        json_add_double(out, NULL, values[i]);
    json_close_list(out);
}

static void describe(const void *fitted, const struct feature_names *names, struct json_out *out)
{
    const struct gbdt *gbdt = fitted;
    json_add_zero(out, "objective", objective_in(gbdt)->name);
    json_add_int(out, "rounds", (int64_t)gbdt->rounds);
    tree_model_describe(gbdt->model, names, out);
    list(out, "train_loss", gbdt->train_loss, gbdt->loss_count);
    if (gbdt->validation_count)
        list(out, "validation_loss", gbdt->validation_loss, gbdt->validation_count);
}

static const char *const policies[] = { "depthwise", "lossguide", NULL };
static const char *const weights[] = { "none", "balanced", NULL };

static const struct param_spec params[] = {
    { "n_estimators", "num_round", PARAM_INTEGER, 1, 100000, "100", NULL, "rounds of boosting" },
    { "learning_rate", "eta", PARAM_NUMBER, 1e-6, 10, "0.3", NULL, "share of each tree" },
    { "max_depth", NULL, PARAM_INTEGER, 0, TREE_DEPTH_MOST, "6", NULL,
      "levels of a tree; 0: no limit but the leaves" },
    { "max_leaves", "max_leaf_nodes", PARAM_INTEGER, 0, 32768, "0", NULL,
      "leaves of a tree; 0: no limit but the depth" },
    { "grow_policy", NULL, PARAM_CHOICE, 0, 0, "depthwise", policies,
      "lossguide: the leaf of the highest gain first" },
    { "lambda", "reg_lambda", PARAM_NUMBER, 0, 1e9, "1", NULL, "L2 penalty of leaves" },
    { "alpha", "reg_alpha", PARAM_NUMBER, 0, 1e9, "0", NULL, "L1 penalty of leaves" },
    { "gamma", "min_split_loss", PARAM_NUMBER, 0, 1e9, "0", NULL, "least gain of a split" },
    { "min_child_weight", NULL, PARAM_NUMBER, 0, 1e9, "1", NULL, "least sum of Hessians" },
    { "max_delta_step", NULL, PARAM_NUMBER, 0, 1e9, "0", NULL,
      "largest value of a leaf before the learning rate; 0: no limit" },
    { "subsample", NULL, PARAM_NUMBER, 1e-6, 1, "1", NULL, "share of the rows a round" },
    { "colsample_bytree", NULL, PARAM_NUMBER, 1e-6, 1, "1", NULL, "share of the columns a round" },
    { "max_bin", "max_bins", PARAM_INTEGER, 2, 256, "256", NULL,
      "bins of a number (255 at most, missing has its own)" },
    { "objective", "loss", PARAM_CHOICE, 0, 0, "auto", objective_names,
      "auto: squared error, logistic or softmax, as the target asks" },
    { "quantile_alpha", "quantile", PARAM_NUMBER, 1e-6, 1 - 1e-6, "0.5", NULL,
      "which quantile, with reg:quantileerror" },
    { "huber_slope", NULL, PARAM_NUMBER, 1e-9, 1e9, "1", NULL,
      "where reg:pseudohubererror turns from squares to lines" },
    { "scale_pos_weight", NULL, PARAM_NUMBER, 1e-9, 1e9, "1", NULL,
      "weight of the second of two classes" },
    { "class_weight", NULL, PARAM_CHOICE, 0, 0, "none", weights, "balanced: classes count alike" },
    { "early_stopping_rounds", "n_iter_no_change", PARAM_INTEGER, 0, 100000, "0", NULL,
      "stop after so many rounds without a better validation loss; 0: never" },
    { "validation_fraction", NULL, PARAM_NUMBER, 1e-6, 0.9, "0.1", NULL,
      "share of the rows to validate on, with early stopping" },
    { "monotone_constraints", NULL, PARAM_TEXT, 0, 65536, NULL, NULL,
      "\"age:1,price:-1\", or 1, 0, -1 for all columns in order" },
    { "cat_smooth", NULL, PARAM_NUMBER, 0, 1e9, "10", NULL,
      "Hessians that pull a category's mean to the node's when they are ordered" },
};

static bool check(const struct params *given, struct fault *why)
{
    size_t objective = (size_t)param_number(given, "objective");
    if (objective && objective_of(objective, TARGET_NUMBER)->quantile >= 0 &&
        param_text(given, "monotone_constraints").len)
        return fault_set(why, BLAME_OPEN, "gbdt's objective %s takes no monotone_constraints",
                         objective_names[objective]);
    return true;
}

const struct learner learn_gbdt = {
    .name = "gbdt",
    .what = "gradient-boosted trees: numbers, classes, counts, quantiles, rankings",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_MISSING | TAKES_LEVELS,
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .fit_columns = true,
    .check = check,
    .fit = learn,
    .predict = predict,
    .explain = explain,
    .save = save,
    .load = load,
    .describe = describe,
};
