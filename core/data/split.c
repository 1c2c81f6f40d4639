/* Rows to train on and rows to test on. */
#include "core/data/split.h"
#include "core/math/random.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define OUT UINT32_MAX /* a row that is in no fold */

static bool folds_check(size_t n, size_t k, size_t least, const char *of, struct fault *why)
{
    if (k < least || k > SPLIT_FOLDS_MOST)
        return fault_set(why, BLAME_OPEN, "folds were %zu, allowed are %zu to %d", k, least,
                         SPLIT_FOLDS_MOST);
    if (n < k)
        return fault_set(why, BLAME_OPEN, "%zu folds of %zu %s%s", k, n, of, n == 1 ? "" : "s");
    return true;
}

/* Rows of fold `at` are tested on, all others trained on. */
static struct split split_of(struct arena *arena, const uint32_t *fold, size_t n, size_t at)
{
    struct split split = { 0 };
    for (size_t i = 0; i < n; i++)
        split.test_count += fold[i] == at;
    split.train_count = n - split.test_count;
    size_t *test = arena_array(arena, size_t, split.test_count);
    size_t *train = arena_array(arena, size_t, split.train_count);
    split.test = test;
    split.train = train;
    for (size_t i = 0; i < n; i++)
        if (fold[i] == at)
            *test++ = i;
        else
            *train++ = i;
    return split;
}

static void splits_make(struct arena *arena, const uint32_t *fold, size_t n, size_t k,
                        struct split *out)
{
    for (size_t at = 0; at < k; at++)
        out[at] = split_of(arena, fold, n, at);
}

