/* What stands beside the truth: the history of forecasts, the features of clusters. */
#include "core/data/csv.h"
#include "core/eval/predictions.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

#define SHORT(text) STR_ARGS(str_until(text, 60))

/* A value of a series with its time. */
struct moment {
    uint32_t series, row;
    double time, value;
};

static int moment_order(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    if (x->series != y->series)
        return x->series < y->series ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

struct past {
    struct arena *arena;
    const struct truth *truth;
    struct str file;
    struct table table;
    const struct column *target, *series, *time;
    struct moment *moments; /* [count] series by series, in each by time */
    size_t count;
};

static const struct column *past_column(const struct past *p, struct str name, bool needed,
                                        struct fault *why)
{
    const struct column *column = table_find(&p->table, name);
    if (!column && needed)
        fault_set(why, BLAME_OPEN, "%.*s:1: no column \"%.*s\"", SHORT(p->file), SHORT(name));
    return column;
}

static bool past_columns(struct past *p, struct fault *why)
{
    p->target = past_column(p, p->truth->target_name, true, why);
    if (!p->target)
        return false;
    if (p->target->kind != COLUMN_NUMBER || p->target->missing_count)
        return fault_set(why, BLAME_OPEN, "%.*s: column \"%.*s\" must hold a number in each row",
                         SHORT(p->file), SHORT(p->target->name));
    p->time = past_column(p, S("time"), false, why);
    p->series = p->truth->groups ? past_column(p, S("series"), true, why) : NULL;
    return p->series || !p->truth->groups;
}

/* Texts of time in bytewise order, as in truth files. */
static bool time_at(const struct past *p, const double *places, size_t row, double *out)
{
    if (!p->time) {
        *out = (double)row;
        return true;
    }
    if (p->time->kind == COLUMN_NUMBER)
        *out = p->time->numbers[row];
    else
        *out = p->time->codes[row] < 0 ? NAN : places[p->time->codes[row]];
    return !isnan(*out);
}

static int level_order(const void *a, const void *b)
{
    return str_order(**(const struct str *const *)a, **(const struct str *const *)b);
}

static double *places_of(struct arena *arena, const struct column *column)
{
    const struct str **order = arena_array(arena, const struct str *, column->level_count);
    double *place = arena_array(arena, double, column->level_count);
    for (size_t i = 0; i < column->level_count; i++)
        order[i] = &column->levels[i];
    qsort(order, column->level_count, sizeof(void *), level_order);
    for (size_t i = 0; i < column->level_count; i++)
        place[order[i] - column->levels] = (double)i;
    return place;
}

static bool past_sort(struct past *p, struct fault *why)
{
    bool texts = p->time && p->time->kind == COLUMN_CATEGORY;
    double *places = texts ? places_of(p->arena, p->time) : NULL;
    struct dictionary names = { .arena = p->arena };
    p->moments = arena_array(p->arena, struct moment, p->table.rows);
    for (size_t i = 0; i < p->truth->group_count; i++)
        dictionary_add(&names, p->truth->groups[i]);
    for (size_t row = 0; row < p->table.rows; row++) {
        struct moment one = { .row = (uint32_t)row, .value = p->target->numbers[row] };
        int32_t code = p->series ? p->series->codes[row] : 0;
        int32_t at =
            p->series && code >= 0 ? dictionary_find(&names, p->series->levels[code]) : code;
        if (!time_at(p, places, row, &one.time))
            return fault_set(why, BLAME_OPEN, "%.*s: row %zu has no time", SHORT(p->file), row + 1);
        one.series = (uint32_t)at;
        if (at >= 0)
            p->moments[p->count++] = one;
    }
    qsort(p->moments, p->count, sizeof *p->moments, moment_order);
    return true;
}

/* Means of |y_t - y_(t-m)| and its square. */
static void scale_of(const struct moment *at, size_t n, size_t m, double *scale, double *squares)
{
    struct sum absolute = { 0 }, squared = { 0 };
    *scale = *squares = NAN;
    if (n <= m)
        return;
    for (size_t t = m; t < n; t++) {
        double change = at[t].value - at[t - m].value;
        sum_add(&absolute, fabs(change));
        sum_add(&squared, change * change);
    }
    *scale = sum_value(&absolute) / (double)(n - m);
    *squares = sum_value(&squared) / (double)(n - m);
}

/* The last season once more, again and again: rows[count] of a series by time. */
static void naive_of(const struct moment *past, size_t past_count, size_t m,
                     const struct moment *rows, size_t count, double *out)
{
    for (size_t h = 0; h < count; h++)
        out[rows[h].row] = past_count >= m ? past[past_count - m + h % m].value : NAN;
}

/* The truth's rows, series by series and by time. */
static struct moment *rows_sorted(struct arena *arena, const struct truth *truth)
{
    struct moment *rows = arena_array(arena, struct moment, truth->row_count);
    for (size_t i = 0; i < truth->row_count; i++)
        rows[i] = (struct moment){ .series = truth->group ? truth->group[i] : 0,
                                   .row = (uint32_t)i,
                                   .time = truth->time ? truth->time[i] : (double)i };
    qsort(rows, truth->row_count, sizeof *rows, moment_order);
    return rows;
}

static void history_make(const struct past *p, size_t season, struct truth *truth)
{
    size_t groups = truth->group ? truth->group_count : 1, n = truth->row_count;
    struct history *out = arena_new(p->arena, struct history);
    double *scale = arena_array(p->arena, double, groups);
    double *squares = arena_array(p->arena, double, groups);
    double *naive = arena_array(p->arena, double, n);
    const struct moment *rows = rows_sorted(p->arena, truth);
    for (size_t s = 0, past = 0, row = 0; s < groups; s++) {
        size_t past_from = past, row_from = row;
        while (past < p->count && p->moments[past].series == s)
            past++;
        while (row < n && rows[row].series == s)
            row++;
        scale_of(p->moments + past_from, past - past_from, season, &scale[s], &squares[s]);
        naive_of(p->moments + past_from, past - past_from, season, rows + row_from, row - row_from,
                 naive);
    }
    *out = (struct history){ season, scale, squares, naive };
    truth->history = out;
}

bool truth_add_history(struct arena *arena, struct truth *truth, struct str bytes, struct str file,
                       size_t season, struct fault *why)
{
    struct past p = { .arena = arena, .truth = truth, .file = file.len ? file : S("history") };
    struct csv_pin pins[] = { { S("series"), COLUMN_CATEGORY } };
    struct csv_options how = { .file = p.file,
                               .pins = pins,
                               .pin_count = 1,
                               .two_kinds = true,
                               .bytes_most = TRUTH_BYTES_MOST };
    if (season == 0 || truth->kind != TRUTH_NUMBER)
        return fault_set(why, BLAME_OPEN, "%.*s: a history needs a season and numbers to predict",
                         SHORT(p.file));
    if (!csv_parse(arena, bytes, &how, &p.table, why) || !past_columns(&p, why) ||
        !past_sort(&p, why))
        return false;
    history_make(&p, season, truth);
    return true;
}

/* The numbers of one column go to their rows; found[row] counts. */
static bool feature_take(const struct table *table, const struct column *column,
                         const int32_t *row_of, double *out, size_t stride, struct fault *why)
{
    if (column->kind != COLUMN_NUMBER)
        return fault_set(why, BLAME_OPEN, "column \"%.*s\" holds text, numbers are needed",
                         SHORT(column->name));
    for (size_t i = 0; i < table->rows; i++) {
        if (row_of[i] < 0)
            continue;
        if (isnan(column->numbers[i]))
            return fault_set(why, BLAME_OPEN, "column \"%.*s\" has no number in row %zu",
                             SHORT(column->name), i + 1);
        out[(size_t)row_of[i] * stride] = column->numbers[i];
    }
    return true;
}

/* The truth's row of each row of the table, -1 where there is none. */
static bool features_match(struct arena *arena, const struct truth *truth,
                           const struct table *table, const struct column *id, int32_t **row_of,
                           struct fault *why)
{
    uint8_t *found = arena_array(arena, uint8_t, truth->row_count);
    *row_of = arena_array(arena, int32_t, table->rows);
    for (size_t i = 0; i < table->rows; i++) {
        int32_t code = id->codes[i];
        (*row_of)[i] = code < 0 ? -1 : dictionary_find(&truth->index, id->levels[code]);
        if ((*row_of)[i] >= 0 && found[(*row_of)[i]]++)
            return fault_set(why, BLAME_OPEN, "id \"%.*s\" is there twice",
                             SHORT(id->levels[code]));
    }
    for (size_t i = 0; i < truth->row_count; i++)
        if (!found[i])
            return fault_set(why, BLAME_OPEN, "id \"%.*s\" is missing", SHORT(truth->ids[i]));
    return true;
}

bool truth_add_features(struct arena *arena, struct truth *truth, struct str bytes,
                        const struct truth_form *form, struct fault *why)
{
    struct str id_column = form->id_column.len ? form->id_column : S("id");
    struct str file = form->file.len ? form->file : S("features");
    struct csv_pin pins[] = { { id_column, COLUMN_CATEGORY } };
    struct csv_options how = { .file = file,
                               .pins = pins,
                               .pin_count = 1,
                               .two_kinds = true,
                               .bytes_most = TRUTH_BYTES_MOST };
    struct table table;
    int32_t *row_of;
    if (!csv_parse(arena, bytes, &how, &table, why))
        return false;
    const struct column *id = table_find(&table, id_column);
    size_t count = table.column_count - 1, at = 0;
    if (!id || count == 0)
        return fault_set(why, BLAME_OPEN, "%.*s:1: no column \"%.*s\"%s", SHORT(file),
                         SHORT(id_column), id ? " and features" : "");
    if (!features_match(arena, truth, &table, id, &row_of, why))
        return fault_within(why, "%.*s", SHORT(file));
    double *out = arena_array(arena, double, truth->row_count *count);
    for (size_t i = 0; i < table.column_count; i++)
        if (&table.columns[i] != id &&
            !feature_take(&table, &table.columns[i], row_of, out + at++, count, why))
            return fault_within(why, "%.*s", SHORT(file));
    truth->features = out;
    truth->feature_count = count;
    return true;
}
