/* Fitting features to a table's columns. */
#include "core/learn/features.h"
#include "core/base/complaint.h"
#include "core/learn/columns.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool in_list(struct str name, const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(list[i], name))
            return true;
    return false;
}

static bool is_feature(const struct recipe *recipe, struct str name)
{
    return !str_equal(name, recipe->target) && !str_equal(name, recipe->id) &&
           !in_list(name, recipe->drop, recipe->drop_count);
}

/* One lost name is said by column_needed with who needs it; several are said at once. */
static bool names_there(const struct table *table, const struct recipe *recipe, struct fault *why)
{
    struct columns_lost lost = { .count = 0 };
    columns_lacking(table, recipe->drop, recipe->drop_count, &lost);
    for (size_t i = 0; i < recipe->step_count; i++)
        columns_lacking(table, recipe->steps[i].columns, recipe->steps[i].column_count, &lost);
    return lost.count < 2 ||
           fault_set(why, BLAME_OPEN, "the data does not have %zu columns of the pipeline: %s",
                     lost.count, lost.text);
}

/* A recipe's names must be there, and its steps fit their columns' kinds. */
static bool recipe_fits(const struct table *table, const struct recipe *recipe, struct fault *why)
{
    if (!names_there(table, recipe, why))
        return false;
    for (size_t i = 0; i < recipe->drop_count; i++)
        if (!column_needed(table, recipe->drop[i], "drop", why))
            return false;
    for (size_t s = 0; s < recipe->step_count; s++) {
        const struct transform_step *step = &recipe->steps[s];
        for (size_t i = 0; i < step->column_count; i++) {
            char of[40];
            snprintf(of, sizeof of, "transform %s", step->transform->name);
            const struct column *column = column_needed(table, step->columns[i], of, why);
            if (!column)
                return false;
            bool number = column_is_numeric(column);
            if (number != (step->transform->on == ON_NUMBERS))
                return fault_set(
                    why, BLAME_OPEN, "transform %s is for %s, column \"%.*s\" holds %s",
                    step->transform->name, number ? "text" : "numbers",
                    STR_ARGS(str_until(column->name, 60)), number ? "numbers" : "text");
        }
    }
    return true;
}

/* What fitting needs beside the columns: room for two columns of numbers. */
struct fitting {
    struct arena *arena;
    const struct recipe *recipe;
    size_t rows;
    double *values, *there;
};

static bool step_fit(struct fitting *fitting, const struct transform_step *step,
                     struct fitted_step *out)
{
    size_t count = 0;
    for (size_t i = 0; i < fitting->rows; i++)
        if (!isnan(fitting->values[i]))
            fitting->there[count++] = fitting->values[i];
    out->transform = step->transform;
    step->transform->fit(fitting->there, count, &step->params, out->fitted);
    for (size_t i = 0; i < TRANSFORM_NUMBERS; i++)
        if (!isfinite(out->fitted[i]))
            return false;
    step->transform->apply(fitting->values, fitting->rows, out->fitted);
    return true;
}

static bool number_fit(struct fitting *fitting, const struct column *column, struct feature *out,
                       struct fault *why)
{
    out->kind = FEATURE_NUMBER;
    out->steps = arena_array(fitting->arena, struct fitted_step, STEPS_MOST);
    memcpy(fitting->values, column->numbers, fitting->rows * sizeof(double));
    bool imputed = false;
    for (size_t s = 0; s < fitting->recipe->step_count; s++) {
        const struct transform_step *step = &fitting->recipe->steps[s];
        if (step->transform->on != ON_NUMBERS || !transform_step_covers(step, column->name))
            continue;
        if (!step_fit(fitting, step, &out->steps[out->step_count++]))
            return fault_set(why, BLAME_OPEN,
                             "transform %s of column \"%.*s\" went beyond the range of numbers",
                             step->transform->name, STR_ARGS(str_until(column->name, 60)));
        imputed |= str_is(S("impute"), step->transform->name);
    }
    out->missing_column = imputed && column->missing_count > 0;
    return true;
}

struct level {
    struct str text;
    size_t count;
};

