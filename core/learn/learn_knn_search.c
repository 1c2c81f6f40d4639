/* Blocks of queries against blocks of rows, candidates, and their distances in double. */
#include "core/learn/learn_knn_search.h"
#include "core/math/blas.h"
#include "core/math/threads.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#pragma GCC optimize("O3")

#define LANES 16 /* compared at once */
typedef float four __attribute__((vector_size(16)));
typedef int32_t four_said __attribute__((vector_size(16)));
#define UNIT 0x1p-24F
#define ROOM_LEAST ((size_t)512) /* candidates of a query: more are too many */
#define THIN_MORE 24             /* candidates beyond 2 k before they are thinned out */

struct candidate {
    float low, high; /* the true value is between */
    uint32_t row;
};

struct query {
    float limit;  /* no row above it is among the nearest: the k-th lowest `high` */
    float length; /* root of its squares */
    uint32_t count, thin_at;
    bool crowded; /* too many candidates: compare all rows */
};

/* One thread's room. */
struct bench {
    float *queries;  /* [KNN_BLOCK_QUERIES][columns + 1]: the products' left side */
    float *products; /* [KNN_BLOCK_QUERIES][KNN_BLOCK_ROWS] */
    struct query states[KNN_BLOCK_QUERIES];
    struct candidate *candidates; /* [KNN_BLOCK_QUERIES][room] */
    float *highs;                 /* [room] */
    struct knn_found *found;      /* [room] */
};

struct search {
    const struct knn_search *how;
    size_t k, room, stride;
    atomic_size_t next; /* block of queries: each is a result of its own */
    struct bench *benches;
};

void knn_row_make(const struct knn_rows *rows, const double *x, float *out)
{
    if (!rows->cosine) {
        float_rows_make(&rows->frame, x, out);
        return;
    }
    double most = 0, sum = 0;
    for (size_t j = 0; j < rows->columns; j++)
        most = fmax(most, fabs(x[j]));
    for (size_t j = 0; j < rows->columns && most > 0; j++)
        sum += (x[j] / most) * (x[j] / most);
    for (size_t j = 0; j < rows->columns; j++)
        out[j] = most > 0 ? (float)(x[j] / most / sqrt(sum)) : 0;
}

static double squares(const float *x, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += (double)x[j] * (double)x[j];
    return sum;
}

void knn_rows_finish(struct arena *arena, struct knn_rows *rows)
{
    size_t blocks = (rows->rows + KNN_BLOCK_ROWS - 1) / KNN_BLOCK_ROWS;
    rows->longest = arena_array(arena, float, blocks);
    for (size_t i = 0; i < rows->rows; i++) {
        float *row = rows->at + i * (rows->columns + 1);
        float length = (float)squares(row, rows->columns);
        row[rows->columns] = rows->cosine ? 0 : length;
        float *longest = &rows->longest[i / KNN_BLOCK_ROWS];
        *longest = length > *longest ? length : *longest;
    }
}

static double distance(const struct knn_rows *rows, const float *a, const float *b)
{
    double sums[4] = { 0 }, length_a = 0, length_b = 0;
    size_t j = 0;
    for (; j + 4 <= rows->columns; j += 4)
        for (size_t t = 0; t < 4; t++) {
            double far = (double)a[j + t] - (double)b[j + t];
            sums[t] += far * far;
        }
    for (; j < rows->columns; j++) {
        double far = (double)a[j] - (double)b[j];
        sums[0] += far * far;
    }
    double sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    if (!rows->cosine)
        return sum;
    length_a = squares(a, rows->columns), length_b = squares(b, rows->columns);
    return length_a > 0 && length_b > 0 ? sum / 2 : 1; /* a zero vector is at right angles to all */
}

