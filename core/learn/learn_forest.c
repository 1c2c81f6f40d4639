/* The learners "decision_tree", "random_forest" and "extra_trees". */
#include "core/learn/learn_forest.h"
#include "core/learn/learn_forest_pairs.h"
#include "core/learn/tree_file.h"
#include "core/learn/tree_weights.h"
#include "core/math/threads.h"
#include <math.h>
#include <setjmp.h>
#include <stdatomic.h>

#define WEIGHT_MOST 0x1p24 /* of a row, in units */
#define NUMBER_BITS 30     /* of a target, at most */

/* Rows with any weight, their weights and targets as whole numbers. */
static void elements_make(struct arena *arena, const struct examples *examples,
                          const double *weights, struct forest_data *data)
{
    size_t rows = inputs_rows(&examples->in);
    double total = 0, most = 0, low = INFINITY, high = -INFINITY;
    data->weighted = weights != NULL;
    data->elements = arena_array(arena, struct element, rows);
    for (size_t i = 0; i < rows; i++) {
        double weight = weights ? weights[i] : 1;
        total += weight;
        most = fmax(most, weight);
        low = fmin(low, examples->y[i]);
        high = fmax(high, examples->y[i]);
    }
    data->weight_unit = weights ? fmax(most / WEIGHT_MOST, total / WEIGHT_SUM_MOST) : 1;
    double bits = fmin(NUMBER_BITS, 60 - ceil(log2(total / data->weight_unit)));
    double middle = low / 2 + high / 2, reach = high / 2 - low / 2;
    double scale = reach > 0 ? exp2(bits) / reach : 0;
    data->gain_unit = data->weight_unit;
    if (!data->classes && scale > 0)
        data->gain_unit /= scale * scale;
    for (size_t i = 0; i < rows; i++) {
        double weight = weights ? weights[i] / data->weight_unit : 1;
        struct element element = { .row = (uint32_t)i, .weight = (uint32_t)(weight + 0.5) };
        element.y = data->classes ? (int32_t)examples->y[i]
                                  : (int32_t)lrint((examples->y[i] - middle) * scale);
        if (element.weight)
            data->elements[data->rows++] = element;
    }
}

struct forest_making {
    struct planting **plantings; /* [threads], as the two below */
    struct arena **own;          /* what a thread has grown; dropped with the caller's */
    jmp_buf *ways_out;
    atomic_size_t next; /* tree */
    atomic_bool no_memory;
    uint64_t seed;
    size_t count; /* of trees, as the two below */
    const double **gains;
    const uint32_t **splits;
    struct tree_model *model;
};

static void *keep(struct arena *arena, const void *from, size_t count, size_t size)
{
    void *to = arena_take_array(arena, count, size);
    return count ? memcpy(to, from, count * size) : to;
}

/* What was grown, in room of its size. */
static void tree_keep(struct forest_making *making, struct arena *arena,
                      const struct planting *planting, size_t tree)
{
    const struct tree *from = &planting->tree;
    size_t columns = making->model->columns;
    making->model->trees[tree] = (struct tree){
        .count = from->count,
        .leaf_count = from->leaf_count,
        .nodes = keep(arena, from->nodes, from->count, sizeof *from->nodes),
        .extra = keep(arena, from->extra, from->count, sizeof *from->extra),
        .cover = keep(arena, from->cover, from->count, sizeof *from->cover),
        .values = keep(arena, from->values, from->leaf_count * making->model->leaf_width,
                       sizeof *from->values),
    };
    making->gains[tree] = keep(arena, planting->gain, columns, sizeof *planting->gain);
    making->splits[tree] = keep(arena, planting->splits, columns, sizeof *planting->splits);
}

/* One thread's share: the next tree, and the next, until there is none; each from its own seed. */
static void trees_make(void *work, size_t at)
{
    struct forest_making *making = work;
    if (setjmp(making->ways_out[at])) {
        atomic_store(&making->no_memory, true);
        return;
    }
    size_t tree;
    while (!atomic_load(&making->no_memory) &&
           (tree = atomic_fetch_add(&making->next, 1)) < making->count) {
        planting_grow(making->plantings[at], random_stream(making->seed, tree));
        tree_keep(making, making->own[at], making->plantings[at], tree);
    }
}

