/* From pairwise tests to rank ranges. */
#include "core/eval/ranks.h"
#include "core/eval/multiplicity.h"
#include "core/eval/paired.h"
#include <assert.h>
#include <math.h>

#define SIGNIFICANT 0.05

void rank_ranges(const bool *better, size_t count, struct rank *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i].low = 1;
        out[i].high = count;
        for (size_t j = 0; j < count; j++) {
            out[i].low += better[j * count + i];
            out[i].high -= better[i * count + j];
        }
    }
}

static bool ahead_of(const struct metric *metric, double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) && isnan(b);
    return metric->higher_is_better ? a > b : a < b;
}

void rank_places(const struct metric *metric, struct rank *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            at[i].place += ahead_of(metric, at[j].value, at[i].value) ||
                           (j < i && !ahead_of(metric, at[i].value, at[j].value));
}

/* Into the two places of the square. */
static void square_set(struct ranks *out, size_t i, size_t j, double p, const char *test)
{
    out->p[i * out->count + j] = out->p[j * out->count + i] = p;
    out->test[i * out->count + j] = out->test[j * out->count + i] = test;
}

static void pairs_test(struct arena *arena, const struct metric *metric,
                       const struct contender *contenders, const struct metric_options *options,
                       struct ranks *out)
{
    for (size_t i = 0; i < out->count; i++) {
        square_set(out, i, i, 1, "none");
        for (size_t j = i + 1; j < out->count; j++) {
            struct pair_test test =
                pair_test(arena, metric, &contenders[i], &contenders[j], options);
            square_set(out, i, j, test.p, test.name);
        }
    }
}

/* Adjusted; on the diagonal 1. p may be out. */
static void adjust(struct arena *arena, const double *p, size_t count, double *out)
{
    size_t pairs = count ? count * (count - 1) / 2 : 0, k = 0;
    double *list = arena_array(arena, double, pairs), *adjusted = arena_array(arena, double, pairs);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            list[k++] = p[i * count + j];
    holm(arena, list, pairs, adjusted);
    k = 0;
    for (size_t i = 0; i < count; i++) {
        out[i * count + i] = 1;
        for (size_t j = i + 1; j < count; j++, k++)
            out[i * count + j] = out[j * count + i] = adjusted[k];
    }
}

/* p: adjusted */
static bool *better_find(struct arena *arena, const struct metric *metric, const double *p,
                         const struct rank *at, size_t count)
{
    bool *better = arena_array(arena, bool, count *count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            better[i * count + j] = (p[i * count + j] <= SIGNIFICANT || isnan(at[j].value)) &&
                                    metric_better(metric, at[i].value, at[j].value);
    return better;
}

void ranks_from_tests(struct arena *arena, const struct metric *metric, const double *p,
                      const double *value, size_t count, struct rank *out)
{
    double *adjusted = arena_array(arena, double, count *count);
    for (size_t i = 0; i < count; i++)
        out[i] = (struct rank){ .value = value[i] };
    adjust(arena, p, count, adjusted);
    rank_ranges(better_find(arena, metric, adjusted, out, count), count, out);
}

void ranks_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                size_t count, const struct metric_options *options, struct ranks *out)
{
    struct contender *contenders = arena_array(arena, struct contender, count);
    *out = (struct ranks){ .count = count,
                           .at = arena_array(arena, struct rank, count),
                           .p = arena_array(arena, double, count *count),
                           .test = arena_array(arena, const char *, count *count) };
    for (size_t i = 0; i < count; i++) {
        assert(rows[i].n == rows[0].n && rows[i].kind == rows[0].kind);
        contender_make(arena, metric, &rows[i], options, &contenders[i]);
        out->at[i].value = contenders[i].value;
    }
    pairs_test(arena, metric, contenders, options, out);
    adjust(arena, out->p, count, out->p);
    const bool *better = better_find(arena, metric, out->p, out->at, count);
    rank_ranges(better, count, out->at);
    rank_places(metric, out->at, count);
    rank_clusters(better, count, out->at);
    rank_letters(arena, better, count, out->at);
}
