/*
 * Metrics: one table in families (metrics.c). Each gives a value with a 95 % interval from
 * predictions beside the truth. Definitions where libraries differ are said in the table; names are
 * scikit-learn's where it has one.
 *
 * Everything is deterministic: the same rows in the same order and the same options give the same
 * bits.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/fault.h"
#include "core/base/str.h"
#include "core/eval/scored.h"

struct metric_value {
    double value, low, high; /* NAN where it is not defined: then the note says why */
    size_t n;                /* rows behind it */
    const char *note;        /* "" or one sentence without a full stop */
    double at;               /* the threshold of metrics that look for one; else NAN */
};

/* What is 0 has the default that is said in metric_options.c, beside its range. */
struct metric_options {
    double clip;   /* log_loss: probabilities are kept in [clip, 1 - clip]; 0: 1e-15 */
    uint64_t seed; /* of the bootstrap */
    bool without_interval;
    size_t bootstrap_count; /* resamples; 0: as many as fit the rows, see interval.h */
    double threshold;       /* class 1 from here on */
    double beta;            /* recall counts beta times as much as precision */
    double share;           /* lift, gain: of the rows, those with the highest scores */
    double alpha;           /* the quantile that is predicted */
    double power;           /* Tweedie: 1 Poisson, 2 gamma */
    double delta;           /* Huber: where squares become lines */
    double max_fpr;         /* partial area */
    double least_precision, least_recall;
    double early, late;                        /* remaining life: tolerated */
    double gain_tp, gain_fp, gain_fn, gain_tn; /* of one row each; costs are negative */
    size_t k, bins, features;
    const double *costs; /* [class_count * class_count] truth by prediction; borrowed */
    size_t cost_classes; /* class_count of costs */
};

#define METRIC_CLIP_PUBLIC 0.01 /* so that a published log_loss tells nothing about single rows */
#define METRIC_CLIP_PRIVATE 1e-15

/*
 * A metric is given by measure; or by terms, whose mean it is; or by prepare and value, a function
 * of rows that count a number of times each. From the latter two follow value, interval and
 * resamples, also where rows carry a group and are drawn with all of its rows (weighed.c); measure
 * beside them is for plain rows: faster, or with an interval of its own.
 */
struct metric {
    const char *name;
    const char *title; /* for people, to stand in a sentence: "log loss"; at most 48 bytes */
    unsigned kinds;    /* of enum truth_kind */
    bool higher_is_better;
    double least, most;    /* range; may be infinite */
    bool in_unit;          /* wants predictions in 0..1 */
    bool each_class;       /* with TRUTH_CLASSES: wants a probability for each class */
    bool both_classes;     /* with TRUTH_BINARY: not defined unless both classes occur */
    bool by_class;         /* resamples keep the number of rows of each class */
    bool counts_resamples; /* its own measure heeds bootstrap_count */
    bool shows_nonfinite;  /* a number that is not finite makes the value so, too */
    const char *definition;
    const char *interval; /* how it is made */
    const char *edges;   /* where it is undefined or set by rule; NULL: nowhere but for the above */
    const char *options; /* the options it follows: "threshold beta"; NULL: none */
    const char *needs;   /* what it is not defined without: "an attribute"; NULL: nothing */
    void (*measure)(struct arena *arena, const struct scored *rows,
                    const struct metric_options *options, struct metric_value *out);
    /* NULL, or out[n]: what each row adds to a mean that is lower where the metric is better */
    void (*losses)(const struct scored *rows, const struct metric_options *options, double *out);
    /* NULL, or the value of out[count] bootstrap resamples; with the same seed and truth the same
       rows are drawn, so that two contenders' resamples are paired. See metric_resample */
    void (*resample)(struct arena *arena, const struct scored *rows,
                     const struct metric_options *options, double *out, size_t count);
    /* NULL, or out[n]: each row's term of the mean that the value is, ... */
    void (*terms)(const struct scored *rows, const struct metric_options *options, double *out);
    /* ... or of which it is this function: rises, falls, or turns at 0. NULL: the mean itself. */
    double (*of_mean)(double mean, double n);
    /* What value needs; NULL and a note: not defined for these rows. */
    void *(*prepare)(struct arena *arena, const struct scored *rows,
                     const struct metric_options *options, const char **note);
    /* The value when row i counts weight[i] times; weight NULL: once each. NAN: not defined. A note
       is set where it is not, or where a rule set it. May use *prepared as its scratch. */
    double (*value)(void *prepared, const uint32_t *weight, const char **note);
    /* NULL, or the counts of a share (after value), whose interval is then Wilson's */
    void (*share)(void *prepared, double *hits, double *of);
    /* NULL, or why these rows have no value: NULL when they have one. */
    const char *(*obstacle)(const struct scored *rows, const struct metric_options *options);
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
 * intervals about 10^7 draws at most, unless options ask for a number of resamples.
 * Rows with a group are drawn by groups: intervals are wider then, as they should be.
 */
struct metric_value metric_measure(struct arena *arena, const struct metric *metric,
                                   const struct scored *rows, const struct metric_options *options);

/* Can metric_resample make resamples? */
bool metric_resamples(const struct metric *metric);

/*
 * The value of out[count] bootstrap resamples, NAN where it is not defined in one. The same rows
 * are drawn for every contender with the same truth, groups and seed: differences are paired.
 */
void metric_resample(struct arena *arena, const struct metric *metric, const struct scored *rows,
                     const struct metric_options *options, double *out, size_t count);

/*
 * Is a better than b, beyond rounding (1e-9 of their size)? A NAN is worse than any number.
 */
bool metric_better(const struct metric *metric, double a, double b);

/*
 * Set an option by its name ("beta", "2"). False and a fault that names the nearest option, the
 * range, or what is wrong with the text.
 */
bool metric_option_set(struct arena *arena, struct metric_options *options, struct str name,
                       struct str text, struct fault *why);

/* What is 0 becomes its default; metric_measure does so itself, a metric's own functions do not. */
void metric_options_fill(struct metric_options *options);

/* The options, for listings: name, its meaning with range and default; NULL past the last. */
const char *metric_option_name(size_t at, const char **what);
