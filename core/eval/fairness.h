/*
 * What a model does to groups of people: rates for each level of an attribute, and the gaps between
 * them (metrics of the family "fairness").
 */
#pragma once

#include "core/eval/interval.h"
#include "core/eval/metrics.h"

enum group_rate {
    RATE_SELECTION, /* said to be 1 */
    RATE_TPR,       /* ... of class 1 */
    RATE_FPR,       /* ... of class 0 */
    RATE_PPV,       /* of class 1, of those said to be 1 */
    RATE_NPV,       /* of class 0, of those said to be 0 */
    RATE_ACCURACY,
    RATE_BASE, /* of class 1 */
    GROUP_RATES,
};

struct group_rates {
    size_t n;
    double rate[GROUP_RATES];            /* NAN where there is nothing to divide by */
    struct interval within[GROUP_RATES]; /* Wilson; [0, 1] there */
};

/* "selection_rate", "true_positive_rate", ... */
const char *group_rate_name(enum group_rate rate);

/*
 * The rates of each level of rows->attribute: out[attribute_count], class 1 from
 * options->threshold (0: 0.5) on. rows are TRUTH_BINARY with an attribute. O(n + levels).
 */
void fairness_groups(struct arena *arena, const struct scored *rows,
                     const struct metric_options *options, struct group_rates *out);
