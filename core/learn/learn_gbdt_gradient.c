/* Gradients of all rows as whole numbers, and quantiles by weight. */
#include "core/learn/learn_gbdt_loss.h"
#include "core/math/threads.h"
#include <math.h>
#include <stdlib.h>

#define PIECE_ROWS ((size_t)8192)
#define SPANS 4          /* a thread, each with its scratch */
#define COARSE_ROWS 8192 /* fewer are no work to be saved */
#define COARSE_LEAST 256 /* units that gradients and Hessians must have on average to be coarse */

/* What a piece of the rows found. */
struct found {
    double loss, g_most, h_most;
};

struct piece_sums {
    int64_t g, h, size; /* size: of |g| */
};

struct gradient_maker {
    struct loss loss;
    size_t spans, pieces;
    double *scratch;         /* [spans][2 * width * LOSS_BLOCK] */
    struct found *found;     /* [pieces] */
    struct piece_sums *sums; /* [pieces][width] */
    struct gradient *at;     /* [width][rows] */
    double weight_most, weight_total;
    bool writing, coarse;
    const bool *drawn;
    double g_scale, h_scale; /* units in 1 */
};

struct gradient_maker *gradient_maker_new(struct arena *arena, const struct loss *loss, bool writes)
{
    struct gradient_maker *maker = arena_new(arena, struct gradient_maker);
    maker->loss = *loss;
    maker->pieces = (loss->rows + PIECE_ROWS - 1) / PIECE_ROWS;
    maker->spans = loss->threads > 1 ? SPANS * loss->threads : 1;
    maker->scratch = arena_array(arena, double, maker->spans * 2 * loss->width * LOSS_BLOCK);
    maker->found = arena_array(arena, struct found, maker->pieces);
    maker->sums = arena_array(arena, struct piece_sums, maker->pieces * loss->width);
    maker->coarse = loss->rows >= COARSE_ROWS;
    maker->at = arena_array(arena, struct gradient, writes ? loss->rows * loss->width : 0);
    maker->weight_most = loss->weight ? 0 : 1;
    maker->weight_total = loss->weight ? 0 : (double)loss->rows;
    for (size_t i = 0; loss->weight && i < loss->rows; i++) {
        maker->weight_total += loss->weight[i];
        maker->weight_most = fmax(maker->weight_most, loss->weight[i]);
    }
    return maker;
}

/* The nearest whole number of |x| < 2^31, from the bits of a sum: becomes vectors. */
static inline int32_t whole(double x)
{
    double shifted = x + 0x1.8p52;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return (int32_t)(uint32_t)bits;
}

static void most_of(const double *g, const double *h, size_t count, struct found *found)
{
    for (size_t i = 0; i < count; i++) {
        double size = fabs(g[i]);
        if (!(size <= found->g_most)) /* NAN stays */
            found->g_most = size;
        if (!(h[i] <= found->h_most))
            found->h_most = h[i];
    }
}

static void write_block(const struct gradient_maker *maker, const double *g, const double *h,
                        size_t count, struct gradient *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i].g = whole(g[i] * maker->g_scale);
        out[i].h = whole(h[i] * maker->h_scale);
    }
}

static void block_make(struct gradient_maker *maker, size_t piece, size_t from, double *scratch)
{
    const struct loss *loss = &maker->loss;
    size_t count = loss->rows - from < LOSS_BLOCK ? loss->rows - from : LOSS_BLOCK;
    double *h = scratch + loss->width * LOSS_BLOCK;
    struct found *found = &maker->found[piece];
    found->loss += loss->objective->gradient(loss, from, count, scratch, h);
    for (size_t k = 0; k < loss->width; k++, scratch += LOSS_BLOCK, h += LOSS_BLOCK) {
        if (!maker->writing) {
            most_of(scratch, h, count, found);
            continue;
        }
        struct gradient *out = maker->at + k * loss->rows + from;
        struct piece_sums *sums = &maker->sums[piece * loss->width + k];
        write_block(maker, scratch, h, count, out);
        for (size_t i = 0; maker->drawn && i < count; i++)
            if (!maker->drawn[from + i])
                out[i] = (struct gradient){ 0, 0 };
        for (size_t i = 0; i < count; i++) {
            sums->g += out[i].g;
            sums->h += out[i].h;
            sums->size += abs(out[i].g);
        }
    }
}

static void span_make(void *work, size_t at)
{
    struct gradient_maker *maker = work;
    const struct loss *loss = &maker->loss;
    double *scratch = maker->scratch + at * 2 * loss->width * LOSS_BLOCK;
    size_t end = (at + 1) * maker->pieces / maker->spans;
    for (size_t piece = at * maker->pieces / maker->spans; piece < end; piece++) {
        size_t to = (piece + 1) * PIECE_ROWS;
        maker->found[piece] = (struct found){ 0 };
        memset(maker->sums + piece * loss->width, 0, loss->width * sizeof *maker->sums);
        for (size_t from = piece * PIECE_ROWS; from < to && from < loss->rows; from += LOSS_BLOCK)
            block_make(maker, piece, from, scratch);
    }
}

