/*
 * Records and cells of CSV text, one after the other, each with the line that it stands on. What
 * tables and prediction files are read with.
 *
 * Accepted: separator , ; tab or | (found in the first two records; or any that is told); line
 * ends LF, CRLF and CR; cells in double quotes with separators, line ends and doubled quotes in
 * them; blanks around cells
 * and quotes, which do not belong to the cell; a UTF-8 byte-order mark; blank lines, which are
 * skipped. Refused with line: NUL bytes, text that is not UTF-8, a quote never closed or with text
 * behind it, a cell over CSV_CELL_BYTES_MOST.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define CSV_CELL_BYTES_MOST ((size_t)1 << 20)
#define CSV_COLUMNS_MOST ((size_t)1 << 17)

struct csv_scan {
    const char *at, *end; /* what is left */
    struct str file;      /* its name in faults */
    size_t line;          /* of `at`, from 1 */
    size_t record_line;   /* where the current record began */
    char separator;
};

/* A cell as it stands in the file: without outer quotes and blanks, inner quotes still doubled. */
struct csv_cell {
    struct str raw;
    bool quoted;
};

enum csv_step {
    CSV_MORE, /* a cell, the record goes on */
    CSV_LAST, /* the record's last cell */
    CSV_BROKEN,
};

/* separator 0: find it. Nothing is copied; bytes must live on. O(bytes). */
bool csv_scan_open(struct csv_scan *scan, struct str bytes, struct str file, char separator,
                   struct fault *why);

/* The same without looking for NUL bytes and broken UTF-8: somebody did. */
bool csv_scan_begin(struct csv_scan *scan, struct str bytes, struct str file, char separator,
                    struct fault *why);

/* Go to the next record, over blank lines; false at the end. */
bool csv_record(struct csv_scan *scan);
/* The same; false also when the next line starts at or behind `limit`. */
bool csv_record_before(struct csv_scan *scan, const char *limit);

enum csv_step csv_cell(struct csv_scan *scan, struct csv_cell *cell, struct fault *why);

/* The cell's text into out[cell.raw.len], doubled quotes once; gives its length. */
size_t csv_cell_copy(struct csv_cell cell, char *out);

/* The cell's text; a copy where quotes are doubled. */
struct str csv_cell_text(struct arena *arena, struct csv_cell cell);

/* "FILE:LINE: ..." for the current record. Returns false. */
bool csv_fault(const struct csv_scan *scan, struct fault *why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The header record's names. */
struct csv_header {
    struct str *names; /* [count] zero-ended */
    size_t count;
    size_t cell_count; /* count and the trailing cells without a name, which must stay empty */
};

/*
 * Read the first record. Faults: no record, a name that is empty (but at the end), doubled or over
 * 256 bytes, more than columns_most cells (that many at least are never read on).
 */
bool csv_header_read(struct arena *arena, struct csv_scan *scan, size_t columns_most,
                     struct csv_header *out, struct fault *why);
