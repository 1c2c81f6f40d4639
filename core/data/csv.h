/*
 * CSV in and out of tables. What is accepted as CSV: core/data/csv_scan.h. A header is required.
 *
 * Kinds: a column all of whose cells are numbers or missing is COLUMN_INTEGER where there is a cell
 * and all are written without point and exponent and within 2^53, else COLUMN_NUMBER. Where there
 * is a cell and all are times (core/data/time.h) it is COLUMN_TIME. All others are texts:
 * COLUMN_TEXT where at least 100 cells are filled and 9 of 10 are distinct, or where the distinct
 * ones have more than 60 bytes on average; else COLUMN_CATEGORY. Missing: an empty cell, and
 * without quotes also ? NA N/A NaN nan null NULL. Infinite numbers ("inf", 1e999) in a column of
 * numbers are a fault.
 *
 * Faults name file, line and column: `train.csv:17: 8 cells, header has 9`.
 */
#pragma once

#include "core/data/csv_scan.h"
#include "core/data/table.h"

/* Limits where the caller sets none. */
#define CSV_BYTES_MOST ((size_t)4 << 30)
#define CSV_ROWS_MOST ((size_t)100 * 1000 * 1000)

/*
 * A column whose kind is set. COLUMN_CATEGORY, COLUMN_TEXT: texts as they stand, only the empty
 * cell is missing ("007" and "NA" are ids). The other kinds: any other cell is a fault. A column
 * that the file does not have is not looked for.
 */
struct csv_pin {
    struct str column;
    enum column_kind kind;
};

/* More about a pinned column. */
struct csv_pin_more {
    const struct str
        *missing;         /* [missing_count] words that are missing unless quoted, in place of */
    size_t missing_count; /* the usual ones */
    struct str format;    /* COLUMN_TIME: see time_parse_as; empty: ISO 8601 */
};

struct csv_options {
    struct str file;  /* its name in faults; empty: "csv" */
    char separator;   /* 0: found */
    unsigned threads; /* 0 is 1; the table is the same with any number */
    bool two_kinds;   /* columns without a pin are COLUMN_NUMBER or COLUMN_CATEGORY */
    const struct csv_pin *pins;
    const struct csv_pin_more *more; /* [pin_count], or NULL */
    size_t pin_count;
    size_t rows_most, columns_most, bytes_most; /* 0: CSV_..._MOST */
};

/*
 * Parse; the table owes nothing to `bytes`. how may be NULL. Takes at most 8 bytes of arena for
 * each byte of input, plus distinct texts. O(bytes): each byte is looked at twice, the cells of a
 * column that turns out to be of another kind than its first 1000 rows once more.
 */
bool csv_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
               struct table *out, struct fault *why);

/* A regular file is mapped while it is read and must not shrink meanwhile; others are read. */
bool csv_load(struct arena *arena, int dir, const char *path, const struct csv_options *how,
              struct table *out, struct fault *why);
bool csv_load_fd(struct arena *arena, int fd, const struct csv_options *how, struct table *out,
                 struct fault *why);

/*
 * Append the table as CSV: separator comma, LF, quotes where needed (also around texts that would
 * read back as missing); numbers are the shortest that read back equal; missing cells are empty.
 */
void csv_print(struct text *out, const struct table *table);
/*
 * The same into a file, there whole or not at all, on up to `threads` threads; the bytes are the
 * same with any number. The arena is for what is needed meanwhile: little beside the file.
 */
bool csv_save(struct arena *arena, int dir, const char *path, const struct table *table,
              unsigned threads, struct fault *why);
