/* Transforms of one column of numbers: filling, scaling, cutting. */
#include "core/learn/features_bind.h"
#include "core/learn/quantiles.h"
#include "core/math/sum.h"
#include <math.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define RUN ((size_t)4096) /* values that are added without a carried correction */

struct moments {
    size_t count;
    double mean, deviation; /* deviation over count */
};

/*
 * Differences from `about` and their squares in one pass: with `about` in the middle of the data
 * nothing cancels. Four plain sums a run, runs with a carried correction.
 */
static struct moments moments_about(const double *x, size_t n, double about)
{
    struct sum first = { 0 }, second = { 0 };
    size_t count = 0;
    for (size_t from = 0; from < n; from += RUN) {
        size_t end = from + RUN < n ? from + RUN : n, i = from;
        double s[4] = { 0 }, q[4] = { 0 };
        uint64_t c[4] = { 0 };
        for (; i + 4 <= end; i += 4)
            for (size_t k = 0; k < 4; k++) {
                bool there = x[i + k] == x[i + k];
                double d = there ? x[i + k] - about : 0;
                s[k] += d;
                q[k] += d * d;
                c[k] += there;
            }
        for (; i < end; i++)
            if (x[i] == x[i]) {
                s[0] += x[i] - about;
                q[0] += (x[i] - about) * (x[i] - about);
                c[0]++;
            }
        sum_add(&first, (s[0] + s[1]) + (s[2] + s[3]));
        sum_add(&second, (q[0] + q[1]) + (q[2] + q[3]));
        count += (size_t)(c[0] + c[1] + c[2] + c[3]);
    }
    struct moments out = { .count = count };
    if (!count)
        return out;
    double shift = sum_value(&first) / (double)count;
    double variance = sum_value(&second) / (double)count - shift * shift;
    out.mean = about + shift;
    out.deviation = variance > 0 ? sqrt(variance) : 0;
    return out;
}

/* About the first value there; again about the mean when that was far off. */
static struct moments moments_of(const double *x, size_t n)
{
    double about = 0;
    for (size_t i = 0; i < n; i++)
        if (x[i] == x[i]) {
            about = x[i];
            break;
        }
    struct moments out = moments_about(x, n, about);
    if (!(fabs(out.mean - about) <= 16 * out.deviation))
        out = moments_about(x, n, out.mean);
    return out;
}

/* ---- impute ---- */

static double most_frequent(const double *x, size_t n, double *scratch)
{
    double value = 0;
    size_t count = sorted_of(x, n, scratch), best = 0, run = 0;
    for (size_t i = 0; i < count; i++) {
        run = i && scratch[i] == scratch[i - 1] ? run + 1 : 1;
        if (run > best) { /* of equally frequent ones the smallest */
            best = run;
            value = scratch[i];
        }
    }
    return value;
}

static void impute_learn(const double *x, size_t n, double *scratch, const struct params *params,
                         double *numbers)
{
    double half = 0.5;
    size_t there = 0;
    if (param_is(params, "strategy", "median")) {
        there = quantiles_of(x, n, &half, 1, scratch, &numbers[0]);
    } else if (param_is(params, "strategy", "mean")) {
        struct moments moments = moments_of(x, n);
        there = moments.count;
        numbers[0] = moments.mean;
    } else {
        if (param_is(params, "strategy", "constant"))
            str_to_double(param_text(params, "fill_value"), &numbers[0]);
        else
            numbers[0] = most_frequent(x, n, scratch);
        for (size_t i = 0; i < n; i++)
            there += x[i] == x[i];
    }
    numbers[1] = there < n && param_flag(params, "add_indicator");
}

static void impute_outputs(struct made *made, const struct node *node)
{
    struct str name = made->features->slots[node->inputs[0]].name;
    made_slot(made, name, SLOT_NUMBER, 1);
    if (node->numbers[1] != 0)
        made_slot(made, str_of(arena_print(made->arena, "%.*s is missing", STR_ARGS(name))),
                  SLOT_HOT, 1);
}

static void impute_apply(const struct node *node, const struct block *block)
{
    const double *in = block->in[0];
    double *out = block->out[0], fill = node->numbers[0];
    for (size_t i = 0; i < block->rows; i++)
        out[i] = in[i] == in[i] ? in[i] : fill;
    if (node->output_count < 2)
        return;
    int32_t *missing = block->out[1];
    for (size_t i = 0; i < block->rows; i++)
        missing[i] = in[i] == in[i] ? -1 : 0;
}

static const char *const strategies[] = { "median", "mean", "most_frequent", "constant", NULL };

