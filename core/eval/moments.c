/* Sums over weighted rows and what is computed from them. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/eval/moments.h"
#include "core/math/sum.h"
#include <math.h>

#define CONSTANT "the truth is the same in all rows"
#define LANES 4
#define BLOCK 256

struct summed {
    struct moments sums;
    const struct scored *rows;
    double y, p; /* the fixed points */
    struct metric_options options;
};

void *moments_prepare(PREPARE_PARTS)
{
    struct summed *out = arena_new(arena, struct summed);
    (void)note;
    out->rows = rows;
    out->options = *options;
    out->y = mean_in_pieces(rows->truth, rows->n);
    out->p = mean_in_pieces(rows->prediction, rows->n);
    out->sums.apart = out->p - out->y;
    return out;
}

#define SUMS 9

/* One block of rows; sums[k][lane]. */
static void block_add(const struct summed *at, const uint32_t *weight, size_t from, size_t to,
                      double sums[SUMS][LANES])
{
    const double *truth = at->rows->truth, *prediction = at->rows->prediction;
    for (size_t i = from; i + LANES <= to; i += LANES)
        for (size_t k = 0; k < LANES; k++) {
            double w = weight ? weight[i + k] : 1, t = truth[i + k], q = prediction[i + k];
            double e = q - t, y = t - at->y, p = q - at->p;
            sums[0][k] += w * e;
            sums[1][k] += w * fabs(e);
            sums[2][k] += w * e * e;
            sums[3][k] += w * y;
            sums[4][k] += w * y * y;
            sums[5][k] += w * p;
            sums[6][k] += w * p * p;
            sums[7][k] += w * y * p;
            sums[8][k] += w * fabs(t);
        }
}

/* The rows that fill no lanes: as a block of their own, padded with weight 0. */
static void rest_add(const struct summed *at, const uint32_t *weight, size_t from, size_t to,
                     double sums[SUMS][LANES])
{
    double truth[LANES] = { 0 }, prediction[LANES] = { 0 };
    uint32_t weights[LANES] = { 0 };
    struct scored rows = { .truth = truth, .prediction = prediction };
    struct summed few = *at;
    few.rows = &rows;
    for (size_t i = from; i < to; i++) {
        truth[i - from] = at->rows->truth[i];
        prediction[i - from] = at->rows->prediction[i];
        weights[i - from] = weight ? weight[i] : 1;
    }
    block_add(&few, weights, 0, LANES, sums);
}

const struct moments *moments_count(void *prepared, const uint32_t *weight)
{
    struct summed *at = prepared;
    struct sum all[SUMS] = { 0 };
    size_t n = at->rows->n;
    uint64_t count = weight ? 0 : n;
    for (size_t from = 0; from < n; from += BLOCK) {
        double sums[SUMS][LANES] = { 0 };
        size_t to = n - from < BLOCK ? n : from + BLOCK, whole = to - (to - from) % LANES;
        block_add(at, weight, from, whole, sums);
        if (whole < to)
            rest_add(at, weight, whole, to, sums);
        for (size_t k = 0; k < SUMS; k++)
            sum_add(&all[k], (sums[k][0] + sums[k][2]) + (sums[k][1] + sums[k][3]));
    }
    for (size_t i = 0; i < n && weight; i++)
        count += weight[i];
    double v[SUMS];
    for (size_t k = 0; k < SUMS; k++)
        v[k] = sum_value(&all[k]);
    at->sums = (struct moments){ .n = (double)count,
                                 .e = v[0],
                                 .size = v[1],
                                 .squares = v[2],
                                 .y = v[3],
                                 .yy = v[4],
                                 .p = v[5],
                                 .pp = v[6],
                                 .yp = v[7],
                                 .truth_size = v[8],
                                 .apart = at->sums.apart };
    return &at->sums;
}

/* The first and the last of the truths that count; false when they are the same. */
static bool range_of(const struct summed *at, const uint32_t *weight, double *range)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < at->rows->n; i++)
        if (!weight || weight[i]) {
            least = fmin(least, at->rows->truth[i]);
            most = fmax(most, at->rows->truth[i]);
        }
    *range = most - least;
    return most > least;
}

