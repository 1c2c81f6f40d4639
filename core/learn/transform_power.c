/*
 * Power transforms: Yeo-Johnson and Box-Cox with the lambda of greatest likelihood, found by
 * Brent's method, then mean 0 and deviation 1.
 * Sources: Yeo & Johnson (2000); Box & Cox (1964); Brent (1973) chapter 5.
 */
#include "core/data/origin.h"
#include "core/learn/features_bind.h"
#include <math.h>

#define LAMBDA_MOST 50.0
#define STEPS 100
#define TOLERANCE 1e-9

enum { LAMBDA, CENTRE, SCALE, BOX_COX }; /* places of node->numbers */

static double power_of(double x, double lambda, bool box_cox)
{
    if (box_cox)
        return fabs(lambda) < 1e-12 ? log(x) : expm1(lambda * log(x)) / lambda;
    if (x >= 0)
        return fabs(lambda) < 1e-12 ? log1p(x) : expm1(lambda * log1p(x)) / lambda;
    double other = 2 - lambda;
    return fabs(other) < 1e-12 ? -log1p(-x) : -expm1(other * log1p(-x)) / other;
}

struct likelihood {
    const double *x; /* filled cells */
    const double *logs;
    size_t n;
    double log_sum; /* of log(x), or of sign(x) log(1 + |x|) */
    bool box_cox;
    double centre, scale; /* of the last lambda */
};

/* From the logarithm, which does not depend on lambda: one exponential a value. */
static double power_of_log(const struct likelihood *in, size_t i, double lambda)
{
    if (in->box_cox || in->x[i] >= 0)
        return fabs(lambda) < 1e-12 ? in->logs[i] : expm1(lambda * in->logs[i]) / lambda;
    double other = 2 - lambda;
    return fabs(other) < 1e-12 ? in->logs[i] : -expm1(-other * in->logs[i]) / other;
}

/* Minus the logarithm of the likelihood, over n. */
static double loss_at(struct likelihood *in, double lambda)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < in->n; i++) {
        double v = power_of_log(in, i, lambda), d = v - mean; /* Welford (1962) */
        mean += d / (double)(i + 1);
        squares += d * (v - mean);
    }
    double variance = squares / (double)in->n;
    in->centre = mean;
    in->scale = variance > 0 ? sqrt(variance) : 1;
    if (!(variance > 0) || !isfinite(variance))
        return INFINITY;
    return 0.5 * log(variance) - (lambda - 1) * in->log_sum / (double)in->n;
}

struct point {
    double at, loss;
};

/* Brent's search: best[0] is the least so far, between low and high; the last two steps. */
struct search {
    double low, high, step, before;
    struct point best[3];
};

/* The next step: the parabola's through three points, or a golden section of the longer side. */
static void search_step(struct search *s, double tolerance)
{
    double x = s->best[0].at, before = s->before;
    double r = (x - s->best[1].at) * (s->best[0].loss - s->best[2].loss);
    double q = (x - s->best[2].at) * (s->best[0].loss - s->best[1].loss);
    double p = (x - s->best[2].at) * q - (x - s->best[1].at) * r;
    q = 2 * (q - r);
    if (q > 0)
        p = -p;
    q = fabs(q);
    s->before = s->step;
    if (fabs(before) > tolerance && isfinite(p) && fabs(p) < fabs(0.5 * q * before) &&
        p > q * (s->low - x) && p < q * (s->high - x)) {
        s->step = p / q;
        return;
    }
    s->before = x < (s->low + s->high) / 2 ? s->high - x : s->low - x;
    s->step = 0.3819660112501051 * s->before;
}

static void search_keep(struct search *s, struct point tried)
{
    struct point *best = s->best;
    bool right = tried.at >= best[0].at;
    if (tried.loss <= best[0].loss) {
        *(right ? &s->low : &s->high) = best[0].at;
        best[2] = best[1], best[1] = best[0], best[0] = tried;
        return;
    }
    *(right ? &s->high : &s->low) = tried.at;
    if (tried.loss <= best[1].loss || best[1].at == best[0].at)
        best[2] = best[1], best[1] = tried;
    else if (tried.loss <= best[2].loss || best[2].at == best[0].at || best[2].at == best[1].at)
        best[2] = tried;
}

static double lambda_best(struct likelihood *in)
{
    struct search s = { .low = -LAMBDA_MOST, .high = LAMBDA_MOST };
    s.best[0] = s.best[1] = s.best[2] = (struct point){ 1, loss_at(in, 1) };
    for (int i = 0; i < STEPS; i++) {
        double tolerance = TOLERANCE * (fabs(s.best[0].at) + 1), x = s.best[0].at;
        if (fabs(x - (s.low + s.high) / 2) <= 2 * tolerance - (s.high - s.low) / 2)
            break;
        search_step(&s, tolerance);
        double at = x + (fabs(s.step) >= tolerance ? s.step : copysign(tolerance, s.step));
        search_keep(&s, (struct point){ at, loss_at(in, at) });
    }
    return s.best[0].at;
}

static bool power_fit(struct fitting *fitting, const struct params *params, struct node *node,
                      struct fault *why)
{
    size_t rows = fitting->table->rows;
    const double *x = fitting_numbers(fitting, node->inputs[0]);
    double *there = arena_array(fitting->arena, double, rows);
    double *logs = arena_array(fitting->arena, double, rows);
    struct likelihood in = { .x = there,
                             .logs = logs,
                             .box_cox = param_is(params, "method", "box-cox") };
    struct str name = fitting->features->slots[node->inputs[0]].name;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(x[i]))
            continue;
        if (in.box_cox && x[i] <= 0)
            return row_fault(fitting->arena, fitting->table, i, why,
                             "column \"%.*s\" was %g, the method box-cox needs numbers over 0",
                             STR_ARGS(str_until(name, 60)), x[i]);
        there[in.n] = x[i];
        logs[in.n] = in.box_cox ? log(x[i]) : copysign(log1p(fabs(x[i])), x[i]);
        in.log_sum += logs[in.n++];
    }
    node->numbers[LAMBDA] = 1;
    node->numbers[SCALE] = 1;
    node->numbers[BOX_COX] = in.box_cox;
    if (isfinite(loss_at(&in, 1)))
        node->numbers[LAMBDA] = lambda_best(&in);
    loss_at(&in, node->numbers[LAMBDA]);
    if (!param_flag(params, "standardize") || !in.n)
        return true;
    node->numbers[CENTRE] = in.centre;
    node->numbers[SCALE] = in.scale > 1e-14 * fabs(in.centre) ? in.scale : 1;
    return true;
}

static void power_map(const double *in, double *out, size_t n, const double *numbers)
{
    bool box_cox = numbers[BOX_COX] != 0;
    for (size_t i = 0; i < n; i++) {
        double x = box_cox && in[i] <= 0 ? NAN : in[i]; /* no logarithm: as missing */
        out[i] = (power_of(x, numbers[LAMBDA], box_cox) - numbers[CENTRE]) / numbers[SCALE];
    }
}

static const char *const power_methods[] = { "yeo-johnson", "box-cox", NULL };

static const struct param_spec power_params[] = {
    { "method", NULL, PARAM_CHOICE, 0, 0, "yeo-johnson", power_methods,
      "box-cox is for numbers over 0" },
    { "standardize", NULL, PARAM_BOOL, 0, 0, "true", NULL, "then mean 0, deviation 1" },
};

const struct transform transform_power = {
    .name = "power",
    .what = "the power that comes nearest to a normal distribution",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    PARAMS_OF(power_params),
    .fit = power_fit,
    .map = power_map,
};
