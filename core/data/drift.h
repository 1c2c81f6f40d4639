/*
 * Drift: has a column another distribution in a second table? Missing cells are counted apart and
 * are in no other figure.
 */
#pragma once

#include "core/data/table.h"

#define DRIFT_BINS 10
#define DRIFT_FLOOR 1e-4 /* a share is no smaller: the logarithm */

struct drift {
    /*
     * Population stability index: sum of (q - p) log(q / p) over bins. Numeric kinds: the deciles
     * of the reference, the outer ones open; texts: the levels of both. >= 0; below 0.1 stable,
     * above 0.25 shifted (Siddiqi 2006). NAN where a side has no cell.
     */
    double psi;
    /* Numeric kinds: Kolmogorov & Smirnov's distance, 0..1, and the chance of a larger one. */
    double ks, ks_p;
    /* Texts: Pearson's chi-squared of the levels, those with an expected count below 5 together. */
    double chi2, chi2_p;
    double missing_before, missing_after; /* shares */
    size_t unseen_rows; /* of the second table, whose level the first does not have */
};

/*
 * The p value of ks is exact up to n * m = 2 * 10^7 (as if there were no ties), beyond it follows
 * the limit with Stephens' (1970) correction: relative error below 2 % where p > 0.001.
 * Two columns of one storage; `asserted`. O(n log n).
 */
void column_drift(struct arena *arena, const struct column *before, size_t before_rows,
                  const struct column *after, size_t after_rows, struct drift *out);

/* P(D >= d) of two samples of n and m values. NAN where one is empty. */
double ks_above(struct arena *arena, double d, size_t n, size_t m);