/* Sum of squares of the truth about its mean; NAN and a note where it is 0. */
static double spread(const struct summed *at, const struct moments *m, const uint32_t *weight,
                     const char **note)
{
    double out = m->yy - m->y * m->y / m->n, range;
    bool clear = out > m->n * 1e-24 * at->y * at->y; /* more than rounding makes of one value */
    if (out > 0 && (clear || range_of(at, weight, &range)))
        return out;
    *note = CONSTANT;
    return NAN;
}

/* The mean of some rows all over: near enough to the mean of all that little cancels. */
static double near_mean(const double *x, size_t n)
{
    size_t step = n / 1024 + 1, count = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i += step, count++)
        sum += x[i];
    return sum / (double)count;
}

/* Sums of e^2, of y and of y^2 about a point, of one block. */
static void three_add(const double *truth, const double *said, size_t n, double about,
                      struct sum all[3])
{
    double e2[8] = { 0 }, y1[8] = { 0 }, y2[8] = { 0 };
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) {
            double e = said[i + k] - truth[i + k], y = truth[i + k] - about;
            e2[k] += e * e;
            y1[k] += y;
            y2[k] += y * y;
        }
    for (; i < n; i++) {
        double e = said[i] - truth[i], y = truth[i] - about;
        e2[i & 7] += e * e;
        y1[i & 7] += y;
        y2[i & 7] += y * y;
    }
    sum_add(&all[0], sum_of_few(e2, 8));
    sum_add(&all[1], sum_of_few(y1, 8));
    sum_add(&all[2], sum_of_few(y2, 8));
}

double plain_r2(const struct scored *rows, const char **note)
{
    struct summed at = { .rows = rows, .y = near_mean(rows->truth, rows->n) };
    struct sum all[3] = { 0 };
    for (size_t i = 0; i < rows->n; i += BLOCK)
        three_add(rows->truth + i, rows->prediction + i, rows->n - i < BLOCK ? rows->n - i : BLOCK,
                  at.y, all);
    struct moments m = { .n = (double)rows->n,
                         .squares = sum_value(&all[0]),
                         .y = sum_value(&all[1]),
                         .yy = sum_value(&all[2]) };
    return 1 - m.squares / spread(&at, &m, NULL, note);
}

double moments_r2(VALUE_PARTS)
{
    const struct moments *m = moments_count(prepared, weight);
    return 1 - m->squares / spread(prepared, m, weight, note);
}

double moments_adjusted_r2(VALUE_PARTS)
{
    const struct summed *at = prepared;
    double rest = 1 - moments_r2(prepared, weight, note), n = at->sums.n;
    return 1 - rest * (n - 1) / (n - (double)at->options.features - 1);
}

double moments_explained_variance(VALUE_PARTS)
{
    const struct moments *m = moments_count(prepared, weight);
    return 1 - (m->squares - m->e * m->e / m->n) / spread(prepared, m, weight, note);
}

double moments_rrse(VALUE_PARTS)
{
    const struct moments *m = moments_count(prepared, weight);
    return sqrt(m->squares / spread(prepared, m, weight, note));
}

double moments_wape(VALUE_PARTS)
{
    const struct moments *m = moments_count(prepared, weight);
    if (m->truth_size > 0)
        return m->size / m->truth_size;
    *note = "every truth is 0";
    return NAN;
}

double moments_nrmse(VALUE_PARTS)
{
    const struct moments *m = moments_count(prepared, weight);
    double range;
    if (range_of(prepared, weight, &range))
        return sqrt(m->squares / m->n) / range;
    *note = CONSTANT;
    return NAN;
}

double moments_rae(VALUE_PARTS)
{
    const struct summed *at = prepared;
    const struct moments *m = moments_count(prepared, weight);
    double mean = at->y + m->y / m->n, range;
    struct sum sum = { 0 };
    for (size_t i = 0; i < at->rows->n; i++)
        sum_add(&sum, (weight ? weight[i] : 1) * fabs(at->rows->truth[i] - mean));
    if (range_of(at, weight, &range))
        return m->size / sum_value(&sum);
    *note = CONSTANT;
    return NAN;
}

double moments_max_error(VALUE_PARTS)
{
    const struct summed *at = prepared;
    double most = 0;
    (void)note;
    for (size_t i = 0; i < at->rows->n; i++)
        if (!weight || weight[i])
            most = fmax(most, fabs(at->rows->prediction[i] - at->rows->truth[i]));
    return most;
}
