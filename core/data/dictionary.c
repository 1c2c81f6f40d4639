/* Distinct texts and their numbers. */
#include "core/data/dictionary.h"
#include <assert.h>

#define SLOTS_FIRST 16

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD1B54A32D192ED03u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(struct str text)
{
    uint64_t h = text.len, piece;
    const char *at = text.at;
    size_t left = text.len;
    for (; left > 8; at += 8, left -= 8) {
        memcpy(&piece, at, 8);
        h = mix(h, piece);
    }
    piece = 0;
    if (left)
        memcpy(&piece, at, left);
    return mix(h, piece);
}

/* Where the text is, or the free slot where it belongs. */
static size_t slot_of(const struct dictionary *d, struct str text, uint64_t h)
{
    size_t mask = d->slot_count - 1;
    for (size_t at = h & mask;; at = (at + 1) & mask) {
        uint64_t slot = d->slots[at];
        if (slot == 0 || (slot >> 32 == h >> 32 && str_equal(d->texts[(uint32_t)slot - 1], text)))
            return at;
    }
}

static void rehash(struct dictionary *d)
{
    d->slot_count = d->slot_count ? d->slot_count * 4 : SLOTS_FIRST;
    d->slots = arena_array(d->arena, uint64_t, d->slot_count);
    for (size_t i = 0; i < d->count; i++) {
        uint64_t h = hash(d->texts[i]);
        size_t at = h & (d->slot_count - 1);
        while (d->slots[at])
            at = (at + 1) & (d->slot_count - 1);
        d->slots[at] = (h >> 32) << 32 | (i + 1);
    }
}

int32_t dictionary_add(struct dictionary *d, struct str text)
{
    if (d->count * 2 >= d->slot_count)
        rehash(d);
    uint64_t h = hash(text);
    size_t at = slot_of(d, text, h);
    if (d->slots[at])
        return (int32_t)((uint32_t)d->slots[at] - 1);
    assert(d->count < DICTIONARY_MOST);
    if (d->count == d->room) {
        size_t room = d->room ? d->room * 2 : SLOTS_FIRST;
        d->texts =
            arena_grow(d->arena, d->texts, d->room * sizeof *d->texts, room * sizeof *d->texts);
        d->room = room;
    }
    d->texts[d->count] = str_keep(d->arena, text);
    d->slots[at] = (h >> 32) << 32 | (d->count + 1);
    return (int32_t)d->count++;
}

int32_t dictionary_find(const struct dictionary *d, struct str text)
{
    if (d->slot_count == 0)
        return -1;
    size_t at = slot_of(d, text, hash(text));
    return d->slots[at] ? (int32_t)((uint32_t)d->slots[at] - 1) : -1;
}
