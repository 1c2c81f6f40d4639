/* Beta, gamma, chi squared, t, F, binomial and studentized range. */
#include "core/math/distribution.h"
#include <math.h>
#include <stdbool.h>

#define TINY 1e-300
#define ENOUGH 1e-16
#define STEPS_MOST 100000

/* ln x! less Stirling's formula. */
static double stirling_error(double x)
{
    if (x < 15) {
        int sign;
        return lgamma_r(x + 1, &sign) - (x + 0.5) * log(x) + x - 0.5 * log(2 * M_PI);
    }
    double x2 = x * x;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / x2) / x2) / x2) / x2) /
           x;
}

/* x ln(x / m) + m - x without loss where they are close. */
static double deviance(double x, double m)
{
    double u = (m - x) / x;
    if (fabs(u) > 0.1)
        return x * log(x / m) + m - x;
    double term = u * u, sum = term / 2; /* x (u - ln(1 + u)) */
    for (int k = 3; k < 40 && fabs(term) > ENOUGH * fabs(sum); k++) {
        term *= -u;
        sum += term / k;
    }
    return x * sum;
}

/* x^a exp(-x) / Gamma(a + 1) */
static double gamma_lead(double x, double a)
{
    return exp(-stirling_error(a) - deviance(a, x)) / sqrt(2 * M_PI * a);
}

/* x^a y^b Gamma(a + b + 1) / (Gamma(a + 1) Gamma(b + 1)), y = 1 - x */
static double beta_lead(double a, double b, double x, double y)
{
    double n = a + b;
    double power = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) -
                   deviance(b, n * y);
    return exp(power) * sqrt(n / (2 * M_PI * a * b));
}

static double away_from_zero(double x)
{
    return fabs(x) < TINY ? TINY : x;
}

