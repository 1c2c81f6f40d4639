/* Dividing a table of examples into a task's files. */
#include "grader/course/divide.h"
#include "core/base/file.h"
#include "core/data/csv.h"
#include "core/data/dictionary.h"
#include "core/data/split.h"
#include "core/math/random.h"
#include "grader/course/course_kind.h"
#include <math.h>
#include <stdio.h>

#define ROWS_LEAST 20
#define NAMES_MOST 400 /* of answers: labels */

struct dividing {
    struct arena *arena;
    const struct divide *how;
    const struct course_shape *shape;
    struct str id;
    struct table table; /* different rows, with ids */
    struct str answers[NAMES_MOST];
    size_t answer_count;
    struct divided *out;
};

struct rows {
    const size_t *at;
    size_t count;
};

bool divide_can(int kind)
{
    return kind != COURSE_KIND_DETECTION && kind != COURSE_KIND_CLUSTERING;
}

static bool is_among(const struct str *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

/* ---- what the table has ---- */

static bool column_needed(const struct dividing *d, struct str name, struct fault *why)
{
    if (table_find(&d->table, name))
        return true;
    const char **names = arena_array(d->arena, const char *, d->table.column_count);
    for (size_t i = 0; i < d->table.column_count; i++)
        names[i] = d->table.columns[i].name.at;
    const char *nearest = words_nearest(name, names, d->table.column_count);
    return fault_set(why, BLAME_STUDENT, "the table has no column \"%.*s\"%s%s%s", STR_ARGS(name),
                     nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"" : "");
}

/* Of labels: every column of zeros and ones that is not the id. */
static bool is_label(const struct table *table, const struct column *column)
{
    if (!column_is_numeric(column) || column->missing_count)
        return false;
    for (size_t i = 0; i < table->rows; i++)
        if (column->numbers[i] != 0 && column->numbers[i] != 1)
            return false;
    return true;
}

static bool answers_find(struct dividing *d, struct fault *why)
{
    const struct course_task *task = d->how->task;
    if (task->kind != COURSE_KIND_MULTILABEL) {
        d->answers[d->answer_count++] =
            task->target.len ? task->target : str_of(d->shape->target ? d->shape->target : "");
        return column_needed(d, d->answers[0], why);
    }
    for (size_t i = 0; i < d->table.column_count; i++) {
        const struct column *column = &d->table.columns[i];
        if (!str_equal(column->name, d->id) && is_label(&d->table, column) &&
            d->answer_count < NAMES_MOST)
            d->answers[d->answer_count++] = column->name;
    }
    return d->answer_count > 0 ||
           fault_set(why, BLAME_STUDENT, "the table has no column of labels, 0 and 1");
}

/* ---- ids, doubles ---- */

static bool ids_draw(struct dividing *d, struct fault *why)
{
    if (table_find(&d->table, d->id))
        return true;
    if (d->shape->item)
        return column_needed(d, d->id, why);
    size_t rows = d->table.rows, *order = arena_array(d->arena, size_t, rows);
    double *ids = arena_array(d->arena, double, rows);
    struct random random = random_stream(d->how->seed, 1);
    for (size_t i = 0; i < rows; i++)
        order[i] = i;
    random_shuffle(&random, order, rows);
    for (size_t i = 0; i < rows; i++)
        ids[i] = (double)(100000 + order[i]);
    struct column *columns = arena_array(d->arena, struct column, d->table.column_count + 1);
    if (!column_of_numbers(d->arena, d->id, ids, rows, &columns[0], why))
        return false;
    memcpy(columns + 1, d->table.columns, d->table.column_count * sizeof *columns);
    d->table.columns = columns;
    d->table.column_count++;
    return true;
}

/* A double across the line would give its answer away: of equal features the first row stays. */
static void doubles_drop(struct dividing *d)
{
    scoped_arena scratch = arena_open(NULL);
    struct dictionary seen = { .arena = scratch };
    size_t *kept = arena_array(d->arena, size_t, d->table.rows), count = 0;
    bool known_rows = d->shape->item || d->how->task->kind == COURSE_KIND_FORECAST;
    for (size_t row = 0; row < d->table.rows; row++) {
        scoped_arena one = arena_open(NULL);
        struct text text = { .arena = one };
        for (size_t c = 0; c < d->table.column_count; c++) {
            const struct column *column = &d->table.columns[c];
            if (str_equal(column->name, d->id) ||
                is_among(d->answers, d->answer_count, column->name))
                continue;
            text_add(&text, column_text(one, column, row));
            text_char(&text, column_is_missing(column, row) ? 1 : 2);
        }
        size_t before = seen.count;
        dictionary_add(&seen, text_str(&text));
        if (known_rows || seen.count > before)
            kept[count++] = row;
    }
    d->out->doubled = d->table.rows - count;
    struct table all = d->table;
    table_select(d->arena, &all, kept, count, &d->table);
}

/* ---- which row goes where ---- */

static struct rows within(struct arena *arena, struct rows of, const size_t *at, size_t count)
{
    size_t *rows = arena_array(arena, size_t, count);
    for (size_t i = 0; i < count; i++)
        rows[i] = of.at[at[i]];
    return (struct rows){ rows, count };
}

static bool classes_kind(int kind)
{
    return kind == COURSE_KIND_BINARY || kind == COURSE_KIND_MULTICLASS || kind == COURSE_KIND_TEXT;
}

/* `rows` in two: *rest, and *part with its share of them. Queries whole, classes alike. */
static bool cut(const struct dividing *d, struct rows rows, double share, struct rows *rest,
                struct rows *part, struct fault *why)
{
    struct table some;
    struct split split;
    table_select(d->arena, &d->table, rows.at, rows.count, &some);
    const struct column *target = table_find(&some, d->answers[0]);
    const struct column *times = table_find(&some, S("time"));
    int kind = d->how->task->kind;
    bool ok;
    if (d->shape->item)
        ok = split_holdout_grouped(d->arena,
                                   column_classes(d->arena, table_find(&some, d->id), some.rows),
                                   some.rows, share, d->how->seed, &split, why);
    else if (kind == COURSE_KIND_FORECAST && times && column_is_numeric(times))
        ok = split_holdout_time(d->arena, times->numbers, some.rows, share, 0, &split, why);
    else
        ok = split_holdout(d->arena,
                           classes_kind(kind) ? column_classes(d->arena, target, some.rows) : NULL,
                           some.rows, share, d->how->seed, &split, why);
    if (!ok) {
        why->blame = BLAME_STUDENT;
        return false;
    }
    *rest = within(d->arena, rows, split.train, split.train_count);
    *part = within(d->arena, rows, split.test, split.test_count);
    return true;
}

/* Each class has to be on both sides, or its metrics mean nothing. */
static bool classes_check(const struct dividing *d, struct fault *why)
{
    int kind = d->how->task->kind;
    if (!classes_kind(kind))
        return true;
    const struct column *target = table_find(&d->table, d->answers[0]);
    const int32_t *codes = column_classes(d->arena, target, d->table.rows);
    int32_t most = -1;
    for (size_t i = 0; i < d->table.rows; i++) {
        most = codes[i] > most ? codes[i] : most;
        bool zero_one =
            column_is_numeric(target) && (target->numbers[i] == 0 || target->numbers[i] == 1);
        if (codes[i] < 0)
            return fault_set(why, BLAME_STUDENT, "column \"%s\" has no answer in row %zu",
                             target->name.at, i + 1);
        if (kind == COURSE_KIND_BINARY && !zero_one)
            return fault_set(why, BLAME_STUDENT,
                             "a binary target has the classes 0 and 1; column \"%s\" has \"%s\"",
                             target->name.at, column_text(d->arena, target, i).at);
    }
    return most >= 1 ||
           fault_set(why, BLAME_STUDENT, "column \"%s\" has one class only", target->name.at);
}

/* ---- the files ---- */

static struct table columns_of(const struct dividing *d, const struct table *from, bool answers,
                               bool features)
{
    struct column *columns = arena_array(d->arena, struct column, from->column_count);
    struct table out = { .rows = from->rows, .columns = columns };
    for (size_t c = 0; c < from->column_count; c++) {
        struct str name = from->columns[c].name;
        bool key =
            str_equal(name, d->id) || (d->shape->item && str_is(name, d->shape->item)) ||
            (d->shape->beside[0] && (str_is(name, d->shape->beside[0]) ||
                                     (d->shape->beside[1] && str_is(name, d->shape->beside[1]))));
        bool answer = is_among(d->answers, d->answer_count, name);
        if (key || (answer ? answers : features))
            columns[out.column_count++] = from->columns[c];
    }
    return out;
}

static bool save(const struct dividing *d, int dir, const char *root, const char *name,
                 const struct table *table, struct fault *why)
{
    const char *folder = arena_print(d->arena, "%s/%s", root, d->how->task->id.at);
    return dir_make(dir, folder, strcmp(root, "private") == 0 ? 0700 : 0755, why) &&
           csv_save(d->arena, dir, arena_print(d->arena, "%s/%s", folder, name), table, 1, why);
}

/* The held-out rows in an order of their own, the truth in another. */
static bool save_heldout(const struct dividing *d, int dir, struct rows open, struct rows closed,
                         struct fault *why)
{
    size_t count = open.count + closed.count;
    size_t *order = arena_array(d->arena, size_t, count),
           *rows = arena_array(d->arena, size_t, count);
    struct str *usage = arena_array(d->arena, struct str, count);
    struct random random = random_stream(d->how->seed, 2);
    struct table some, features, truth;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++)
            order[i] = i;
        random_shuffle(&random, order, count);
        for (size_t i = 0; i < count; i++) {
            bool is_open = order[i] < open.count;
            rows[i] = is_open ? open.at[order[i]] : closed.at[order[i] - open.count];
            usage[i] = is_open ? S("Public") : S("Private");
        }
        table_select(d->arena, &d->table, rows, count, &some);
        if (pass == 0) {
            features = columns_of(d, &some, false, true);
            if (!save(d, dir, "private", "heldout.csv", &features, why))
                return false;
        }
    }
    truth = columns_of(d, &some, true, false);
    struct column *columns = arena_array(d->arena, struct column, truth.column_count + 1);
    memcpy(columns, truth.columns, truth.column_count * sizeof *columns);
    column_of_texts(d->arena, S("Usage"), usage, count, &columns[truth.column_count]);
    truth.columns = columns;
    truth.column_count++;
    return save(d, dir, "private", "solution.csv", &truth, why);
}

