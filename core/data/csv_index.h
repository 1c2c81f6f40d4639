/*
 * Where cells end: the first pass over a run of CSV rows, 64 bytes at a time, so that the second
 * one knows each cell before it has read the one in front of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_INDEX_SLACK 80 /* bytes that must be readable behind `to` */

struct csv_index {
    const char *before; /* the byte in front of the first row */
    uint32_t *ends;     /* [1 + row_count * width]: 0, then where the separator or LF behind each
                           cell is, counted from `before` */
    size_t width;       /* cells a row */
    size_t row_count;
    bool cr; /* some LF may have a CR in front */
};

/* Entries that index->ends must have room for, of `bytes` bytes. */
#define CSV_INDEX_ROOM(bytes) ((bytes) + 80)

/*
 * The plain rows that begin at before + 1, up to `to`: whole ones of `width` cells each, where a
 * quoted cell has quotes at both ends, no blanks around them and no line end within. 0 rows where
 * the first one is not plain (or is blank, or behind a CR alone): somebody else must read it.
 * before, ends and width are set; a line starts there, and `to` is less than 2^31 bytes behind.
 * O(bytes).
 */
void csv_index_fill(struct csv_index *index, const char *to, char separator);
