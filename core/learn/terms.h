/*
 * Terms of texts: words and pairs of neighbouring words, numbered as they come and counted text by
 * text; and rows of a sparse matrix made of such counts.
 */
#pragma once

#include "core/data/dictionary.h"
#include "core/math/csr.h"

#define TERM_NONE UINT32_MAX

/* Pairs of numbers and what they stand for; open addressing, grows by itself. */
struct pairs {
    struct arena *arena;
    uint64_t *keys; /* first << 32 | second, plus 1; 0 is free */
    uint32_t *values;
    size_t count, slot_count; /* a power of two */
};

/* Where the pair's value is, TERM_NONE at first. */
uint32_t *pairs_at(struct pairs *pairs, uint32_t first, uint32_t second);
uint32_t pairs_find(const struct pairs *pairs, uint32_t first, uint32_t second);

/* How often each number came since counts_open: entries[from..count) hold it, in no order. */
struct counts {
    struct arena *arena;
    uint32_t *stamp, *place; /* [room] by number */
    size_t room;
    uint64_t *entries; /* number << 32 | count */
    size_t count, entry_room, from;
    uint32_t text;
};

void counts_open(struct counts *counts);
void counts_add(struct counts *counts, uint32_t number);

/* Sort by the bits from 32 on, of which `bits` may be set; other[n] is scratch. */
void sort_entries(uint64_t *entries, size_t n, unsigned bits, uint64_t *other);

/* Rows of a sparse matrix, one behind the other; width is what it shows afterwards. */
struct row_writer {
    struct arena *arena;
    size_t *starts; /* [rows + 1] */
    uint32_t *columns;
    double *values;
    size_t row, count, room;
};

void row_writer_open(struct row_writer *out, struct arena *arena, size_t rows, size_t entries);
void row_writer_add(struct row_writer *out, uint32_t column, double value);

enum norm { NORM_L2, NORM_L1, NORM_NONE };
/* End the row: scale it to length 1. */
void row_writer_end(struct row_writer *out, enum norm norm);
const struct csr *row_writer_close(struct row_writer *out, size_t width);
