/* Losses and their gradients, made whole numbers. */
#include "core/learn/learn_gbdt_loss.h"
#include "core/base/compiler.h"
#include "core/math/exp.h"
#include "core/math/sum.h"
#include <math.h>
#ifndef __clang__
#pragma GCC optimize("O3") /* the loops over a block become vectors: 2.5 times as fast as -O2 */
#endif

static double weight_of(const struct loss *loss, size_t row)
{
    return loss->weight ? loss->weight[row] : 1;
}

CLONED_V4 static double square(const struct loss *loss, size_t from, size_t count, double *g,
                               double *h)
{
    double total = 0;
    const double *y = loss->y + from, *margins = loss->margins + from;
    for (size_t i = 0; i < count; i++) {
        g[i] = margins[i] - y[i];
        h[i] = 1;
        total += g[i] * g[i];
    }
    for (size_t i = 0; loss->weight && i < count; i++) {
        double weight = loss->weight[from + i];
        total += (weight - 1) * g[i] * g[i];
        g[i] *= weight;
        h[i] = weight;
    }
    return total;
}

/* Gradient of the pinball loss: absolute error is twice that of the median. */
static double pinball(const struct loss *loss, size_t from, size_t count, double *g, double *h)
{
    double total = 0, share = loss->objective->quantile > 1 ? loss->quantile : 0.5;
    double scale = loss->objective->quantile > 1 ? 1 : 2;
    for (size_t i = 0; i < count; i++) {
        double left = loss->y[from + i] - loss->margins[from + i];
        double weight = weight_of(loss, from + i), slope = left < 0 ? share - 1 : share;
        h[i] = weight;
        g[i] = -scale * weight * slope;
        total += scale * weight * slope * left;
    }
    return total;
}

static double huber(const struct loss *loss, size_t from, size_t count, double *g, double *h)
{
    double total = 0, slope = loss->slope;
    for (size_t i = 0; i < count; i++) {
        double weight = weight_of(loss, from + i);
        double off = loss->margins[from + i] - loss->y[from + i];
        double root = sqrt(1 + off / slope * (off / slope));
        g[i] = weight * off / root;
        h[i] = weight / (root * root * root);
        total += weight * slope * slope * (root - 1);
    }
    return total;
}

CLONED_V4 static double poisson(const struct loss *loss, size_t from, size_t count, double *g,
                                double *h)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        double weight = weight_of(loss, from + i), y = loss->y[from + i];
        double margin = loss->margins[from + i], mean = exp_series(margin);
        g[i] = weight * (mean - y);
        h[i] = weight * mean * 0x1.01d3671ac14c6p1; /* e^0.7, as XGBoost: short steps */
        total += weight * (mean - y * margin);
    }
    return total;
}

/* log of x[i] summed, a product of sixteen at a time: x in [1e-16, 1]. */
static double log_sum(const double *x, size_t count)
{
    double total = 0;
    for (size_t from = 0; from < count; from += 16) {
        double product = 1;
        for (size_t i = from; i < count && i < from + 16; i++)
            product *= x[i];
        total += log(product);
    }
    return total;
}

static double weighted_log_sum(const double *x, const double *weight, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += weight[i] * log(x[i]);
    return total;
}

CLONED_V4 static double logistic(const struct loss *loss, size_t from, size_t count, double *g,
                                 double *h)
{
    double right[LOSS_BLOCK];
    const double *y = loss->y + from, *margins = loss->margins + from;
    for (size_t i = 0; i < count; i++) {
        double p = 1 / (1 + exp_series(-margins[i]));
        g[i] = p - y[i];
        h[i] = p * (1 - p);
        double hit = 1 - fabs(g[i]);
        right[i] = hit < 1e-16 ? 1e-16 : hit;
    }
    if (!loss->weight)
        return -log_sum(right, count);
    for (size_t i = 0; i < count; i++) {
        g[i] *= loss->weight[from + i];
        h[i] *= loss->weight[from + i];
    }
    return -weighted_log_sum(right, loss->weight + from, count);
}

static void softmax_row(const struct loss *loss, size_t row, size_t i, double *g)
{
    const double *margins = loss->margins + row * loss->width;
    double most = margins[0], sum = 0;
    for (size_t k = 1; k < loss->width; k++)
        most = margins[k] > most ? margins[k] : most;
    for (size_t k = 0; k < loss->width; k++)
        sum += g[k * LOSS_BLOCK + i] = exp_series(margins[k] - most);
    for (size_t k = 0; k < loss->width; k++)
        g[k * LOSS_BLOCK + i] /= sum;
}

