/*
 * Distinct words, numbered as they come. Words of up to 15 bytes lie in the table itself: finding
 * one costs one cache line, where a table of pointers costs three. What the loops over all words of
 * many texts do is inline.
 */
#pragma once

#include "core/learn/apart.h"
#include "core/learn/words.h"

#define WORD_NONE UINT32_MAX
#define WORD_WITHIN 15 /* bytes of words that lie in the table */

/* The word itself, zeros behind it; of longer ones a hash, and a top byte that no UTF-8 has. */
struct word_key {
    uint64_t low, high;
};

struct word_slot {
    struct word_key key;
    uint32_t number; /* plus 1; 0 is free */
    uint32_t at;     /* the user's, 0 at first */
};

struct word_table {
    struct arena *arena; /* set by the user; of the words' bytes */
    struct word_slot *slots;
    struct str *texts; /* [count] */
    size_t count, room, slot_count;
    struct apart slots_apart, texts_apart;
};

struct word_key word_key_long(struct str word);

/* word.at[0 .. len + WORD_PADDING) must be readable. */
static inline struct word_key word_key_of(struct str word)
{
    struct word_key key;
    if (word.len > WORD_WITHIN)
        return word_key_long(word);
    memcpy(&key, word.at, sizeof key);
    uint64_t mask = word.len % 8 ? ~(uint64_t)0 >> (64 - 8 * (word.len % 8)) : 0;
    key.low &= word.len < 8 ? mask : ~(uint64_t)0;
    key.high &= word.len < 8 ? 0 : mask;
    return key;
}

__extension__ typedef unsigned __int128 word_wide;

static inline uint64_t word_mix(uint64_t a, uint64_t b)
{
    word_wide product = (word_wide)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD1B54A32D192ED03u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Where looking for the key begins. */
static inline size_t word_place(const struct word_table *table, struct word_key key)
{
    return word_mix(key.low, key.high) & (table->slot_count - 1);
}

/* Make the memory fetch what word_at will look at. */
static inline void word_ask(const struct word_table *table, struct word_key key)
{
    const struct word_slot *slot = &table->slots[word_place(table, key)];
    __builtin_prefetch(slot);
    __builtin_prefetch(&slot->at);
}

/* The word's slot, or the free one where it belongs. The table has slots. */
static inline struct word_slot *word_at(const struct word_table *table, struct str word,
                                        struct word_key key)
{
    size_t mask = table->slot_count - 1;
    for (size_t at = word_place(table, key);; at = (at + 1) & mask) {
        struct word_slot *slot = &table->slots[at];
        if (!slot->number ||
            (slot->key.low == key.low && slot->key.high == key.high &&
             (word.len <= WORD_WITHIN || str_equal(table->texts[slot->number - 1], word))))
            return slot;
    }
}

/* Room for `count` words; slots of former calls are void. */
void word_room(struct word_table *table, size_t count);

/* A copy of the word, in the free slot that word_at gave. Slots of former calls are void. */
struct word_slot *word_put(struct word_table *table, struct word_slot *slot, struct str word,
                           struct word_key key);

/* Fill an empty table with copies of distinct words, in this order. */
void words_put(struct word_table *table, const struct str *words, size_t count);

/* Its number; WORD_NONE when it is not there. */
uint32_t word_find(const struct word_table *table, struct str word);
