/* Measuring rows of forecasts, rankings, clusters, labels and boxes in tests. */
#pragma once

#include "core/eval/metric_name.h"
#include "tests/core/eval/vectors.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static inline struct metric_value measure(struct arena *arena, const char *name,
                                          const struct scored *rows)
{
    struct metric_options options = { .seed = 1 };
    const struct metric *metric = metric_named(str_of(name), &options.k);
    if (!metric)
        fail_msg("no metric %s", name);
    return metric_measure(arena, metric, rows, &options);
}

static inline void check(struct arena *arena, const char *name, const struct scored *rows,
                         double expected)
{
    struct metric_value got = measure(arena, name, rows);
    if (!(fabs(got.value - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%s: %.17g, expected %.17g (%s)", name, got.value, expected, got.note);
    if (!isnan(got.low) && !(got.low <= got.value && got.value <= got.high))
        fail_msg("%s: [%g, %g] about %g", name, got.low, got.high, got.value);
}
