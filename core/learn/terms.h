/*
 * Terms of texts: pairs of neighbouring words, counts of terms text by text, and rows of a sparse
 * matrix made of such counts.
 */
#pragma once

#include "core/learn/apart.h"
#include "core/math/csr.h"

#define TERM_NONE UINT32_MAX

struct pair_slot {
    uint64_t key;    /* first << 32 | second, plus 1; 0 is free */
    uint32_t number; /* what the pair stands for: the user's */
    uint32_t at;     /* the user's, 0 at first */
};

/* Pairs of numbers and what they stand for; open addressing, grows by itself. */
struct pairs {
    struct arena *arena;
    struct pair_slot *slots;
    size_t count, slot_count; /* a power of two, or 0 */
    struct apart slots_apart;
};

static inline uint64_t pair_key(uint32_t first, uint32_t second)
{
    return ((uint64_t)first << 32 | second) + 1;
}

/* Where looking for the key begins. */
static inline size_t pair_place(const struct pairs *pairs, uint64_t key)
{
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    return (h ^ h >> 32) & (pairs->slot_count - 1);
}

static inline struct pair_slot *pair_at(const struct pairs *pairs, uint64_t key)
{
    for (size_t at = pair_place(pairs, key);; at = (at + 1) & (pairs->slot_count - 1))
        if (pairs->slots[at].key == key || pairs->slots[at].key == 0)
            return &pairs->slots[at];
}

/* Ask the memory for a pair that will be looked for soon. */
static inline void pair_ask(const struct pairs *pairs, uint64_t key)
{
    __builtin_prefetch(&pairs->slots[pair_place(pairs, key)]);
}

/* Room for `count` pairs; slots of former calls are void. */
void pairs_room(struct pairs *pairs, size_t count);

/* The pair, put there when it is new, with the number TERM_NONE. Slots of former calls are void. */
struct pair_slot *pair_add(struct pairs *pairs, uint32_t first, uint32_t second);
uint32_t pair_find(const struct pairs *pairs, uint32_t first, uint32_t second); /* or TERM_NONE */

/* How often each number came since counts_open: entries[from..count) hold it, in no order. */
struct counts {
    struct arena *arena;
    struct count_place *places; /* [room] by number */
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
    struct arena *own; /* of all that is written, the csr too */
    size_t *starts;    /* [rows + 1] */
    uint32_t *columns;
    double *values;
    size_t row, count, room;
    struct apart columns_apart, values_apart;
};

void row_writer_open(struct row_writer *out, struct arena *arena, size_t rows, size_t entries);
void row_writer_room(struct row_writer *out, size_t entries); /* in all */

static inline void row_writer_add(struct row_writer *out, uint32_t column, double value)
{
    if (out->count == out->room)
        row_writer_room(out, out->room * 2 + 1024);
    out->columns[out->count] = column;
    out->values[out->count++] = value;
}

enum norm { NORM_L2, NORM_L1, NORM_NONE };
/* End the row: scale it to length 1. */
void row_writer_end(struct row_writer *out, enum norm norm);
/* The rows; writer->own holds them. */
const struct csr *row_writer_close(struct row_writer *out, size_t width);
