/* Log loss: its terms, and their sum with one logarithm for sixteen rows. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/eval/metric_parts.h"
#include "core/math/sum.h"
#include <math.h>

#define LANES 8
#define ROWS 16 /* of a lane: the product of so many probabilities is above 1e-240 */
#define BLOCK ((size_t)LANES * ROWS)
#define SURE 0.9 /* a product beyond it is of small losses, which are added one by one */

void losses_log_loss(LOSSES_PARTS)
{
    double clip = options->clip;
    for (size_t i = 0; i < rows->n; i++) {
        double p = rows->prediction[i * rows->width];
        if (rows->width > 1)
            p = rows->prediction[i * rows->width + (size_t)rows->truth[i]];
        p = fmin(fmax(p, clip), 1 - clip);
        out[i] = -(rows->width == 1 && rows->truth[i] == 0 ? log1p(-p) : log(p));
    }
}

/* The probability of what is true. */
static inline double of_truth(const struct scored *rows, size_t i, double clip)
{
    double p = rows->prediction[i], low = p < clip ? clip : p, high = 1 - clip;
    low = low > high ? high : low;
    return rows->truth[i] != 0 ? low : 1 - low;
}

static double careful(const struct scored *rows, const struct metric_options *options, size_t from,
                      size_t n)
{
    struct scored part = *rows;
    double term[BLOCK];
    part.n = n;
    part.truth += from;
    part.prediction += from;
    losses_log_loss(&part, options, term);
    return sum_of_few(term, n);
}

/* Of one block; a product of near ones would round more away than it says: then row by row. */
static double block_loss(const struct scored *rows, const struct metric_options *options,
                         size_t from)
{
    double product[LANES] = { 1, 1, 1, 1, 1, 1, 1, 1 }, sum = 0;
    bool sure = false;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t k = 0; k < LANES; k++)
            product[k] *= of_truth(rows, from + r * LANES + k, options->clip);
    for (size_t k = 0; k < LANES; k++) {
        sure |= product[k] > SURE;
        sum -= log(product[k]);
    }
    return sure ? careful(rows, options, from, BLOCK) : sum;
}

static double log_loss_of_two(const struct scored *rows, const struct metric_options *options)
{
    struct sum sum = { 0 };
    size_t i = 0;
    for (; i + BLOCK <= rows->n; i += BLOCK)
        sum_add(&sum, block_loss(rows, options, i));
    if (i < rows->n)
        sum_add(&sum, careful(rows, options, i, rows->n - i));
    return sum_value(&sum) / (double)rows->n;
}

void measure_log_loss(METRIC_PARTS)
{
    static const struct metric mean = { .terms = losses_log_loss, .most = INFINITY };
    if (!options->without_interval || rows->width > 1)
        measure_mean(arena, &mean, rows, options, out);
    if (rows->width == 1)
        out->value = log_loss_of_two(rows, options);
}

void losses_brier(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        double off = rows->prediction[i] - rows->truth[i];
        out[i] = off * off;
    }
}
