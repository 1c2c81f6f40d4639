/* Ranks in words: clusters and letters. */
#include "core/eval/ranks.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t *order_of(struct arena *arena, const struct rank *ranks, size_t count)
{
    size_t *order = arena_array(arena, size_t, count);
    for (size_t i = 0; i < count; i++) {
        assert(ranks[i].place < count);
        order[ranks[i].place] = i;
    }
    return order;
}

void rank_clusters(const bool *better, size_t count, struct rank *out)
{
    /* where a line can be: past all that somebody before it is not better than */
    for (size_t place = 0, cluster = 1, held = 0; place < count; place++) {
        size_t at = 0;
        while (out[at].place != place)
            at++;
        cluster += place > held;
        out[at].cluster = cluster;
        held = held > place ? held : place;
        for (size_t other = 0; other < count; other++)
            if (out[other].place > held && !better[at * count + other])
                held = out[other].place;
    }
}

/* Sets of places, one bit each. */
struct sets {
    struct arena *arena;
    size_t words, count, most;
    uint64_t **at;
};

static bool has(const uint64_t *set, size_t place)
{
    return set[place / 64] >> place % 64 & 1;
}

static bool is_within(const uint64_t *inner, const uint64_t *outer, size_t words)
{
    for (size_t w = 0; w < words; w++)
        if (inner[w] & ~outer[w])
            return false;
    return true;
}

/* A set without one place, unless it is part of another. Sets of one place stay alone only so. */
static bool set_add(struct sets *sets, const uint64_t *from, size_t without)
{
    uint64_t *set = arena_array(sets->arena, uint64_t, sets->words);
    memcpy(set, from, sets->words * sizeof *set);
    set[without / 64] &= ~(UINT64_C(1) << without % 64);
    for (size_t i = 0; i < sets->count; i++)
        if (is_within(set, sets->at[i], sets->words))
            return true;
    if (sets->count == sets->most)
        return false;
    sets->at[sets->count++] = set;
    return true;
}

/* Two places differ: no set may hold both. */
static bool sets_part(struct sets *sets, size_t a, size_t b)
{
    uint64_t **split = arena_array(sets->arena, uint64_t *, sets->count);
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < sets->count; i++)
        if (has(sets->at[i], a) && has(sets->at[i], b))
            split[count++] = sets->at[i];
        else
            sets->at[kept++] = sets->at[i];
    sets->count = kept;
    for (size_t i = 0; i < count; i++)
        if (!set_add(sets, split[i], a) || !set_add(sets, split[i], b))
            return false;
    return true;
}

/* The set whose first place is better comes first; of these the one that ends first. */
static bool comes_before(const struct sets *sets, const uint64_t *a, const uint64_t *b)
{
    size_t places = sets->words * 64, i = 0, j = places;
    while (i < places && has(a, i) == has(b, i))
        i++;
    if (i == places)
        return false;
    for (size_t k = 0; k < i; k++)
        if (has(a, k)) { /* both start alike */
            while (j-- > 0 && has(a, j) == has(b, j))
                ;
            return has(b, j);
        }
    return has(a, i);
}

static void sets_sort(struct sets *sets)
{
    for (size_t i = 1; i < sets->count; i++)
        for (size_t k = i; k > 0 && comes_before(sets, sets->at[k], sets->at[k - 1]); k--) {
            uint64_t *kept = sets->at[k];
            sets->at[k] = sets->at[k - 1];
            sets->at[k - 1] = kept;
        }
}

static const char *letters_of(const struct sets *sets, size_t place)
{
    const char *out = "";
    for (size_t i = 0; i < sets->count; i++)
        if (has(sets->at[i], place))
            out = i < 26 ? arena_print(sets->arena, "%s%c", out, (char)('a' + i))
                         : arena_print(sets->arena, "%s%c%zu", out, (char)('a' + i % 26), i / 26);
    return out;
}

void rank_letters(struct arena *arena, const bool *better, size_t count, struct rank *out)
{
    size_t *order = order_of(arena, out, count);
    struct sets sets = { .arena = arena, .words = (count + 63) / 64, .most = 4 * count + 64 };
    bool fits = true;
    sets.at = arena_array(arena, uint64_t *, sets.most);
    sets.at[sets.count++] = arena_array(arena, uint64_t, sets.words);
    for (size_t i = 0; i < count; i++) {
        sets.at[0][i / 64] |= UINT64_C(1) << i % 64;
        out[i].letters = "";
    }
    for (size_t a = 0; fits && a < count; a++)
        for (size_t b = a + 1; fits && b < count; b++)
            if (better[order[a] * count + order[b]] || better[order[b] * count + order[a]])
                fits = sets_part(&sets, a, b);
    if (!fits)
        return;
    sets_sort(&sets);
    for (size_t i = 0; i < count; i++)
        out[i].letters = letters_of(&sets, out[i].place);
}
