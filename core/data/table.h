/*
 * Tables: named, typed columns of equal length, column by column in memory. Plain data that lives
 * as long as the arena it was made in; once made, a table's cells are not changed, so that tables
 * may share columns.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/fault.h"
#include "core/base/str.h"

/*
 * Two ways to store, five ways to mean. Ask kind_is_numeric() which array a column has; ask the
 * kind only where the meaning matters.
 */
enum column_kind {
    COLUMN_NUMBER = 1, /* numbers */
    COLUMN_CATEGORY,   /* codes into levels */
    COLUMN_INTEGER,    /* numbers, all whole and within 2^53 */
    COLUMN_TIME,       /* numbers: seconds since 1970-01-01T00:00:00Z, fractions allowed */
    COLUMN_TEXT,       /* codes into levels, which are (nearly) all distinct or long: no classes */
};

#define COLUMN_KINDS 5

/* The column has `numbers`; all others have `codes` and `levels`. */
static inline bool kind_is_numeric(enum column_kind kind)
{
    return kind != COLUMN_CATEGORY && kind != COLUMN_TEXT;
}

/* "number", "category", "integer", "time", "text". */
const char *kind_name(enum column_kind kind);
/* 0 when no kind has that name. */
enum column_kind kind_find(struct str name);

struct origin;

struct column {
    struct str name; /* zero-ended, UTF-8, unique in its table */
    enum column_kind kind;
    unsigned time_form; /* COLUMN_TIME: TIME_... of core/data/time.h, how its cells are printed */
    size_t missing_count;
    const double *numbers;    /* numeric kinds: [rows] finite, or NAN where missing */
    const int32_t *codes;     /* others: [rows] 0..level_count-1, or -1 where missing */
    const struct str *levels; /* others: [level_count] zero-ended, distinct, in order of first
                                 appearance */
    size_t level_count;
    const struct origin *origin; /* NULL, or where its cells were read; see core/data/origin.h */
};

static inline bool column_is_numeric(const struct column *column)
{
    return kind_is_numeric(column->kind);
}

/* O(1). row < the table's rows. */
bool column_is_missing(const struct column *column, size_t row);

struct table {
    size_t rows;
    size_t column_count;
    const struct column *columns;
};

/* By name; NULL when there is none. O(columns). */
const struct column *table_find(const struct table *table, struct str name);

/* The same, searched from column *from on and around; *from is then the next one. Looking up all
   names in the order of the table so takes O(columns). */
const struct column *table_find_from(const struct table *table, struct str name, size_t *from);

/*
 * The cell's text: the level, the shortest number that reads back equal, or the time in ISO 8601.
 * The empty text where it is missing. Numbers and times are printed into the arena.
 */
struct str column_text(struct arena *arena, const struct column *column, size_t row);

/*
 * The column's cells as classes: codes[rows] of its levels or, of a numeric column, of its
 * different values in order of first appearance; -1 where missing. O(rows).
 */
const int32_t *column_classes(struct arena *arena, const struct column *column, size_t rows);

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
 * Tables one below the other; names and their order must agree with the first one's. Kinds that
 * differ: integer and number make number, category and text make text, all others a category.
 * names[i] says in faults which one it is. count > 0.
 */
bool table_stack(struct arena *arena, const struct table *tables, const struct str *names,
                 size_t count, struct table *out, struct fault *why);
