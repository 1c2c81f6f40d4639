/*
 * The staff's small CSV lists (teams.csv, roster.csv): RFC 4180 with a header, all cells as text,
 * few rows.
 */
#pragma once

#include "core/base/complaint.h"

#define COURSE_CSV_COLUMNS_MOST 32
#define COURSE_CSV_ROWS_MOST 20000

struct course_csv {
    const char *file; /* for complaints */
    struct str header[COURSE_CSV_COLUMNS_MOST];
    size_t column_count;
    struct str *cells; /* row_count * column_count, zero-ended, trimmed */
    int *lines;        /* where each row starts */
    size_t row_count;
};

/* Empty lines are skipped; a row with another number of cells is a complaint and left out. */
bool course_csv_parse(struct arena *arena, const char *file, struct str bytes,
                      struct course_csv *out, struct complaints *to);
/* The column of that name in any case, or -1. */
int course_csv_column(const struct course_csv *csv, const char *name);
/* Empty for column -1. */
struct str course_csv_cell(const struct course_csv *csv, size_t row, int column);
