/*
 * The distinct texts of one column in one piece of a CSV file, numbered in order of first
 * appearance. Texts are borrowed from the file. For the inner loop: texts of up to 8 bytes are
 * compared as one word.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/str.h"

struct csv_slot {
    uint64_t key; /* the text itself up to 8 bytes, else its hash */
    uint32_t len;
    uint32_t number; /* + 1; 0 is free */
};

struct csv_levels {
    struct arena *arena;
    struct str *texts; /* [count] */
    size_t count, room;
    struct csv_slot *slots; /* a power of two, at least twice count */
    size_t slot_count;
    unsigned shift; /* 64 - log2(slot_count) */
    bool odd;       /* one of them means something else without quotes: core/data/csv_words.h, or */
                    /* its edges are not plain */
};

/* Neither a quote nor a blank at either end; some others too are not plain. text.len > 0. */
static inline bool csv_level_edges_plain(struct str text)
{
    return (unsigned char)*text.at > '"' && (unsigned char)text.at[text.len - 1] > '"';
}

/* Of a text over 8 bytes. */
uint64_t csv_level_hash(struct str text);

/* A text of up to 8 bytes as a word; 8 bytes must be readable. No text has NUL bytes. */
static inline uint64_t csv_level_word(const char *at, size_t len)
{
    uint64_t word;
    memcpy(&word, at, 8);
    return len < 8 ? word & (((uint64_t)1 << 8 * len) - 1) : word;
}

static inline uint64_t csv_level_key(struct str text)
{
    uint64_t word = 0;
    if (text.len > 8)
        return csv_level_hash(text);
    if (text.len)
        memcpy(&word, text.at, text.len);
    return word;
}

static inline bool csv_level_is(const struct csv_levels *levels, const struct csv_slot *slot,
                                struct str text, uint64_t key)
{
    return slot->key == key && slot->len == text.len &&
           (text.len <= 8 || memcmp(levels->texts[slot->number - 1].at, text.at, text.len) == 0);
}

/* The slot to look at first; of up to 8 bytes, both agree only where the text is there. */
static inline struct csv_slot *csv_level_first(const struct csv_levels *levels, size_t len,
                                               uint64_t key)
{
    return &levels->slots[((key ^ len) * 0x9E3779B97F4A7C15u) >> levels->shift];
}

static inline struct csv_slot *csv_level_slot(const struct csv_levels *levels, struct str text,
                                              uint64_t key)
{
    size_t mask = levels->slot_count - 1;
    size_t at = (size_t)(csv_level_first(levels, text.len, key) - levels->slots);
    while (levels->slots[at].number && !csv_level_is(levels, &levels->slots[at], text, key))
        at = (at + 1) & mask;
    return &levels->slots[at];
}

/* Before the first text; levels->arena is set. */
void csv_levels_start(struct csv_levels *levels);
/* Put a new text into its free slot; gives its number. */
int32_t csv_level_new(struct csv_levels *levels, struct csv_slot *slot, struct str text,
                      uint64_t key);

/* The text's number; text.len > 0, below 2^32. The bytes must live on. */
static inline int32_t csv_levels_add(struct csv_levels *levels, struct str text, uint64_t key)
{
    struct csv_slot *slot = csv_level_slot(levels, text, key);
    if (slot->number)
        return (int32_t)(slot->number - 1);
    return csv_level_new(levels, slot, text, key);
}
