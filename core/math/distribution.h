/*
 * Distributions behind tests and intervals: beta, gamma and what follows from them. Tails are
 * computed as such, so that small chances keep their digits: relative error < 1e-10 for degrees of
 * freedom and counts up to 10^7. NAN where an argument is out of its range.
 * Sources: Loader (2000) for the leading terms, Lentz (1976) for the continued fractions.
 * Vectors: tests/core/math/distributions.json.
 */
#pragma once

#include <stddef.h>

double beta_below(double x, double a, double b); /* I_x(a, b); a, b > 0 */
double beta_above(double x, double a, double b);
double beta_quantile(double share, double a, double b); /* share 0..1 */

double gamma_below(double x, double a); /* P(a, x); a > 0 */
double gamma_above(double x, double a);

double chi2_above(double x, double df);
double chi2_quantile(double share, double df);

double t_above(double t, double df);     /* one tail */
double t_two_sided(double t, double df); /* beyond |t| to either side; 0 for infinite t */
double t_quantile(double share, double df);

double f_above(double f, double df1, double df2);
double f_quantile(double share, double df1, double df2);

double binomial_exactly(size_t k, size_t n, double p);
double binomial_at_most(size_t k, size_t n, double p);

/*
 * The range of k independent standard normal values (the studentized range with infinite degrees
 * of freedom): chance of less than q, and its quantile. k >= 2. Absolute error < 1e-12, < 1e-9.
 */
double studentized_range_below(double q, size_t k);
double studentized_range_quantile(double share, size_t k);
