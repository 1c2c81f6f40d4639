/* Pairs, counts and sparse rows. */
#include "core/learn/terms.h"
#include <math.h>

#pragma GCC optimize("O3")

#define INSERTION_MOST 48
#define DIGIT 8

static size_t slot_of(const struct pairs *pairs, uint64_t key)
{
    size_t mask = pairs->slot_count - 1;
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    for (size_t at = (h ^ h >> 32) & mask;; at = (at + 1) & mask)
        if (pairs->keys[at] == key || pairs->keys[at] == 0)
            return at;
}

static void rehash(struct pairs *pairs)
{
    struct pairs more = *pairs;
    more.slot_count = pairs->slot_count ? pairs->slot_count * 4 : 1024;
    more.keys = arena_array(pairs->arena, uint64_t, more.slot_count);
    more.values = arena_array(pairs->arena, uint32_t, more.slot_count);
    for (size_t i = 0; i < pairs->slot_count; i++) {
        if (!pairs->keys[i])
            continue;
        size_t at = slot_of(&more, pairs->keys[i]);
        more.keys[at] = pairs->keys[i];
        more.values[at] = pairs->values[i];
    }
    *pairs = more;
}

static uint64_t key_of(uint32_t first, uint32_t second)
{
    return ((uint64_t)first << 32 | second) + 1;
}

uint32_t *pairs_at(struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (pairs->count * 2 >= pairs->slot_count)
        rehash(pairs);
    size_t at = slot_of(pairs, key_of(first, second));
    if (!pairs->keys[at]) {
        pairs->keys[at] = key_of(first, second);
        pairs->values[at] = TERM_NONE;
        pairs->count++;
    }
    return &pairs->values[at];
}

uint32_t pairs_find(const struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (!pairs->slot_count)
        return TERM_NONE;
    size_t at = slot_of(pairs, key_of(first, second));
    return pairs->keys[at] ? pairs->values[at] : TERM_NONE;
}

void counts_open(struct counts *counts)
{
    counts->text++;
    counts->from = counts->count;
}

static void numbers_grow(struct counts *counts, size_t least)
{
    size_t room = counts->room * 2 > least ? counts->room * 2 : least + 1024;
    counts->stamp =
        arena_grow(counts->arena, counts->stamp, counts->room * sizeof(uint32_t), room * 4);
    counts->place =
        arena_grow(counts->arena, counts->place, counts->room * sizeof(uint32_t), room * 4);
    counts->room = room;
}

void counts_add(struct counts *counts, uint32_t number)
{
    if (number >= counts->room)
        numbers_grow(counts, number);
    if (counts->stamp[number] == counts->text) {
        counts->entries[counts->place[number]]++;
        return;
    }
    if (counts->count == counts->entry_room) {
        size_t room = counts->entry_room ? counts->entry_room * 2 : 4096;
        counts->entries = arena_grow(counts->arena, counts->entries,
                                     counts->entry_room * sizeof(uint64_t), room * 8);
        counts->entry_room = room;
    }
    counts->stamp[number] = counts->text;
    counts->place[number] = (uint32_t)counts->count;
    counts->entries[counts->count++] = (uint64_t)number << 32 | 1;
}

static void insert_sorted(uint64_t *entries, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t entry = entries[i];
        size_t at = i;
        for (; at && entries[at - 1] >> 32 > entry >> 32; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

void sort_entries(uint64_t *entries, size_t n, unsigned bits, uint64_t *other)
{
    if (n <= INSERTION_MOST) {
        insert_sorted(entries, n);
        return;
    }
    uint64_t *from = entries, *to = other;
    for (unsigned shift = 32; shift < 32 + bits; shift += DIGIT) {
        size_t starts[1 << DIGIT] = { 0 }, total = 0;
        for (size_t i = 0; i < n; i++)
            starts[from[i] >> shift & ((1 << DIGIT) - 1)]++;
        for (size_t d = 0; d < 1 << DIGIT; d++) {
            size_t count = starts[d];
            starts[d] = total;
            total += count;
        }
        for (size_t i = 0; i < n; i++)
            to[starts[from[i] >> shift & ((1 << DIGIT) - 1)]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, n * sizeof *entries);
}

void row_writer_open(struct row_writer *out, struct arena *arena, size_t rows, size_t entries)
{
    *out = (struct row_writer){ .arena = arena, .room = entries };
    out->starts = arena_array(arena, size_t, rows + 1);
    out->columns = arena_array(arena, uint32_t, entries);
    out->values = arena_array(arena, double, entries);
}

void row_writer_add(struct row_writer *out, uint32_t column, double value)
{
    if (out->count == out->room) {
        size_t room = out->room * 2 + 1024;
        out->columns = arena_grow(out->arena, out->columns, out->room * 4, room * 4);
        out->values = arena_grow(out->arena, out->values, out->room * 8, room * 8);
        out->room = room;
    }
    out->columns[out->count] = column;
    out->values[out->count++] = value;
}

void row_writer_end(struct row_writer *out, enum norm norm)
{
    double total = 0;
    double *values = out->values + out->starts[out->row];
    size_t n = out->count - out->starts[out->row];
    for (size_t i = 0; i < n; i++)
        total += norm == NORM_L1 ? fabs(values[i]) : values[i] * values[i];
    if (norm == NORM_L2)
        total = sqrt(total);
    for (size_t i = 0; norm != NORM_NONE && total > 0 && i < n; i++)
        values[i] /= total;
    out->starts[++out->row] = out->count;
}

const struct csr *row_writer_close(struct row_writer *out, size_t width)
{
    struct csr *csr = arena_new(out->arena, struct csr);
    *csr = (struct csr){ out->row, width, out->starts, out->columns, out->values };
    return csr;
}