static const struct param_spec impute_params[] = {
    { "strategy", "with", PARAM_CHOICE, 0, 0, "median", strategies,
      "what stands for a missing cell; of categories most_frequent or constant" },
    { "fill_value", NULL, PARAM_TEXT, 1, LEVEL_BYTES_MOST, "0", NULL, "of the strategy constant" },
    { "add_indicator", NULL, PARAM_BOOL, 0, 0, "true", NULL,
      "a column that says where it was missing, when training had such rows" },
};

static bool impute_check(const struct params *params, enum slot_kind kind, struct fault *why)
{
    double value;
    struct str fill = param_text(params, "fill_value");
    bool constant = param_is(params, "strategy", "constant");
    if (kind == SLOT_NUMBER)
        return !constant || str_to_double(fill, &value) ||
               fault_set(why, BLAME_OPEN, "fill_value of impute was \"%.*s\", a number is needed",
                         STR_ARGS(str_until(fill, 40)));
    return constant || param_is(params, "strategy", "most_frequent") ||
           fault_set(why, BLAME_OPEN,
                     "transform impute fills categories with strategy most_frequent or constant");
}

static const struct transform *impute_instead(const struct params *params, enum slot_kind kind)
{
    (void)params;
    return kind == SLOT_NUMBER ? NULL : &transform_fill;
}

const struct transform transform_impute = {
    .name = "impute",
    .what = "fill missing cells, with a column that says where",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS | SLOTS_TEXTS,
    .reads = SLOTS_NUMBERS,
    PARAMS_OF(impute_params),
    .check = impute_check,
    .instead = impute_instead,
    .learn = impute_learn,
    .outputs = impute_outputs,
    .apply = impute_apply,
};

/* ---- scaling: (x - numbers[0]) / numbers[1] ---- */

static void scale_map(const double *in, double *out, size_t n, const double *numbers)
{
    double centre = numbers[0], scale = numbers[1];
    for (size_t i = 0; i < n; i++)
        out[i] = (in[i] - centre) / scale;
}

bool node_is_scaling(const struct node *node, double *shift, double *scale)
{
    if (node->transform->map != scale_map || node->input_count != 1 || node->output_count != 1)
        return false;
    *shift = node->numbers[0];
    *scale = node->numbers[1];
    return true;
}

static void standard_learn(const double *x, size_t n, double *scratch, const struct params *params,
                           double *numbers)
{
    (void)scratch;
    struct moments moments = moments_of(x, n);
    bool constant = !(moments.deviation > 1e-14 * fabs(moments.mean));
    numbers[0] = param_flag(params, "with_mean") ? moments.mean : 0;
    numbers[1] = constant || !param_flag(params, "with_std") ? 1 : moments.deviation;
}

static const struct param_spec standard_params[] = {
    { "with_mean", NULL, PARAM_BOOL, 0, 0, "true", NULL, "subtract the mean" },
    { "with_std", NULL, PARAM_BOOL, 0, 0, "true", NULL, "divide by the standard deviation" },
};

const struct transform transform_standard = {
    .name = "standard",
    .what = "mean 0, deviation 1",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    PARAMS_OF(standard_params),
    .learn = standard_learn,
    .map = scale_map,
};

static void robust_learn(const double *x, size_t n, double *scratch, const struct params *params,
                         double *numbers)
{
    double share[3] = { param_number(params, "low"), 0.5, param_number(params, "high") }, q[3];
    quantiles_of(x, n, share, 3, scratch, q);
    double width = q[2] - q[0];
    numbers[0] = param_flag(params, "with_centering") ? q[1] : 0;
    numbers[1] = param_flag(params, "with_scaling") && width > 0 ? width : 1;
}

static const struct param_spec robust_params[] = {
    { "with_centering", NULL, PARAM_BOOL, 0, 0, "true", NULL, "subtract the median" },
    { "with_scaling", NULL, PARAM_BOOL, 0, 0, "true", NULL, "divide by the quantiles' distance" },
    { "low", NULL, PARAM_NUMBER, 0, 0.5, "0.25", NULL, "the lower quantile" },
    { "high", NULL, PARAM_NUMBER, 0.5, 1, "0.75", NULL, "the upper quantile" },
};

const struct transform transform_robust = {
    .name = "robust",
    .what = "median 0, distance of the quartiles 1",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    PARAMS_OF(robust_params),
    .learn = robust_learn,
    .map = scale_map,
};

