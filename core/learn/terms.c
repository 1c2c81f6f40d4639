/* Pairs, counts and sparse rows. */
#include "core/learn/terms.h"
#include <math.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define INSERTION_MOST 48
#define DIGIT 8

__extension__ typedef unsigned __int128 wide;

struct word_slot {
    uint64_t key;    /* up to 8 bytes: the word; of longer ones a hash */
    uint32_t number; /* plus 1; 0 is free */
    uint32_t len;
};

struct pair_slot {
    uint64_t key; /* first << 32 | second, plus 1; 0 is free */
    uint32_t value;
};

struct count_place {
    uint32_t text, at;
};

void *apart_grow(struct arena *parent, struct apart *apart, size_t old_size, size_t new_size)
{
    struct arena *arena = arena_child(parent, NULL);
    void *at = arena_take(arena, new_size);
    if (old_size)
        memcpy(at, apart->at, old_size);
    arena_drop(apart->arena);
    *apart = (struct apart){ arena, at };
    return at;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD1B54A32D192ED03u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Reads up to WORD_PADDING bytes behind the word. */
static uint64_t word_key(struct str word)
{
    uint64_t h = word.len, piece;
    const char *at = word.at;
    size_t left = word.len;
    for (; left > 8; at += 8, left -= 8) {
        memcpy(&piece, at, 8);
        h = mix(h, piece);
    }
    memcpy(&piece, at, 8);
    piece &= left ? ~(uint64_t)0 >> (64 - 8 * left) : 0;
    return word.len <= 8 ? piece : mix(h, piece);
}

static struct word_slot *word_slot_of(const struct word_table *table, struct str word, uint64_t key)
{
    size_t mask = table->slot_count - 1;
    for (size_t at = mix(key, word.len) & mask;; at = (at + 1) & mask) {
        struct word_slot *slot = &table->slots[at];
        if (!slot->number)
            return slot;
        if (slot->key == key && slot->len == word.len &&
            (word.len <= 8 || str_equal(table->texts[slot->number - 1], word)))
            return slot;
    }
}

static void words_rehash(struct word_table *table)
{
    struct word_table more = *table;
    more.slot_count = table->slot_count ? table->slot_count * 2 : 4096;
    more.own = arena_child(table->arena, NULL);
    more.slots = arena_array(more.own, struct word_slot, more.slot_count);
    for (size_t i = 0; i < table->slot_count; i++) {
        const struct word_slot *slot = &table->slots[i];
        if (!slot->number)
            continue;
        size_t mask = more.slot_count - 1, at = mix(slot->key, slot->len) & mask;
        while (more.slots[at].number)
            at = (at + 1) & mask;
        more.slots[at] = *slot;
    }
    arena_drop(table->own);
    *table = more;
}

uint64_t word_ask(const struct word_table *table, struct str word)
{
    uint64_t key = word_key(word);
    if (table->slot_count)
        __builtin_prefetch(&table->slots[mix(key, word.len) & (table->slot_count - 1)]);
    return key;
}

uint32_t word_add_asked(struct word_table *table, struct str word, uint64_t key)
{
    if (table->count * 4 >= table->slot_count * 3)
        words_rehash(table);
    struct word_slot *slot = word_slot_of(table, word, key);
    if (slot->number)
        return slot->number - 1;
    if (table->count == table->room) {
        size_t room = table->room * 2 + 1024;
        table->texts = arena_grow(table->arena, table->texts, table->room * sizeof(struct str),
                                  room * sizeof(struct str));
        table->room = room;
    }
    table->texts[table->count++] = str_keep(table->arena, word);
    *slot = (struct word_slot){ key, (uint32_t)table->count, (uint32_t)word.len };
    return slot->number - 1;
}

uint32_t word_add(struct word_table *table, struct str word)
{
    return word_add_asked(table, word, word_key(word));
}

uint32_t word_find(const struct word_table *table, struct str word)
{
    if (!table->slot_count)
        return TERM_NONE;
    return word_slot_of(table, word, word_key(word))->number - 1; /* 0 - 1 is TERM_NONE */
}

static uint64_t key_of(uint32_t first, uint32_t second)
{
    return ((uint64_t)first << 32 | second) + 1;
}

static size_t place_of(const struct pairs *pairs, uint64_t key)
{
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    return (h ^ h >> 32) & (pairs->slot_count - 1);
}

static struct pair_slot *pair_slot_of(const struct pairs *pairs, uint64_t key)
{
    for (size_t at = place_of(pairs, key);; at = (at + 1) & (pairs->slot_count - 1))
        if (pairs->slots[at].key == key || pairs->slots[at].key == 0)
            return &pairs->slots[at];
}

static void pairs_rehash(struct pairs *pairs)
{
    struct pairs more = *pairs;
    more.slot_count = pairs->slot_count ? pairs->slot_count * 2 : 1024;
    more.own = arena_child(pairs->arena, NULL);
    more.slots = arena_array(more.own, struct pair_slot, more.slot_count);
    for (size_t i = 0; i < pairs->slot_count; i++)
        if (pairs->slots[i].key)
            *pair_slot_of(&more, pairs->slots[i].key) = pairs->slots[i];
    arena_drop(pairs->own);
    *pairs = more;
}

uint32_t *pairs_at(struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (pairs->count * 4 >= pairs->slot_count * 3)
        pairs_rehash(pairs);
    struct pair_slot *slot = pair_slot_of(pairs, key_of(first, second));
    if (!slot->key) {
        *slot = (struct pair_slot){ key_of(first, second), TERM_NONE };
        pairs->count++;
    }
    return &slot->value;
}

uint32_t pairs_find(const struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (!pairs->slot_count)
        return TERM_NONE;
    const struct pair_slot *slot = pair_slot_of(pairs, key_of(first, second));
    return slot->key ? slot->value : TERM_NONE;
}

void pairs_prefetch(const struct pairs *pairs, uint32_t first, uint32_t second)
{
    if (pairs->slot_count)
        __builtin_prefetch(&pairs->slots[place_of(pairs, key_of(first, second))]);
}

void counts_room(struct counts *counts, size_t entries)
{
    counts->entries = arena_array(counts->arena, uint64_t, entries);
    counts->entry_room = entries;
}

void counts_prefetch(const struct counts *counts, uint32_t number)
{
    if (number < counts->room)
        __builtin_prefetch(&counts->places[number]);
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
