/*
 * Many tests at once: adjusted p-values and a simultaneous test of all pairs.
 * Vectors: tests/core/eval/vectors/ranks.json and R's p.adjust.
 */
#pragma once

#include "core/eval/resample.h"

/* adjusted[m] of p[m], which may be the same array. O(m log m). */
void holm(struct arena *arena, const double *p, size_t m, double *adjusted); /* family-wise */
void benjamini_hochberg(struct arena *arena, const double *p, size_t m, double *adjusted);
void benjamini_yekutieli(struct arena *arena, const double *p, size_t m, double *adjusted);

/*
 * Which of `count` contenders is better than which, at a family-wise level alpha over all ordered
 * pairs: the largest standardised difference against its bootstrap distribution, step by step
 * (Romano & Wolf 2005). loss[j][how->n] lower is better; better[j * count + k] says that j is
 * better than k. Uses the correlation of the pairs, so it can find more than Holm's where
 * contenders are alike. O(draws count n) and O(draws count^2) a step.
 */
struct max_t {
    const double *const *loss;
    size_t count;
    size_t draws; /* bootstrap replicates, about 1000 */
    double alpha;
};
void max_t(struct arena *arena, const struct resampling *how, const struct max_t *at, bool *better);
