/* Metrics of rankings: means over queries. */
#include "core/eval/metric_parts.h"
#include "core/eval/queries.h"
#include "core/math/sum.h"
#include <math.h>

#define K_STANDARD 10       /* of measures that make no sense without one */
#define EXPONENTIAL_MOST 60 /* relevance: 2^60 - 1 still adds up */

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Linear gains: nothing is added where nothing is relevant. */
static double linear_sum(const double *relevance, size_t count, const double *discounts)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < count; i++)
        sum_add(&sum, relevance[i] * discounts[i]);
    return sum_value(&sum);
}

static double exponential_sum(const double *relevance, size_t count, const double *discounts)
{
    struct sum sum = { 0 };
    for (size_t i = 0; i < count; i++)
        if (relevance[i] > 0)
            sum_add(&sum, (exp2(relevance[i]) - 1) * discounts[i]);
    return sum_value(&sum);
}

static double dcg(const struct query *q, size_t k)
{
    return linear_sum(q->ranked, least_of(k, q->count), q->discounts);
}

static double ndcg(const struct query *q, size_t k)
{
    return dcg(q, k) / linear_sum(q->ideal, least_of(k, q->relevant_count), q->discounts);
}

static double ndcg_exp(const struct query *q, size_t k)
{
    return exponential_sum(q->ranked, least_of(k, q->count), q->discounts) /
           exponential_sum(q->ideal, least_of(k, q->relevant_count), q->discounts);
}

static double hits(const struct query *q, size_t k)
{
    size_t count = 0;
    for (size_t i = 0; i < least_of(k, q->count); i++)
        count += q->ranked[i] > 0;
    return (double)count;
}

/* Sum of the precisions at the places of relevant items. */
static double precisions(const struct query *q, size_t k)
{
    double sum = 0, found = 0;
    for (size_t i = 0; i < least_of(k, q->count); i++)
        if (q->ranked[i] > 0)
            sum += ++found / (double)(i + 1);
    return sum;
}

static double map(const struct query *q, size_t k)
{
    return precisions(q, k) / (double)least_of(k, q->relevant_count);
}

static double map_all(const struct query *q, size_t k)
{
    return precisions(q, k) / (double)q->relevant_count;
}

static double mrr(const struct query *q, size_t k)
{
    for (size_t i = 0; i < least_of(k, q->count); i++)
        if (q->ranked[i] > 0)
            return 1 / (double)(i + 1);
    return 0;
}

static double query_precision(const struct query *q, size_t k)
{
    return hits(q, k) / (double)k;
}

static double query_recall(const struct query *q, size_t k)
{
    return hits(q, k) / (double)q->relevant_count;
}

static double query_f1(const struct query *q, size_t k)
{
    return 2 * hits(q, k) / (double)(k + q->relevant_count);
}

static double hit_rate(const struct query *q, size_t k)
{
    return hits(q, k) > 0;
}

static double r_precision(const struct query *q, size_t k)
{
    (void)k;
    return hits(q, q->relevant_count) / (double)q->relevant_count;
}

typedef double of_query(const struct query *q, size_t k);

/* Without an option k: all places, or K_STANDARD. */
static size_t places(const struct metric_options *options, bool needs_k)
{
    return options->k ? options->k : needs_k ? K_STANDARD : SIZE_MAX;
}

/* Of all-or-nothing values the share's own interval: resamples of the same value tell nothing. */
static struct interval interval(struct arena *arena, const double *values, size_t n, double mean,
                                uint64_t seed)
{
    bool shares = true;
    for (size_t i = 0; i < n; i++)
        shares &= values[i] == 0 || values[i] == 1;
    return shares ? interval_wilson(mean * (double)n, (double)n)
                  : interval_of_mean(arena, values, n, seed);
}

/* Queries that have rows. */
static size_t queries_count(struct arena *arena, const struct scored *rows)
{
    uint8_t *seen = arena_array(arena, uint8_t, rows->group_count);
    size_t count = 0;
    for (size_t i = 0; i < rows->n; i++)
        seen[rows->group[i]] = 1;
    for (size_t q = 0; q < rows->group_count; q++)
        count += seen[q];
    return count;
}

static void measure(METRIC_PARTS, of_query *of, bool needs_k)
{
    double *values = arena_array(arena, double, rows->group_count);
    size_t count = queries_measure(arena, rows, of, places(options, needs_k), values);
    size_t all = queries_count(arena, rows);
    out->n = count;
    if (count == 0) {
        out->note = "no query has a relevant item";
        return;
    }
    out->value = mean_of(values, count);
    if (!isfinite(out->value)) {
        out->value = NAN;
        out->note = "the relevances are too large to add up";
        return;
    }
    if (count < all)
        out->note = arena_print(arena, "%zu of %zu queries have no relevant item: left out",
                                all - count, all);
    if (!options->without_interval)
        interval_set(out, interval(arena, values, count, out->value, options->seed), 0,
                     of == dcg ? INFINITY : 1);
}

