/* Permutation importance, partial dependence, Shapley values. */
#include "core/learn/explain.h"
#include "core/data/origin.h"
#include "core/data/number.h"
#include "core/learn/columns.h"
#include "core/math/order.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

static bool class_of(const struct model *model, struct str text, double *out)
{
    double number, other;
    for (size_t k = 0; k < model->class_count; k++)
        if (str_equal(model->classes[k], text) ||
            (str_to_double(text, &number) && str_to_double(model->classes[k], &other) &&
             number == other)) {
            *out = (double)k;
            return true;
        }
    return false;
}

static bool class_at(struct arena *arena, const struct model *model, const struct column *column,
                     size_t row, double *out, struct fault *why)
{
    char text[NUMBER_BYTES];
    struct str words = S("");
    if (column_is_numeric(column))
        words = (struct str){ text, number_print(column->numbers[row], text) };
    else if (column->codes[row] >= 0)
        words = column->levels[column->codes[row]];
    return class_of(model, words, out) ||
           cell_fault(arena, column, row, why, "the target was \"%.*s\", no class of the model",
                      STR_ARGS(str_until(words, 40)));
}

bool model_truth(struct arena *arena, const struct model *model, const struct table *table,
                 double *y, struct fault *why)
{
    if (model->target_kind == TARGET_NONE)
        return fault_set(why, BLAME_OPEN, "%s has no target to measure against",
                         model->learner->name);
    const struct column *column = column_needed(table, model->target, "the target", why);
    if (!column)
        return false;
    for (size_t i = 0; i < table->rows; i++) {
        if (column_is_missing(column, i))
            return cell_fault(arena, column, i, why, "the target was empty");
        if (model->class_count) {
            if (!class_at(arena, model, column, i, &y[i], why))
                return false;
        } else if (!column_is_numeric(column)) {
            return fault_set(why, BLAME_OPEN, "the target holds text, numbers are needed");
        } else {
            y[i] = column->numbers[i];
        }
    }
    return true;
}

/* Predictions of tables that differ in one column, measured. */
struct measuring {
    struct arena *arena;
    const struct model *model;
    const struct metric *metric;
    unsigned threads;
    struct scored scored;
    double *prediction;
};

static bool measuring_open(struct arena *arena, const struct model *model,
                           const struct table *table, const struct metric *metric,
                           struct measuring *out, struct fault *why)
{
    double *y = arena_array(arena, double, table->rows);
    size_t width = model_width(model);
    if (!model_truth(arena, model, table, y, why))
        return false;
    *out = (struct measuring){ .arena = arena, .model = model, .metric = metric };
    if (!metric)
        out->metric = metric_usual(model->target_kind);
    out->prediction = arena_array(arena, double, table->rows *width);
    out->scored = (struct scored){ .kind = truth_kind_of(model->target_kind),
                                   .n = table->rows,
                                   .class_count = model->class_count,
                                   .width = width,
                                   .truth = y,
                                   .prediction = out->prediction };
    return out->metric->kinds & out->scored.kind ||
           fault_set(why, BLAME_OPEN, "the metric %s does not measure this kind of target",
                     out->metric->name);
}

static bool measure(struct measuring *m, const struct table *table, double *value,
                    struct fault *why)
{
    struct arena_mark mark = arena_mark(m->arena);
    struct metric_options options = { .without_interval = true };
    if (!model_predict(m->arena, m->model, table, m->threads, m->prediction, why))
        return false;
    *value = metric_measure(m->arena, m->metric, &m->scored, &options).value;
    arena_rewind(m->arena, mark);
    return true;
}

static bool is_asked(const struct model *model, struct str name)
{
    return !str_equal(name, model->target) && !str_equal(name, model->id) &&
           !str_equal(name, model->time) && !str_equal(name, model->group) &&
           !str_equal(name, model->weight);
}

/* A column with its cells in another order. */
static struct column shuffled(struct arena *arena, const struct column *column, size_t rows,
                              const size_t *order)
{
    struct column out = *column;
    double *numbers = column_is_numeric(column) ? arena_array(arena, double, rows) : NULL;
    int32_t *codes = numbers ? NULL : arena_array(arena, int32_t, rows);
    for (size_t i = 0; i < rows; i++) {
        if (numbers)
            numbers[i] = column->numbers[order[i]];
        else
            codes[i] = column->codes[order[i]];
    }
    out.numbers = numbers;
    out.codes = codes;
    return out;
}

