/*
 * Do raters agree beyond chance? Cohen's kappa with its weighted forms, Fleiss' kappa,
 * Krippendorff's alpha, intraclass correlations. NAN where agreement by chance is already certain.
 * Vectors: tests/core/eval/vectors/agreement.json.
 */
#pragma once

#include "core/eval/interval.h"

enum kappa_weights { KAPPA_PLAIN, KAPPA_LINEAR, KAPPA_QUADRATIC };

/* table[k * k]: how often rater 1 said i and rater 2 said j. */
double cohen_kappa(const double *table, size_t k, enum kappa_weights weights);
/* The asymptotic variance of the plain one (Fleiss, Cohen & Everitt 1969) and its 95 % interval. */
double cohen_kappa_variance(const double *table, size_t k);
struct interval cohen_kappa_interval(const double *table, size_t k);

/* table[n * k]: how many raters put subject i into class j; as many raters for each subject. */
double fleiss_kappa(const double *table, size_t n, size_t k);

enum level { LEVEL_NOMINAL, LEVEL_ORDINAL, LEVEL_INTERVAL, LEVEL_RATIO };

/* rating[raters * units], NAN where there is none. O(distinct values^2 + raters^2 units). */
double krippendorff_alpha(struct arena *arena, const double *rating, size_t raters, size_t units,
                          enum level level);

/* Shrout & Fleiss (1979): the reliability of one rater (1) and of the mean of all k. */
struct icc {
    double icc11, icc21, icc31; /* raters differ from target to target; random raters; these ones */
    double icc1k, icc2k, icc3k;
};
/* rating[targets * k], all there; at least two of each, else NAN. */
struct icc intraclass(const double *rating, size_t targets, size_t k);
