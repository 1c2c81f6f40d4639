/* Rankings query by query. Optimised more than elsewhere: counting places is a dense loop. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/eval/queries.h"
#include "core/math/order.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNTED_MOST 16384 /* comparisons of a query up to which places are counted, not sorted */
#define GRADES 32          /* whole relevances below it are counted, others sorted */

struct placed {
    double score, relevance;
    size_t at;
};

/* Scratch for the longest query. */
struct scratch {
    double *scores, *relevances, *ranked, *ideal, *discounts;
    struct placed *placed;
};

/* The rows query by query: rows[from[q]] .. rows[from[q + 1] - 1], in order. */
static const uint32_t *rows_by_query(struct arena *arena, const struct scored *rows, size_t *from)
{
    uint32_t *out = arena_array(arena, uint32_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        from[rows->group[i] + 1]++;
    for (size_t q = 0; q < rows->group_count; q++)
        from[q + 1] += from[q];
    size_t *next = arena_array(arena, size_t, rows->group_count + 1);
    memcpy(next, from, rows->group_count * sizeof *next);
    for (size_t i = 0; i < rows->n; i++)
        out[next[rows->group[i]]++] = (uint32_t)i;
    return out;
}

/* How many stand before the item: those above it, and equals that come before it. */
static size_t place_of(const double *scores, size_t count, size_t at)
{
    double score = scores[at];
    int64_t before = 0;
    for (size_t i = 0; i < at; i++)
        before += scores[i] >= score;
    for (size_t i = at + 1; i < count; i++)
        before += scores[i] > score;
    return (size_t)before;
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

static void rank_counted(const struct scratch *s, size_t count)
{
    memset(s->ranked, 0, count * sizeof *s->ranked);
    for (size_t i = 0; i < count; i++)
        if (s->relevances[i] > 0)
            s->ranked[place_of(s->scores, count, i)] = s->relevances[i];
}

/* The relevances above 0, falling; gives their number. */
static size_t ideal_make(const struct scratch *s, size_t count)
{
    size_t grades[GRADES] = { 0 }, kept = 0, other = 0;
    for (size_t i = 0; i < count; i++) {
        double relevance = s->relevances[i];
        if (!(relevance > 0))
            continue;
        s->ideal[kept++] = relevance;
        if (relevance < GRADES && relevance == (double)(size_t)relevance)
            grades[(size_t)relevance]++;
        else
            other++;
    }
    if (other) {
        sort_numbers(s->ideal, kept);
        for (size_t i = 0; i < kept / 2; i++) {
            double first = s->ideal[i];
            s->ideal[i] = s->ideal[kept - 1 - i];
            s->ideal[kept - 1 - i] = first;
        }
        return kept;
    }
    size_t at = 0;
    for (size_t grade = GRADES; grade-- > 1;)
        for (size_t i = 0; i < grades[grade]; i++)
            s->ideal[at++] = (double)grade;
    return kept;
}

static struct scratch scratch_make(struct arena *arena, size_t longest)
{
    struct scratch s = { .scores = arena_array(arena, double, longest),
                         .relevances = arena_array(arena, double, longest),
                         .ranked = arena_array(arena, double, longest),
                         .ideal = arena_array(arena, double, longest),
                         .discounts = arena_array(arena, double, longest),
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
            s.scores[i] = rows->prediction[at[from[q] + i]];
            s.relevances[i] = rows->truth[at[from[q] + i]];
        }
        struct query query = { .count = count,
                               .relevant_count = ideal_make(&s, count),
                               .ranked = s.ranked,
                               .ideal = s.ideal,
                               .discounts = s.discounts };
        if (query.relevant_count == 0)
            continue;
        if (query.relevant_count * count > COUNTED_MOST)
            rank_sorted(&s, count);
        else
            rank_counted(&s, count);
        out[kept++] = of(&query, k);
    }
    return kept;
}
