/* Losses of blocks of rows: loops without calls, made into vectors by the compiler. */
#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#include "core/learn/linear_loss.h"
#include "core/base/compiler.h"
#include "core/math/exp.h"
#include <math.h>

#define INLINE static inline __attribute__((always_inline))
#define LOSS_ROWS ((size_t)256)

/* log(1 + u), 0 <= u <= 1: 2 atanh(s), s = u / (2 + u) <= 1/3, as a series. */
INLINE double log_one_more(double u)
{
    double s = u / (2 + u), t = s * s, p = 1.0 / 33;
    p = p * t + 1.0 / 31;
    p = p * t + 1.0 / 29;
    p = p * t + 1.0 / 27;
    p = p * t + 1.0 / 25;
    p = p * t + 1.0 / 23;
    p = p * t + 1.0 / 21;
    p = p * t + 1.0 / 19;
    p = p * t + 1.0 / 17;
    p = p * t + 1.0 / 15;
    p = p * t + 1.0 / 13;
    p = p * t + 1.0 / 11;
    p = p * t + 1.0 / 9;
    p = p * t + 1.0 / 7;
    p = p * t + 1.0 / 5;
    p = p * t + 1.0 / 3;
    return 2 * s + 2 * s * t * p;
}

double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

void softmax(double *z, size_t count)
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < count; k++)
        most = z[k] > most ? z[k] : most;
    for (size_t k = 0; k < count; k++)
        sum += z[k] = exp(z[k] - most);
    for (size_t k = 0; k < count; k++)
        z[k] /= sum;
}

/* Up to LOSS_ROWS rows: z with its offset is given; losses come out one by one. */
CLONED_V4 static void logistic_part(size_t rows, const double *restrict z,
                                    const double *restrict sign, double *restrict out[3])
{
    double *restrict loss = out[0], *restrict slope = out[1], *restrict curve = out[2];
    for (size_t i = 0; i < rows; i++) {
        double m = sign[i] * z[i]; /* > 0: right */
        double e = exp_series(-fabs(m)), inverse = 1 / (1 + e);
        double right = m >= 0 ? 0 : -m;
        loss[i] = right + log_one_more(e);
        slope[i] = -sign[i] * (m >= 0 ? e * inverse : inverse);
        curve[i] = e * inverse * inverse;
    }
}

double logistic_losses(const struct loss_block *block)
{
    double z[LOSS_ROWS], sign[LOSS_ROWS], loss[LOSS_ROWS], slope[LOSS_ROWS], curve[LOSS_ROWS];
    double total = 0;
    for (size_t from = 0; from < block->rows; from += LOSS_ROWS) {
        size_t rows = block->rows - from < LOSS_ROWS ? block->rows - from : LOSS_ROWS;
        for (size_t i = 0; i < rows; i++) {
            z[i] = block->z[from + i] + (block->offset ? block->offset[from + i] : 0);
            sign[i] = block->y[from + i] == block->positive ? 1 : -1;
        }
        logistic_part(rows, z, sign, (double *restrict[3]){ loss, slope, curve });
        double part = 0;
        for (size_t i = 0; i < rows; i++) {
            double weight = block->weight ? block->weight[from + i] : 1;
            part +=
                weight > 0 ? weight * loss[i] : 0; /* a row that does not count may be endless */
            block->residual[from + i] = weight * slope[i];
            if (block->curvature)
                block->curvature[from + i] = weight * curve[i];
        }
        total += part;
    }
    return total;
}

/* p[classes][rows], rows `stride` apart, from z alike; log of the sums of e^z into sums[rows]. */
CLONED_V4 static void softmax_part(const double *restrict z, double *restrict p,
                                   const size_t shape[3], double *restrict sums)
{
    size_t rows = shape[0], classes = shape[1], stride = shape[2];
    double most[LOSS_ROWS], inverse[LOSS_ROWS];
    for (size_t i = 0; i < rows; i++)
        most[i] = z[i], sums[i] = 0;
    for (size_t k = 1; k < classes; k++)
        for (size_t i = 0; i < rows; i++)
            most[i] = z[k * stride + i] > most[i] ? z[k * stride + i] : most[i];
    for (size_t k = 0; k < classes; k++)
        for (size_t i = 0; i < rows; i++) {
            double e = exp_series(z[k * stride + i] - most[i]);
            p[k * stride + i] = e;
            sums[i] += e;
        }
    for (size_t i = 0; i < rows; i++)
        inverse[i] = 1 / sums[i];
    for (size_t k = 0; k < classes; k++)
        for (size_t i = 0; i < rows; i++)
            p[k * stride + i] *= inverse[i];
    for (size_t i = 0; i < rows; i++)
        sums[i] = most[i] + log(sums[i]);
}

double softmax_losses(const struct loss_block *block, size_t classes)
{
    double sums[LOSS_ROWS], total = 0;
    for (size_t from = 0; from < block->rows; from += LOSS_ROWS) {
        size_t rows = block->rows - from < LOSS_ROWS ? block->rows - from : LOSS_ROWS;
        size_t shape[3] = { rows, classes, block->rows };
        double *p = block->residual + from, part = 0;
        softmax_part(block->z + from, p, shape, sums);
        for (size_t k = 0; k < classes; k++)
            for (size_t i = 0; i < rows; i++) {
                double weight = block->weight ? block->weight[from + i] : 1;
                double at = p[k * block->rows + i];
                if (block->curvature)
                    block->curvature[from + k * block->rows + i] = weight * at * (1 - at);
                p[k * block->rows + i] = weight * at;
            }
        for (size_t i = 0; i < rows; i++) {
            double weight = block->weight ? block->weight[from + i] : 1;
            size_t k = (size_t)block->y[from + i];
            part += weight > 0 ? weight * (sums[i] - block->z[k * block->rows + from + i]) : 0;
            p[k * block->rows + i] -= weight;
        }
        total += part;
    }
    return total;
}
