/* The table of feature transforms. */
#include "core/learn/transform.h"
#include "core/base/complaint.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdio.h>

static void impute_fit(double *there, size_t n, const struct params *params, double *fitted)
{
    if (param_is(params, "with", "mean")) {
        fitted[0] = n ? mean_of(there, n) : 0;
    } else {
        sort_numbers(there, n);
        fitted[0] = n ? quantile_sorted(there, n, 0.5) : 0;
    }
}

static void impute_apply(double *values, size_t n, const double *fitted)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(values[i]))
            values[i] = fitted[0];
}

static void standard_fit(double *there, size_t n, const struct params *params, double *fitted)
{
    (void)params;
    double mean = n ? mean_of(there, n) : 0;
    double deviation = n ? sqrt(variance_of(there, n, mean)) : 0;
    bool constant = !(deviation > 1e-14 * fabs(mean));
    fitted[0] = mean;
    fitted[1] = constant ? 1 : deviation;
}

static void standard_apply(double *values, size_t n, const double *fitted)
{
    for (size_t i = 0; i < n; i++)
        values[i] = (values[i] - fitted[0]) / fitted[1];
}

static void log_fit(double *there, size_t n, const struct params *params, double *fitted)
{
    (void)there, (void)n, (void)params;
    fitted[0] = fitted[1] = 0;
}

static void log_apply(double *values, size_t n, const double *fitted)
{
    (void)fitted;
    for (size_t i = 0; i < n; i++)
        values[i] = copysign(log1p(fabs(values[i])), values[i]);
}

static void clip_fit(double *there, size_t n, const struct params *params, double *fitted)
{
    sort_numbers(there, n);
    fitted[0] = n ? quantile_sorted(there, n, param_number(params, "low")) : 0;
    fitted[1] = n ? quantile_sorted(there, n, param_number(params, "high")) : 0;
}

static void clip_apply(double *values, size_t n, const double *fitted)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i] < fitted[0])
            values[i] = fitted[0];
        if (values[i] > fitted[1])
            values[i] = fitted[1];
    }
}

static const char *const fillings[] = { "median", "mean", NULL };

static const struct param_spec impute_params[] = {
    { "with", NULL, PARAM_CHOICE, 0, 0, "median", fillings, "what stands for a missing number" },
};
static const struct param_spec clip_params[] = {
    { "low", NULL, PARAM_NUMBER, 0, 0.5, "0.01", NULL, "quantile below which values are cut" },
    { "high", NULL, PARAM_NUMBER, 0.5, 1, "0.99", NULL, "quantile above which values are cut" },
};
static const struct param_spec one_hot_params[] = {
    { "min_count", "min_frequency", PARAM_INTEGER, 1, 1e9, "5", NULL,
      "rarer levels get no column" },
    { "most", "max_categories", PARAM_INTEGER, 1, 4096, "100", NULL, "columns at most, commonest" },
};

#define PARAMS(list) (list), sizeof(list) / sizeof *(list)

const struct transform transforms[] = {
    { "impute", "fill missing numbers, with a column that says where", ON_NUMBERS,
      PARAMS(impute_params), impute_fit, impute_apply },
    { "standard", "mean 0, deviation 1", ON_NUMBERS, NULL, 0, standard_fit, standard_apply },
    { "log", "sign(x) log(1 + |x|)", ON_NUMBERS, NULL, 0, log_fit, log_apply },
    { "clip", "cut at two quantiles", ON_NUMBERS, PARAMS(clip_params), clip_fit, clip_apply },
    { "one_hot", "a column of 0 and 1 for each common level; an unseen level is all 0",
      ON_CATEGORIES, PARAMS(one_hot_params), NULL, NULL },
};

#define TRANSFORMS (sizeof transforms / sizeof *transforms)
const size_t transform_count = TRANSFORMS;

const struct transform *transform_find(struct str name, struct fault *why)
{
    const char *names[TRANSFORMS];
    char list[160] = "";
    size_t len = 0;
    for (size_t i = 0; i < TRANSFORMS; i++) {
        if (str_is(name, transforms[i].name))
            return &transforms[i];
        names[i] = transforms[i].name;
        if (len < sizeof list)
            len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", names[i]);
    }
    const char *nearest = words_nearest(name, names, TRANSFORMS);
    if (nearest)
        fault_set(why, BLAME_OPEN, "unknown transform \"%.*s\", did you mean \"%s\"",
                  STR_ARGS(str_until(name, 60)), nearest);
    else
        fault_set(why, BLAME_OPEN, "unknown transform \"%.*s\", known are: %s",
                  STR_ARGS(str_until(name, 60)), list);
    return NULL;
}

struct transform_step transform_step_default(const struct transform *transform)
{
    return (struct transform_step){
        .transform = transform,
        .params = params_default(transform->params, transform->param_count),
    };
}

bool transform_step_covers(const struct transform_step *step, struct str column)
{
    for (size_t i = 0; i < step->column_count; i++)
        if (str_equal(step->columns[i], column))
            return true;
    return step->column_count == 0;
}
