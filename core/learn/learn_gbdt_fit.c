/* Boosting: samples, rounds, early stopping. */
#include "core/learn/learn_gbdt_fit.h"
#include "core/learn/tree_weights.h"
#include "core/math/random.h"
#include "core/math/threads.h"
#include <math.h>

enum { STREAM_ROWS = 1000000000, STREAM_COLUMNS, STREAM_VALIDATION };

struct boosting {
    const struct examples *examples;
    const struct params *params;
    struct gbdt *gbdt;
    struct binned binned;
    struct loss loss, validation;
    bool validating;
    struct grow_rules rules;
    struct grower *grower;
    struct gradient_maker *maker, *validation_maker;
    struct gradients *gradients; /* [width] */
    bool *drawn, *wanted;        /* NULL: all */
    uint32_t *order;             /* of columns */
    double *left;                /* what is left of the target, for quantiles */
    double *left_weights;
};

/* What would be without effect is refused. */
static bool weights_fit(const struct examples *examples, const struct params *params,
                        struct fault *why)
{
    double positive = param_number(params, "scale_pos_weight");
    if (!examples->class_count && param_is(params, "class_weight", "balanced"))
        return fault_set(why, BLAME_OPEN, "class_weight is for classes, the target is a number");
    return examples->class_count == 2 || (positive >= 1 && positive <= 1) ||
           fault_set(why, BLAME_OPEN, "scale_pos_weight is for two classes, the target %s",
                     examples->class_count ? "has more" : "is a number");
}

static bool target_fits(const struct examples *examples, const struct objective *objective,
                        struct fault *why)
{
    bool ranking = strncmp(objective->name, "rank:", 5) == 0;
    bool counts = strcmp(objective->name, "count:poisson") == 0;
    if (!(objective->targets & examples->target))
        return fault_set(why, BLAME_OPEN, "gbdt's objective %s does not fit the target",
                         objective->name);
    if (ranking && !examples->in.group)
        return fault_set(why, BLAME_OPEN, "gbdt's objective %s needs a group column: the query",
                         objective->name);
    for (size_t i = 0; i < inputs_rows(&examples->in) && (ranking || counts); i++)
        if (!(examples->y[i] >= 0))
            return fault_set(why, BLAME_OPEN, "gbdt's objective %s takes no target below 0",
                             objective->name);
    return true;
}

/* Rows to validate on learn nothing: their weight goes to the other loss. Whole queries. */
static void validation_split(struct arena *arena, struct boosting *boosting)
{
    const struct examples *examples = boosting->examples;
    size_t rows = boosting->loss.rows, kept = 0;
    double share = param_number(boosting->params, "validation_fraction");
    const uint32_t *group = boosting->loss.queries ? examples->in.group : NULL;
    double *learn = arena_array(arena, double, rows), *validate = arena_array(arena, double, rows);
    struct random random = random_stream(examples->seed, STREAM_VALIDATION);
    for (size_t i = 0; i < rows; i++) {
        double weight = boosting->loss.weight ? boosting->loss.weight[i] : 1;
        struct random own = random_stream(examples->seed ^ STREAM_VALIDATION, group ? group[i] : 0);
        bool validates = random_unit(group ? &own : &random) < share;
        learn[i] = validates ? 0 : weight;
        validate[i] = validates ? weight : 0;
        kept += validates && weight > 0;
        boosting->validating |= validates && weight > 0;
    }
    if (!boosting->validating || kept >= rows)
        boosting->validating = false;
    if (!boosting->validating)
        return;
    boosting->validation = boosting->loss;
    boosting->loss.weight = learn;
    boosting->validation.weight = validate;
}

