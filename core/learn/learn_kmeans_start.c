/* Points for k-means, and where its centres start. */
#include "core/learn/learn_kmeans_lloyd.h"
#include "core/math/blas.h"
#include "core/math/threads.h"
#include <math.h>

#pragma GCC optimize("O3")

#define PIECES ((size_t)16) /* of the rows; their number does not depend on the threads */
#define BLOCK ((size_t)256) /* rows */
#define TRIALS_MOST ((size_t)32)

struct making {
    const struct inputs *in;
    struct kmeans_points *points;
};

static void piece_make(void *work, size_t at)
{
    struct making *making = work;
    struct kmeans_points *points = making->points;
    size_t columns = points->columns, end = points->rows * (at + 1) / PIECES;
    for (size_t i = points->rows * at / PIECES; i < end; i++) {
        float *out = points->at + i * (columns + 1);
        float_rows_make(&points->frame, matrix_row(making->in->dense, i), out);
        double squares = 0;
        for (size_t j = 0; j < columns; j++)
            squares += (double)out[j] * (double)out[j];
        out[columns] = 1;
        points->squares[i] = (float)squares;
    }
}

#define TILE ((size_t)64) /* rows: they stay in the first-level cache */

/* What the next tile reads of a column, and a column's share of what it writes: stretches too short
   for the processor to foresee. */
static inline void fetch(const double *in, const float *out)
{
    for (size_t i = 0; i < TILE; i += 8)
        __builtin_prefetch(in + i);
    for (size_t i = 0; i < TILE; i += 16)
        __builtin_prefetch(out + i, 1);
}

/* The same sums in the same order, column by column over few rows. */
static void tile_points(const struct making *making, size_t from, size_t rows)
{
    struct kmeans_points *points = making->points;
    size_t columns = points->columns, stride = columns + 1;
    double squares[TILE] = { 0 }, scale = points->frame.scale;
    float *out = points->at + from * stride, *next = out + rows * stride, x[TILE];
    for (size_t j = 0; j < columns; j++) {
        const double *in = making->in->columns[j] + from, shift = points->frame.shift[j];
        fetch(in + rows, next + j * TILE);
        for (size_t i = 0; i < rows; i++)
            x[i] = float_rows_number((in[i] - shift) * scale);
        for (size_t i = 0; i < rows; i++)
            squares[i] += (double)x[i] * (double)x[i];
        for (size_t i = 0; i < rows; i++)
            out[i * stride + j] = x[i];
    }
    for (size_t i = 0; i < rows; i++) {
        out[i * stride + columns] = 1;
        points->squares[from + i] = (float)squares[i];
    }
}

static void piece_make_tiles(void *work, size_t at)
{
    struct making *making = work;
    size_t rows = making->points->rows, end = rows * (at + 1) / PIECES;
    for (size_t from = rows * at / PIECES; from < end; from += TILE)
        tile_points(making, from, end - from < TILE ? end - from : TILE);
}

bool kmeans_points_make(struct arena *arena, const struct inputs *in,
                        const struct float_rows *frame, unsigned threads, struct kmeans_points *out)
{
    struct matrix x = in->dense;
    *out = (struct kmeans_points){ .rows = x.rows, .columns = x.columns };
    if (frame)
        out->frame = *frame;
    else if (!(in->columns ? float_rows_fit_columns(arena, in->columns, x, threads, &out->frame)
                           : float_rows_fit(arena, x, threads, &out->frame)))
        return false;
    out->at = arena_array(arena, float, x.rows *(x.columns + 1));
    out->squares = arena_array(arena, float, x.rows);
    struct making making = { in, out };
    threads_run(threads, PIECES, in->columns ? piece_make_tiles : piece_make, &making);
    return true;
}

void kmeans_centre_at(const struct kmeans_points *points, size_t at, double *centre)
{
    for (size_t j = 0; j < points->columns; j++)
        centre[j] = (double)points->at[at * (points->columns + 1) + j];
}

static bool weighs(const struct kmeans_points *points, size_t i)
{
    return !points->weight || points->weight[i] > 0;
}

void kmeans_start_random(struct arena *arena, struct kmeans_room *room,
                         const struct kmeans_points *points, size_t k, struct random *random,
                         double *centres)
{
    if (!room->order)
        room->order = arena_array(arena, size_t, points->rows);
    size_t count = 0, *at = room->order;
    for (size_t i = 0; i < points->rows; i++)
        if (weighs(points, i))
            at[count++] = i;
    for (size_t c = 0; c < k; c++) {
        size_t pick = c + (size_t)random_below(random, count - c), kept = at[pick];
        at[pick] = at[c];
        at[c] = kept;
        kmeans_centre_at(points, kept, centres + c * points->columns);
    }
}

/* The squared distance of each row to the nearest centre so far, and candidates for the next. */
struct plus {
    const struct kmeans_points *points;
    size_t trials;
    float *left;          /* [trials][columns + 1]: -2 c, and |c|^2 */
    float longest;        /* greatest |c|^2 */
    float *nearest;       /* [rows] */
    float *trial_nearest; /* [trials][rows] */
    float *products;      /* [PIECES][trials][BLOCK] */
    double *sums;         /* [PIECES][trials] */
};

