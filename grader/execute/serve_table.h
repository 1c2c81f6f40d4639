/*
 * CSV as plain texts: rows that a server is asked about, predictions that its answers are compared
 * with, and the answers themselves. RFC 4180: cells between commas, quoted ones with "" for a
 * quote; lines end with LF or CRLF; blank lines are passed over.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define SERVE_COLUMNS_MOST 4096

/* One record after another. */
struct serve_reader {
    struct arena *arena; /* of quoted cells with quotes inside; other cells borrow from the bytes */
    struct str rest;
    size_t line; /* of the record that was read, from 1 */
    size_t next_line;
};
struct serve_record {
    struct str cells[SERVE_COLUMNS_MOST];
    size_t count;
};
/* False at the end (why->text empty), or with a fault: an open quote, too many cells. */
bool serve_record_read(struct serve_reader *reader, struct serve_record *out, struct fault *why);

struct serve_table {
    struct str *columns; /* [width], distinct */
    size_t width;
    struct str *cells; /* [row_count * width] */
    size_t row_count;
};
/* A header and records of the same width; what comes after rows_most records is not read. */
bool serve_table_parse(struct arena *arena, struct str csv, size_t rows_most,
                       struct serve_table *out, struct fault *why);
/* SIZE_MAX: there is none. */
size_t serve_column(const struct serve_table *table, struct str name);