/* By how much the metric gets worse with column `at` shuffled: repeats of it. */
static bool column_measure(struct measuring *m, const struct table *table, size_t at,
                           const struct random *random, double base, struct sum *sums,
                           size_t repeats, double *values, struct fault *why)
{
    struct arena_mark mark = arena_mark(m->arena);
    struct column *columns = arena_array(m->arena, struct column, table->column_count);
    size_t *order = arena_array(m->arena, size_t, table->rows);
    struct random stream = random_stream(random->state, at);
    struct table with = { table->rows, table->column_count, columns };
    memcpy(columns, table->columns, table->column_count * sizeof *columns);
    for (size_t r = 0; r < repeats; r++) {
        double value;
        for (size_t i = 0; i < table->rows; i++)
            order[i] = i;
        random_shuffle(&stream, order, table->rows);
        columns[at] = shuffled(m->arena, &table->columns[at], table->rows, order);
        if (!measure(m, &with, &value, why))
            return false;
        values[r] = m->metric->higher_is_better ? base - value : value - base;
        sum_add(sums, values[r]);
    }
    arena_rewind(m->arena, mark);
    return true;
}

struct measured {
    struct str column;
    size_t at;
    double mean, deviation;
};

static int largest_first(const void *a, const void *b)
{
    const struct measured *x = a, *y = b;
    if (x->mean != y->mean)
        return x->mean > y->mean ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static void importance_fill(struct arena *arena, const struct measured *all, size_t count,
                            struct importance *out)
{
    struct str *columns = arena_array(arena, struct str, count);
    double *mean = arena_array(arena, double, count);
    double *deviation = arena_array(arena, double, count);
    for (size_t i = 0; i < count; i++) {
        columns[i] = all[i].column;
        mean[i] = all[i].mean;
        deviation[i] = all[i].deviation;
    }
    out->count = count;
    out->columns = columns;
    out->mean = mean;
    out->deviation = deviation;
}

bool importance_measure(struct arena *arena, const struct model *model, const struct table *table,
                        const struct metric *metric, size_t repeats, uint64_t seed,
                        unsigned threads, struct importance *out, struct fault *why)
{
    struct measuring m;
    struct random random = { seed };
    if (!measuring_open(arena, model, table, metric, &m, why))
        return false;
    m.threads = threads;
    *out = (struct importance){ .metric = m.metric };
    struct measured *all = arena_array(arena, struct measured, table->column_count);
    double *values = arena_array(arena, double, repeats);
    size_t count = 0;
    if (!measure(&m, table, &out->value, why))
        return false;
    for (size_t c = 0; c < table->column_count; c++) {
        struct sum sum = { 0 };
        if (!is_asked(model, table->columns[c].name))
            continue;
        if (!column_measure(&m, table, c, &random, out->value, &sum, repeats, values, why))
            return false;
        double mean = sum_value(&sum) / (double)repeats;
        all[count++] = (struct measured){ table->columns[c].name, c, mean,
                                          sqrt(variance_of(values, repeats, mean)) };
    }
    qsort(all, count, sizeof *all, largest_first);
    importance_fill(arena, all, count, out);
    return true;
}

/* The values that a column is set to, one after the other. */
static size_t number_points(struct arena *arena, const struct column *column, size_t rows,
                            double **out)
{
    double *there = arena_array(arena, double, rows);
    double *points = arena_array(arena, double, DEPENDENCE_POINTS);
    size_t n = 0, count = 0;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(column->numbers[i]))
            there[n++] = column->numbers[i];
    sort_numbers(there, n);
    for (size_t k = 0; n && k < DEPENDENCE_POINTS; k++) {
        double x = quantile_sorted(there, n, (double)k / (double)(DEPENDENCE_POINTS - 1));
        if (!count || x > points[count - 1])
            points[count++] = x;
    }
    *out = points;
    return count;
}