static bool loss_prepare(struct arena *arena, struct boosting *boosting, struct fault *why)
{
    const struct examples *examples = boosting->examples;
    const struct params *params = boosting->params;
    struct loss *loss = &boosting->loss;
    *loss = (struct loss){ .objective = objective_of((size_t)param_number(params, "objective"),
                                                     examples->target),
                           .y = examples->y,
                           .rows = inputs_rows(&examples->in),
                           .width = target_width(examples->target, examples->class_count),
                           .quantile = param_number(params, "quantile_alpha"),
                           .slope = param_number(params, "huber_slope"),
                           .threads = examples->threads };
    if (loss->threads > THREADS_MOST)
        loss->threads = THREADS_MOST;
    if (!target_fits(examples, loss->objective, why) || !weights_fit(examples, params, why))
        return false;
    loss->weight = tree_weights(arena, examples, param_is(params, "class_weight", "balanced"),
                                param_number(params, "scale_pos_weight"));
    loss->margins = arena_array(arena, double, loss->rows * loss->width);
    if (loss->objective->gradient == queries_gradient)
        loss->queries = queries_new(arena, loss, &examples->in);
    if (param_number(params, "early_stopping_rounds") > 0)
        validation_split(arena, boosting);
    double *base = boosting->gbdt->model->base;
    if (loss->objective->base)
        loss->objective->base(arena, loss, base);
    for (size_t k = 0; k < loss->width; k++)
        if (!isfinite(base[k]))
            return fault_set(why, BLAME_OPEN, "the target went beyond the range of numbers");
    for (size_t i = 0; i < loss->rows * loss->width; i++)
        loss->margins[i] = base[i % loss->width];
    boosting->validation.margins = loss->margins;
    return true;
}

/* A leaf gets the quantile of what is left of the target there. */
static double renewed(void *work, const uint32_t *rows, size_t count, size_t place)
{
    const struct boosting *boosting = work;
    const struct loss *loss = &boosting->loss;
    double *left = boosting->left + place, *weights = boosting->left_weights + place;
    size_t some = 0;
    for (size_t i = 0; i < count; i++) {
        double weight = loss->weight ? loss->weight[rows[i]] : 1;
        if (weight <= 0 || (boosting->drawn && !boosting->drawn[rows[i]]))
            continue;
        weights[some] = weight;
        left[some++] = loss->y[rows[i]] - loss->margins[rows[i]];
    }
    double share = loss->objective->quantile > 1 ? loss->quantile : loss->objective->quantile;
    return weighted_quantile(left, loss->weight ? weights : NULL, some, share);
}

static void rules_set(struct boosting *boosting)
{
    const struct params *params = boosting->params;
    boosting->rules = (struct grow_rules){
        .split = { .lambda = param_number(params, "lambda"),
                   .alpha = param_number(params, "alpha"),
                   .gamma = param_number(params, "gamma"),
                   .min_child_weight = param_number(params, "min_child_weight"),
                   .max_delta_step = param_number(params, "max_delta_step"),
                   .cat_smooth = param_number(params, "cat_smooth") },
        .learning_rate = param_number(params, "learning_rate"),
        .max_depth = param_integer(params, "max_depth"),
        .max_leaves = param_integer(params, "max_leaves"),
        .lossguide = param_is(params, "grow_policy", "lossguide"),
    };
    if (!boosting->rules.max_leaves)
        boosting->rules.lossguide = false; /* all are split, in whatever order */
}

static void draw(struct boosting *boosting, size_t round)
{
    const struct params *params = boosting->params;
    uint64_t seed = boosting->examples->seed;
    double rows = param_number(params, "subsample");
    struct random random = random_stream(seed + STREAM_ROWS, round);
    for (size_t i = 0; boosting->drawn && i < boosting->loss.rows; i++)
        boosting->drawn[i] = random_unit(&random) < rows;
    if (!boosting->wanted)
        return;
    size_t columns = boosting->binned.columns;
    double share = param_number(params, "colsample_bytree") * (double)columns;
    size_t taken = share < 1 ? 1 : (size_t)share;
    random = random_stream(seed + STREAM_COLUMNS, round);
    memset(boosting->wanted, 0, columns * sizeof *boosting->wanted);
    for (size_t c = 0; c < columns; c++)
        boosting->order[c] = (uint32_t)c;
    for (size_t k = 0; k < taken; k++) {
        size_t with = k + (size_t)random_below(&random, columns - k);
        uint32_t chosen = boosting->order[with];
        boosting->order[with] = boosting->order[k];
        boosting->order[k] = chosen;
        boosting->wanted[chosen] = true;
    }
}

