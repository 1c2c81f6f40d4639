/* What holdout-ml compare prints, in words and as JSON. */
#pragma once

#include "core/cli/command.h"
#include "core/eval/comparison.h"
#include "core/learn/evaluation.h"

/* Contenders by name, and one comparison a metric: of one truth or of several. */
struct compared {
    const char *const *names; /* [count] */
    size_t count;
    size_t sets; /* truths */
    bool folds;
    size_t metric_count;
    const struct evaluation_metric *metrics;
    const struct comparison *one;       /* [metric_count] with one truth */
    const struct sets_comparison *many; /* [metric_count] with several */
    const double *const *values;        /* [metric_count][sets * count] with several */
};

int compared_print(const struct call *call, const struct compared *compared);
