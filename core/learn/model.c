/* Training a model from a table and a recipe, and predicting with it. */
#include "core/data/origin.h"
#include "core/learn/model.h"
#include "core/learn/columns.h"
#include "core/learn/features_columns.h"
#include "core/learn/validation.h"
#include "core/math/blas.h"
#include <math.h>
#include <stdio.h>

#define CALIBRATION_FOLDS 5

/*
 * From predictions of rows that their model did not see: 5-fold cross-validation. Rows that no fold
 * tests on (the first ones in time) are left out.
 */
static bool calibrate(struct arena *arena, const struct table *table, const struct recipe *recipe,
                      const struct target *target, struct calibration *out, struct fault *why)
{
    struct recipe plain = *recipe;
    struct validation how = { .folds = CALIBRATION_FOLDS };
    struct validator validator;
    struct validated result;
    if (!recipe->calibration)
        return true;
    if (!target->class_count)
        return fault_set(why, BLAME_OPEN, "calibration is for classes, the target is a number");
    plain.calibration = CALIBRATION_NONE;
    if (!validator_open(arena, table, &plain, &how, &validator, why))
        return false;
    size_t width = validator.width, count = 0;
    double *seen = arena_array(arena, double, table->rows *width);
    double *truth = arena_array(arena, double, table->rows);
    if (!validator_run(arena, &validator, &plain, seen, &result, why))
        return false;
    for (size_t i = 0; i < table->rows; i++) {
        if (isnan(seen[i * width]))
            continue;
        memmove(seen + count * width, seen + i * width, width * sizeof *seen);
        truth[count++] = target->y[i];
    }
    return calibration_fit(arena, recipe->calibration, width, count, seen, truth, NULL, out, why);
}

/* *out: NULL where no column says how much a row counts. */
static bool weights_read(struct arena *arena, const struct table *table, struct str name,
                         const double **out, struct fault *why)
{
    double total = 0;
    if (!name.len)
        return true;
    const struct column *column = column_needed(table, name, "the weight", why);
    if (!column)
        return false;
    if (!column_is_numeric(column))
        return fault_set(why, BLAME_OPEN, "the weight \"%.*s\" holds text, numbers are needed",
                         STR_ARGS(str_until(name, 60)));
    for (size_t i = 0; i < table->rows; i++) {
        if (!(column->numbers[i] >= 0) || !isfinite(column->numbers[i]))
            return cell_fault(
                arena, column, i, why, "the weight \"%.*s\" was %s, allowed are numbers from 0 on",
                STR_ARGS(str_until(name, 60)), isnan(column->numbers[i]) ? "empty" : "below 0");
        total += column->numbers[i];
    }
    *out = column->numbers;
    return (total > 0 && isfinite(total)) ||
           fault_set(why, BLAME_OPEN, "the weights \"%.*s\" add up to %s",
                     STR_ARGS(str_until(name, 60)), total > 0 ? "more than a number holds" : "0");
}

static bool inputs_read(struct arena *arena, const struct learner *learner,
                        const struct features *features, struct inputs *out, struct fault *why)
{
    return (learner->fit_scaled && features_scaled_training(arena, features, out)) ||
           (learner->fit_columns && features_columns_training(arena, features, out)) ||
           features_encode_training(arena, features, out, why);
}

bool model_train(struct arena *arena, const struct table *table, const struct recipe *recipe,
                 struct model *out, struct fault *why)
{
    blas_start();
    *out = (struct model){ .learner = recipe->learner,
                           .params = recipe->params,
                           .target = str_keep(arena, recipe->target),
                           .id = str_keep(arena, recipe->id),
                           .time = str_keep(arena, recipe->time),
                           .group = str_keep(arena, recipe->group),
                           .weight = str_keep(arena, recipe->weight),
                           .seed = recipe->seed,
                           .rows = table->rows,
                           .version = S(HOLDOUT_VERSION) };
    if (!str_equal(recipe->id, recipe_default().id) &&
        !column_needed(table, recipe->id, "the id", why))
        return false; /* only the default may be absent: whoever names another one means it */
    if (recipe->target.len > LEVEL_BYTES_MOST || recipe->id.len > LEVEL_BYTES_MOST)
        return fault_set(why, BLAME_OPEN,
                         "the name of the target or of the id is longer than %zu bytes",
                         LEVEL_BYTES_MOST);
    struct target target;
    struct examples examples = { .seed = recipe->seed, .threads = recipe->threads };
    if (!target_read(arena, table, recipe->target, recipe->learner, recipe->targets, &target,
                     why) ||
        !features_fit(arena, table, recipe, &target, &out->features, why) ||
        !inputs_read(arena, recipe->learner, &out->features, &examples.in, why) ||
        !weights_read(arena, table, recipe->weight, &examples.weight, why))
        return false;
    examples.names = out->features.names;
    examples.y = target.y;
    examples.target = out->target_kind = target.kind;
    examples.class_count = out->class_count = target.class_count;
    out->classes = target.classes;
    return out->learner->fit(arena, &examples, &out->params, &out->fitted, why) &&
           calibrate(arena, table, recipe, &target, &out->calibration, why);
}

size_t model_width(const struct model *model)
{
    return target_width(model->target_kind, model->class_count);
}

struct predicting {
    const struct model *model;
    unsigned threads;
    double *out;
};

static void predict_part(void *work, struct arena *scratch, const struct inputs *in, size_t from)
{
    const struct predicting *all = work;
    const struct model *model = all->model;
    model->learner->predict(scratch, model->fitted, in, all->threads,
                            all->out + from * model_width(model));
}

bool model_predict(struct arena *arena, const struct model *model, const struct table *table,
                   unsigned threads, double *out, struct fault *why)
{
    size_t width = model_width(model);
    struct predicting all = { model, threads, out };
    struct inputs_taker taker = { predict_part, &all };
    if (!features_encode_parts(arena, &model->features, table, threads, &taker, why))
        return false;
    calibration_apply(&model->calibration, out, table->rows);
    for (size_t i = 0; i < table->rows * width; i++)
        if (!isfinite(out[i]))
            return fault_set(why, BLAME_OPEN,
                             "the prediction for row %zu went beyond the range of numbers",
                             i / width + 1);
    return true;
}

void model_describe(const struct model *model, struct json_out *out)
{
    json_open_map(out, NULL);
    json_add_zero(out, "learner", model->learner->name);
    json_open_map(out, "params");
    params_print(&model->params, out);
    json_close_map(out);
    json_add_text(out, "target", model->target);
    if (model->class_count) {
        json_open_list(out, "classes");
        for (size_t k = 0; k < model->class_count; k++)
            json_add_text(out, NULL, model->classes[k]);
        json_close_list(out);
    }
    if (model->calibration.kind)
        json_add_zero(out, "calibration", calibration_name(model->calibration.kind));
    json_add_text(out, "id", model->id);
    json_add_int(out, "rows", (int64_t)model->rows);
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)model->seed);
    json_add_raw(out, "seed", str_of(seed));
    json_add_text(out, "version", model->version);
    json_open_map(out, "fitted");
    struct feature_names names = { model->features.names, model->features.width };
    model->learner->describe(model->fitted, &names, out);
    json_close_map(out);
    json_open_list(out, "features");
    features_describe(&model->features, out);
    json_close_list(out);
    json_close_map(out);
}
