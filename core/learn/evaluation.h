/*
 * Measuring prediction files against truth files: what holdout-ml evaluate and libholdout share.
 */
#pragma once

#include "core/eval/metric_name.h"
#include "core/eval/predictions.h"

#define EVALUATION_METRICS_MOST 64

/* A metric as it was asked for. */
struct evaluation_metric {
    const struct metric *metric;
    size_t k;                  /* of "ndcg@10"; 0: as the options say */
    struct str name;           /* "ndcg@10" */
    double seconds;            /* out: that it took, of the processor */
    struct metric_value value; /* out */
};

/* What to measure. */
struct evaluation {
    const char *truth_path, *prediction_path;
    const char *history_path;    /* forecasts: the values before; NULL: none */
    const char *features_path;   /* clusters: what they were made from; NULL: none */
    struct str id, target;       /* empty: "id"; the one column that is no other */
    struct str group, attribute; /* columns of the truth; empty: none. See struct truth_form */
    enum usage usage;
    size_t season; /* of the history; 0 is 1 */
    struct evaluation_metric metrics[EVALUATION_METRICS_MOST];
    size_t metric_count;
    unsigned kinds;   /* of enum truth_kind that all of them measure, and that the caller allows */
    bool is_forecast; /* series, time and quantiles may be there */
    struct metric_options options;
    /* Out: */
    size_t rows;
    enum truth_kind kind;
};

/*
 * The kind of target, a word of truth_words: before metrics are added. A fault names the nearest.
 */
bool evaluation_set_kind(struct arena *arena, struct evaluation *evaluation, struct str word,
                         struct fault *why);

/*
 * "roc_auc,ndcg@10": a fault names the nearest metric, or the two that do not go together, or the
 * one that does not measure the kind.
 */
bool evaluation_add_metrics(struct arena *arena, struct evaluation *evaluation, struct str names,
                            struct fault *why);

/*
 * Read the files that it names and match their rows. Faults as of evaluation_run.
 */
bool evaluation_read(struct arena *arena, struct evaluation *evaluation, struct truth *truth,
                     struct predictions *predictions, bool *missing, struct fault *why);

/*
 * Read the files and measure. Faults name file and line; *missing says that one of them could not
 * be opened.
 */
bool evaluation_run(struct arena *arena, struct evaluation *evaluation, bool *missing,
                    struct fault *why);