static double gamma_series(double x, double a)
{
    double term = 1, sum = 1;
    for (int k = 1; k < STEPS_MOST && term > ENOUGH * sum; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return gamma_lead(x, a) * sum;
}

static double gamma_fraction(double x, double a)
{
    double b = x + 1 - a, c = 1 / TINY, d = 1 / away_from_zero(b), h = d;
    for (int k = 1; k < STEPS_MOST; k++) {
        double an = -k * (k - a);
        b += 2;
        d = 1 / away_from_zero(an * d + b);
        c = away_from_zero(b + an / c);
        h *= d * c;
        if (fabs(d * c - 1) < ENOUGH)
            break;
    }
    return gamma_lead(x, a) * a * h;
}

static bool gamma_bad(double x, double a)
{
    return !(a > 0) || isinf(a) || isnan(x);
}

double gamma_below(double x, double a)
{
    if (gamma_bad(x, a))
        return NAN;
    if (x <= 0 || isinf(x))
        return x > 0;
    return x < a + 1 ? gamma_series(x, a) : 1 - gamma_fraction(x, a);
}

double gamma_above(double x, double a)
{
    if (gamma_bad(x, a))
        return NAN;
    if (x <= 0 || isinf(x))
        return x <= 0;
    return x < a + 1 ? 1 - gamma_series(x, a) : gamma_fraction(x, a);
}

/* Converges quickly for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), h = d;
    for (int i = 1; i < STEPS_MOST; i++) {
        double m = i, up = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + up * d);
        c = away_from_zero(1 + up / c);
        h *= d * c;
        up = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + up * d);
        c = away_from_zero(1 + up / c);
        h *= d * c;
        if (fabs(d * c - 1) < ENOUGH)
            break;
    }
    return h;
}

/* I_x(a, b) where y = 1 - x is known as exactly as x. */
static double beta_tail(double a, double b, double x, double y)
{
    if (!(a > 0 && b > 0) || isinf(a) || isinf(b) || isnan(x) || isnan(y))
        return NAN;
    if (x <= 0 || y <= 0)
        return x > 0;
    double n = a + b;
    if (x < (a + 1) / (n + 2))
        return beta_lead(a, b, x, y) * b / n * beta_fraction(a, b, x);
    return 1 - beta_lead(b, a, y, x) * a / n * beta_fraction(b, a, y);
}

double beta_below(double x, double a, double b)
{
    return beta_tail(a, b, x, 1 - x);
}

double beta_above(double x, double a, double b)
{
    return beta_tail(b, a, 1 - x, x);
}

struct bend { /* a rising function with two parameters */
    double (*of)(double x, double a, double b);
    double a, b;
};

/* Where it reaches `share`: bisection until no number lies between. */
static double solve(const struct bend *bend, double share, double low, double high)
{
    for (int i = 0; i < 2000; i++) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            break;
        if (bend->of(middle, bend->a, bend->b) < share)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double beta_quantile(double share, double a, double b)
{
    if (!(share >= 0 && share <= 1 && a > 0 && b > 0))
        return NAN;
    if (share == 0 || share == 1)
        return share;
    return solve(&(struct bend){ beta_below, a, b }, share, 0, 1);
}

double chi2_above(double x, double df)
{
    return gamma_above(x / 2, df / 2);
}

static double gamma_rising(double x, double a, double unused)
{
    (void)unused;
    return gamma_below(x, a);
}

double chi2_quantile(double share, double df)
{
    if (!(share >= 0 && share <= 1 && df > 0))
        return NAN;
    if (share == 0 || share == 1)
        return share > 0 ? INFINITY : 0;
    double high = df + 10;
    while (gamma_below(high, df / 2) < share && high < 1e15)
        high *= 2;
    return 2 * solve(&(struct bend){ gamma_rising, df / 2, 0 }, share, 0, high);
}

double t_two_sided(double t, double df)
{
    if (isinf(t))
        return df > 0 ? 0 : NAN;
    double t2 = t * t;
    return beta_tail(df / 2, 0.5, df / (df + t2), t2 / (df + t2));
}

double t_above(double t, double df)
{
    double half = t_two_sided(t, df) / 2;
    return t >= 0 ? half : 1 - half;
}

double t_quantile(double share, double df)
{
    if (!(share >= 0 && share <= 1 && df > 0))
        return NAN;
    if (share == 0.5)
        return 0;
    if (share > 0.5)
        return -t_quantile(1 - share, df);
    if (share == 0)
        return -INFINITY;
    double x, y; /* x = df / (df + t^2): solved for the smaller of the two */
    if (share < 0.1) {
        x = beta_quantile(2 * share, df / 2, 0.5);
        y = 1 - x;
    } else {
        y = beta_quantile(1 - 2 * share, 0.5, df / 2);
        x = 1 - y;
    }
    return -sqrt(df * y / x);
}

double f_above(double f, double df1, double df2)
{
    if (isnan(f))
        return NAN;
    if (f <= 0 || isinf(f))
        return f <= 0;
    double below = df2 + df1 * f;
    return beta_tail(df2 / 2, df1 / 2, df2 / below, df1 * f / below);
}

double f_quantile(double share, double df1, double df2)
{
    double x = beta_quantile(1 - share, df2 / 2, df1 / 2); /* of the tail above */
    return x > 0 ? df2 * (1 - x) / (df1 * x) : x == 0 ? INFINITY : NAN;
}

double binomial_exactly(size_t k, size_t n, double p)
{
    if (!(p >= 0 && p <= 1) || k > n)
        return k > n ? 0 : NAN;
    double a = (double)k, b = (double)(n - k);
    if (p == 0 || p == 1)
        return (p == 0 ? a : b) == 0;
    if (k == 0)
        return exp(b * log1p(-p));
    if (k == n)
        return exp(a * log(p));
    return beta_lead(a, b, p, 1 - p);
}

double binomial_at_most(size_t k, size_t n, double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    return k >= n ? 1 : beta_tail((double)(n - k), (double)k + 1, 1 - p, p);
}

static double normal_share(double low, double high) /* between them, low <= high */
{
    if (low > 0)
        return 0.5 * (erfc(low * M_SQRT1_2) - erfc(high * M_SQRT1_2));
    return 0.5 * (erfc(-high * M_SQRT1_2) - erfc(-low * M_SQRT1_2));
}

/*
 * k times the integral over the largest value z of its density times the chance that the others
 * lie in (z - q, z). The trapezoid rule converges exponentially for such integrands.
 */
double studentized_range_below(double q, size_t k)
{
    const double step = 1.0 / 32, end = 9;
    double sum = 0, others = (double)k - 1;
    if (k < 2 || isnan(q))
        return NAN;
    if (q <= 0)
        return 0;
    for (int i = 0; i <= (int)(2 * end / step); i++) {
        double z = -end + i * step;
        sum += exp(-z * z / 2) * pow(normal_share(z - q, z), others);
    }
    return fmin(1, (double)k * sum * step / sqrt(2 * M_PI));
}

static double range_rising(double q, double k, double unused)
{
    (void)unused;
    return studentized_range_below(q, (size_t)k);
}

double studentized_range_quantile(double share, size_t k)
{
    if (k < 2 || !(share >= 0 && share < 1))
        return NAN;
    return solve(&(struct bend){ range_rising, (double)k, 0 }, share, 0, 40);
}