static int found_order(const void *a, const void *b)
{
    const struct knn_found *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The k-th lowest (k from 0) of x[n], which is put into disorder. */
static float select_lowest(float *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        float pivot = x[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j)
                break;
            float kept = x[i];
            x[i++] = x[j];
            x[j--] = kept;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return x[k];
}

/* Thin out the candidates of one query: lower the limit, drop what is above. */
static void thin_out(const struct search *search, struct bench *bench, size_t at)
{
    struct query *query = &bench->states[at];
    struct candidate *all = bench->candidates + at * search->room;
    if (query->count < search->k)
        return;
    for (size_t i = 0; i < query->count; i++)
        bench->highs[i] = all[i].high;
    query->limit = select_lowest(bench->highs, query->count, search->k - 1);
    uint32_t kept = 0;
    for (size_t i = 0; i < query->count; i++)
        if (all[i].low <= query->limit)
            all[kept++] = all[i];
    query->count = kept;
}

/* When to thin out next: seldom enough to be cheap, early enough for the limit to be low. */
static void make_room(const struct search *search, struct query *query)
{
    size_t next = 2 * (query->count > search->k ? query->count : search->k) + THIN_MORE;
    query->thin_at = (uint32_t)(next < search->room ? next : search->room);
    query->crowded = query->count > search->room / 4 * 3;
}

/* Bound on |value in floats - true value| for any row of a block. */
static float rounding(const struct search *search, const struct query *query, float longest)
{
    const struct knn_rows *rows = search->how->rows;
    float terms = (float)(rows->columns + 8) * UNIT * 1.01F;
    if (rows->cosine)
        return terms * 1.01F + 0x1p-21F; /* rounded vectors are of length 1 within 2^-23 */
    return terms * (longest + 2 * query->length * sqrtf(longest)) + 1e-36F;
}

/* Is any of LANES values at most the limit? Compilers do not make vectors of this themselves. */
static bool any_within(const float *values, float limit)
{
    four a, b, c, d, most = { limit, limit, limit, limit };
    memcpy(&a, values, sizeof a);
    memcpy(&b, values + 4, sizeof b);
    memcpy(&c, values + 8, sizeof c);
    memcpy(&d, values + 12, sizeof d);
    four_said said = ((a <= most) | (b <= most)) | ((c <= most) | (d <= most));
    uint64_t halves[2];
    memcpy(halves, &said, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

/* Look through the products of one query with one block. */
static void take_candidates(const struct search *search, struct bench *bench, size_t at,
                            size_t first, size_t count)
{
    struct query *query = &bench->states[at];
    const float *values = bench->products + at * KNN_BLOCK_ROWS;
    float error = rounding(search, query, search->how->rows->longest[first / KNN_BLOCK_ROWS]);
    float limit = query->limit + error;
    struct candidate *all = bench->candidates + at * search->room;
    for (size_t j = 0; j < count && !query->crowded; j += LANES) {
        if (!any_within(values + j, limit))
            continue;
        for (size_t t = j; t < j + LANES && t < count; t++) {
            if (!(values[t] <= limit))
                continue;
            all[query->count++] =
                (struct candidate){ values[t] - error, values[t] + error, (uint32_t)(first + t) };
            if (query->count == query->thin_at) {
                thin_out(search, bench, at);
                limit = query->limit + error;
                make_room(search, query);
            }
            if (query->crowded)
                break;
        }
    }
}

static void heap_down(struct knn_found *heap, size_t n, size_t i)
{
    for (;;) {
        size_t most = i;
        for (size_t c = 2 * i + 1; c < n && c <= 2 * i + 2; c++)
            if (found_order(&heap[c], &heap[most]) > 0)
                most = c;
        if (most == i)
            return;
        struct knn_found kept = heap[i];
        heap[i] = heap[most];
        heap[most] = kept;
        i = most;
    }
}

/* All rows in double, the farthest of the k nearest so far on top of a heap. */
static size_t compare_all(const struct search *search, const float *query, struct knn_found *heap)
{
    const struct knn_rows *rows = search->how->rows;
    for (size_t i = 0; i < rows->rows; i++) {
        const float *row = rows->at + i * search->stride;
        struct knn_found one = { distance(rows, query, row), (uint32_t)i };
        if (i < search->k) {
            heap[i] = one;
            for (size_t c = i + 1 == search->k ? search->k / 2 + 1 : 0; c-- > 0;)
                heap_down(heap, search->k, c);
        } else if (found_order(&one, &heap[0]) < 0) {
            heap[0] = one;
            heap_down(heap, search->k, 0);
        }
    }
    return search->k;
}

static void query_end(const struct search *search, struct bench *bench, size_t at, size_t row)
{
    const struct knn_rows *rows = search->how->rows;
    float *exact = bench->products; /* free by now: the query as the rows are */
    const struct query *query = &bench->states[at];
    const struct candidate *all = bench->candidates + at * search->room;
    knn_row_make(rows, matrix_row(search->how->x, row), exact);
    size_t count = query->count;
    if (query->crowded)
        count = compare_all(search, exact, bench->found);
    for (size_t i = 0; i < count && !query->crowded; i++)
        bench->found[i] =
            (struct knn_found){ distance(rows, exact, rows->at + all[i].row * search->stride),
                                all[i].row };
    qsort(bench->found, count, sizeof *bench->found, found_order);
    search->how->take(search->how->work, row, bench->found, search->k);
}

/* The left side: val = |row|^2 - 2 query row, or - query row. */
static void query_start(const struct search *search, struct bench *bench, size_t at, size_t row)
{
    const struct knn_rows *rows = search->how->rows;
    float *query = bench->queries + at * search->stride;
    knn_row_make(rows, matrix_row(search->how->x, row), query);
    bench->states[at] =
        (struct query){ .limit = INFINITY, .length = (float)sqrt(squares(query, rows->columns)) };
    make_room(search, &bench->states[at]);
    for (size_t j = 0; j < rows->columns; j++)
        query[j] *= rows->cosine ? -1 : -2;
    query[rows->columns] = 1;
}

static void block_run(struct search *search, struct bench *bench, size_t from, size_t count)
{
    const struct knn_rows *rows = search->how->rows;
    for (size_t q = 0; q < count; q++)
        query_start(search, bench, q, from + q);
    struct floats queries = { bench->queries, count, search->stride, search->stride, false };
    for (size_t first = 0; first < rows->rows; first += KNN_BLOCK_ROWS) {
        size_t left = rows->rows - first, some = left < KNN_BLOCK_ROWS ? left : KNN_BLOCK_ROWS;
        struct floats block = { rows->at + first * search->stride, some, search->stride,
                                search->stride, false };
        struct floats products = { bench->products, count, some, KNN_BLOCK_ROWS, false };
        floats_multiply(queries, floats_turned(block), 0, products);
        for (size_t q = 0; q < count; q++)
            take_candidates(search, bench, q, first, some);
    }
    for (size_t q = 0; q < count; q++) {
        thin_out(search, bench, q);
        query_end(search, bench, q, from + q);
    }
}

static void worker(void *work, size_t at)
{
    struct search *search = work;
    size_t rows = search->how->x.rows;
    for (;;) {
        size_t from = atomic_fetch_add(&search->next, 1) * KNN_BLOCK_QUERIES;
        if (from >= rows)
            return;
        size_t left = rows - from;
        block_run(search, &search->benches[at], from,
                  left < KNN_BLOCK_QUERIES ? left : KNN_BLOCK_QUERIES);
    }
}

void knn_search_run(struct arena *arena, const struct knn_search *how, unsigned threads)
{
    blas_start();
    size_t stride = how->rows->columns + 1;
    size_t blocks = (how->x.rows + KNN_BLOCK_QUERIES - 1) / KNN_BLOCK_QUERIES;
    size_t workers = threads < 1 ? 1 : threads < THREADS_MOST ? threads : THREADS_MOST;
    workers = workers < blocks ? workers : blocks;
    struct search search = { .how = how, .stride = stride };
    search.k = how->k < how->rows->rows ? how->k : how->rows->rows;
    search.room = 4 * search.k > ROOM_LEAST ? 4 * search.k : ROOM_LEAST;
    search.benches = arena_array(arena, struct bench, workers);
    for (size_t w = 0; w < workers; w++) {
        struct bench *bench = &search.benches[w];
        size_t products = KNN_BLOCK_QUERIES * KNN_BLOCK_ROWS;
        bench->queries = arena_array(arena, float, KNN_BLOCK_QUERIES *stride);
        bench->products = arena_array(arena, float, products > stride ? products : stride);
        bench->candidates = arena_array(arena, struct candidate, KNN_BLOCK_QUERIES * search.room);
        bench->highs = arena_array(arena, float, search.room);
        bench->found = arena_array(arena, struct knn_found, search.room);
    }
    threads_run(threads, workers, worker, &search);
}