static int commoner_first(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_order(x->text, y->text);
}

static int by_text(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

static void category_fit(struct fitting *fitting, const struct column *column,
                         const struct transform_step *step, struct feature *out)
{
    struct arena *arena = fitting->arena;
    size_t least = param_integer(&step->params, "min_count"), kept = 0;
    size_t most = param_integer(&step->params, "most");
    struct level *levels = arena_array(arena, struct level, column->level_count);
    out->kind = FEATURE_CATEGORY;
    for (size_t i = 0; i < column->level_count; i++)
        levels[i].text = column->levels[i];
    for (size_t i = 0; i < fitting->rows; i++)
        if (column->codes[i] >= 0)
            levels[column->codes[i]].count++;
    out->missing_column = column->missing_count > 0;
    qsort(levels, column->level_count, sizeof *levels, commoner_first);
    out->levels =
        arena_array(arena, struct str, most < column->level_count ? most : column->level_count);
    for (size_t i = 0; i < column->level_count && kept < most && levels[i].count >= least; i++)
        if (levels[i].text.len <= LEVEL_BYTES_MOST)
            out->levels[kept++] = str_keep(arena, levels[i].text);
    qsort(out->levels, kept, sizeof *out->levels, by_text);
    out->level_count = kept;
}

static bool feature_fit(struct fitting *fitting, const struct column *column, struct feature *out,
                        struct fault *why)
{
    out->name = str_keep(fitting->arena, column->name);
    if (column_is_numeric(column))
        return number_fit(fitting, column, out, why);
    for (size_t s = 0; s < fitting->recipe->step_count; s++) {
        const struct transform_step *step = &fitting->recipe->steps[s];
        if (step->transform->on != ON_CATEGORIES || !transform_step_covers(step, column->name))
            continue;
        category_fit(fitting, column, step, out);
        return true;
    }
    return fault_set(why, BLAME_OPEN,
                     "column \"%.*s\" holds text: drop it or add the transform one_hot",
                     STR_ARGS(str_until(column->name, 60)));
}

size_t feature_width(const struct feature *feature)
{
    size_t values = feature->kind == FEATURE_NUMBER ? 1 : feature->level_count;
    return values + feature->missing_column;
}

bool features_finish(struct arena *arena, struct features *features)
{
    size_t width = 0;
    for (size_t i = 0; i < features->count; i++)
        width += feature_width(&features->at[i]);
    features->width = width;
    if (width > FEATURES_MOST)
        return false;
    struct str *names = arena_array(arena, struct str, width), *name = names;
    for (size_t i = 0; i < features->count; i++) {
        const struct feature *feature = &features->at[i];
        if (feature->kind == FEATURE_NUMBER)
            *name++ = feature->name;
        for (size_t k = 0; k < feature->level_count; k++)
            *name++ = str_of(arena_print(arena, "%.*s=%.*s", STR_ARGS(feature->name),
                                         STR_ARGS(feature->levels[k])));
        if (feature->missing_column)
            *name++ = str_of(arena_print(arena, "%.*s is missing", STR_ARGS(feature->name)));
    }
    features->names = names;
    return true;
}

bool features_fit(struct arena *arena, const struct table *table, const struct recipe *recipe,
                  struct features *out, struct fault *why)
{
    *out = (struct features){ .at = arena_array(arena, struct feature, table->column_count) };
    struct fitting fitting = { arena, recipe, table->rows, arena_array(arena, double, table->rows),
                               arena_array(arena, double, table->rows) };
    if (!recipe_fits(table, recipe, why))
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (!is_feature(recipe, column->name))
            continue;
        if (column->name.len > LEVEL_BYTES_MOST)
            return fault_set(why, BLAME_OPEN, "the name of column %zu is longer than %zu bytes",
                             i + 1, LEVEL_BYTES_MOST);
        if (!feature_fit(&fitting, column, &out->at[out->count], why))
            return false;
        out->count++;
    }
    return features_finish(arena, out) ||
           fault_set(why, BLAME_OPEN, "the columns make %zu features, allowed are %zu", out->width,
                     FEATURES_MOST);
}
