/* Rows with several labels: counted label by label with weights, and ranked label by label. */
#pragma once

#include "core/eval/metric_parts.h"

struct label_counts {
    double both, truth, said; /* rows: right, of the label, said to be of it */
};

/* For metric.prepare: the labels of each row that are true or said. */
void *labels_prepare(PREPARE_PARTS);

/* [labels], borrowed from prepared until the next call. O(rows + labels that are true or said). */
const struct label_counts *labels_count(void *prepared, const uint32_t *weight, size_t *labels);

/* A measure of a label's scores, higher is better. */
enum labels_ranked { LABELS_ROC_AUC, LABELS_AVERAGE_PRECISION };

#define LABELS_INTERVAL "jackknife of 100 batches of rows, normal"
#define LABELS_EDGES "labels that all rows have, or none, are left out; not defined without others"

/* The mean over labels. O(labels rows (log rows + 100)), O(rows) of memory. */
void labels_measure_ranked(METRIC_PARTS, enum labels_ranked which);
/* Of resamples of rows. */
void labels_resample_ranked(struct arena *arena, const struct scored *rows, uint64_t seed,
                            double *out, size_t count, enum labels_ranked which);