/* In the order of the trees, whoever grew them. */
static void gains_add(const struct forest_making *making, struct tree_model *model)
{
    for (size_t t = 0; t < making->count; t++)
        for (size_t c = 0; c < model->columns; c++) {
            model->gain[c] += making->gains[t][c];
            model->splits[c] += making->splits[t][c];
        }
}

static void forest_make(struct arena *arena, const struct examples *examples,
                        const struct forest_data *data, const struct forest_rules *rules,
                        struct tree_model *model)
{
    bool pairs = pairs_usable(data, rules);
    size_t count = model->tree_count, threads = examples->threads ? examples->threads : 1;
    if (threads > count)
        threads = count;
    if (threads > THREADS_MOST)
        threads = THREADS_MOST;
    struct forest_making making = { .seed = examples->seed, .count = count, .model = model };
    making.plantings = arena_array(arena, struct planting *, threads);
    making.own = arena_array(arena, struct arena *, threads);
    making.ways_out = arena_array(arena, jmp_buf, threads);
    making.gains = arena_array(arena, const double *, count);
    making.splits = arena_array(arena, const uint32_t *, count);
    model->trees = arena_array(arena, struct tree, count);
    for (size_t t = 0; t < threads; t++) {
        making.plantings[t] = planting_new(arena, data, rules, pairs);
        making.own[t] = arena_child(arena, &making.ways_out[t]);
    }
    threads_run((unsigned)threads, threads, trees_make, &making);
    if (atomic_load(&making.no_memory)) /* the same for the whole */
        arena_take_array(arena, SIZE_MAX, 2);
    gains_add(&making, model);
}

/* "sqrt", "log2", "all", a share with a point (0.5), or a number of columns. */
static bool features_read(struct str text, size_t columns, size_t *out)
{
    double share;
    int64_t count;
    double wanted = (double)columns;
    if (str_is(text, "sqrt"))
        wanted = floor(sqrt(wanted));
    else if (str_is(text, "log2"))
        wanted = floor(log2(wanted));
    else if (str_to_int(text, &count) && count >= 1)
        wanted = fmin((double)count, wanted);
    else if (str_to_double(text, &share) && share > 0 && share <= 1)
        wanted = floor(share * wanted);
    else if (!str_is(text, "all"))
        return false;
    *out = wanted < 1 ? 1 : (size_t)wanted;
    return true;
}

static bool forest_check(const struct params *params, struct fault *why)
{
    size_t ignored;
    return !param_is_set(params, "max_features") ||
           features_read(param_text(params, "max_features"), 1, &ignored) ||
           fault_set(why, BLAME_OPEN,
                     "max_features is sqrt, log2, all, a share such as 0.5 or a number of columns");
}

/* What all three have. */
static struct forest_rules rules_read(const struct examples *examples, const struct params *params)
{
    struct forest_rules rules = {
        .max_depth = param_integer(params, "max_depth"),
        .max_leaves = param_integer(params, "max_leaf_nodes"),
        .min_samples_split = param_integer(params, "min_samples_split"),
        .min_samples_leaf = param_integer(params, "min_samples_leaf"),
        .min_impurity_decrease = param_number(params, "min_impurity_decrease"),
        .ccp_alpha = param_number(params, "ccp_alpha"),
        .entropy = examples->class_count && param_is(params, "criterion", "entropy"),
    };
    struct str features = S("all");
    if (param_is_set(params, "max_features"))
        features = param_text(params, "max_features");
    features_read(features, examples->in.dense.columns, &rules.max_features);
    return rules;
}

