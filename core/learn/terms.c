/* Pairs, counts and sparse rows. */
#include "core/learn/terms.h"
#include <math.h>
#include <string.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define SLOTS_LEAST ((size_t)1024)
#define INSERTION_MOST 48
#define DIGIT_MOST 11

struct count_place {
    uint32_t text, at;
};

void pairs_room(struct pairs *pairs, size_t count)
{
    size_t slots = SLOTS_LEAST;
    struct pairs more = *pairs;
    while (slots / 4 * 3 < count)
        slots *= 2;
    if (slots <= pairs->slot_count)
        return;
    more.slots_apart = (struct apart){ NULL, NULL };
    more.slots = apart_grow(pairs->arena, &more.slots_apart, 0, slots * sizeof *more.slots);
    more.slot_count = slots;
    for (size_t i = 0; i < pairs->slot_count; i++)
        if (pairs->slots[i].key)
            *pair_at(&more, pairs->slots[i].key) = pairs->slots[i];
    apart_drop(&pairs->slots_apart);
    *pairs = more;
}

struct pair_slot *pair_add(struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (pairs->count == pairs->slot_count / 4 * 3)
        pairs_room(pairs, pairs->count + 1);
    struct pair_slot *slot = pair_at(pairs, pair_key(first, second));
    if (!slot->key) {
        *slot = (struct pair_slot){ pair_key(first, second), TERM_NONE, 0 };
        pairs->count++;
    }
    return slot;
}

uint32_t pair_find(const struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (!pairs->slot_count)
        return TERM_NONE;
    const struct pair_slot *slot = pair_at(pairs, pair_key(first, second));
    return slot->key ? slot->number : TERM_NONE;
}

void counts_open(struct counts *counts)
{
    counts->text++;
    counts->from = counts->count;
}

static void places_grow(struct counts *counts, size_t least)
{
    size_t room = counts->room * 2 > least ? counts->room * 2 : least + 1024;
    counts->places =
        arena_grow(counts->arena, counts->places, counts->room * sizeof *counts->places,
                   room * sizeof *counts->places);
    counts->room = room;
}

void counts_add(struct counts *counts, uint32_t number)
{
    if (number >= counts->room)
        places_grow(counts, number);
    struct count_place *place = &counts->places[number];
    if (place->text == counts->text) {
        counts->entries[place->at]++;
        return;
    }
    if (counts->count == counts->entry_room) {
        size_t room = counts->entry_room ? counts->entry_room * 2 : 4096;
        counts->entries = arena_grow(counts->arena, counts->entries,
                                     counts->entry_room * sizeof(uint64_t), room * 8);
        counts->entry_room = room;
    }
    *place = (struct count_place){ counts->text, (uint32_t)counts->count };
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
    unsigned rounds = (bits + DIGIT_MOST - 1) / DIGIT_MOST, digit = (bits + rounds - 1) / rounds;
    for (unsigned r = 0; r < rounds; r++) {
        unsigned shift = 32 + r * digit;
        uint32_t starts[1 << DIGIT_MOST], total = 0, mask = (1u << digit) - 1;
        memset(starts, 0, (mask + 1) * sizeof *starts);
        for (size_t i = 0; i < n; i++)
            starts[from[i] >> shift & mask]++;
        for (size_t d = 0; d <= mask; d++) {
            uint32_t count = starts[d];
            starts[d] = total;
            total += count;
        }
        for (size_t i = 0; i < n; i++)
            to[starts[from[i] >> shift & mask]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, n * sizeof *entries);
}

void row_writer_open(struct row_writer *out, struct arena *arena, size_t rows, size_t entries)
{
    *out = (struct row_writer){ .own = arena_child(arena, NULL) };
    out->starts = arena_array(out->own, size_t, rows + 1);
    row_writer_room(out, entries);
}

void row_writer_room(struct row_writer *out, size_t entries)
{
    out->columns = apart_grow(out->own, &out->columns_apart, out->room * sizeof *out->columns,
                              entries * sizeof *out->columns);
    out->values = apart_grow(out->own, &out->values_apart, out->room * sizeof *out->values,
                             entries * sizeof *out->values);
    out->room = entries;
}

void row_writer_end(struct row_writer *out, enum norm norm)
{
    double total = 0, *values = out->values + out->starts[out->row];
    size_t n = norm == NORM_NONE ? 0 : out->count - out->starts[out->row];
    for (size_t i = 0; i < n; i++)
        total += norm == NORM_L1 ? fabs(values[i]) : values[i] * values[i];
    if (norm == NORM_L2)
        total = sqrt(total);
    for (size_t i = 0; total > 0 && i < n; i++)
        values[i] /= total;
    out->starts[++out->row] = out->count;
}

const struct csr *row_writer_close(struct row_writer *out, size_t width)
{
    struct csr *csr = arena_new(out->own, struct csr);
    *csr = (struct csr){ out->row, width, out->starts, out->columns, out->values };
    return csr;
}