static double softmax(const struct loss *loss, size_t from, size_t count, double *g, double *h)
{
    double right[LOSS_BLOCK];
    for (size_t i = 0; i < count; i++) {
        softmax_row(loss, from + i, i, g);
        double hit = g[(size_t)loss->y[from + i] * LOSS_BLOCK + i];
        right[i] = hit < 1e-16 ? 1e-16 : hit;
    }
    for (size_t k = 0; k < loss->width; k++, g += LOSS_BLOCK, h += LOSS_BLOCK)
        for (size_t i = 0; i < count; i++) {
            double weight = weight_of(loss, from + i), p = g[i];
            h[i] = weight * 2 * p * (1 - p);
            g[i] = weight * (p - (loss->y[from + i] == (double)k));
        }
    return loss->weight ? -weighted_log_sum(right, loss->weight + from, count)
                        : -log_sum(right, count);
}

static double mean_of_y(const struct loss *loss)
{
    struct sum sum = { 0 }, weights = { 0 };
    for (size_t i = 0; i < loss->rows; i++) {
        sum_add(&weights, weight_of(loss, i));
        sum_add(&sum, weight_of(loss, i) * loss->y[i]);
    }
    return sum_value(&sum) / sum_value(&weights);
}

static void mean_base(struct arena *arena, const struct loss *loss, double *base)
{
    (void)arena;
    *base = mean_of_y(loss);
}

static void log_base(struct arena *arena, const struct loss *loss, double *base)
{
    (void)arena;
    *base = log(fmax(mean_of_y(loss), 1e-9));
}

static void odds_base(struct arena *arena, const struct loss *loss, double *base)
{
    (void)arena;
    double p = fmin(fmax(mean_of_y(loss), 1e-9), 1 - 1e-9);
    *base = log(p / (1 - p));
}

static void shares_base(struct arena *arena, const struct loss *loss, double *base)
{
    (void)arena;
    double total = 0;
    for (size_t i = 0; i < loss->rows; i++) {
        base[(size_t)loss->y[i]] += weight_of(loss, i);
        total += weight_of(loss, i);
    }
    for (size_t k = 0; k < loss->width; k++)
        base[k] = log(fmax(base[k] / total, 1e-9));
}

static void quantile_base(struct arena *arena, const struct loss *loss, double *base)
{
    double *values = arena_array(arena, double, loss->rows);
    double *weights = loss->weight ? arena_array(arena, double, loss->rows) : NULL;
    memcpy(values, loss->y, loss->rows * sizeof *values);
    if (weights)
        memcpy(weights, loss->weight, loss->rows * sizeof *weights);
    *base = weighted_quantile(values, weights, loss->rows,
                              loss->objective->quantile > 1 ? loss->quantile : 0.5);
}

static void logistic_link(double *margins, size_t width)
{
    (void)width;
    double e = exp(-fabs(*margins));
    *margins = *margins >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static void exp_link(double *margins, size_t width)
{
    (void)width;
    *margins = exp(*margins);
}

static void softmax_link(double *margins, size_t width)
{
    double most = margins[0], sum = 0;
    for (size_t k = 1; k < width; k++)
        most = fmax(most, margins[k]);
    for (size_t k = 0; k < width; k++)
        sum += margins[k] = exp(margins[k] - most);
    for (size_t k = 0; k < width; k++)
        margins[k] /= sum;
}

static const struct objective objectives[] = {
    { "reg:squarederror", TARGET_NUMBER, square, 0, 1, mean_base, NULL, -1 },
    { "reg:absoluteerror", TARGET_NUMBER, pinball, 1, 1, quantile_base, NULL, 0.5 },
    { "reg:pseudohubererror", TARGET_NUMBER, huber, 0, 1, quantile_base, NULL, -1 },
    { "reg:quantileerror", TARGET_NUMBER, pinball, 1, 1, quantile_base, NULL, 2 },
    { "count:poisson", TARGET_NUMBER, poisson, 0, 0, log_base, exp_link, -1 },
    { "binary:logistic", TARGET_TWO_CLASSES, logistic, 1, 0.25, odds_base, logistic_link, -1 },
    { "multi:softprob", TARGET_CLASSES, softmax, 1, 0.5, shares_base, softmax_link, -1 },
    { "rank:pairwise", TARGET_NUMBER, queries_gradient, 0, 0, NULL, NULL, -1 },
    { "rank:ndcg", TARGET_NUMBER, queries_gradient, 0, 0, NULL, NULL, -1 },
};

const char *const objective_names[] = { "auto",
                                        "reg:squarederror",
                                        "reg:absoluteerror",
                                        "reg:pseudohubererror",
                                        "reg:quantileerror",
                                        "count:poisson",
                                        "binary:logistic",
                                        "multi:softprob",
                                        "rank:pairwise",
                                        "rank:ndcg",
                                        NULL };

const struct objective *objective_of(size_t choice, enum target_kind target)
{
    if (choice)
        return &objectives[choice - 1];
    return &objectives[target == TARGET_NUMBER ? 0 : target == TARGET_TWO_CLASSES ? 5 : 6];
}

size_t objective_index(const struct objective *objective)
{
    return (size_t)(objective - objectives) + 1;
}
