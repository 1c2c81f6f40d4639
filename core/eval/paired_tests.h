/*
 * The tests themselves, on plain numbers: two (or k) contenders measured on the same rows, folds or
 * resamples. Two-sided unless said otherwise; core/eval/paired.h chooses among them by metric.
 * Vectors: tests/core/eval/vectors/{mcnemar,permutation,corrected_t,friedman,bootstrap}.json.
 */
#pragma once

#include "core/eval/interval.h"

struct test_result {
    double statistic, p;
};

/* b rows only one of two gets right, c only the other. 0 and 0: p is 1. */
struct mcnemar {
    double chi2, p;                     /* (b - c)^2 / (b + c) */
    double chi2_corrected, p_corrected; /* Edwards: (|b - c| - 1)^2 / (b + c) */
    double p_exact, p_mid;              /* binomial; less the chance of the table itself */
};
struct mcnemar mcnemar_all(size_t b, size_t c);

/* The difference of two accuracies, (b - c) / n, and its 95 % interval (normal). */
struct interval accuracy_difference(size_t b, size_t c, size_t n);

/* k contenders at once (Cochran 1950): correct[n * k] row by row, 0 or 1; chi squared, k - 1. */
struct test_result cochran_q(const double *correct, size_t n, size_t k);

/* Two samples that are not paired: all choices of n of n + m <= 24 (asserted), by the means. */
struct permutation {
    double difference, p_greater, p_two_sided;
};
struct permutation permutation_exact(const double *a, size_t n, const double *b, size_t m);

/*
 * Paired bootstrap of the mean of d[how->n]: interval of the percentiles and
 * p = 2 min(#{<= 0} + 1, #{>= 0} + 1) / (count + 1).
 */
struct bootstrap_test {
    double p, error; /* error: deviation of the replicates */
    struct interval interval;
};
struct bootstrap_test bootstrap_test(struct arena *arena, const struct resampling *how,
                                     const double *d, size_t count);

/* Student's t of d[n]. No spread: p 1 for a mean of 0, else 0. NAN for n < 2. */
struct test_result paired_t(const double *d, size_t n);

/*
 * Differences d[n] from n folds or resamples of one data set, whose training sets overlap: the
 * variance grows by test_rows / train_rows (Nadeau & Bengio 2003).
 */
struct test_result corrected_t(const double *d, size_t n, double train_rows, double test_rows);

/* Five times two-fold: d[2 i], d[2 i + 1] of repeat i (Dietterich 1998; Alpaydin 1999). */
struct test_result five_by_two_t(const double d[10]);
struct test_result five_by_two_f(const double d[10]);

/*
 * Wilcoxon's signed ranks of d[n], zeros left out: the sum of the ranks of positive ones. Exact for
 * fewer than 50 without ties, else normal with continuity correction.
 */
struct wilcoxon {
    double v, p_greater, p_two_sided;
    bool is_exact;
};
struct wilcoxon wilcoxon_signed_rank(struct arena *arena, const double *d, size_t n);