/* A column for each class of the whole table, with equal probabilities that sum to 1. */
static bool class_columns(const struct dividing *d, size_t rows, struct table *form,
                          struct fault *why)
{
    const struct column *target = table_find(&d->table, d->answers[0]);
    const int32_t *codes = column_classes(d->arena, target, d->table.rows);
    struct str *names = arena_array(d->arena, struct str, NAMES_MOST);
    size_t count = 0;
    for (size_t i = 0; i < d->table.rows; i++)
        if (codes[i] >= 0 && (size_t)codes[i] == count && count < NAMES_MOST)
            names[count++] = column_text(d->arena, target, i);
    struct column *columns = arena_array(d->arena, struct column, form->column_count + count);
    memcpy(columns, form->columns, form->column_count * sizeof *columns);
    double share = count ? floor(1000.0 / (double)count) / 1000 : 0;
    double *values = arena_array(d->arena, double, rows);
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < rows; i++)
            values[i] = k ? share : round(1000 * (1 - share * (double)(count - 1))) / 1000;
        if (!column_of_numbers(d->arena, names[k], values, rows, &columns[form->column_count++],
                               why))
            return false;
    }
    form->columns = columns;
    return true;
}

/* What a sample's predictions look like: the mean, the first class, or equal probabilities. */
static bool save_sample(const struct dividing *d, int dir, struct rows sample, struct fault *why)
{
    struct table some, features;
    table_select(d->arena, &d->table, sample.at, sample.count, &some);
    features = columns_of(d, &some, false, true);
    bool by_class = d->how->task->kind == COURSE_KIND_MULTICLASS;
    size_t answers = by_class ? 0 : d->shape->prediction ? 1 : d->answer_count;
    struct column *columns = arena_array(d->arena, struct column, answers + 2);
    struct table form = { .rows = some.rows, .columns = columns };
    columns[form.column_count++] = *table_find(&some, d->id);
    if (d->shape->item)
        columns[form.column_count++] = *table_find(&some, str_of(d->shape->item));
    for (size_t a = 0; a < answers; a++) {
        const struct column *target = table_find(&some, d->answers[a]);
        struct column *column = &columns[form.column_count++];
        if (column_is_numeric(target)) {
            double *values = arena_array(d->arena, double, some.rows), sum = 0;
            for (size_t i = 0; i < some.rows; i++)
                sum += isnan(target->numbers[i]) ? 0 : target->numbers[i];
            for (size_t i = 0; i < some.rows; i++)
                values[i] = round(1000 * sum / (double)some.rows) / 1000;
            if (!column_of_numbers(d->arena, target->name, values, some.rows, column, why))
                return false;
        } else {
            struct str *values = arena_array(d->arena, struct str, some.rows);
            for (size_t i = 0; i < some.rows; i++)
                values[i] = target->levels[0];
            column_of_texts(d->arena, target->name, values, some.rows, column);
        }
        if (d->shape->prediction)
            column->name = str_of(d->shape->prediction);
    }
    return (!by_class || class_columns(d, some.rows, &form, why)) &&
           save(d, dir, "data", "sample.csv", &features, why) &&
           save(d, dir, "data", "sample_submission.csv", &form, why);
}

