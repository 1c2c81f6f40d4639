/* Questions to tables, and tables from values and other tables. */
#include "core/data/table.h"
#include "core/data/dictionary.h"
#include "core/data/number.h"
#include "core/data/time.h"
#include <math.h>

static const char *const kind_names[COLUMN_KINDS + 1] = { "",        "number", "category",
                                                          "integer", "time",   "text" };

const char *kind_name(enum column_kind kind)
{
    return kind_names[kind];
}

enum column_kind kind_find(struct str name)
{
    for (int i = 1; i <= COLUMN_KINDS; i++)
        if (str_is(name, kind_names[i]))
            return (enum column_kind)i;
    return (enum column_kind)0;
}

const struct column *table_find(const struct table *table, struct str name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (str_equal(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

const struct column *table_find_from(const struct table *table, struct str name, size_t *from)
{
    size_t count = table->column_count, at = *from < count ? *from : 0;
    for (size_t tried = 0; tried < count; tried++, at = at + 1 < count ? at + 1 : 0)
        if (str_equal(table->columns[at].name, name)) {
            *from = at + 1;
            return &table->columns[at];
        }
    return NULL;
}

bool column_is_missing(const struct column *column, size_t row)
{
    return column_is_numeric(column) ? isnan(column->numbers[row]) : column->codes[row] < 0;
}

/* Of a cell of a numeric column that is there. */
static size_t value_print(const struct column *column, size_t row, char out[TIME_BYTES])
{
    return column->kind == COLUMN_TIME ? time_print(column->numbers[row], column->time_form, out)
                                       : number_print(column->numbers[row], out);
}

struct str column_text(struct arena *arena, const struct column *column, size_t row)
{
    if (column_is_missing(column, row))
        return S("");
    if (!column_is_numeric(column))
        return column->levels[column->codes[row]];
    char *text = arena_take(arena, TIME_BYTES);
    return (struct str){ text, value_print(column, row, text) };
}

const int32_t *column_classes(struct arena *arena, const struct column *column, size_t rows)
{
    if (!column_is_numeric(column))
        return column->codes;
    int32_t *codes = arena_array(arena, int32_t, rows);
    struct dictionary values = { .arena = arena };
    for (size_t i = 0; i < rows; i++) {
        double value = column->numbers[i] == 0 ? 0 : column->numbers[i]; /* no -0.0 */
        char bytes[sizeof value];
        memcpy(bytes, &value, sizeof value);
        codes[i] = isnan(value) ? -1 : dictionary_add(&values, (struct str){ bytes, sizeof bytes });
    }
    return codes;
}

bool column_of_numbers(struct arena *arena, struct str name, const double *numbers, size_t rows,
                       struct column *out, struct fault *why)
{
    double *copy = arena_array(arena, double, rows);
    *out = (struct column){ .name = str_keep(arena, name), .kind = COLUMN_NUMBER, .numbers = copy };
    for (size_t i = 0; i < rows; i++) {
        if (isinf(numbers[i]))
            return fault_set(why, BLAME_OPEN, "column \"%.*s\" is not finite in row %zu",
                             STR_ARGS(str_until(name, 60)), i + 1);
        out->missing_count += isnan(numbers[i]) != 0;
        copy[i] = isnan(numbers[i]) ? NAN : numbers[i];
    }
    return true;
}

static void column_from_dictionary(struct column *out, const struct dictionary *levels)
{
    out->levels = levels->texts;
    out->level_count = levels->count;
}

void column_of_texts(struct arena *arena, struct str name, const struct str *texts, size_t rows,
                     struct column *out)
{
    int32_t *codes = arena_array(arena, int32_t, rows);
    struct dictionary levels = { .arena = arena };
    *out =
        (struct column){ .name = str_keep(arena, name), .kind = COLUMN_CATEGORY, .codes = codes };
    for (size_t i = 0; i < rows; i++) {
        codes[i] = texts[i].at ? dictionary_add(&levels, texts[i]) : -1;
        out->missing_count += codes[i] < 0;
    }
    column_from_dictionary(out, &levels);
}

static struct column column_select(struct arena *arena, const struct column *from, const size_t *at,
                                   size_t count)
{
    struct column out = *from;
    double *numbers = from->numbers ? arena_array(arena, double, count) : NULL;
    int32_t *codes = from->codes ? arena_array(arena, int32_t, count) : NULL;
    out.missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (numbers)
            numbers[i] = from->numbers[at[i]];
        else
            codes[i] = from->codes[at[i]];
        out.missing_count += column_is_missing(from, at[i]);
    }
    out.numbers = numbers;
    out.codes = codes;
    out.origin = NULL;
    return out;
}

void table_select(struct arena *arena, const struct table *table, const size_t *at, size_t count,
                  struct table *out)
{
    struct column *columns = arena_array(arena, struct column, table->column_count);
    for (size_t i = 0; i < table->column_count; i++)
        columns[i] = column_select(arena, &table->columns[i], at, count);
    *out = (struct table){ .rows = count, .column_count = table->column_count, .columns = columns };
}

static bool stack_fits(const struct table *first, const struct table *other,
                       const struct str names[2], struct fault *why)
{
    if (first->column_count != other->column_count)
        return fault_set(why, BLAME_OPEN, "%.*s has %zu columns, %.*s has %zu",
                         STR_ARGS(str_until(names[1], 60)), other->column_count,
                         STR_ARGS(str_until(names[0], 60)), first->column_count);
    for (size_t i = 0; i < first->column_count; i++)
        if (!str_equal(first->columns[i].name, other->columns[i].name))
            return fault_set(
                why, BLAME_OPEN, "column %zu of %.*s is \"%.*s\", of %.*s \"%.*s\"", i + 1,
                STR_ARGS(str_until(names[1], 50)), STR_ARGS(str_until(other->columns[i].name, 40)),
                STR_ARGS(str_until(names[0], 50)), STR_ARGS(str_until(first->columns[i].name, 40)));
    return true;
}

/* One column of all tables: numbers if it is that in each, else texts. */
struct stacking {
    const struct table *tables;
    size_t count, column, rows;
};

static void numbers_stack(struct arena *arena, const struct stacking *stack, struct column *out)
{
    double *to = arena_array(arena, double, stack->rows);
    out->numbers = to;
    for (size_t k = 0; k < stack->count; k++) {
        const struct table *table = &stack->tables[k];
        if (table->rows)
            memcpy(to, table->columns[stack->column].numbers, table->rows * sizeof *to);
        to += table->rows;
    }
}

static void texts_stack(struct arena *arena, const struct stacking *stack, struct column *out)
{
    int32_t *to = arena_array(arena, int32_t, stack->rows);
    struct dictionary levels = { .arena = arena };
    out->codes = to;
    for (size_t k = 0; k < stack->count; k++) {
        const struct table *table = &stack->tables[k];
        const struct column *from = &table->columns[stack->column];
        char number[TIME_BYTES];
        for (size_t row = 0; row < table->rows; row++) {
            struct str text = { number, 0 };
            if (column_is_missing(from, row)) {
                *to++ = -1;
                continue;
            }
            if (!column_is_numeric(from))
                text = from->levels[from->codes[row]];
            else
                text.len = value_print(from, row, number);
            *to++ = dictionary_add(&levels, text);
        }
    }
    column_from_dictionary(out, &levels);
}

/* Of one column of all tables: see table_stack. */
static enum column_kind kinds_join(enum column_kind a, enum column_kind b)
{
    if (a == b)
        return a;
    if (kind_is_numeric(a) && kind_is_numeric(b) && a != COLUMN_TIME && b != COLUMN_TIME)
        return COLUMN_NUMBER;
    return kind_is_numeric(a) || kind_is_numeric(b) ? COLUMN_CATEGORY : COLUMN_TEXT;
}

static void column_stack(struct arena *arena, const struct stacking *stack, struct column *out)
{
    const struct column *first = &stack->tables[0].columns[stack->column];
    *out = (struct column){ .name = first->name, .kind = first->kind };
    for (size_t k = 0; k < stack->count; k++) {
        const struct column *from = &stack->tables[k].columns[stack->column];
        out->missing_count += from->missing_count;
        out->kind = kinds_join(out->kind, from->kind);
        out->time_form |= from->time_form;
    }
    if (column_is_numeric(out))
        numbers_stack(arena, stack, out);
    else
        texts_stack(arena, stack, out);
}

bool table_stack(struct arena *arena, const struct table *tables, const struct str *names,
                 size_t count, struct table *out, struct fault *why)
{
    struct stacking stack = { .tables = tables, .count = count };
    for (size_t k = 0; k < count; k++) {
        if (!stack_fits(&tables[0], &tables[k], (struct str[]){ names[0], names[k] }, why))
            return false;
        stack.rows += tables[k].rows;
    }
    struct column *columns = arena_array(arena, struct column, tables[0].column_count);
    for (stack.column = 0; stack.column < tables[0].column_count; stack.column++)
        column_stack(arena, &stack, &columns[stack.column]);
    *out = (struct table){ .rows = stack.rows,
                           .column_count = tables[0].column_count,
                           .columns = columns };
    return true;
}
