/* Platt's and isotonic calibration. */
#include "core/learn/calibration.h"
#include "core/learn/linear_loss.h"
#include <math.h>
#include <stdlib.h>

#define CLIP 1e-12
#define STEPS_MOST 100

static const char *const names[] = { "none", "platt", "isotonic" };

bool calibration_find(struct str word, enum calibration_kind *out)
{
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        if (str_is(word, names[i])) {
            *out = (enum calibration_kind)i;
            return true;
        }
    return false;
}

const char *calibration_name(enum calibration_kind kind)
{
    return names[kind];
}

static double logit(double p)
{
    double kept = fmin(fmax(p, CLIP), 1 - CLIP);
    return log(kept) - log1p(-kept);
}

/* One row of a curve's fit. */
struct pair {
    double score, hit, weight; /* hit: 0 or 1 */
};

/* ---- Platt ---- */

static double log1p_exp(double z)
{
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

struct look {
    double loss, ga, gb, haa, hab, hbb;
};

/* Loss, gradient and Hessian at a, b; targets are smoothed: high for hits, low for others. */
static struct look look(const struct pair *pairs, size_t n, double a, double b,
                        const double target[2])
{
    struct look at = { 0 };
    for (size_t i = 0; i < n; i++) {
        double t = target[pairs[i].hit > 0], s = pairs[i].score, z = a * s + b;
        double w = pairs[i].weight, p = sigmoid(z), d = w * (p - t), h = w * p * sigmoid(-z);
        at.loss += w * (t * log1p_exp(-z) + (1 - t) * log1p_exp(z));
        at.ga += d * s;
        at.gb += d;
        at.haa += h * s * s;
        at.hab += h * s;
        at.hbb += h;
    }
    return at;
}

static void platt_fit(struct pair *pairs, size_t n, double hits, double misses,
                      struct calibration_curve *out)
{
    const double target[2] = { 1 / (misses + 2), (hits + 1) / (hits + 2) };
    double a = 1, b = 0;
    for (size_t i = 0; i < n; i++)
        pairs[i].score = logit(pairs[i].score);
    struct look at = look(pairs, n, a, b, target);
    for (size_t step = 0; step < STEPS_MOST; step++) {
        double haa = at.haa + 1e-12, hbb = at.hbb + 1e-12;
        double det = haa * hbb - at.hab * at.hab;
        double da = (hbb * at.ga - at.hab * at.gb) / det;
        double db = (haa * at.gb - at.hab * at.ga) / det;
        double share = 1;
        struct look next = look(pairs, n, a - da, b - db, target);
        for (; !(next.loss <= at.loss) && share > 1e-10;
             next = look(pairs, n, a - share * da, b - share * db, target))
            share /= 2;
        if (!(next.loss <= at.loss))
            break;
        a -= share * da;
        b -= share * db;
        bool still =
            fabs(share * da) < 1e-12 * (1 + fabs(a)) && fabs(share * db) < 1e-12 * (1 + fabs(b));
        at = next;
        if (still)
            break;
    }
    *out = (struct calibration_curve){ .a = a, .b = b };
}

/* ---- isotonic ---- */

static int by_score(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

/* Rows of one score become one, with the mean of their hits. */
static size_t ties_merge(struct pair *pairs, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(pairs[i].weight > 0))
            continue;
        if (count && pairs[count - 1].score == pairs[i].score) {
            struct pair *one = &pairs[count - 1];
            double weight = one->weight + pairs[i].weight;
            one->hit += (pairs[i].hit - one->hit) * pairs[i].weight / weight;
            one->weight = weight;
        } else {
            pairs[count++] = pairs[i];
        }
    }
    return count;
}

struct pool {
    double mean, weight;
    size_t from, to;
};

static void isotonic_fit(struct arena *arena, struct pair *pairs, size_t n,
                         struct calibration_curve *out)
{
    qsort(pairs, n, sizeof *pairs, by_score);
    size_t count = ties_merge(pairs, n), depth = 0;
    struct pool *pools = arena_array(arena, struct pool, count);
    for (size_t i = 0; i < count; i++) {
        pools[depth++] = (struct pool){ pairs[i].hit, pairs[i].weight, i, i };
        while (depth > 1 && pools[depth - 2].mean >= pools[depth - 1].mean) {
            struct pool *low = &pools[depth - 2], *high = &pools[depth - 1];
            double weight = low->weight + high->weight;
            low->mean += (high->mean - low->mean) * high->weight / weight;
            low->weight = weight;
            low->to = high->to;
            depth--;
        }
    }
    double *x = arena_array(arena, double, 2 * depth), *y = arena_array(arena, double, 2 * depth);
    size_t points = 0;
    for (size_t k = 0; k < depth; k++) {
        x[points] = pairs[pools[k].from].score;
        y[points++] = pools[k].mean;
        if (pools[k].to > pools[k].from) {
            x[points] = pairs[pools[k].to].score;
            y[points++] = pools[k].mean;
        }
    }
    *out = (struct calibration_curve){ .count = points, .x = x, .y = y };
}