static bool parts_write(struct dividing *d, int dir, struct fault *why)
{
    const struct divide *how = d->how;
    size_t *every = arena_array(d->arena, size_t, d->table.rows);
    for (size_t i = 0; i < d->table.rows; i++)
        every[i] = i;
    struct rows all = { every, d->table.rows }, train, heldout, open, closed, sample = { 0 };
    if (!cut(d, all, how->heldout, &train, &heldout, why) ||
        !cut(d, heldout, how->open, &closed, &open, why))
        return false;
    if (how->sample &&
        !cut(d, train, (double)how->sample / (double)train.count, &train, &sample, why))
        return false;
    struct table shown;
    table_select(d->arena, &d->table, train.at, train.count, &shown);
    d->out->train = train.count;
    d->out->sample = sample.count;
    d->out->open = open.count;
    d->out->closed = closed.count;
    return save(d, dir, "data", "train.csv", &shown, why) &&
           save_heldout(d, dir, open, closed, why) &&
           (!how->sample || save_sample(d, dir, sample, why));
}

bool divide_write(struct arena *arena, int course_dir, const struct table *table,
                  const struct divide *how, struct divided *out, struct fault *why)
{
    struct dividing d = { .arena = arena,
                          .how = how,
                          .shape = course_shape(how->task->kind),
                          .id = how->task->id_column,
                          .table = *table,
                          .out = out };
    *out = (struct divided){ 0 };
    if (d.shape->id)
        d.id = str_of(d.shape->id);
    if (!answers_find(&d, why))
        return false;
    for (int i = 0; d.shape->beside[0] && i < 1; i++)
        if (!column_needed(&d, str_of(d.shape->beside[i]), why))
            return false;
    if (d.shape->item && !column_needed(&d, str_of(d.shape->item), why))
        return false;
    doubles_drop(&d);
    if (d.table.rows < ROWS_LEAST + how->sample)
        return fault_set(why, BLAME_STUDENT,
                         "the table has %zu different rows, at least %zu are needed", d.table.rows,
                         ROWS_LEAST + how->sample);
    return ids_draw(&d, why) && classes_check(&d, why) && parts_write(&d, course_dir, why);
}
