/* Questions to tables, and tables from values and other tables. */
#include "core/data/table.h"
#include "core/data/dictionary.h"
#include "core/data/number.h"
#include <math.h>

const struct column *table_find(const struct table *table, struct str name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (str_equal(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

static bool is_missing(const struct column *column, size_t row)
{
    return column->kind == COLUMN_NUMBER ? isnan(column->numbers[row]) : column->codes[row] < 0;
}

struct str column_text(struct arena *arena, const struct column *column, size_t row)
{
    if (is_missing(column, row))
        return S("");
    if (column->kind == COLUMN_CATEGORY)
        return column->levels[column->codes[row]];
    char *text = arena_take(arena, NUMBER_BYTES);
    return (struct str){ text, number_print(column->numbers[row], text) };
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
        out.missing_count += is_missing(from, at[i]);
    }
    out.numbers = numbers;
    out.codes = codes;
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
        char number[NUMBER_BYTES];
        for (size_t row = 0; row < table->rows; row++) {
            struct str text = { number, 0 };
            if (is_missing(from, row)) {
                *to++ = -1;
                continue;
            }
            if (from->kind == COLUMN_CATEGORY)
                text = from->levels[from->codes[row]];
            else
                text.len = number_print(from->numbers[row], number);
            *to++ = dictionary_add(&levels, text);
        }
    }
    column_from_dictionary(out, &levels);
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
    for (size_t i = 0; i < tables[0].column_count; i++) {
        columns[i] = (struct column){ .name = tables[0].columns[i].name, .kind = COLUMN_NUMBER };
        stack.column = i;
        for (size_t k = 0; k < count; k++) {
            const struct column *from = &tables[k].columns[i];
            columns[i].missing_count += from->missing_count;
            if (from->kind != COLUMN_NUMBER)
                columns[i].kind = from->kind;
        }
        if (columns[i].kind == COLUMN_NUMBER)
            numbers_stack(arena, &stack, &columns[i]);
        else
            texts_stack(arena, &stack, &columns[i]);
    }
    *out = (struct table){ .rows = stack.rows,
                           .column_count = tables[0].column_count,
                           .columns = columns };
    return true;
}