static void resample(RESAMPLE_PARTS, of_query *of, bool needs_k)
{
    double *values = arena_array(arena, double, rows->group_count);
    size_t n = queries_measure(arena, rows, of, places(options, needs_k), values);
    for (size_t b = 0; n == 0 && b < count; b++)
        out[b] = NAN;
    if (n)
        bootstrap_means(values, n, options->seed, out, count);
}

#define OF_QUERIES(of, needs_k)                                                                    \
    static void measure_##of(METRIC_PARTS)                                                         \
    {                                                                                              \
        measure(arena, rows, options, out, of, needs_k);                                           \
    }                                                                                              \
    static void resample_##of(RESAMPLE_PARTS)                                                      \
    {                                                                                              \
        resample(arena, rows, options, out, count, of, needs_k);                                   \
    }

OF_QUERIES(dcg, false)
OF_QUERIES(ndcg, false)
OF_QUERIES(ndcg_exp, false)
OF_QUERIES(map, false)
OF_QUERIES(map_all, false)
OF_QUERIES(mrr, false)
OF_QUERIES(query_precision, true)
OF_QUERIES(query_recall, true)
OF_QUERIES(query_f1, true)
OF_QUERIES(hit_rate, true)
OF_QUERIES(r_precision, false)

static const char *exponential_obstacle(const struct scored *rows,
                                        const struct metric_options *options)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->truth[i] > EXPONENTIAL_MOST)
            return "a relevance is above 60: use ndcg";
    return NULL;
}

#define INTERVAL "BCa bootstrap of queries, beyond 10000 normal; Wilson where each has 0 or 1"

#define ROW(of)                                                                                    \
    .name = #of, .kinds = TRUTH_RANKING, .higher_is_better = true, .least = 0, .most = 1,          \
    .interval = INTERVAL,                                                                          \
    .edges = "queries without a relevant item are left out and counted in the note",               \
    .measure = measure_##of, .resample = resample_##of
#define ROW_AT(of) ROW(of), .options = "k"

static const struct metric ranking[] = {
    { ROW_AT(ndcg), .title = "NDCG",
      .definition =
          "sum over the first k places of relevance / log2(place + 1), divided by that of "
          "the best order; equal scores stand in the order of rows; k: all" },
    { ROW_AT(ndcg_exp), .title = "NDCG, exponential gains",
      .definition = "ndcg with gains 2^relevance - 1 instead of relevance (LETOR); k: all",
      .obstacle = exponential_obstacle },
    { .name = "dcg",
      .title = "DCG",
      .kinds = TRUTH_RANKING,
      .higher_is_better = true,
      .least = 0,
      .most = INFINITY,
      .interval = INTERVAL,
      .edges = "queries without a relevant item are left out and counted in the note",
      .options = "k",
      .measure = measure_dcg,
      .resample = resample_dcg,
      .definition = "sum over the first k places of relevance / log2(place + 1); k: all" },
    { ROW_AT(map), .title = "mean average precision",
      .definition =
          "average precision: sum of the precisions at the relevant items among the first "
          "k / smaller of k and their number; k: all" },
    { ROW_AT(map_all), .title = "mean average precision, all items",
      .definition = "as map, but divided by the number of all relevant items" },
    { ROW_AT(mrr), .title = "mean reciprocal rank",
      .definition = "1 / place of the first relevant item, 0 beyond place k; k: all" },
    { ROW_AT(query_precision), .title = "precision of the queries at k",
      .definition = "relevant items among the first k / k, also of queries with fewer; k: 10" },
    { ROW_AT(query_recall), .title = "recall of the queries at k",
      .definition = "relevant items among the first k / all relevant ones; k: 10" },
    { ROW_AT(query_f1), .title = "F1 of the queries at k",
      .definition = "2 relevant items among the first k / (k + all relevant ones); k: 10" },
    { ROW_AT(hit_rate), .title = "hit rate",
      .definition = "share of queries with a relevant item among the first k; k: 10" },
    { ROW(r_precision), .title = "R-precision",
      .definition = "share of relevant items among as many first places as there are of them" },
};
const struct metric_family metrics_ranking = METRIC_FAMILY("ranking", ranking);
