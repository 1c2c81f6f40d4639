/* Normal and fair-coin chances. */
#include "core/eval/normal.h"
#include <math.h>

double normal_below(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double normal_two_sided(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

/* A first guess, good to 0.0005 (Abramowitz & Stegun 26.2.23), for shares below one half. */
static double guess_below(double share)
{
    double t = sqrt(-2 * log(share));
    return -(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                     (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
}

double normal_quantile(double share)
{
    if (!(share > 0 && share < 1))
        return share == 0 ? -INFINITY : share == 1 ? INFINITY : NAN;
    if (share > 0.5)
        return -normal_quantile(1 - share);
    double z = guess_below(share);
    for (int i = 0; i < 3; i++) { /* Halley: each step triples the digits */
        double off = (normal_below(z) - share) * sqrt(2 * M_PI) * exp(z * z / 2);
        z -= off / (1 + z * off / 2);
    }
    return z;
}

double coin_exactly(size_t k, size_t n)
{
    double a = (double)k, b = (double)n;
    int sign; /* lgamma itself writes a global variable */
    return exp(lgamma_r(b + 1, &sign) - lgamma_r(a + 1, &sign) - lgamma_r(b - a + 1, &sign) -
               b * M_LN2);
}

double coin_at_most(size_t k, size_t n)
{
    if (k >= n)
        return 1;
    if (2 * k + 1 == n)
        return 0.5;
    if (2 * k >= n)
        return 1 - coin_at_most(n - k - 1, n);
    double term = coin_exactly(k, n), sum = term;
    for (size_t i = k; i > 0 && term > sum * 1e-18; i--) {
        term *= (double)i / (double)(n - i + 1);
        sum += term;
    }
    return sum;
}