static size_t *rows_in_order(struct arena *arena, size_t n)
{
    size_t *rows = arena_array(arena, size_t, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = i;
    return rows;
}

/* Neighbours in `rows` get the same fold; the first n % k folds have one more. */
static void folds_cut(const size_t *rows, size_t n, size_t k, uint32_t *fold)
{
    size_t at = 0;
    for (size_t f = 0; f < k; f++)
        for (size_t left = n / k + (f < n % k); left > 0; left--)
            fold[rows[at++]] = (uint32_t)f;
}

static size_t codes_count(const int32_t *codes, size_t n)
{
    int32_t most = -1;
    for (size_t i = 0; i < n; i++) {
        assert(codes[i] >= -1);
        most = codes[i] > most ? codes[i] : most;
    }
    return (size_t)(most + 1);
}

/* Rows class after class (-1 first), shuffled within each: start[c] to start[c + 1]. */
struct strata {
    size_t count;
    size_t *start, *rows;
};

static struct strata strata_make(struct arena *arena, const int32_t *classes, size_t n,
                                 struct random *random)
{
    struct strata s = { .count = codes_count(classes, n) + 1 };
    s.start = arena_array(arena, size_t, s.count + 1);
    s.rows = arena_array(arena, size_t, n);
    for (size_t i = 0; i < n; i++)
        s.start[classes[i] + 2]++;
    for (size_t c = 1; c < s.count + 1; c++)
        s.start[c] += s.start[c - 1];
    for (size_t i = 0; i < n; i++)
        s.rows[s.start[classes[i] + 1]++] = i;
    for (size_t c = s.count; c > 0; c--)
        s.start[c] = s.start[c - 1];
    s.start[0] = 0;
    for (size_t c = 0; c < s.count; c++)
        random_shuffle(random, s.rows + s.start[c], s.start[c + 1] - s.start[c]);
    return s;
}

/* Dealt class after class; where one stops the next goes on. */
static void folds_deal(const struct strata *strata, size_t n, size_t k, uint32_t *fold)
{
    for (size_t i = 0; i < n; i++)
        fold[strata->rows[i]] = (uint32_t)(i % k);
}

static void folds_random(struct arena *arena, const int32_t *classes, size_t n, size_t k,
                         struct random random, uint32_t *fold)
{
    if (classes) {
        struct strata strata = strata_make(arena, classes, n, &random);
        folds_deal(&strata, n, k, fold);
        return;
    }
    size_t *rows = rows_in_order(arena, n);
    random_shuffle(&random, rows, n);
    folds_cut(rows, n, k, fold);
}

bool split_repeated(struct arena *arena, const int32_t *classes, size_t n, size_t k, size_t repeats,
                    uint64_t seed, struct splits *out, struct fault *why)
{
    if (!folds_check(n, k, 2, "row", why))
        return false;
    if (repeats < 1 || repeats > SPLIT_FOLDS_MOST / k)
        return fault_set(why, BLAME_OPEN, "%zu repeats of %zu folds, allowed are %d folds in all",
                         repeats, k, SPLIT_FOLDS_MOST);
    struct split *splits = arena_array(arena, struct split, k * repeats);
    uint32_t *fold = arena_array(arena, uint32_t, n);
    for (size_t r = 0; r < repeats; r++) {
        folds_random(arena, classes, n, k, random_stream(seed, r), fold);
        splits_make(arena, fold, n, k, splits + r * k);
    }
    *out = (struct splits){ k * repeats, splits };
    return true;
}

bool split_kfold(struct arena *arena, size_t n, size_t k, uint64_t seed, struct splits *out,
                 struct fault *why)
{
    return split_repeated(arena, NULL, n, k, 1, seed, out, why);
}

bool split_stratified(struct arena *arena, const int32_t *classes, size_t n, size_t k,
                      uint64_t seed, struct splits *out, struct fault *why)
{
    return split_repeated(arena, classes, n, k, 1, seed, out, why);
}

bool split_kfold_in_order(struct arena *arena, size_t n, size_t k, struct splits *out,
                          struct fault *why)
{
    if (!folds_check(n, k, 2, "row", why))
        return false;
    struct split *splits = arena_array(arena, struct split, k);
    uint32_t *fold = arena_array(arena, uint32_t, n);
    folds_cut(rows_in_order(arena, n), n, k, fold);
    splits_make(arena, fold, n, k, splits);
    *out = (struct splits){ k, splits };
    return true;
}

/* ---- Groups ---- */

struct groups {
    size_t count;
    size_t *sizes;
    size_t *order; /* shuffled */
    size_t *of;    /* [n] the group of a row */
};

static struct groups groups_make(struct arena *arena, const int32_t *groups, size_t n,
                                 uint64_t seed)
{
    struct groups g = { .of = arena_array(arena, size_t, n) };
    size_t codes = codes_count(groups, n);
    size_t *number = arena_array(arena, size_t, codes); /* of a code, from 1: those that occur */
    for (size_t i = 0; i < n; i++) {
        if (groups[i] < 0)
            g.of[i] = g.count++;
        else if (!number[groups[i]])
            number[groups[i]] = ++g.count;
        if (groups[i] >= 0)
            g.of[i] = number[groups[i]] - 1;
    }
    g.sizes = arena_array(arena, size_t, g.count);
    for (size_t i = 0; i < n; i++)
        g.sizes[g.of[i]]++;
    g.order = rows_in_order(arena, g.count);
    struct random random = random_stream(seed, 0);
    random_shuffle(&random, g.order, g.count);
    return g;
}

/* A group and its size, for sorting. */
struct sized {
    size_t size, at, place;
};

static int largest_first(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static size_t smallest(const size_t *sizes, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        best = sizes[i] < sizes[best] ? i : best;
    return best;
}

bool split_grouped(struct arena *arena, const int32_t *groups, size_t n, size_t k, uint64_t seed,
                   struct splits *out, struct fault *why)
{
    struct groups g = groups_make(arena, groups, n, seed);
    if (!folds_check(g.count, k, 2, "group", why))
        return false;
    struct sized *sorted = arena_array(arena, struct sized, g.count);
    for (size_t i = 0; i < g.count; i++)
        sorted[i] = (struct sized){ g.sizes[g.order[i]], g.order[i], i };
    qsort(sorted, g.count, sizeof *sorted, largest_first);
    size_t *fill = arena_array(arena, size_t, k);
    uint32_t *fold_of = arena_array(arena, uint32_t, g.count);
    for (size_t i = 0; i < g.count; i++) {
        size_t at = smallest(fill, k);
        fold_of[sorted[i].at] = (uint32_t)at;
        fill[at] += sorted[i].size;
    }
    uint32_t *fold = arena_array(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        fold[i] = fold_of[g.of[i]];
    struct split *splits = arena_array(arena, struct split, k);
    splits_make(arena, fold, n, k, splits);
    *out = (struct splits){ k, splits };
    return true;
}

/* ---- Holdout ---- */

static bool share_check(size_t n, double share, const char *of, struct fault *why)
{
    if (!(share > 0 && share < 1))
        return fault_set(why, BLAME_OPEN, "a share of %g, allowed is more than 0 and less than 1",
                         share);
    if (n < 2)
        return fault_set(why, BLAME_OPEN, "%zu %s%s cannot be split", n, of, n == 1 ? "" : "s");
    return true;
}

static size_t share_count(size_t n, double share)
{
    size_t count = (size_t)llround(share * (double)n);
    return count < 1 ? 1 : count > n - 1 ? n - 1 : count;
}

/* A class's part of a row that is still to be given, for sorting. */
struct remainder {
    double part;
    size_t class;
};

static int largest_part_first(const void *a, const void *b)
{
    const struct remainder *x = a, *y = b;
    if (x->part != y->part)
        return x->part > y->part ? -1 : 1;
    return (x->class > y->class) - (x->class < y->class);
}

/* Each class's share by largest remainder; their sum is `wanted`. */
static void strata_take(struct arena *arena, const struct strata *strata, size_t n, size_t wanted,
                        uint32_t *fold)
{
    size_t *take = arena_array(arena, size_t, strata->count), given = 0;
    struct remainder *rest = arena_array(arena, struct remainder, strata->count);
    for (size_t c = 0; c < strata->count; c++) {
        double ideal =
            (double)wanted * (double)(strata->start[c + 1] - strata->start[c]) / (double)n;
        take[c] = (size_t)ideal;
        given += take[c];
        rest[c] = (struct remainder){ ideal - floor(ideal), c };
    }
    qsort(rest, strata->count, sizeof *rest, largest_part_first);
    for (size_t i = 0; given < wanted; i = (i + 1) % strata->count)
        if (take[rest[i].class] < strata->start[rest[i].class + 1] - strata->start[rest[i].class]) {
            take[rest[i].class]++;
            given++;
        }
    for (size_t c = 0; c < strata->count; c++)
        for (size_t i = 0; i < take[c]; i++)
            fold[strata->rows[strata->start[c] + i]] = 0;
}

static uint32_t *nowhere(struct arena *arena, size_t n)
{
    uint32_t *fold = arena_array(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        fold[i] = OUT;
    return fold;
}

bool split_holdout(struct arena *arena, const int32_t *classes, size_t n, double share,
                   uint64_t seed, struct split *out, struct fault *why)
{
    if (!share_check(n, share, "row", why))
        return false;
    uint32_t *fold = nowhere(arena, n);
    struct random random = random_stream(seed, 0);
    if (classes) {
        struct strata strata = strata_make(arena, classes, n, &random);
        strata_take(arena, &strata, n, share_count(n, share), fold);
    } else {
        size_t *rows = rows_in_order(arena, n);
        random_shuffle(&random, rows, n);
        for (size_t i = 0; i < share_count(n, share); i++)
            fold[rows[i]] = 0;
    }
    *out = split_of(arena, fold, n, 0);
    return true;
}

bool split_holdout_grouped(struct arena *arena, const int32_t *groups, size_t n, double share,
                           uint64_t seed, struct split *out, struct fault *why)
{
    struct groups g = groups_make(arena, groups, n, seed);
    if (!share_check(g.count, share, "group", why))
        return false;
    bool *tested = arena_array(arena, bool, g.count);
    size_t rows = 0;
    for (size_t i = 0; i + 1 < g.count && rows < share_count(n, share); i++) {
        tested[g.order[i]] = true;
        rows += g.sizes[g.order[i]];
    }
    uint32_t *fold = arena_array(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        fold[i] = tested[g.of[i]] ? 0 : OUT;
    *out = split_of(arena, fold, n, 0);
    return true;
}
