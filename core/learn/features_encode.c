/* Applying fitted features to a table: the matrix that a learner sees. */
#include "core/learn/columns.h"
#include "core/learn/features.h"
#include <math.h>
#include <stdlib.h>

#define BLOCK_ROWS 256 /* that numbers are encoded of at a time: they stay in the cache */

struct place {
    struct matrix x;
    size_t column; /* the feature's first one */
    size_t from;   /* the table's row that is x's first */
};

static void set(struct place place, size_t row, size_t at, double value)
{
    matrix_row(place.x, row)[place.column + at] = value;
}

/* A category's text where a number was expected: name the first one. */
static bool refuse_text(const struct feature *feature, const struct column *column, size_t rows,
                        struct fault *why)
{
    double number;
    for (size_t i = 0; i < rows; i++)
        if (column->codes[i] >= 0 && !str_to_double(column->levels[column->codes[i]], &number))
            return fault_set(why, BLAME_OPEN,
                             "column \"%.*s\" held \"%.*s\" in row %zu, a number is needed",
                             STR_ARGS(str_until(feature->name, 60)),
                             STR_ARGS(str_until(column->levels[column->codes[i]], 40)), i + 1);
    return true;
}

/* Also where a column of numbers came as a category, all of whose cells are numbers or missing. */
static double number_at(const struct column *column, size_t row)
{
    double value = NAN;
    if (column_is_numeric(column))
        return column->numbers[row];
    if (column->codes[row] >= 0)
        str_to_double(column->levels[column->codes[row]], &value);
    return value;
}

/* Of at most BLOCK_ROWS rows. */
static bool number_encode(const struct feature *feature, const struct column *column,
                          struct place place, struct fault *why)
{
    size_t rows = place.x.rows;
    double values[BLOCK_ROWS];
    for (size_t i = 0; i < rows; i++) {
        values[i] = number_at(column, place.from + i);
        if (feature->missing_column)
            set(place, i, 1, isnan(values[i]));
    }
    for (size_t s = 0; s < feature->step_count; s++)
        feature->steps[s].transform->apply(values, rows, feature->steps[s].fitted);
    for (size_t i = 0; i < rows; i++) {
        if (!isfinite(values[i]))
            return fault_set(why, BLAME_OPEN, "column \"%.*s\" %s in row %zu",
                             STR_ARGS(str_until(feature->name, 60)),
                             isnan(values[i]) ? "was empty and no transform \"impute\" fills it"
                                              : "went beyond the range of numbers",
                             place.from + i + 1);
        set(place, i, 0, values[i]);
    }
    return true;
}

static int order_str(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* Where a text is among the feature's levels; -1 when it is none of them. */
static ptrdiff_t level_of(const struct feature *feature, struct str text)
{
    if (!feature->level_count)
        return -1;
    const struct str *found =
        bsearch(&text, feature->levels, feature->level_count, sizeof text, order_str);
    return found ? found - feature->levels : -1;
}

/* Levels such as 1, 2 and "A" while training, and now only numbers: compare as numbers. */
static void number_as_category(struct arena *arena, const struct feature *feature,
                               const struct column *column, struct place place)
{
    double *levels = arena_array(arena, double, feature->level_count);
    for (size_t k = 0; k < feature->level_count; k++)
        if (!str_to_double(feature->levels[k], &levels[k]))
            levels[k] = NAN;
    for (size_t i = 0; i < place.x.rows; i++) {
        if (isnan(column->numbers[i]) && feature->missing_column)
            set(place, i, feature->level_count, 1);
        for (size_t k = 0; k < feature->level_count; k++)
            if (levels[k] == column->numbers[i])
                set(place, i, k, 1);
    }
}

static void category_encode(struct arena *arena, const struct feature *feature,
                            const struct column *column, struct place place)
{
    ptrdiff_t *level = arena_array(arena, ptrdiff_t, column->level_count);
    for (size_t k = 0; k < column->level_count; k++)
        level[k] = level_of(feature, column->levels[k]);
    for (size_t i = 0; i < place.x.rows; i++) {
        int32_t code = column->codes[i];
        if (code < 0 && feature->missing_column)
            set(place, i, feature->level_count, 1);
        else if (code >= 0 && level[code] >= 0)
            set(place, i, (size_t)level[code], 1);
    }
}

/* All features of numbers, block after block. */
static bool numbers_encode(const struct features *features, const struct column *const *columns,
                           struct matrix x, struct fault *why)
{
    for (size_t from = 0; from < x.rows; from += BLOCK_ROWS) {
        size_t rows = x.rows - from < BLOCK_ROWS ? x.rows - from : BLOCK_ROWS;
        struct place place = { .x = matrix_rows(x, from, rows), .from = from };
        for (size_t f = 0; f < features->count; f++) {
            const struct feature *feature = &features->at[f];
            if (feature->kind == FEATURE_NUMBER && !number_encode(feature, columns[f], place, why))
                return false;
            place.column += feature_width(feature);
        }
    }
    return true;
}

bool features_encode(struct arena *arena, const struct features *features,
                     const struct table *table, struct inputs *out, struct fault *why)
{
    *out = (struct inputs){ .dense = matrix_new(arena, table->rows, features->width) };
    const struct column **columns = arena_array(arena, const struct column *, features->count);
    struct place place = { .x = out->dense };
    for (size_t f = 0; f < features->count; f++) {
        const struct feature *feature = &features->at[f];
        const struct column *column = columns[f] =
            column_needed(table, feature->name, "the model", why);
        if (!column)
            return false;
        if (feature->kind == FEATURE_NUMBER) {
            if (!column_is_numeric(column) && !refuse_text(feature, column, table->rows, why))
                return false;
        } else if (column_is_numeric(column)) {
            number_as_category(arena, feature, column, place);
        } else {
            category_encode(arena, feature, column, place);
        }
        place.column += feature_width(feature);
    }
    return numbers_encode(features, columns, out->dense, why);
}
