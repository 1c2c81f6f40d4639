/*
 * Contenders compared on the same rows, all that can be said: values with intervals, each pair with
 * its test, difference and interval, p-values adjusted by Holm, and from them rank ranges, clusters
 * and letters. And on several data sets or folds, where each gives one value a contender.
 */
#pragma once

#include "core/eval/friedman.h"
#include "core/eval/paired.h"
#include "core/eval/ranks.h"

#define COMPARISON_ALPHA 0.05

struct compared_pair {
    size_t a, b;                  /* a < b */
    double difference, low, high; /* value of a - value of b; the interval is NAN where unknown */
    double p, adjusted;
    const char *test;
    int better; /* -1: a is, +1: b is, 0: no difference can be told at COMPARISON_ALPHA */
};

struct comparison {
    const struct metric *metric;
    size_t count, rows;
    struct metric_value *values; /* [count] */
    struct rank *at;             /* [count] place, range, cluster, letters */
    struct compared_pair *pairs; /* [pair_count] */
    size_t pair_count;
};

/*
 * rows[count], beside the same truth (asserted). Who has no value is behind all that have one.
 * O(count^2 n), and resampling for intervals and metrics that are no mean of losses.
 */
struct comparison comparison_make(struct arena *arena, const struct metric *metric,
                                  const struct scored *rows, size_t count,
                                  const struct metric_options *options);

/* The 95 % interval of the difference of two contenders; NAN where there is none. */
struct interval pair_interval(struct arena *arena, const struct metric *metric,
                              const struct contender *a, const struct contender *b,
                              const struct metric_options *options);

/*
 * Several data sets, one value a set and contender. Friedman's test of all; pairs by Nemenyi's, of
 * two contenders by Wilcoxon's signed ranks. Folds of one data set instead (train_rows > 0): pairs
 * by the corrected t test, adjusted by Holm, with the t interval.
 */
struct sets_design {
    const double *value; /* [sets * contenders] set by set */
    size_t sets, contenders;
    bool higher_is_better;
    double train_rows, test_rows; /* of a fold, on average */
};
struct sets_comparison {
    struct friedman friedman;
    double nemenyi;  /* critical difference of mean ranks; NAN with folds or two contenders */
    double *mean;    /* [contenders] of the values */
    struct rank *at; /* [contenders] ranges, clusters, letters; value is the mean rank */
    struct compared_pair *pairs; /* differences are those of the means */
    size_t pair_count;
};
struct sets_comparison sets_compare(struct arena *arena, const struct sets_design *design);
