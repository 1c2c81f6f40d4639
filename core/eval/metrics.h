/*
 * Metrics: one table in families (metrics.c). Each gives a value with a 95 % interval from predictions beside
 * the truth. Definitions where libraries differ are said in the table; names are scikit-learn's.
 *
 * Everything is deterministic: the same rows in the same order and the same options give the same
 * bits.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/str.h"
#include "core/eval/scored.h"

struct metric_value {
    double value, low, high; /* NAN where it is not defined: then the note says why */
    size_t n;                /* rows behind it */
    const char *note;        /* "" or one sentence without a full stop */
};

struct metric_options {
    double clip;   /* log_loss: probabilities are kept in [clip, 1 - clip]; 0: 1e-15 */
    uint64_t seed; /* of the bootstrap */
    bool without_interval;
};

#define METRIC_CLIP_PUBLIC 0.01 /* so that a published log_loss tells nothing about single rows */
#define METRIC_CLIP_PRIVATE 1e-15

struct metric {
    const char *name;
    unsigned kinds; /* of enum truth_kind */
    bool higher_is_better;
    double least, most; /* range; may be infinite */
    bool in_unit;       /* wants predictions in 0..1 */
    bool each_class;    /* with TRUTH_CLASSES: wants a probability for each class */
    const char *definition;
    const char *interval; /* how it is made */
    void (*measure)(struct arena *arena, const struct scored *rows,
                    const struct metric_options *options, struct metric_value *out);
    /* NULL, or out[n]: what each row adds to a mean that is lower where the metric is better */
    void (*losses)(const struct scored *rows, const struct metric_options *options, double *out);
    /* NULL, or the value of out[count] bootstrap resamples; with the same seed and truth the same
       rows are drawn, so that two contenders' resamples are paired */
    void (*resample)(struct arena *arena, const struct scored *rows,
                     const struct metric_options *options, double *out, size_t count);
    bool both_classes; /* with TRUTH_BINARY: not defined unless both classes occur */
    const char *edges; /* where it is undefined or set by rule; NULL: nowhere beyond the above */
};

/* Metrics that belong together, each family in its own metrics_*.c. */
struct metric_family {
    const char *name; /* "binary" */
    const struct metric *metrics;
    size_t count;
};

/* In display order; NULL past the last one. */
const struct metric_family *metric_family_at(size_t at);
const struct metric *metric_at(size_t at);
size_t metric_count(void);

const struct metric *metric_find(struct str name); /* NULL when there is none */
/* NULL-ended, for complaints. */
const char *const *metric_names(struct arena *arena);

/*
 * Measure. options may be NULL. A kind that the metric does not measure, no rows, one class where
 * two are needed: value NAN and a note. Takes O(n) of arena; time O(n log n), and for bootstrap
 * intervals about 10^7 draws at most.
 */
struct metric_value metric_measure(struct arena *arena, const struct metric *metric,
                                   const struct scored *rows, const struct metric_options *options);

/*
 * Is a better than b, beyond rounding (1e-9 of their size)? A NAN is worse than any number.
 */
bool metric_better(const struct metric *metric, double a, double b);
