/*
 * Rankings query by query: where the relevant items of each came to stand. Items stand by score,
 * higher first, equal scores in the order of rows: no averaging over ties. Relevant is what has a
 * relevance above 0.
 */
#pragma once

#include "core/base/arena.h"
#include "core/eval/scored.h"

/* A query's items in the order of their scores. */
struct query {
    size_t count;            /* items */
    size_t relevant_count;   /* of them */
    const double *ranked;    /* [count] relevance from the first place on */
    const double *ideal;     /* [relevant_count] relevance above 0, falling */
    const double *discounts; /* [count] 1 / log2(place + 1), place from 1 */
};

/*
 * of(query, k) for each query that has a relevant item, in the order of groups:
 * out[<= group_count]; gives how many these are. k: places that count, at least 1. O(items *
 * relevant ones) a query, for long ones O(items log items).
 */
size_t queries_measure(struct arena *arena, const struct scored *rows,
                       double (*of)(const struct query *query, size_t k), size_t k, double *out);
