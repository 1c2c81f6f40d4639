/* Training a model from a table and a recipe, and predicting with it. */
#include "core/learn/model.h"
#include "core/learn/columns.h"
#include "core/math/blas.h"
#include <math.h>
#include <stdio.h>

static bool refuse_empty(const struct column *target, size_t row, struct fault *why)
{
    return fault_set(why, BLAME_OPEN, "the target \"%.*s\" was empty in row %zu",
                     STR_ARGS(str_until(target->name, 60)), row + 1);
}

static bool number_target(const struct column *target, size_t rows, double *y, struct fault *why)
{
    if (target->kind != COLUMN_NUMBER)
        return fault_set(why, BLAME_OPEN, "the target \"%.*s\" holds text, numbers are needed",
                         STR_ARGS(str_until(target->name, 60)));
    for (size_t i = 0; i < rows; i++) {
        if (isnan(target->numbers[i]))
            return refuse_empty(target, i, why);
        y[i] = target->numbers[i];
    }
    return true;
}

static bool refuse_classes(const struct column *target, size_t count, struct fault *why)
{
    return fault_set(why, BLAME_OPEN, "the target \"%.*s\" has %s, the learner needs two",
                     STR_ARGS(str_until(target->name, 60)),
                     count == 1 ? "one class only" : "more than two classes");
}

static struct str print_number(struct arena *arena, double value)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_add_double(&out, NULL, value);
    return text_str(&text);
}

/* Classes in the order of their numbers; y becomes 0 or 1. */
static bool number_classes(struct arena *arena, const struct column *target, size_t rows, double *y,
                           struct str classes[2], struct fault *why)
{
    if (!number_target(target, rows, y, why))
        return false;
    double low = y[0], high = y[0];
    for (size_t i = 0; i < rows; i++) {
        low = fmin(low, y[i]);
        high = fmax(high, y[i]);
    }
    if (!(low < high))
        return refuse_classes(target, 1, why);
    for (size_t i = 0; i < rows; i++) {
        if (y[i] != low && y[i] != high)
            return refuse_classes(target, 3, why);
        y[i] = y[i] == high;
    }
    classes[0] = print_number(arena, low);
    classes[1] = print_number(arena, high);
    return true;
}

/* Classes in the order of their text. */
static bool text_classes(struct arena *arena, const struct column *target, size_t rows, double *y,
                         struct str classes[2], struct fault *why)
{
    int32_t first = -1, second = -1;
    for (size_t i = 0; i < rows; i++) {
        int32_t code = target->codes[i];
        if (code < 0)
            return refuse_empty(target, i, why);
        if (first < 0)
            first = code;
        else if (code != first && second < 0)
            second = code;
        else if (code != first && code != second)
            return refuse_classes(target, 3, why);
    }
    if (second < 0)
        return refuse_classes(target, 1, why);
    if (str_order(target->levels[first], target->levels[second]) > 0) {
        int32_t kept = first;
        first = second;
        second = kept;
    }
    for (size_t i = 0; i < rows; i++)
        y[i] = target->codes[i] == second;
    if (target->levels[first].len > LEVEL_BYTES_MOST ||
        target->levels[second].len > LEVEL_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "a class of the target is longer than %zu bytes",
                         LEVEL_BYTES_MOST);
    classes[0] = str_keep(arena, target->levels[first]);
    classes[1] = str_keep(arena, target->levels[second]);
    return true;
}

static bool target_read(struct arena *arena, const struct table *table, struct model *model,
                        double *y, struct fault *why)
{
    const struct column *target = column_needed(table, model->target, "the target", why);
    if (!target)
        return false;
    if (table->rows == 0)
        return fault_set(why, BLAME_OPEN, "the training data has no rows");
    if (!(model->learner->targets & TARGET_TWO_CLASSES)) {
        model->target_kind = TARGET_NUMBER;
        return number_target(target, table->rows, y, why);
    }
    model->target_kind = TARGET_TWO_CLASSES;
    return target->kind == COLUMN_NUMBER
               ? number_classes(arena, target, table->rows, y, model->classes, why)
               : text_classes(arena, target, table->rows, y, model->classes, why);
}

bool model_train(struct arena *arena, const struct table *table, const struct recipe *recipe,
                 struct model *out, struct fault *why)
{
    blas_start();
    *out = (struct model){ .learner = recipe->learner,
                           .params = recipe->params,
                           .target = str_keep(arena, recipe->target),
                           .id = str_keep(arena, recipe->id),
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
    double *y = arena_array(arena, double, table->rows);
    struct examples examples = { .y = y, .seed = recipe->seed, .threads = recipe->threads };
    if (!target_read(arena, table, out, y, why) ||
        !features_fit(arena, table, recipe, &out->features, why) ||
        !features_encode(arena, &out->features, table, &examples.x, why))
        return false;
    examples.target = out->target_kind;
    return out->learner->fit(arena, &examples, &out->params, &out->fitted, why);
}

bool model_predict(struct arena *arena, const struct model *model, const struct table *table,
                   double *out, struct fault *why)
{
    struct matrix x;
    if (!features_encode(arena, &model->features, table, &x, why))
        return false;
    model->learner->predict(model->fitted, x, out);
    for (size_t i = 0; i < table->rows; i++)
        if (!isfinite(out[i]))
            return fault_set(why, BLAME_OPEN,
                             "the prediction for row %zu went beyond the range of numbers", i + 1);
    return true;
}

static void describe_feature(const struct feature *feature, struct json_out *out)
{
    json_open_map(out, NULL);
    json_add_text(out, "name", feature->name);
    json_add_zero(out, "kind", feature->kind == FEATURE_NUMBER ? "number" : "category");
    json_add_bool(out, "missing_column", feature->missing_column);
    json_open_list(out, feature->kind == FEATURE_NUMBER ? "transforms" : "levels");
    for (size_t s = 0; s < feature->step_count; s++) {
        json_open_map(out, NULL);
        json_add_zero(out, "name", feature->steps[s].transform->name);
        json_open_list(out, "fitted");
        for (size_t i = 0; i < TRANSFORM_NUMBERS; i++)
            json_add_double(out, NULL, feature->steps[s].fitted[i]);
        json_close_list(out);
        json_close_map(out);
    }
    for (size_t k = 0; k < feature->level_count; k++)
        json_add_text(out, NULL, feature->levels[k]);
    json_close_list(out);
    json_close_map(out);
}

void model_describe(const struct model *model, struct json_out *out)
{
    json_open_map(out, NULL);
    json_add_zero(out, "learner", model->learner->name);
    json_open_map(out, "params");
    params_print(&model->params, out);
    json_close_map(out);
    json_add_text(out, "target", model->target);
    if (model->target_kind == TARGET_TWO_CLASSES) {
        json_open_list(out, "classes");
        json_add_text(out, NULL, model->classes[0]);
        json_add_text(out, NULL, model->classes[1]);
        json_close_list(out);
    }
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
    for (size_t f = 0; f < model->features.count; f++)
        describe_feature(&model->features.at[f], out);
    json_close_list(out);
    json_close_map(out);
}
