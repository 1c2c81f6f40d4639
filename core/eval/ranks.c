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

/* Pair k of all i < j, in that order, into the two places of the square. */
static void square_set(struct ranks *out, size_t i, size_t j, double p, const char *test)
{
    out->p[i * out->count + j] = out->p[j * out->count + i] = p;
    out->test[i * out->count + j] = out->test[j * out->count + i] = test;
}

static void pairs_test(struct arena *arena, const struct metric *metric,
                       const struct contender *contenders, const struct metric_options *options,
                       struct ranks *out)
{
    size_t count = out->count, pairs = count ? count * (count - 1) / 2 : 0, k = 0;
    double *p = arena_array(arena, double, pairs);
    double *adjusted = arena_array(arena, double, pairs);
    const char **tests = arena_array(arena, const char *, pairs);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++, k++) {
            struct pair_test test =
                pair_test(arena, metric, &contenders[i], &contenders[j], options);
            p[k] = test.p;
            tests[k] = test.name;
        }
    holm(arena, p, pairs, adjusted);
    k = 0;
    for (size_t i = 0; i < count; i++) {
        square_set(out, i, i, 1, "none");
        for (size_t j = i + 1; j < count; j++, k++)
            square_set(out, i, j, adjusted[k], tests[k]);
    }
}

void ranks_make(struct arena *arena, const struct metric *metric, const struct scored *rows,
                size_t count, const struct metric_options *options, struct ranks *out)
{
    struct contender *contenders = arena_array(arena, struct contender, count);
    bool *better = arena_array(arena, bool, count *count);
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
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            better[i * count + j] =
                (out->p[i * count + j] <= SIGNIFICANT || isnan(out->at[j].value)) &&
                metric_better(metric, out->at[i].value, out->at[j].value);
    rank_ranges(better, count, out->at);
    rank_places(metric, out->at, count);
    rank_clusters(better, count, out->at);
    rank_letters(arena, better, count, out->at);
}
