/* Rankings query by query. Optimised more than elsewhere: counting places is a dense loop. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/eval/queries.h"
#include "core/base/compiler.h"
#include "core/math/order.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANES 4
typedef double lanes __attribute__((vector_size(32), aligned(8)));
typedef int64_t counts __attribute__((vector_size(32)));

#define COUNTED_MOST 16384 /* comparisons of a query up to which places are counted, not sorted */
#define GRADES 32          /* whole relevances below it are counted, others sorted */

struct placed {
    double score, relevance;
    size_t at;
};

/* Scratch for the longest query. */
struct scratch {
    double *scores, *relevances, *ranked, *ideal, *discounts;
    uint32_t *relevant;
    struct placed *placed;
};

/* The rows query by query: at[from[q]] .. at[from[q + 1] - 1], in order; NULL where they stand
   so. */
static const uint32_t *rows_by_query(struct arena *arena, const struct scored *rows, size_t *from)
{
    bool in_order = true;
    for (size_t i = 0; i < rows->n; i++) {
        from[rows->group[i] + 1]++;
        in_order &= i == 0 || rows->group[i] >= rows->group[i - 1];
    }
    for (size_t q = 0; q < rows->group_count; q++)
        from[q + 1] += from[q];
    if (in_order)
        return NULL;
    uint32_t *out = arena_array(arena, uint32_t, rows->n);
    size_t *next = arena_array(arena, size_t, rows->group_count + 1);
    memcpy(next, from, rows->group_count * sizeof *next);
    for (size_t i = 0; i < rows->n; i++)
        out[next[rows->group[i]]++] = (uint32_t)i;
    return out;
}

/*
 * How many score higher, and as high (the item itself too). Padded with -INFINITY to LANES, which a
 * finite score is above. Whole numbers, so that each clone gives the same.
 */
CLONED_V3 static void count_above(const double *scores, size_t padded, double score, size_t *above,
                                  size_t *equal)
{
    counts higher = { 0 }, same = { 0 };
    for (size_t i = 0; i < padded; i += LANES) {
        const lanes at = *(const lanes *)(scores + i);
        higher -= at > score; /* true is -1 */
        same -= at == score;
    }
    *above = *equal = 0;
    for (size_t k = 0; k < LANES; k++) {
        *above += (size_t)higher[k];
        *equal += (size_t)same[k];
    }
}

/* How many stand before the item: those above it, and equals that come before it. */
static size_t place_of(const double *scores, size_t padded, size_t at)
{
    size_t place, equal;
    count_above(scores, padded, scores[at], &place, &equal);
    for (size_t i = 0; equal > 1 && i < at; i++)
        place += scores[i] == scores[at];
    return place;
}

static int placed_order(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static void rank_sorted(const struct scratch *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        s->placed[i] = (struct placed){ s->scores[i], s->relevances[i], i };
    qsort(s->placed, count, sizeof *s->placed, placed_order);
    for (size_t i = 0; i < count; i++)
        s->ranked[i] = s->placed[i].relevance;
}

/* kept: relevant items, relevant[kept] which. */
static void rank_counted(const struct scratch *s, size_t count, size_t kept)
{
    size_t padded = (count + LANES - 1) / LANES * LANES;
    memset(s->ranked, 0, count * sizeof *s->ranked);
    for (size_t i = count; i < padded; i++)
        s->scores[i] = -INFINITY;
    for (size_t i = 0; i < kept; i++) {
        size_t at = s->relevant[i];
        s->ranked[place_of(s->scores, padded, at)] = s->relevances[at];
    }
}

/* Which items are relevant; gives their number. Without branches: half of them may be. */
static size_t relevant_find(const struct scratch *s, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        s->relevant[kept] = (uint32_t)i;
        kept += s->relevances[i] > 0;
    }
    return kept;
}

static void ideal_sorted(const struct scratch *s, size_t kept)
{
    for (size_t i = 0; i < kept; i++)
        s->ideal[i] = -s->relevances[s->relevant[i]];
    sort_numbers(s->ideal, kept);
    for (size_t i = 0; i < kept; i++)
        s->ideal[i] = -s->ideal[i];
}

/* The relevances above 0, falling; whole and small ones are counted instead of sorted. */
static void ideal_make(const struct scratch *s, size_t kept)
{
    size_t grades[GRADES] = { 0 }, at = 0;
    bool other = false;
    for (size_t i = 0; i < kept; i++) {
        double relevance = s->relevances[s->relevant[i]];
        size_t grade = relevance < GRADES ? (size_t)relevance : 0;
        other |= (double)grade != relevance;
        grades[grade]++;
    }
    if (other) {
        ideal_sorted(s, kept);
        return;
    }
    for (size_t grade = GRADES; grade-- > 1;)
        for (size_t i = 0; i < grades[grade]; i++)
            s->ideal[at++] = (double)grade;
}

static struct scratch scratch_make(struct arena *arena, size_t longest)
{
    struct scratch s = { .scores = arena_array(arena, double, longest + LANES),
                         .relevances = arena_array(arena, double, longest),
                         .ranked = arena_array(arena, double, longest),
                         .ideal = arena_array(arena, double, longest),
                         .discounts = arena_array(arena, double, longest),
                         .relevant = arena_array(arena, uint32_t, longest + 1),
                         .placed = arena_array(arena, struct placed, longest) };
    for (size_t i = 0; i < longest; i++)
        s.discounts[i] = 1 / log2((double)i + 2);
    return s;
}

size_t queries_measure(struct arena *arena, const struct scored *rows,
                       double (*of)(const struct query *query, size_t k), size_t k, double *out)
{
    size_t *from = arena_array(arena, size_t, rows->group_count + 1), longest = 0, kept = 0;
    const uint32_t *at = rows_by_query(arena, rows, from);
    for (size_t q = 0; q < rows->group_count; q++)
        longest = from[q + 1] - from[q] > longest ? from[q + 1] - from[q] : longest;
    struct scratch s = scratch_make(arena, longest);
    for (size_t q = 0; q < rows->group_count; q++) {
        size_t count = from[q + 1] - from[q];
        for (size_t i = 0; i < count; i++) {
            size_t row = at ? at[from[q] + i] : from[q] + i;
            s.scores[i] = rows->prediction[row];
            s.relevances[i] = rows->truth[row];
        }
        struct query query = { .count = count,
                               .relevant_count = relevant_find(&s, count),
                               .ranked = s.ranked,
                               .ideal = s.ideal,
                               .discounts = s.discounts };
        if (query.relevant_count == 0)
            continue;
        ideal_make(&s, query.relevant_count);
        if (query.relevant_count * count > COUNTED_MOST)
            rank_sorted(&s, count);
        else
            rank_counted(&s, count, query.relevant_count);
        out[kept++] = of(&query, k);
    }
    return kept;
}
