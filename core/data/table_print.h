/*
 * Tables as text, a line a row, blocks of rows in parallel: what CSV and JSON lines have in common.
 * The bytes are the same with any number of threads.
 */
#pragma once

#include "core/data/table.h"

/* What stands in a line beside the values. */
struct table_form {
    const struct str *before;        /* [column_count] a column's cell */
    const struct str *const *levels; /* [column_count] of texts: each as it is printed */
    struct str missing;              /* in place of a missing value */
    struct str after;                /* a row */
    bool times_quoted;               /* in double quotes */
};

/* Append all rows to the text. The arena is the text's. */
void table_print(struct text *out, const struct table *table, const struct table_form *form);

/* `header`, then all rows, into a file that is there whole or not at all. */
bool table_save(struct arena *arena, int dir, const char *path, struct str header,
                const struct table *table, const struct table_form *form, unsigned threads,
                struct fault *why);
