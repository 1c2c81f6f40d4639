/* Holm, Benjamini-Hochberg, Benjamini-Yekutieli, max-t. */
#include "core/eval/multiplicity.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

struct numbered {
    double p;
    size_t at;
};

static int rising(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static struct numbered *sorted_p(struct arena *arena, const double *p, size_t m)
{
    struct numbered *sorted = arena_array(arena, struct numbered, m);
    for (size_t i = 0; i < m; i++)
        sorted[i] = (struct numbered){ p[i], i };
    qsort(sorted, m, sizeof *sorted, rising);
    return sorted;
}

void holm(struct arena *arena, const double *p, size_t m, double *adjusted)
{
    struct numbered *sorted = sorted_p(arena, p, m);
    double worst = 0;
    for (size_t i = 0; i < m; i++) {
        worst = fmax(worst, (double)(m - i) * sorted[i].p);
        adjusted[sorted[i].at] = fmin(1, worst);
    }
}

static void step_up(struct arena *arena, const double *p, size_t m, double factor, double *adjusted)
{
    struct numbered *sorted = sorted_p(arena, p, m);
    double best = 1;
    for (size_t i = m; i-- > 0;) {
        best = fmin(best, factor * (double)m / (double)(i + 1) * sorted[i].p);
        adjusted[sorted[i].at] = best;
    }
}

void benjamini_hochberg(struct arena *arena, const double *p, size_t m, double *adjusted)
{
    step_up(arena, p, m, 1, adjusted);
}

void benjamini_yekutieli(struct arena *arena, const double *p, size_t m, double *adjusted)
{
    double harmonic = 0;
    for (size_t i = 1; i <= m; i++)
        harmonic += 1 / (double)i;
    step_up(arena, p, m, harmonic, adjusted);
}

/* Standard errors of all differences of means; a little above 0 so that equal ones divide. */
static double *pair_errors(struct arena *arena, const struct resampling *how,
                           const struct max_t *at)
{
    size_t k = at->count;
    double *errors = arena_array(arena, double, k *k), *d = arena_array(arena, double, how->n);
    for (size_t a = 0; a < k; a++)
        for (size_t b = a + 1; b < k; b++) {
            for (size_t i = 0; i < how->n; i++)
                d[i] = at->loss[a][i] - at->loss[b][i];
            double error = resample_error_of_mean(arena, how, d);
            errors[a * k + b] = errors[b * k + a] = error > 1e-12 ? error : 1e-12;
        }
    return errors;
}

/* means[draws * count] of the resamples, less the means themselves. */
static double *centred_means(struct arena *arena, const struct resampling *how,
                             const struct max_t *at, const double *mean)
{
    size_t k = at->count;
    uint32_t *rows = arena_array(arena, uint32_t, how->rows_most);
    double *out = arena_array(arena, double, at->draws *k);
    for (size_t b = 0; b < at->draws; b++) {
        size_t drawn = resample_draw(how, b, rows);
        for (size_t j = 0; j < k; j++) {
            double sum = 0;
            for (size_t i = 0; i < drawn; i++)
                sum += at->loss[j][rows[i]];
            out[b * k + j] = sum / (double)drawn - mean[j];
        }
    }
    return out;
}

/* The quantile that the largest of the active standardised differences has by chance. */
static double critical(const struct max_t *at, const double *means, const double *errors,
                       const bool *active, double *largest)
{
    size_t k = at->count;
    for (size_t b = 0; b < at->draws; b++) {
        const double *row = means + b * k;
        largest[b] = -INFINITY;
        for (size_t j = 0; j < k; j++)
            for (size_t l = 0; l < k; l++)
                if (active[j * k + l])
                    largest[b] = fmax(largest[b], (row[l] - row[j]) / errors[j * k + l]);
    }
    sort_numbers(largest, at->draws);
    return largest[(size_t)ceil((1 - at->alpha) * (double)(at->draws - 1))];
}

void max_t(struct arena *arena, const struct resampling *how, const struct max_t *at, bool *better)
{
    size_t k = at->count;
    bool *active = arena_array(arena, bool, k *k), more = how->n > 1 && at->draws > 0;
    double *mean = arena_array(arena, double, k), *largest = arena_array(arena, double, at->draws);
    for (size_t j = 0; j < k; j++)
        mean[j] = mean_of(at->loss[j], how->n);
    for (size_t i = 0; i < k * k; i++) {
        active[i] = i / k != i % k;
        better[i] = false;
    }
    if (!more)
        return;
    double *errors = pair_errors(arena, how, at), *means = centred_means(arena, how, at, mean);
    while (more) {
        double limit = critical(at, means, errors, active, largest);
        more = false;
        for (size_t i = 0; i < k * k; i++)
            if (active[i] && (mean[i % k] - mean[i / k]) / errors[i] > limit) {
                better[i] = more = true;
                active[i] = false;
            }
    }
}