static struct found all_found(const struct gradient_maker *maker)
{
    struct found all = { 0 };
    for (size_t p = 0; p < maker->pieces; p++) {
        const struct found *found = &maker->found[p];
        all.loss += found->loss;
        if (!(found->g_most <= all.g_most))
            all.g_most = found->g_most;
        if (!(found->h_most <= all.h_most))
            all.h_most = found->h_most;
    }
    return all;
}

/* Writes all in units of that share of the largest ones; true when they are fine enough. */
static bool write_all(struct gradient_maker *maker, double g_most, double h_most,
                      struct gradients *out)
{
    const struct loss *loss = &maker->loss;
    double units = maker->coarse ? GRADIENT_MOST_COARSE : GRADIENT_MOST;
    double g_unit = g_most > 0x1p-900 ? g_most / units : 1;
    double h_unit = h_most > 0x1p-900 ? h_most / units : 1;
    int64_t least = COARSE_LEAST * (int64_t)loss->rows;
    bool fine = true;
    maker->g_scale = 1 / g_unit;
    maker->h_scale = 1 / h_unit;
    maker->writing = true;
    crew_run(loss->crew, maker->spans, span_make, maker);
    for (size_t k = 0; k < loss->width; k++) {
        struct gradients all = { maker->at + k * loss->rows, g_unit, h_unit, 0, 0, maker->coarse };
        int64_t size = 0;
        for (size_t p = 0; p < maker->pieces; p++) {
            all.g += maker->sums[p * loss->width + k].g;
            all.h += maker->sums[p * loss->width + k].h;
            size += maker->sums[p * loss->width + k].size;
        }
        fine = fine && size >= least && all.h >= least;
        out[k] = all;
    }
    return fine || !maker->coarse;
}

double gradients_make(struct gradient_maker *maker, const bool *drawn, struct gradients *out)
{
    const struct loss *loss = &maker->loss;
    double g_most = loss->objective->g_most * maker->weight_most;
    double h_most = loss->objective->h_most * maker->weight_most;
    maker->drawn = drawn;
    if (g_most <= 0 || h_most <= 0) {
        maker->writing = false;
        crew_run(loss->crew, maker->spans, span_make, maker);
        struct found all = all_found(maker);
        g_most = all.g_most;
        h_most = all.h_most;
        if (!isfinite(g_most) || !isfinite(h_most) || !isfinite(all.loss))
            return NAN;
    }
    if (!write_all(maker, g_most, h_most, out)) {
        maker->coarse = false; /* from now on */
        write_all(maker, g_most, h_most, out);
    }
    return all_found(maker).loss / maker->weight_total;
}

double loss_mean(struct gradient_maker *maker)
{
    maker->writing = false;
    crew_run(maker->loss.crew, maker->spans, span_make, maker);
    return all_found(maker).loss / maker->weight_total;
}

static void swap(double *x, size_t i, size_t j)
{
    double kept = x[i];
    x[i] = x[j];
    x[j] = kept;
}

static double middle_of(double a, double b, double c)
{
    return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* Lower ones than the pivot to [from, *lows), equal ones to [*lows, *highs). */
static void three_ways(double *values, double *weights, size_t from, size_t to, double pivot,
                       size_t *lows, size_t *highs)
{
    size_t low = from, high = to;
    for (size_t i = from; i < high;) {
        size_t with = values[i] < pivot ? low++ : values[i] > pivot ? --high : i;
        bool stays = values[i] > pivot;
        swap(values, i, with);
        if (weights)
            swap(weights, i, with);
        i += !stays;
    }
    *lows = low;
    *highs = high;
}

static double total_of(const double *weights, size_t from, size_t to)
{
    double total = 0;
    for (size_t i = from; weights && i < to; i++)
        total += weights[i];
    return weights ? total : (double)(to - from);
}

double weighted_quantile(double *values, double *weights, size_t count, double share)
{
    size_t from = 0, to = count, lows, highs;
    double total = total_of(weights, 0, count), before = 0;
    double wanted = share * total * (1 - 1e-12); /* 0.7 of 10 is the seventh */
    while (to - from > 1) {
        double pivot = middle_of(values[from], values[from + (to - from) / 2], values[to - 1]);
        three_ways(values, weights, from, to, pivot, &lows, &highs);
        double low = total_of(weights, from, lows), same = total_of(weights, lows, highs);
        if (lows > from && before + low >= wanted) {
            to = lows;
        } else if (before + low + same >= wanted || highs == to) {
            return pivot;
        } else {
            before += low + same;
            from = highs;
        }
    }
    return count ? values[from] : 0;
}