static void block_try(struct plus *plus, float *products, double *sums, size_t from, size_t count)
{
    const struct kmeans_points *points = plus->points;
    size_t stride = points->columns + 1;
    struct floats left = { plus->left, plus->trials, stride, stride, false };
    struct floats right = { points->at + from * stride, count, stride, stride, false };
    struct floats out = { products, plus->trials, count, BLOCK, false };
    floats_multiply(left, floats_turned(right), 0, out);
    for (size_t t = 0; t < plus->trials; t++) {
        float *to = plus->trial_nearest + t * points->rows + from;
        for (size_t i = 0; i < count; i++) {
            float squares = points->squares[from + i], far = products[t * BLOCK + i] + squares;
            far = far > 4e-7F * (squares + plus->longest) ? far : 0; /* rounding of the same row */
            to[i] = far < plus->nearest[from + i] ? far : plus->nearest[from + i];
        }
        for (size_t i = 0; i < count; i++)
            sums[t] += (points->weight ? points->weight[from + i] : 1) * (double)to[i];
    }
}

static void piece_try(void *work, size_t at)
{
    struct plus *plus = work;
    size_t end = plus->points->rows * (at + 1) / PIECES;
    double *sums = plus->sums + at * plus->trials;
    memset(sums, 0, plus->trials * sizeof *sums);
    for (size_t from = plus->points->rows * at / PIECES; from < end; from += BLOCK)
        block_try(plus, plus->products + at * plus->trials * BLOCK, sums, from,
                  end - from < BLOCK ? end - from : BLOCK);
}

static void trial_put(struct plus *plus, size_t t, size_t row)
{
    size_t columns = plus->points->columns;
    const float *x = plus->points->at + row * (columns + 1);
    float *left = plus->left + t * (columns + 1);
    for (size_t j = 0; j < columns; j++)
        left[j] = -2 * x[j];
    left[columns] = plus->points->squares[row];
    plus->longest = t ? fmaxf(plus->longest, left[columns]) : left[columns];
}

/* The first row at which the running sum of weight * nearest passes `target`. */
static size_t row_at(const struct kmeans_points *points, const float *nearest, double target)
{
    double sum = 0;
    size_t last = 0;
    for (size_t i = 0; i < points->rows; i++) {
        double share = (points->weight ? points->weight[i] : 1) * (double)nearest[i];
        sum += share;
        if (!(share > 0))
            continue;
        last = i;
        if (sum > target)
            break;
    }
    return last;
}

/* Try the candidates: which leaves the least distance in sum, and how much that is. */
static size_t best_trial(struct plus *plus, unsigned threads, double *least)
{
    size_t best = 0;
    threads_run(threads, PIECES, piece_try, plus);
    for (size_t t = 0; t < plus->trials; t++) {
        double sum = 0;
        for (size_t p = 0; p < PIECES; p++)
            sum += plus->sums[p * plus->trials + t];
        if (t == 0 || sum < *least) {
            best = t;
            *least = sum;
        }
    }
    memcpy(plus->nearest, plus->trial_nearest + best * plus->points->rows,
           plus->points->rows * sizeof(float));
    return best;
}

static size_t any_row(const struct kmeans_points *points, struct random *random)
{
    size_t row;
    do
        row = (size_t)random_below(random, points->rows);
    while (!weighs(points, row));
    return row;
}

static struct plus *plus_new(struct arena *arena, const struct kmeans_points *points, size_t most)
{
    struct plus *plus = arena_new(arena, struct plus);
    plus->points = points;
    plus->left = arena_array(arena, float, most *(points->columns + 1));
    plus->nearest = arena_array(arena, float, points->rows);
    plus->trial_nearest = arena_array(arena, float, most * points->rows);
    plus->products = arena_array(arena, float, PIECES *most *BLOCK);
    plus->sums = arena_array(arena, double, PIECES *most);
    return plus;
}

void kmeans_start_plus(struct arena *arena, struct kmeans_room *room,
                       const struct kmeans_points *points, const struct kmeans_settings *settings,
                       struct random *random, double *centres)
{
    blas_start();
    size_t k = settings->k, most = 2 + (size_t)log((double)k), rows[TRIALS_MOST];
    most = most < TRIALS_MOST ? most : TRIALS_MOST;
    struct plus *plus = room->plus = room->plus ? room->plus : plus_new(arena, points, most);
    for (size_t i = 0; i < points->rows; i++)
        plus->nearest[i] = INFINITY;
    double left = 0;
    for (size_t c = 0; c < k; c++) {
        plus->trials = c ? most : 1;
        for (size_t t = 0; t < plus->trials; t++) {
            rows[t] = c && left > 0 ? row_at(points, plus->nearest, random_unit(random) * left)
                                    : any_row(points, random);
            trial_put(plus, t, rows[t]);
        }
        size_t best = best_trial(plus, settings->threads, &left);
        kmeans_centre_at(points, rows[best], centres + c * points->columns);
    }
}
