/*
 * A piece of a CSV file's rows, read into its part of the columns. Pieces are cut where a line
 * starts, whatever that line is; the caller finds out whether the piece before ended just there
 * (else the line was within a quoted cell) and reads the piece again from where it did end.
 */
#pragma once

#include "core/data/csv.h"
#include "core/data/csv_levels.h"

enum csv_mode {
    CSV_SKIP, /* the column is done */
    CSV_NUMBERS,
    CSV_TIMES,
    CSV_TEXTS,
};

/* A column of the file while it is read, the same for all pieces. */
struct csv_field {
    enum csv_mode mode;
    const struct csv_pin *pin; /* NULL: the kind is found */
    struct csv_pin_more more;
    double *numbers;      /* [room of all pieces] of CSV_NUMBERS and CSV_TIMES */
    int32_t *codes;       /* of CSV_TEXTS */
    size_t infinite_line; /* 0: none */
};

struct csv_rows {
    struct csv_scan scan; /* at the first row */
    const struct csv_header *header;
    struct csv_field *fields; /* [header->count] */
};

/* What a piece holds of a column. */
struct csv_cells {
    enum csv_mode mode;                 /* CSV_SKIP from the first cell on that does not fit */
    bool special;                       /* the short way would not do */
    bool words;                         /* NA and the like are missing */
    bool misfit;                        /* a cell did not fit, and the column is not pinned */
    bool misfit_is_time, any, fraction; /* any: a cell that fits; fraction: not all are whole */
    unsigned time_form;
    size_t missing_count, infinite_line;
    double *numbers;
    int32_t *codes;
    struct csv_levels levels;
    const int32_t *map; /* from the piece's codes to the column's, from -1 on; NULL: the same */
};

struct csv_piece {
    const struct csv_rows *rows;
    const char *from, *limit; /* the rows that start here */
    size_t line;              /* of `from` */
    size_t row_at, room;      /* where they go */
    struct arena *arena;      /* its own */
    jmp_buf way_out;
    struct csv_cells *cells;
    /* found: */
    const char *end; /* where the next piece's first row starts */
    size_t row_count;
    bool failed, no_memory;
    bool skipped; /* by the caller: not read */
    struct fault why;
};

/* Sets all that is found. Touches nothing of other pieces. O(bytes). */
void csv_piece_read(struct csv_piece *piece);

/*
 * The cell at scan->at into its column's row `row_count`, whatever it is; gives what is behind it.
 * CSV_BROKEN: the piece's fault.
 */
enum csv_step csv_piece_cell(struct csv_piece *piece, struct csv_scan *scan, size_t column);

/* What a cell is to a column whose kind is not known. */
enum csv_guess { CSV_IS_MISSING, CSV_IS_NUMBER, CSV_IS_TIME, CSV_IS_TEXT };
enum csv_guess csv_cell_guess(struct csv_cell cell);
