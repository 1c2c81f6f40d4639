/* Rounding what is released. */
#include "grader/steps/release.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_bounded(const struct metric *metric)
{
    return metric->least >= -1 && metric->most <= 1;
}

/* By way of decimal text, so that 0.7155 becomes what people expect of three digits. */
static double rounded(const struct metric *metric, double value, int digits)
{
    char text[400];
    if (!isfinite(value))
        return value;
    if (is_bounded(metric))
        snprintf(text, sizeof text, "%.*f", digits, value);
    else
        snprintf(text, sizeof text, "%.*e", digits > 0 ? digits - 1 : 0, value);
    return strtod(text, NULL);
}

struct released release_round(const struct metric *metric, const struct metric_value *value,
                              int digits)
{
    struct released out = { .value = rounded(metric, value->value, digits) };
    out.has_interval = isfinite(value->low) && isfinite(value->high);
    out.low = out.has_interval ? rounded(metric, value->low, digits) : out.value;
    out.high = out.has_interval ? rounded(metric, value->high, digits) : out.value;
    return out;
}

bool release_has_steps(const struct metric *metric, double eta)
{
    return eta > 0 && is_bounded(metric);
}

/* A multiple of eta as people write it: 0.87, not 0.8700000000000001. */
static double step_of(double count, double eta)
{
    char text[40];
    snprintf(text, sizeof text, "%.12g", count * eta);
    return strtod(text, NULL);
}

struct released release_step(const struct metric *metric, const struct metric_value *value,
                             double eta)
{
    struct released out = { .value = step_of(floor(value->value / eta + 0.5), eta) };
    out.low = out.high = out.value;
    out.has_interval = isfinite(value->low) && isfinite(value->high);
    if (!out.has_interval)
        return out;
    out.low = fmax(metric->least, step_of(floor(value->low / eta), eta));
    out.high = fmin(metric->most, step_of(ceil(value->high / eta), eta));
    return out;
}

int release_decimals(const struct metric *metric, double scale, int digits)
{
    if (is_bounded(metric))
        return digits;
    int decimals = digits - 1 - (int)floor(log10(scale > 0 ? scale : 1));
    return decimals < 0 ? 0 : decimals > 10 ? 10 : decimals;
}