/* x * numbers[0] + numbers[1], cut to numbers[2]..numbers[3] */
static void min_max_map(const double *in, double *out, size_t n, const double *numbers)
{
    for (size_t i = 0; i < n; i++) {
        double v = in[i] * numbers[0] + numbers[1];
        v = v < numbers[2] ? numbers[2] : v;
        out[i] = v > numbers[3] ? numbers[3] : v;
    }
}

static void min_max_learn(const double *x, size_t n, double *scratch, const struct params *params,
                          double *numbers)
{
    (void)scratch;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    if (least > most)
        least = most = 0;
    double low = param_number(params, "low"), high = param_number(params, "high");
    double width = most - least;
    numbers[0] = (high - low) / (width > 0 ? width : 1);
    numbers[1] = low - least * numbers[0];
    numbers[2] = param_flag(params, "clip") ? fmin(low, high) : -1.7976931348623157e308;
    numbers[3] = param_flag(params, "clip") ? fmax(low, high) : 1.7976931348623157e308;
}

static const struct param_spec min_max_params[] = {
    { "low", NULL, PARAM_NUMBER, -1e6, 1e6, "0", NULL, "what the least value becomes" },
    { "high", NULL, PARAM_NUMBER, -1e6, 1e6, "1", NULL, "what the greatest value becomes" },
    { "clip", NULL, PARAM_BOOL, 0, 0, "false", NULL, "cut what lies beyond when predicting" },
};

const struct transform transform_min_max = {
    .name = "min_max",
    .what = "least 0, greatest 1",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    PARAMS_OF(min_max_params),
    .learn = min_max_learn,
    .map = min_max_map,
};

/* ---- log ---- */

static void log_learn(const double *x, size_t n, double *scratch, const struct params *params,
                      double *numbers)
{
    (void)x, (void)n, (void)scratch, (void)params, (void)numbers;
}

static void log_map(const double *in, double *out, size_t n, const double *numbers)
{
    (void)numbers;
    for (size_t i = 0; i < n; i++)
        out[i] = copysign(log1p(fabs(in[i])), in[i]);
}

const struct transform transform_log = {
    .name = "log",
    .what = "sign(x) log(1 + |x|)",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    .learn = log_learn,
    .map = log_map,
};

/* ---- clip: outliers to the nearest bound, or missing ---- */

static void clip_learn(const double *x, size_t n, double *scratch, const struct params *params,
                       double *numbers)
{
    double factor = param_number(params, "factor"), q[2];
    double share[2] = { param_number(params, "low"), param_number(params, "high") };
    if (param_is(params, "method", "iqr"))
        share[0] = 0.25, share[1] = 0.75;
    if (param_is(params, "method", "zscore")) {
        struct moments moments = moments_of(x, n);
        numbers[0] = moments.mean - factor * moments.deviation;
        numbers[1] = moments.mean + factor * moments.deviation;
    } else {
        quantiles_of(x, n, share, 2, scratch, q);
        double beyond = param_is(params, "method", "iqr") ? factor * (q[1] - q[0]) : 0;
        numbers[0] = q[0] - beyond;
        numbers[1] = q[1] + beyond;
    }
    numbers[2] = param_is(params, "to", "missing");
}

static void clip_map(const double *in, double *out, size_t n, const double *numbers)
{
    double low = numbers[0], high = numbers[1];
    if (numbers[2] != 0) {
        for (size_t i = 0; i < n; i++)
            out[i] = in[i] < low || in[i] > high ? NAN : in[i];
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double v = in[i] < low ? low : in[i];
        out[i] = v > high ? high : v;
    }
}

static const char *const clip_methods[] = { "quantile", "iqr", "zscore", NULL };
static const char *const clip_ends[] = { "bound", "missing", NULL };

static const struct param_spec clip_params[] = {
    { "method", NULL, PARAM_CHOICE, 0, 0, "quantile", clip_methods,
      "bounds: two quantiles; quartiles and factor times their distance; mean and factor times the "
      "deviation" },
    { "low", NULL, PARAM_NUMBER, 0, 0.5, "0.01", NULL, "quantile below which values are cut" },
    { "high", NULL, PARAM_NUMBER, 0.5, 1, "0.99", NULL, "quantile above which values are cut" },
    { "factor", NULL, PARAM_NUMBER, 0, 1e6, "1.5", NULL, "of the methods iqr and zscore" },
    { "to", NULL, PARAM_CHOICE, 0, 0, "bound", clip_ends, "what a value beyond becomes" },
};

const struct transform transform_clip = {
    .name = "clip",
    .what = "cut outliers at two bounds",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    PARAMS_OF(clip_params),
    .learn = clip_learn,
    .map = clip_map,
};
