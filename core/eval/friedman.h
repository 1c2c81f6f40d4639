/*
 * Several contenders on several data sets (or tasks, or folds): Friedman's test of their ranks and
 * how far mean ranks must lie apart (Demsar 2006). Vectors: tests/core/eval/vectors/friedman.json.
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>
#include <stddef.h>

struct friedman {
    size_t sets, contenders;
    double *mean_ranks; /* [contenders] 1 is best; ties share the mean */
    double chi2, p;     /* corrected for ties; contenders - 1 degrees of freedom */
    double f, p_f;      /* Iman & Davenport (1980), less conservative */
};

/*
 * value[sets * contenders], set by set. Fewer than two of either, or all tied everywhere: p 1.
 * A NAN ranks last.
 */
struct friedman friedman_test(struct arena *arena, const double *value, size_t sets,
                              size_t contenders, bool higher_is_better);

/* From mean ranks; ties: sum over sets and groups of tied values of t^3 - t. */
void friedman_of_ranks(struct friedman *friedman, double ties);

/*
 * Critical differences of two mean ranks at level alpha: all pairs (Nemenyi 1963), or each against
 * one control (Bonferroni-Dunn).
 */
double nemenyi_difference(size_t contenders, size_t sets, double alpha);
double bonferroni_dunn_difference(size_t contenders, size_t sets, double alpha);
/* Their factors alone: q of the studentized range over the root of 2; a normal quantile. */
double nemenyi_q(size_t contenders, double alpha);
double bonferroni_dunn_q(size_t contenders, double alpha);

/* The p-value of one pair in Nemenyi's test. */
double nemenyi_p(double rank_difference, size_t contenders, size_t sets);
