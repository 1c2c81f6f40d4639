/* Words and their numbers. */
#include "core/learn/word_table.h"

#define SLOTS_LEAST ((size_t)1024)
#define AHEAD 12 /* words that memory is asked for before their turn */

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

void apart_drop(struct apart *apart)
{
    arena_drop(apart->arena);
    *apart = (struct apart){ NULL, NULL };
}

/* Reads up to 8 bytes behind the word. */
struct word_key word_key_long(struct str word)
{
    uint64_t h = word.len, piece;
    const char *at = word.at;
    size_t left = word.len;
    for (; left > 8; at += 8, left -= 8) {
        memcpy(&piece, at, 8);
        h = word_mix(h, piece);
    }
    memcpy(&piece, at, 8);
    h = word_mix(h, piece & ~(uint64_t)0 >> (64 - 8 * left));
    return (struct word_key){ h, ~(uint64_t)0 };
}

/* Where a key goes that is not there. */
static struct word_slot *slot_free(const struct word_table *table, struct word_key key)
{
    size_t at = word_place(table, key);
    while (table->slots[at].number)
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

static void rehash(struct word_table *table, size_t slot_count)
{
    struct apart old = table->slots_apart;
    struct word_slot *slots = table->slots;
    size_t old_count = table->slot_count;
    table->slot_count = slot_count;
    table->slots_apart = (struct apart){ NULL, NULL };
    table->slots =
        apart_grow(table->arena, &table->slots_apart, 0, slot_count * sizeof *table->slots);
    for (size_t i = 0; i < old_count; i++)
        if (slots[i].number)
            *slot_free(table, slots[i].key) = slots[i];
    apart_drop(&old);
}

void word_room(struct word_table *table, size_t count)
{
    size_t slots = SLOTS_LEAST;
    while (slots / 4 * 3 < count)
        slots *= 2;
    if (slots <= table->slot_count)
        return;
    rehash(table, slots);
    table->texts = apart_grow(table->arena, &table->texts_apart, table->room * sizeof(struct str),
                              slots / 4 * 3 * sizeof(struct str));
    table->room = slots / 4 * 3;
}

struct word_slot *word_put(struct word_table *table, struct word_slot *slot, struct str word,
                           struct word_key key)
{
    if (table->count == table->room) {
        word_room(table, table->count + 1);
        slot = word_at(table, word, key);
    }
    table->texts[table->count++] = str_keep(table->arena, word);
    *slot = (struct word_slot){ key, (uint32_t)table->count, 0 };
    return slot;
}

void words_put(struct word_table *table, const struct str *words, size_t count)
{
    size_t bytes = WORD_PADDING;
    for (size_t i = 0; i < count; i++)
        bytes += words[i].len;
    char *at = arena_take(table->arena, bytes);
    word_room(table, count);
    for (size_t i = 0; i < count; at += words[i++].len) {
        memcpy(at, words[i].at, words[i].len);
        table->texts[i] = (struct str){ at, words[i].len };
    }
    for (; table->count < count; table->count++) {
        if (table->count + AHEAD < count)
            word_ask(table, word_key_of(table->texts[table->count + AHEAD]));
        struct word_key key = word_key_of(table->texts[table->count]);
        *slot_free(table, key) = (struct word_slot){ key, (uint32_t)table->count + 1, 0 };
    }
}

uint32_t word_find(const struct word_table *table, struct str word)
{
    if (!table->slot_count)
        return WORD_NONE;
    return word_at(table, word, word_key_of(word))->number - 1; /* 0 - 1 is WORD_NONE */
}