static size_t level_points(struct arena *arena, const struct column *column, size_t rows,
                           int32_t **out)
{
    size_t *counts = arena_array(arena, size_t, column->level_count);
    int32_t *points = arena_array(arena, int32_t, DEPENDENCE_POINTS);
    size_t count = 0;
    for (size_t i = 0; i < rows; i++)
        if (column->codes[i] >= 0)
            counts[column->codes[i]]++;
    for (; count < DEPENDENCE_POINTS; count++) {
        size_t best = 0;
        for (size_t k = 1; k < column->level_count; k++)
            if (counts[k] > counts[best])
                best = k;
        if (!column->level_count || !counts[best])
            break;
        points[count] = (int32_t)best;
        counts[best] = 0;
    }
    *out = points;
    return count;
}

/* The mean prediction of the table with the column set to point `at`. */
static bool point_measure(struct measuring *m, struct table *with, struct column *column,
                          const double *numbers, const int32_t *codes, double *mean,
                          struct fault *why)
{
    struct arena_mark mark = arena_mark(m->arena);
    size_t rows = with->rows, width = model_width(m->model);
    double *all_numbers = numbers ? arena_array(m->arena, double, rows) : NULL;
    int32_t *all_codes = codes ? arena_array(m->arena, int32_t, rows) : NULL;
    struct sum *sums = arena_array(m->arena, struct sum, width);
    for (size_t i = 0; i < rows; i++) {
        if (numbers)
            all_numbers[i] = *numbers;
        else
            all_codes[i] = *codes;
    }
    column->numbers = all_numbers;
    column->codes = all_codes;
    column->missing_count = 0;
    if (!model_predict(m->arena, m->model, with, m->threads, m->prediction, why))
        return false;
    for (size_t i = 0; i < rows * width; i++)
        sum_add(&sums[i % width], m->prediction[i]);
    for (size_t k = 0; k < width; k++)
        mean[k] = sum_value(&sums[k]) / (double)rows;
    arena_rewind(m->arena, mark);
    return true;
}

bool dependence_measure(struct arena *arena, const struct model *model, const struct table *table,
                        struct str name, unsigned threads, struct dependence *out,
                        struct fault *why)
{
    const struct column *column = column_needed(table, name, "partial dependence", why);
    if (!column || !table->rows)
        return column && table_fault(table, why, "the data has no rows");
    size_t width = model_width(model);
    struct measuring m = { .arena = arena, .model = model, .threads = threads };
    struct column *columns = arena_array(arena, struct column, table->column_count);
    struct table with = { table->rows, table->column_count, columns };
    double *numbers = NULL;
    int32_t *codes = NULL;
    bool numeric = column_is_numeric(column);
    memcpy(columns, table->columns, table->column_count * sizeof *columns);
    size_t count = numeric ? number_points(arena, column, table->rows, &numbers)
                           : level_points(arena, column, table->rows, &codes);
    m.prediction = arena_array(arena, double, table->rows *width);
    double *mean = arena_array(arena, double, count *width);
    struct str *levels = arena_array(arena, struct str, count);
    for (size_t k = 0; k < count; k++) {
        if (!numeric)
            levels[k] = column->levels[codes[k]];
        if (!point_measure(&m, &with, &columns[column - table->columns],
                           numeric ? &numbers[k] : NULL, numeric ? NULL : &codes[k],
                           mean + k * width, why))
            return false;
    }
    *out = (struct dependence){ .count = count,
                                .width = width,
                                .x = numbers,
                                .levels = numeric ? NULL : levels,
                                .mean = mean };
    return true;
}

bool shapley_values(struct arena *arena, const struct model *model, const struct table *table,
                    unsigned threads, double **out, struct fault *why)
{
    struct inputs in;
    if (!model->learner->explain)
        return fault_set(why, BLAME_OPEN,
                         "%s has no exact Shapley values: ask for the importance instead",
                         model->learner->name);
    if (!features_encode(arena, &model->features, table, &in, why))
        return false;
    *out =
        arena_array(arena, double, table->rows *model_width(model) * (model->features.width + 1));
    model->learner->explain(arena, model->fitted, &in, threads, *out);
    return true;
}