static double isotonic_at(const struct calibration_curve *curve, double p)
{
    size_t low = 0, high = curve->count;
    if (!(p > curve->x[0]))
        return curve->y[0];
    if (p >= curve->x[high - 1])
        return curve->y[high - 1];
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (curve->x[middle] <= p)
            low = middle;
        else
            high = middle;
    }
    double share = (p - curve->x[low]) / (curve->x[high] - curve->x[low]);
    return curve->y[low] + share * (curve->y[high] - curve->y[low]);
}

/* ---- all ---- */

static bool curve_fit(struct arena *arena, enum calibration_kind kind, struct pair *pairs, size_t n,
                      struct calibration_curve *out, struct fault *why)
{
    double hits = 0, misses = 0;
    for (size_t i = 0; i < n; i++) {
        hits += pairs[i].weight * pairs[i].hit;
        misses += pairs[i].weight * (1 - pairs[i].hit);
    }
    if (!(hits > 0) || !(misses > 0))
        return fault_set(why, BLAME_OPEN, "calibration needs rows of every class");
    if (kind == CALIBRATION_PLATT)
        platt_fit(pairs, n, hits, misses, out);
    else
        isotonic_fit(arena, pairs, n, out);
    return isfinite(out->a) && isfinite(out->b)
               ? true
               : fault_set(why, BLAME_OPEN, "calibration went beyond the range of numbers");
}

bool calibration_fit(struct arena *arena, enum calibration_kind kind, size_t width, size_t n,
                     const double *prediction, const double *truth, const double *weight,
                     struct calibration *out, struct fault *why)
{
    struct calibration_curve *curves = arena_array(arena, struct calibration_curve, width);
    struct pair *pairs = arena_array(arena, struct pair, n);
    for (size_t k = 0; k < width; k++) {
        for (size_t i = 0; i < n; i++)
            pairs[i] = (struct pair){ prediction[i * width + k],
                                      width > 1 ? truth[i] == (double)k : truth[i],
                                      weight ? weight[i] : 1 };
        if (!curve_fit(arena, kind, pairs, n, &curves[k], why))
            return false;
    }
    *out = (struct calibration){ kind, width, curves };
    return true;
}

void calibration_apply(const struct calibration *calibration, double *prediction, size_t n)
{
    size_t width = calibration->width;
    for (size_t i = 0; calibration->kind && i < n; i++) {
        double *row = prediction + i * width, sum = 0;
        for (size_t k = 0; k < width; k++) {
            const struct calibration_curve *curve = &calibration->curves[k];
            row[k] = calibration->kind == CALIBRATION_PLATT
                         ? sigmoid(curve->a * logit(row[k]) + curve->b)
                         : isotonic_at(curve, row[k]);
            sum += row[k];
        }
        for (size_t k = 0; width > 1 && k < width; k++)
            row[k] = sum > 0 ? row[k] / sum : 1 / (double)width;
    }
}

void calibration_save(const struct calibration *calibration, struct text *out)
{
    bytes_put_u32(out, calibration->kind);
    for (size_t k = 0; calibration->kind && k < calibration->width; k++) {
        const struct calibration_curve *curve = &calibration->curves[k];
        bytes_put_double(out, curve->a);
        bytes_put_double(out, curve->b);
        bytes_put_u32(out, (uint32_t)curve->count);
        bytes_put_doubles(out, curve->x, curve->count);
        bytes_put_doubles(out, curve->y, curve->count);
    }
}

static void curve_load(struct bytes *in, enum calibration_kind kind, struct calibration_curve *out)
{
    out->a = bytes_finite(in);
    out->b = bytes_finite(in);
    out->count = bytes_count(in, 16);
    double *x = bytes_doubles(in, out->count), *y = bytes_doubles(in, out->count);
    out->x = x;
    out->y = y;
    if (in->failed || (kind == CALIBRATION_ISOTONIC) != (out->count > 0)) {
        in->failed = true;
        return;
    }
    for (size_t i = 0; i < out->count; i++)
        if (y[i] < 0 || y[i] > 1 || (i && (x[i] <= x[i - 1] || y[i] < y[i - 1])))
            in->failed = true;
}

void calibration_load(struct bytes *in, size_t width, struct calibration *out)
{
    uint32_t kind = bytes_u32(in);
    if (kind > CALIBRATION_ISOTONIC || (kind && width > in->rest.len / 28))
        in->failed = true;
    if (in->failed || !kind)
        return;
    struct calibration_curve *curves = arena_array(in->arena, struct calibration_curve, width);
    *out = (struct calibration){ (enum calibration_kind)kind, width, curves };
    for (size_t k = 0; k < width && !in->failed; k++)
        curve_load(in, out->kind, &curves[k]);
}
