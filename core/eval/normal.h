/* The normal distribution and the binomial one with a fair coin. */
#pragma once

#include <stddef.h>

#define NORMAL_975 1.959963984540054 /* 97.5 % lie below it */

double normal_below(double z);        /* chance of less than z */
double normal_two_sided(double z);    /* chance of more than |z| to either side */
double normal_quantile(double share); /* share 0..1; infinite at the ends. Error < 1e-14 */

/* Chance of k heads or fewer of n, and of exactly k. Relative error < 1e-12 for n < 10^6. */
double coin_at_most(size_t k, size_t n);
double coin_exactly(size_t k, size_t n);
