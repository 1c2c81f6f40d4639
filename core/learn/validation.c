/* Cross-validation. */
#include "core/learn/validation.h"
#include "core/data/origin.h"
#include "core/data/dictionary.h"
#include "core/learn/columns.h"
#include "core/math/distribution.h"
#include "core/math/sum.h"
#include <math.h>

#define FOLDS 5

const struct metric *metric_usual(enum target_kind kind)
{
    return metric_find(kind == TARGET_NUMBER    ? S("rmse")
                       : kind == TARGET_CLASSES ? S("log_loss")
                                                : S("roc_auc"));
}

enum truth_kind truth_kind_of(enum target_kind kind)
{
    return kind == TARGET_NUMBER        ? TRUTH_NUMBER
           : kind == TARGET_TWO_CLASSES ? TRUTH_BINARY
                                        : TRUTH_CLASSES;
}

static bool metric_settle(struct validator *v, const struct metric *wanted, struct fault *why)
{
    enum truth_kind kind = truth_kind_of(v->target.kind);
    v->metric = wanted ? wanted : metric_usual(v->target.kind);
    if (kind == TRUTH_NUMBER && v->metric->kinds & (TRUTH_BINARY | TRUTH_CLASSES) &&
        !(v->metric->kinds & kind))
        return fault_set(why, BLAME_OPEN,
                         "the metric %s measures classes, but the target is learned as a number: "
                         "take a learner of classes, such as logistic",
                         v->metric->name);
    return v->metric->kinds & kind ||
           fault_set(why, BLAME_OPEN, "the metric %s does not measure this kind of target",
                     v->metric->name);
}

static int32_t *class_codes(struct arena *arena, const struct target *target, size_t rows)
{
    if (!target->class_count)
        return NULL;
    int32_t *codes = arena_array(arena, int32_t, rows);
    for (size_t i = 0; i < rows; i++)
        codes[i] = (int32_t)target->y[i];
    return codes;
}

static const int32_t *group_codes(struct arena *arena, const struct column *column, size_t rows)
{
    if (!column_is_numeric(column))
        return column->codes;
    struct dictionary groups = { .arena = arena };
    int32_t *codes = arena_array(arena, int32_t, rows);
    for (size_t i = 0; i < rows; i++)
        codes[i] = column_is_missing(column, i)
                       ? -1
                       : dictionary_add(&groups, column_text(arena, column, i));
    return codes;
}

static size_t first_missing(const struct column *column, size_t rows)
{
    size_t at = 0;
    while (at + 1 < rows && !column_is_missing(column, at))
        at++;
    return at;
}

static bool splits_make(struct arena *arena, const struct recipe *recipe, size_t folds,
                        size_t repeats, struct validator *v, struct fault *why)
{
    size_t rows = v->table->rows;
    if (recipe->time.len) {
        const struct column *time = column_needed(v->table, recipe->time, "the time", why);
        if (!time)
            return false;
        if (!column_is_numeric(time) || time->missing_count)
            return column_is_numeric(time)
                       ? cell_fault(arena, time, first_missing(time, rows), why,
                                    "the time \"%.*s\" was empty",
                                    STR_ARGS(str_until(recipe->time, 60)))
                       : fault_set(why, BLAME_OPEN, "the time column \"%.*s\" holds text",
                                   STR_ARGS(str_until(recipe->time, 60)));
        return split_time(arena, time->numbers, rows, folds, 0, &v->splits, why);
    }
    if (recipe->group.len) {
        const struct column *group = column_needed(v->table, recipe->group, "the group", why);
        return group && split_grouped(arena, group_codes(arena, group, rows), rows, folds,
                                      recipe->seed, &v->splits, why);
    }
    return split_repeated(arena, class_codes(arena, &v->target, rows), rows, folds, repeats,
                          recipe->seed, &v->splits, why);
}

bool validator_open(struct arena *arena, const struct table *table, const struct recipe *recipe,
                    const struct validation *how, struct validator *out, struct fault *why)
{
    *out = (struct validator){ .table = table };
    if (recipe->learner->targets == TARGET_NONE)
        return fault_set(why, BLAME_OPEN, "%s learns without a target: there is nothing to measure",
                         recipe->learner->name);
    if (!target_read(arena, table, recipe->target, recipe->learner, recipe->targets, &out->target,
                     why))
        return false;
    out->width = target_width(out->target.kind, out->target.class_count);
    return metric_settle(out, how->metric, why) &&
           splits_make(arena, recipe, how->folds ? how->folds : FOLDS,
                       how->repeats ? how->repeats : 1, out, why);
}

