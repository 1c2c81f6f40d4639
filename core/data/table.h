/*
 * Tables: named, typed columns of equal length, column by column in memory. Plain data that lives
 * as long as the arena it was made in; once made, a table's cells are not changed, so that tables
 * may share columns.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/fault.h"
#include "core/base/str.h"

enum column_kind {
    COLUMN_NUMBER = 1, /* double */
    COLUMN_CATEGORY,   /* text as codes into the column's levels */
};

struct column {
    struct str name; /* zero-ended, UTF-8, unique in its table */
    enum column_kind kind;
    size_t missing_count;
    const double *numbers;    /* COLUMN_NUMBER: [rows] finite, or NAN where missing */
    const int32_t *codes;     /* COLUMN_CATEGORY: [rows] 0..level_count-1, or -1 where missing */
    const struct str *levels; /* COLUMN_CATEGORY: [level_count] zero-ended, distinct, in order of
                                 first appearance */
    size_t level_count;
};

struct table {
    size_t rows;
    size_t column_count;
    const struct column *columns;
};

/* By name; NULL when there is none. O(columns). */
const struct column *table_find(const struct table *table, struct str name);

/*
 * The cell's text: the level, or the shortest number that reads back equal. The empty text where it
 * is missing. Numbers are printed into the arena.
 */
struct str column_text(struct arena *arena, const struct column *column, size_t row);

/*
 * Columns from values, for tables made by a program. Values are copied.
 *   numbers[rows]  NAN is missing; infinities are a fault
 *   texts[rows]    .at == NULL is missing; levels get their codes in order of first appearance
 */
bool column_of_numbers(struct arena *arena, struct str name, const double *numbers, size_t rows,
                       struct column *out, struct fault *why);
void column_of_texts(struct arena *arena, struct str name, const struct str *texts, size_t rows,
                     struct column *out);

/*
 * The rows at[0..count) in this order; a row may be named twice. at[i] < table->rows. Levels are
 * shared, also those that no row has any more.
 */
void table_select(struct arena *arena, const struct table *table, const size_t *at, size_t count,
                  struct table *out);

/*
 * Tables one below the other; names and their order must agree with the first one's. A column that
 * is a category in one of them is a category in the result. names[i] says in faults which one it
 * is. count > 0.
 */
bool table_stack(struct arena *arena, const struct table *tables, const struct str *names,
                 size_t count, struct table *out, struct fault *why);
