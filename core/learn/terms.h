/*
 * Terms of texts: words and pairs of neighbouring words, numbered as they come and counted text by
 * text; and rows of a sparse matrix made of such counts.
 */
#pragma once

#include "core/base/str.h"
#include "core/math/csr.h"

#define TERM_NONE UINT32_MAX

/*
 * An array that grows in an arena of its own, so that nothing of its former places stays: memory
 * that was not touched before is what costs most here.
 */
struct apart {
    struct arena *arena;
    void *at;
};

/* Move to zeroed room for new_size bytes, of which the first old_size are kept. Gives apart->at. */
void *apart_grow(struct arena *parent, struct apart *apart, size_t old_size, size_t new_size);

/*
 * Distinct words, numbered as they come. Words of up to 8 bytes lie in the table itself: finding
 * one costs one cache line, where a table of pointers costs three.
 */
struct word_table {
    struct arena *arena;
    struct arena *own; /* of slots */
    struct word_slot *slots;
    struct str *texts; /* [count] */
    size_t count, room, slot_count;
};

#define WORD_PADDING 8 /* bytes behind a word that can be read */

/* word.at[0 .. len + WORD_PADDING) must be readable. find: TERM_NONE when it is not there. */
uint32_t word_add(struct word_table *table, struct str word);
uint32_t word_find(const struct word_table *table, struct str word);

/*
 * The same in two steps, with others in between: word_ask makes the memory fetch what
 * word_add_asked will look at.
 */
uint64_t word_ask(const struct word_table *table, struct str word);
uint32_t word_add_asked(struct word_table *table, struct str word, uint64_t asked);

/* Pairs of numbers and what they stand for; open addressing, grows by itself. */
struct pairs {
    struct arena *arena;
    struct arena *own; /* of slots */
    struct pair_slot *slots;
    size_t count, slot_count; /* a power of two */
};

/* Where the pair's value is, TERM_NONE at first. */
uint32_t *pairs_at(struct pairs *pairs, uint32_t first, uint32_t second);
uint32_t pairs_find(const struct pairs *pairs, uint32_t first, uint32_t second);
/* Ask the memory for a pair that will be asked for soon. */
void pairs_prefetch(const struct pairs *pairs, uint32_t first, uint32_t second);

/* How often each number came since counts_open: entries[from..count) hold it, in no order. */
struct counts {
    struct arena *arena;
    struct count_place *places; /* [room] by number */
    size_t room;
    uint64_t *entries; /* number << 32 | count */
    size_t count, entry_room, from;
    uint32_t text;
};

/* Room for so many entries from the start. */
void counts_room(struct counts *counts, size_t entries);
void counts_open(struct counts *counts);
/* Ask the memory for a number that will be added soon. */
void counts_prefetch(const struct counts *counts, uint32_t number);
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