void validator_scored(struct arena *arena, const struct validator *v, const size_t *rows,
                      size_t count, const double *prediction, struct scored *out)
{
    double *truth = arena_array(arena, double, count);
    for (size_t i = 0; i < count; i++)
        truth[i] = v->target.y[rows[i]];
    *out = (struct scored){ .kind = truth_kind_of(v->target.kind),
                            .n = count,
                            .class_count = v->target.class_count,
                            .width = v->width,
                            .truth = truth,
                            .prediction = prediction };
}

/*
 * A fold may lack a class: its model's classes are then fewer. Columns go where the whole table's
 * classes are; a class that the model does not know has probability 0.
 */
static bool classes_align(const struct validator *v, const struct model *model, const double *in,
                          size_t rows, double *out, struct fault *why)
{
    size_t width = model_width(model);
    if (v->target.kind == TARGET_NUMBER || model->class_count == v->target.class_count) {
        memcpy(out, in, rows * width * sizeof *in);
        return true;
    }
    if (model->class_count < 2)
        return fault_set(why, BLAME_OPEN, "a fold has one class only: use fewer folds");
    memset(out, 0, rows * v->width * sizeof *out);
    for (size_t k = 0; k < model->class_count; k++) {
        size_t at = 0;
        while (!str_equal(v->target.classes[at], model->classes[k]))
            at++;
        for (size_t i = 0; i < rows; i++)
            out[i * v->width + at] = width > 1 ? in[i * width + k] : k ? in[i] : 1 - in[i];
    }
    return true;
}

bool validator_fold(struct arena *arena, const struct validator *v, const struct recipe *recipe,
                    size_t fold, double *prediction, double *value, struct fault *why)
{
    const struct split *split = &v->splits.at[fold];
    struct arena_mark mark = arena_mark(arena);
    struct table train, test;
    struct model model;
    table_select(arena, v->table, split->train, split->train_count, &train);
    table_select(arena, v->table, split->test, split->test_count, &test);
    struct recipe kinds = *recipe; /* what the whole target is, also where a fold has less of it */
    kinds.targets =
        v->target.kind == TARGET_NUMBER ? TARGET_NUMBER : TARGET_TWO_CLASSES | TARGET_CLASSES;
    if (!model_train(arena, &train, &kinds, &model, why))
        return false;
    double *raw = arena_array(arena, double, split->test_count *model_width(&model));
    double *aligned = arena_array(arena, double, split->test_count * v->width);
    struct scored rows;
    if (!model_predict(arena, &model, &test, recipe->threads, raw, why) ||
        !classes_align(v, &model, raw, split->test_count, aligned, why))
        return false;
    validator_scored(arena, v, split->test, split->test_count, aligned, &rows);
    struct metric_options options = { .without_interval = true };
    *value = metric_measure(arena, v->metric, &rows, &options).value;
    if (prediction)
        memcpy(prediction, aligned, split->test_count * v->width * sizeof *prediction);
    arena_rewind(arena, mark);
    return true;
}

void validated_of(const struct validator *v, const double *values, struct validated *out)
{
    *out = (struct validated){ .count = v->splits.count, .values = values };
    double n = (double)out->count, test = 0, train = 0;
    out->mean = mean_of(out->values, out->count);
    out->deviation =
        out->count > 1 ? sqrt(variance_of(out->values, out->count, out->mean) * n / (n - 1)) : NAN;
    for (size_t f = 0; f < out->count; f++) {
        test += (double)v->splits.at[f].test_count;
        train += (double)v->splits.at[f].train_count;
    }
    double half = out->count > 1
                      ? t_quantile(0.975, n - 1) * out->deviation * sqrt(1 / n + test / train)
                      : NAN;
    out->low = isnan(half) ? NAN : fmax(out->mean - half, v->metric->least);
    out->high = isnan(half) ? NAN : fmin(out->mean + half, v->metric->most);
}

bool validator_run(struct arena *arena, const struct validator *v, const struct recipe *recipe,
                   double *out_of_fold, struct validated *out, struct fault *why)
{
    double *values = arena_array(arena, double, v->splits.count);
    size_t most = 0;
    for (size_t f = 0; f < v->splits.count; f++)
        if (v->splits.at[f].test_count > most)
            most = v->splits.at[f].test_count;
    double *prediction = arena_array(arena, double, most * v->width);
    for (size_t i = 0; out_of_fold && i < v->table->rows * v->width; i++)
        out_of_fold[i] = NAN;
    for (size_t f = 0; f < v->splits.count; f++) {
        const struct split *split = &v->splits.at[f];
        if (!validator_fold(arena, v, recipe, f, prediction, &values[f], why))
            return false;
        for (size_t i = 0; out_of_fold && i < split->test_count; i++)
            memcpy(out_of_fold + split->test[i] * v->width, prediction + i * v->width,
                   v->width * sizeof *prediction);
    }
    validated_of(v, values, out);
    return true;
}
