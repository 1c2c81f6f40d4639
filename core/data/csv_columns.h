/* Columns of a table from the pieces of a CSV file. */
#pragma once

#include "core/data/csv_piece.h"
#include <stdatomic.h>

/* All of one file's reading. */
struct csv_reading {
    struct arena *arena;
    const struct csv_options *how;
    struct csv_header header;
    struct csv_rows rows;
    struct csv_field *fields; /* [header.count] */
    struct csv_piece *pieces;
    size_t piece_count;
    atomic_size_t failed_at; /* the first piece that failed */
    size_t room;             /* rows of all pieces at most */
    size_t row_count;        /* of the pieces checked so far */
    size_t rows_most;
    struct column *columns; /* [header.count] */
};

/* The column from its pieces, whose cells all fit: in order, with one numbering of its texts. */
void csv_column_finish(struct csv_reading *r, size_t column);

/* COLUMN_TEXT or COLUMN_CATEGORY: see core/data/csv.h. */
enum column_kind csv_texts_kind(const struct column *column, size_t rows);

/* The first column of numbers that held an infinite one is a fault. */
bool csv_infinite_refuse(const struct csv_reading *r, struct fault *why);
