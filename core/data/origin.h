/*
 * Where a table's rows were read from, so that a fault about a cell can name file and line. Nothing
 * is kept a row: the file is read once more when a fault asks.
 */
#pragma once

#include "core/data/table.h"

/* Files one below the other, as table_load stacks them. */
struct origin {
    size_t count;
    const struct str *paths; /* [count] zero-ended, from the working directory */
    const size_t *rows;      /* [count] of each file */
    size_t bytes_most;       /* of a file, unpacked */
};

/*
 * File and line of a row. False where the file is gone, was changed or cannot be read any more.
 * O(bytes before it); takes arena where the file is packed.
 */
bool origin_find(struct arena *arena, const struct origin *origin, size_t row, struct str *path,
                 size_t *line);

/*
 * A fault about the column's cell in a row, as `train.csv:17: the target "bad" was empty`; where
 * the column was not read from a file, `row 16: the target "bad" was empty`. Returns false.
 */
bool cell_fault(struct arena *arena, const struct column *column, size_t row, struct fault *why,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same about a row as it is after a transform: of whichever column was read from a file. */
bool row_fault(struct arena *arena, const struct table *table, size_t row, struct fault *why,
               const char *format, ...) __attribute__((format(printf, 5, 6)));