/* count: of trees. */
static void *forest_fit(struct arena *arena, const struct examples *examples,
                        const struct params *params, struct forest_rules rules, size_t count)
{
    const double *weights =
        tree_weights(arena, examples, param_is(params, "class_weight", "balanced"), 1);
    struct forest_data data = { .y = examples->y, .classes = examples->class_count };
    data.by_class = data.classes > 2;
    size_t width = target_width(examples->target, examples->class_count);
    struct tree_model *model = tree_model_new(arena, examples->in.dense.columns, width, width);
    elements_make(arena, examples, weights, &data);
    if (!rules.entropy && data.classes == 2)
        data.gain_unit *= 2; /* the other class's share falls as much */
    struct binned binned = bins_fit(
        arena, examples, (struct binning){ .most = BINS_MOST, .centers = rules.random_cuts });
    data.binned = &binned;
    if (rules.bootstrap && !rules.samples)
        rules.samples = data.rows;
    model->tree_count = count;
    model->scale = 1 / (double)count;
    forest_make(arena, examples, &data, &rules, model);
    tree_model_finish(arena, model, &binned.bins);
    return model;
}

/* What would be without effect is refused. */
static bool params_fit(const struct examples *examples, const struct params *params,
                       struct fault *why)
{
    bool classes = examples->class_count > 0,
         squares = param_is(params, "criterion", "squared_error");
    if (!classes && param_is(params, "class_weight", "balanced"))
        return fault_set(why, BLAME_OPEN, "class_weight is for classes, the target is a number");
    if (!param_is(params, "criterion", "auto") && squares == classes)
        return fault_set(why, BLAME_OPEN, "criterion %s is for %s: leave it out",
                         squares                                 ? "squared_error"
                         : param_is(params, "criterion", "gini") ? "gini"
                                                                 : "entropy",
                         squares ? "numbers, the target holds classes"
                                 : "classes, the target is a number");
    return true;
}

static bool tree_fit(struct arena *arena, const struct examples *examples,
                     const struct params *params, void **fitted, struct fault *why)
{
    if (!params_fit(examples, params, why))
        return false;
    *fitted = forest_fit(arena, examples, params, rules_read(examples, params), 1);
    return true;
}

static bool some_fit(struct arena *arena, const struct examples *examples,
                     const struct params *params, void **fitted, bool extra, struct fault *why)
{
    struct forest_rules rules = rules_read(examples, params);
    size_t rows = inputs_rows(&examples->in);
    if (!params_fit(examples, params, why))
        return false;
    rules.random_cuts = extra;
    rules.bootstrap = param_flag(params, "bootstrap");
    if (!param_is_given(params, "max_features") && examples->class_count)
        features_read(S("sqrt"), examples->in.dense.columns, &rules.max_features);
    if (!rules.bootstrap && param_number(params, "max_samples") < 1)
        return fault_set(why, BLAME_OPEN, "max_samples is for bootstrap=true alone");
    if (param_number(params, "max_samples") < 1) {
        double samples = param_number(params, "max_samples") * (double)rows;
        rules.samples = samples < 1 ? 1 : (size_t)samples;
    }
    *fitted = forest_fit(arena, examples, params, rules, param_integer(params, "n_estimators"));
    return true;
}

static bool random_fit(struct arena *arena, const struct examples *examples,
                       const struct params *params, void **fitted, struct fault *why)
{
    return some_fit(arena, examples, params, fitted, false, why);
}

static bool extra_fit(struct arena *arena, const struct examples *examples,
                      const struct params *params, void **fitted, struct fault *why)
{
    return some_fit(arena, examples, params, fitted, true, why);
}

static void predict(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out)
{
    tree_model_sums(arena, fitted, in, threads, out);
}

static void explain(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out)
{
    tree_model_explain(arena, fitted, in, threads, out);
}

static void save(const void *fitted, struct text *out)
{
    tree_model_save(fitted, out);
}

static void *load(struct bytes *in, const struct fitted_shape *shape)
{
    size_t width = target_width(shape->target, shape->class_count);
    return tree_model_load(in, shape, width, width);
}

static void describe(const void *fitted, const struct feature_names *names, struct json_out *out)
{
    tree_model_describe(fitted, names, out);
}