static void room_make(struct arena *arena, struct boosting *boosting, size_t rounds)
{
    const struct params *params = boosting->params;
    struct loss *loss = &boosting->loss;
    struct gbdt *gbdt = boosting->gbdt;
    gbdt->model->trees = arena_array(arena, struct tree, rounds * loss->width);
    gbdt->train_loss = arena_array(arena, double, rounds);
    gbdt->validation_loss = arena_array(arena, double, boosting->validating ? rounds : 0);
    boosting->grower =
        grower_new(arena, &boosting->binned, &boosting->rules, loss->threads, loss->crew);
    boosting->maker = gradient_maker_new(arena, loss, true);
    if (boosting->validating)
        boosting->validation_maker = gradient_maker_new(arena, &boosting->validation, false);
    boosting->gradients = arena_array(arena, struct gradients, loss->width);
    if (param_number(params, "subsample") < 1)
        boosting->drawn = arena_array(arena, bool, loss->rows);
    if (param_number(params, "colsample_bytree") < 1 && boosting->binned.columns) {
        boosting->wanted = arena_array(arena, bool, boosting->binned.columns);
        boosting->order = arena_array(arena, uint32_t, boosting->binned.columns);
    }
    if (loss->objective->quantile >= 0) {
        boosting->left = arena_array(arena, double, loss->rows);
        boosting->left_weights = arena_array(arena, double, loss->rows);
    }
}

/* One round; false when numbers ran out of their range. The loss before it. */
static bool round_make(struct arena *arena, struct boosting *boosting, size_t round, double *loss)
{
    size_t width = boosting->loss.width;
    struct tree_model *model = boosting->gbdt->model;
    struct leaf_renewal renewal = { renewed, boosting };
    draw(boosting, round);
    if (boosting->loss.queries)
        queries_update(&boosting->loss);
    *loss = gradients_make(boosting->maker, boosting->drawn, boosting->gradients);
    if (!isfinite(*loss))
        return false;
    for (size_t k = 0; k < width; k++) {
        struct growth growth = { .gradients = &boosting->gradients[k],
                                 .wanted = boosting->wanted,
                                 .renewal = boosting->left ? &renewal : NULL,
                                 .margins = boosting->loss.margins + k,
                                 .step = width };
        grower_grow(arena, boosting->grower, &growth, &model->trees[model->tree_count++], model);
    }
    return true;
}

static double mean_loss(const struct loss *loss, struct gradient_maker *maker)
{
    if (loss->queries)
        queries_update(loss);
    return loss_mean(maker);
}

static bool boost(struct arena *arena, struct boosting *boosting, size_t rounds, struct fault *why)
{
    struct gbdt *gbdt = boosting->gbdt;
    size_t patience = param_integer(boosting->params, "early_stopping_rounds"), best = 0;
    double before, lowest = INFINITY;
    for (size_t round = 0; round < rounds; round++) {
        if (!round_make(arena, boosting, round, &before))
            return fault_set(why, BLAME_OPEN, "the target went beyond the range of numbers");
        if (round)
            gbdt->train_loss[round - 1] = before;
        gbdt->rounds = gbdt->loss_count = round + 1;
        if (!boosting->validating)
            continue;
        double now = mean_loss(&boosting->validation, boosting->validation_maker);
        gbdt->validation_loss[gbdt->validation_count++] = now;
        if (now < lowest) {
            lowest = now;
            best = round;
        } else if (round - best >= patience) {
            break;
        }
    }
    if (gbdt->rounds)
        gbdt->train_loss[gbdt->rounds - 1] = mean_loss(&boosting->loss, boosting->maker);
    if (boosting->validating && gbdt->rounds) {
        gbdt->rounds = best + 1;
        gbdt->model->tree_count = gbdt->rounds * boosting->loss.width;
    }
    return true;
}

bool gbdt_fit(struct arena *arena, const struct examples *examples, const struct params *params,
              struct gbdt *gbdt, struct fault *why)
{
    struct boosting boosting = { .examples = examples, .params = params, .gbdt = gbdt };
    size_t columns = examples->in.dense.columns, most = param_integer(params, "max_bin");
    size_t rounds = param_integer(params, "n_estimators");
    gbdt->model =
        tree_model_new(arena, columns, target_width(examples->target, examples->class_count), 1);
    if (!loss_prepare(arena, &boosting, why))
        return false;
    rules_set(&boosting);
    if (!tree_monotone(arena, examples, param_text(params, "monotone_constraints"),
                       &boosting.rules.split.monotone, why))
        return false;
    boosting.binned = bins_fit(
        arena, examples,
        (struct binning){ .most = most < BINS_MOST ? most : BINS_MOST, .by_column = true });
    boosting.loss.crew = boosting.validation.crew = crew_start(arena, boosting.loss.threads);
    room_make(arena, &boosting, rounds);
    bool done = boost(arena, &boosting, rounds, why);
    crew_end(boosting.loss.crew);
    if (!done)
        return false;
    tree_model_finish(arena, gbdt->model, &boosting.binned.bins);
    gbdt->objective = objective_index(boosting.loss.objective);
    return true;
}
