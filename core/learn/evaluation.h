/*
 * Measuring prediction files against truth files: what holdout-ml evaluate and libholdout share.
 */
#pragma once

#include "core/eval/metrics.h"
#include "core/eval/predictions.h"

#define EVALUATION_METRICS_MOST 32

/* What to measure. */
struct evaluation {
    const char *truth_path, *prediction_path;
    struct str id, target; /* empty: "id"; the one column that is neither id nor Usage */
    enum usage usage;
    const struct metric *metrics[EVALUATION_METRICS_MOST];
    size_t metric_count;
    unsigned kinds; /* of enum truth_kind that all of them measure */
    struct metric_options options;
    /* Out: */
    size_t rows;
    struct metric_value values[EVALUATION_METRICS_MOST];
};

/* "roc_auc,log_loss": a fault names the nearest metric, or the two that do not go together. */
bool evaluation_add_metrics(struct arena *arena, struct evaluation *evaluation, struct str names,
                            struct fault *why);

/*
 * Read both files and measure. Faults name file and line; *missing says that one of them could not
 * be opened.
 */
bool evaluation_run(struct arena *arena, struct evaluation *evaluation, bool *missing,
                    struct fault *why);

/* A metric by name; a fault names the nearest one, or all. */
const struct metric *metric_needed(struct arena *arena, struct str name, struct fault *why);
