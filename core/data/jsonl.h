/*
 * JSON lines in and out of tables: an object a line, whose members are cells. Columns stand in
 * order of first appearance; a member that a line does not have, null and "" are missing.
 *
 * Kinds: as in core/data/csv.h from the values: numbers make COLUMN_INTEGER or COLUMN_NUMBER, texts
 * all of which are times COLUMN_TIME; other texts, true and false, and a mixture make COLUMN_TEXT
 * or COLUMN_CATEGORY, numbers among them with the digits as written. "5" is a text.
 *
 * Refused with file, line and key or byte: what is no JSON (RFC 8259), nested values, doubled keys,
 * NaN, infinite numbers, text that is not UTF-8, NULs, a line over JSONL_LINE_BYTES_MOST, and
 * tables with far more cells than bytes. Blank lines are skipped.
 */
#pragma once

#include "core/data/csv.h"

#define JSONL_LINE_BYTES_MOST ((size_t)16 << 20)
/* A table of more cells than this and 16 a byte of input is too sparse to be one. */
#define JSONL_CELLS_MOST ((size_t)4 << 20)

/* As csv_parse; the separator is not looked at. Single-threaded. */
bool jsonl_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
                 struct table *out, struct fault *why);

/* The line, from 1, of the row, from 0; false where there are not so many. */
bool jsonl_line(struct str bytes, size_t row, size_t *line);

/* A line a row; missing cells are null, times ISO 8601 texts. See csv_print and csv_save. */
void jsonl_print(struct text *out, const struct table *table);
bool jsonl_save(struct arena *arena, int dir, const char *path, const struct table *table,
                unsigned threads, struct fault *why);
