/* LambdaMART: pairs of rows of a query push each other apart. */
#include "core/learn/learn_gbdt_loss.h"
#include "core/math/threads.h"
#include <math.h>
#include <stdlib.h>

#define TOP 30          /* one of a pair is among so many, as LightGBM's truncation level */
#define PIECE_QUERIES 8 /* a piece of work */

struct queries {
    size_t count;
    size_t *starts;       /* [count + 1] */
    uint32_t *rows;       /* [rows], by query */
    uint32_t *ranked;     /* [rows]: each query's rows by falling margin */
    double *ideal;        /* [count]: DCG of the best order; 0: nothing to rank */
    double *g, *h, *loss; /* [rows] */
    const struct loss *at;
    bool ndcg;
};

static double gain_of(double relevance)
{
    return exp2(relevance < 60 ? relevance : 60) - 1;
}

static double discount(size_t place)
{
    return 1 / log2((double)place + 2);
}

struct ranking {
    const double *by;
};

static int falling(const void *a, const void *b, void *context)
{
    const struct ranking *ranking = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (ranking->by[i] < ranking->by[j] || ranking->by[i] > ranking->by[j])
        return ranking->by[i] < ranking->by[j] ? 1 : -1;
    return (i > j) - (i < j);
}

static double dcg(const struct queries *queries, const double *y, size_t query)
{
    double total = 0;
    size_t from = queries->starts[query];
    for (size_t i = from; i < queries->starts[query + 1]; i++)
        total += gain_of(y[queries->ranked[i]]) * discount(i - from);
    return total;
}

static void rank(const struct queries *queries, const double *by, size_t query)
{
    size_t from = queries->starts[query], count = queries->starts[query + 1] - from;
    memcpy(queries->ranked + from, queries->rows + from, count * sizeof *queries->rows);
    struct ranking ranking = { by };
    qsort_r(queries->ranked + from, count, sizeof *queries->ranked, falling, &ranking);
}

struct queries *queries_new(struct arena *arena, const struct loss *loss, const struct inputs *in)
{
    struct queries *queries = arena_new(arena, struct queries);
    queries->count = in->group_count;
    queries->starts = arena_array(arena, size_t, in->group_count + 1);
    queries->rows = arena_array(arena, uint32_t, loss->rows);
    queries->ranked = arena_array(arena, uint32_t, loss->rows);
    queries->ideal = arena_array(arena, double, in->group_count);
    queries->g = arena_array(arena, double, loss->rows);
    queries->h = arena_array(arena, double, loss->rows);
    queries->loss = arena_array(arena, double, loss->rows);
    queries->ndcg = strcmp(loss->objective->name, "rank:ndcg") == 0;
    size_t *next = arena_array(arena, size_t, in->group_count + 1);
    for (size_t i = 0; i < loss->rows; i++)
        if (in->group[i] < in->group_count)
            queries->starts[in->group[i] + 1]++;
    for (size_t q = 0; q < queries->count; q++)
        next[q + 1] = queries->starts[q + 1] += queries->starts[q];
    for (size_t i = 0; i < loss->rows; i++)
        if (in->group[i] < in->group_count)
            queries->rows[next[in->group[i]]++] = (uint32_t)i;
    for (size_t q = 0; q < queries->count; q++) {
        rank(queries, loss->y, q);
        queries->ideal[q] = dcg(queries, loss->y, q);
    }
    return queries;
}

/* Both rows of a pair: the one in front of the other, and the one that should be. */
static void pair_push(const struct queries *queries, size_t query, size_t a, size_t b)
{
    const struct loss *loss = queries->at;
    const uint32_t *ranked = queries->ranked + queries->starts[query];
    if (loss->y[ranked[a]] < loss->y[ranked[b]]) {
        size_t kept = a;
        a = b;
        b = kept;
    }
    uint32_t high = ranked[a], low = ranked[b];
    double weight = loss->weight ? loss->weight[high] : 1;
    if (queries->ndcg)
        weight *= (gain_of(loss->y[high]) - gain_of(loss->y[low])) *
                  fabs(discount(a) - discount(b)) / queries->ideal[query];
    double p = 1 / (1 + exp(loss->margins[high] - loss->margins[low]));
    double h = 2 * weight * fmax(p * (1 - p), 1e-16);
    queries->g[high] -= weight * p;
    queries->g[low] += weight * p;
    queries->h[high] += h;
    queries->h[low] += h;
}

static void query_update(struct queries *queries, size_t query)
{
    const struct loss *loss = queries->at;
    size_t from = queries->starts[query], count = queries->starts[query + 1] - from;
    for (size_t i = from; i < from + count; i++)
        queries->g[queries->rows[i]] = queries->h[queries->rows[i]] = 0;
    if (queries->ideal[query] <= 0)
        return;
    rank(queries, loss->margins, query);
    const uint32_t *ranked = queries->ranked + from;
    for (size_t a = 0; a < count && a < TOP; a++)
        for (size_t b = a + 1; b < count; b++)
            if (loss->y[ranked[a]] < loss->y[ranked[b]] || loss->y[ranked[a]] > loss->y[ranked[b]])
                pair_push(queries, query, a, b);
    double off = 1 - dcg(queries, loss->y, query) / queries->ideal[query];
    off *= (double)loss->rows / (double)queries->count / (double)count; /* queries count alike */
    for (size_t i = from; i < from + count; i++) {
        uint32_t row = queries->rows[i];
        queries->loss[row] = off * (loss->weight ? loss->weight[row] : 1);
    }
}

static void piece_update(void *work, size_t at)
{
    struct queries *queries = work;
    size_t end = (at + 1) * PIECE_QUERIES;
    for (size_t q = at * PIECE_QUERIES; q < end && q < queries->count; q++)
        query_update(queries, q);
}

void queries_update(const struct loss *loss)
{
    struct queries *queries = loss->queries;
    queries->at = loss;
    crew_run(loss->crew, (queries->count + PIECE_QUERIES - 1) / PIECE_QUERIES, piece_update,
             queries);
}

double queries_gradient(const struct loss *loss, size_t from, size_t count, double *g, double *h)
{
    const struct queries *queries = loss->queries;
    double total = 0;
    memcpy(g, queries->g + from, count * sizeof *g);
    memcpy(h, queries->h + from, count * sizeof *h);
    for (size_t i = 0; i < count; i++)
        total += queries->loss[from + i];
    return total;
}
