/* Distinct texts of a piece of a CSV file. */
#include "core/data/csv_levels.h"
#include "core/data/csv_words.h"

#define SLOTS_FIRST 32

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD1B54A32D192ED03u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t csv_level_hash(struct str text)
{
    uint64_t h = text.len, piece;
    const char *last = text.at + text.len - 8;
    for (const char *at = text.at; at < last; at += 8) {
        memcpy(&piece, at, 8);
        h = mix(h, piece);
    }
    memcpy(&piece, last, 8);
    return mix(h, piece);
}

static void slots_take(struct csv_levels *levels, size_t count)
{
    levels->slots = arena_array(levels->arena, struct csv_slot, count);
    levels->slot_count = count;
    levels->shift = 64 - (unsigned)__builtin_ctzll(count);
}

void csv_levels_start(struct csv_levels *levels)
{
    slots_take(levels, SLOTS_FIRST);
}

static void slots_grow(struct csv_levels *levels)
{
    size_t old_count = levels->slot_count;
    struct csv_slot *old = levels->slots;
    slots_take(levels, old_count * 4);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].number) {
            struct str text = levels->texts[old[i].number - 1];
            *csv_level_slot(levels, text, old[i].key) = old[i];
        }
}

int32_t csv_level_new(struct csv_levels *levels, struct csv_slot *slot, struct str text,
                      uint64_t key)
{
    if (levels->count == levels->room) {
        size_t room = levels->room ? levels->room * 2 : SLOTS_FIRST;
        levels->texts = arena_grow(levels->arena, levels->texts, levels->room * sizeof(struct str),
                                   room * sizeof(struct str));
        levels->room = room;
    }
    levels->texts[levels->count] = text;
    levels->odd |= csv_word_is_missing(text) || !csv_level_edges_plain(text);
    *slot = (struct csv_slot){ key, (uint32_t)text.len, (uint32_t)++levels->count };
    if (levels->count * 2 > levels->slot_count)
        slots_grow(levels);
    return (int32_t)(levels->count - 1);
}
