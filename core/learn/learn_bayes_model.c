/* Naive Bayes: its numbers, prediction, bytes. */
#include "core/learn/learn_bayes_model.h"
#include <math.h>

#define LOG_2_PI 1.8378770664093454836

size_t bayes_numbers(const struct bayes *bayes, size_t column)
{
    if (bayes_is_category(bayes, column))
        return bayes->classes * bayes->levels[column];
    return bayes->kind == BAYES_MULTINOMIAL ? bayes->classes : 2 * bayes->classes;
}

bool bayes_room(struct arena *arena, struct bayes *bayes)
{
    size_t count = 0;
    bayes->first = arena_array(arena, size_t, bayes->dense + 1);
    for (size_t j = 0; j < bayes->dense; j++) {
        if (__builtin_add_overflow(count, bayes_numbers(bayes, j), &count) || count > UINT32_MAX)
            return false;
        bayes->first[j + 1] = count;
    }
    size_t sparse;
    if (__builtin_mul_overflow(bayes->sparse, bayes->classes, &sparse) || sparse > UINT32_MAX)
        return false;
    bayes->log_prior = arena_array(arena, double, bayes->classes);
    bayes->of_dense = arena_array(arena, double, count);
    bayes->of_sparse = arena_array(arena, double, sparse);
    bayes->base = arena_array(arena, double, bayes->classes);
    return true;
}

static void add_number(const struct bayes *bayes, const double *of, double x, double *joint)
{
    size_t classes = bayes->classes;
    for (size_t k = 0; k < classes; k++) {
        if (bayes->kind == BAYES_MULTINOMIAL) {
            joint[k] += x * of[k];
        } else if (bayes->kind == BAYES_BERNOULLI) {
            joint[k] += x > 0 ? of[k] : of[classes + k];
        } else if (of[classes + k] > 0) {
            double away = x - of[k];
            joint[k] -= (LOG_2_PI + log(of[classes + k]) + away * away / of[classes + k]) / 2;
        }
    }
}

void bayes_joint(const struct bayes *bayes, const struct inputs *in, size_t row, double *joint)
{
    size_t classes = bayes->classes;
    memcpy(joint, bayes->log_prior, classes * sizeof *joint);
    for (size_t j = 0; j < bayes->dense; j++) {
        const double *of = bayes->of_dense + bayes->first[j];
        double x = matrix_row(in->dense, row)[j];
        if (isnan(x))
            continue;
        if (!bayes_is_category(bayes, j))
            add_number(bayes, of, x, joint);
        else if (x >= 0 && x < (double)bayes->levels[j])
            for (size_t k = 0; k < classes; k++)
                joint[k] += of[k * bayes->levels[j] + (size_t)x];
    }
    if (!in->sparse)
        return;
    for (size_t k = 0; k < classes; k++)
        joint[k] += bayes->base[k];
    for (size_t e = in->sparse->starts[row]; e < in->sparse->starts[row + 1]; e++) {
        const double *of = bayes->of_sparse + in->sparse->columns_at[e] * classes;
        double x = in->sparse->values[e];
        if (bayes->kind == BAYES_BERNOULLI)
            x = x > 0;
        for (size_t k = 0; k < classes; k++)
            joint[k] += x * of[k];
    }
}