static const char *const criteria[] = { "auto", "gini", "entropy", "squared_error", NULL };
static const char *const class_weights[] = { "none", "balanced", NULL };

#define SHAPE_PARAMS                                                                               \
    { "criterion", NULL,   PARAM_CHOICE, 0,                                                        \
      0,           "auto", criteria,     "auto: gini for classes, squared error for numbers" },    \
        { "max_depth",     NULL, PARAM_INTEGER, 0,                                                 \
          TREE_DEPTH_MOST, "0",  NULL,          "levels of a tree; 0: no limit but 512" },         \
        { "min_samples_split", NULL, PARAM_INTEGER, 2, 1e9, "2", NULL, "rows to split a node" },   \
        { "min_samples_leaf", NULL, PARAM_INTEGER, 1, 1e9, "1", NULL, "rows of a leaf" },          \
        { "max_leaf_nodes",                                                                        \
          "max_leaves",                                                                            \
          PARAM_INTEGER,                                                                           \
          0,                                                                                       \
          32768,                                                                                   \
          "0",                                                                                     \
          NULL,                                                                                    \
          "leaves of a tree, those that gain most first; 0: no limit" },                           \
        { "min_impurity_decrease",                                                                 \
          NULL,                                                                                    \
          PARAM_NUMBER,                                                                            \
          0,                                                                                       \
          1e18,                                                                                    \
          "0",                                                                                     \
          NULL,                                                                                    \
          "what a split must gain, as a share of all rows" },                                      \
        { "ccp_alpha", NULL, PARAM_NUMBER, 0,                                                      \
          1e18,        "0",  NULL,         "price of a leaf when branches are pruned" },           \
        { "class_weight",                                                                          \
          NULL,                                                                                    \
          PARAM_CHOICE,                                                                            \
          0,                                                                                       \
          0,                                                                                       \
          "none",                                                                                  \
          class_weights,                                                                           \
          "balanced: classes count alike" },                                                       \
    {                                                                                              \
        "max_features", NULL, PARAM_TEXT, 1, 32, NULL, NULL,                                       \
            "columns tried at a split: sqrt, log2, all, a share or a number"                       \
    }

#define FOREST_PARAMS(bootstraps)                                                                  \
    { "n_estimators", "num_trees", PARAM_INTEGER, 1, 100000, "100", NULL, "trees" },               \
        { "bootstrap", NULL,       PARAM_BOOL, 0,                                                  \
          1,           bootstraps, NULL,       "rows of a tree are drawn with replacement" },      \
        { "max_samples",                                                                           \
          NULL,                                                                                    \
          PARAM_NUMBER,                                                                            \
          1e-9,                                                                                    \
          1,                                                                                       \
          "1",                                                                                     \
          NULL,                                                                                    \
          "share of the rows that is drawn for a tree" },                                          \
        SHAPE_PARAMS

static const struct param_spec tree_params[] = { SHAPE_PARAMS };
static const struct param_spec random_params[] = { FOREST_PARAMS("true") };
static const struct param_spec extra_params[] = { FOREST_PARAMS("false") };

#define FOREST_LEARNER                                                                             \
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES, .takes = TAKES_MISSING,        \
    .check = forest_check, .predict = predict, .explain = explain, .save = save, .load = load,     \
    .describe = describe

const struct learner learn_decision_tree = {
    .name = "decision_tree",
    .what = "one decision tree, for numbers and classes",
    .params = tree_params,
    .param_count = sizeof tree_params / sizeof *tree_params,
    .fit = tree_fit,
    FOREST_LEARNER,
};

const struct learner learn_random_forest = {
    .name = "random_forest",
    .what = "trees on drawn rows and columns, averaged",
    .params = random_params,
    .param_count = sizeof random_params / sizeof *random_params,
    .fit = random_fit,
    FOREST_LEARNER,
};

const struct learner learn_extra_trees = {
    .name = "extra_trees",
    .what = "trees with cuts at random, averaged",
    .params = extra_params,
    .param_count = sizeof extra_params / sizeof *extra_params,
    .fit = extra_fit,
    FOREST_LEARNER,
};
