/*
 * The truth and predictions beside it, as evaluate and the board need them. Only the grader's
 * process sees these.
 */
#pragma once

#include "core/eval/metrics.h"
#include "core/eval/predictions.h"
#include "grader/grader.h"
#include "grader/heldout.h"

/* A metric as course.yaml names it. */
struct judged_metric {
    const struct metric *metric;
    const char *key; /* "ndcg@10" */
    size_t k;        /* 10; 0: the metric's own */
};
/* False: there is none of that name. key: zero-ended, borrowed. */
bool judged_metric_find(struct str key, struct judged_metric *out);
/* How it is measured: a value without an interval. */
struct metric_options judged_options(const struct judged_metric *metric, enum usage usage);

/* The task's solution of this version, with what its metrics need beside it. */
bool rows_truth(const struct grader *grader, const struct loaded *loaded,
                const struct course_task *task, struct arena *arena, struct truth *out,
                struct fault *why);

/* The same rows under the ids that were drawn for a seed. */
bool rows_renamed(struct arena *arena, const struct truth *truth, const struct heldout *heldout,
                  struct truth *out, struct fault *why);

/* The public sample's ids in place of a truth, to check a prediction file against. */
bool rows_sample(const struct grader *grader, const struct loaded *loaded,
                 const struct course_task *task, struct arena *arena, const struct truth *truth,
                 struct truth *out, struct fault *why);

/* What predictions of the task have to look like: as strict as its strictest metric. */
struct prediction_form rows_form(const struct course_task *task);

/* Beyond this a prediction is out of range: squares, and sums of them, stay finite numbers. */
#define ROWS_VALUE_MOST 1e100

/* predictions_parse, and each value within ROWS_VALUE_MOST. */
bool rows_match(struct arena *arena, struct str csv, const struct truth *truth,
                const struct prediction_form *form, struct predictions *out, struct fault *why);

/*
 * Do they have what the task's metrics need, such as columns of quantiles? Of the rows nothing is
 * looked at. A fault says which metric needs what.
 */
bool rows_suffice(const struct course_task *task, const struct truth *truth,
                  const struct predictions *predictions, struct fault *why);

/* Boxes that predictions may have, on average over the images. */
#define ROWS_BOXES_MOST 300

/* Bytes that a prediction file for these rows may have: 64 a cell and 64 KB. */
size_t rows_csv_most(const struct course_task *task, const struct truth *truth);

/*
 * Predictions under the course's own ids, as they are kept sealed, behind a line that names the
 * task's version (version_task_digest); and read again: false when they are of another version.
 */
struct str rows_print(struct arena *arena, const struct truth *truth,
                      const struct predictions *predictions, const char *task_digest);
bool rows_read(struct arena *arena, struct str sealed, const struct truth *truth,
               const struct course_task *task, const char *task_digest, struct predictions *out);

/*
 * The same, read from sealed/ and cut to a usage. *fits false: they are of another version of the
 * task.
 */
struct rows_wanted {
    const struct grader *grader;
    const struct course_task *task;
    const struct truth *truth;
    const char *task_digest;
    enum usage usage;
};
bool rows_load(struct arena *arena, const struct rows_wanted *wanted, const char *sha256,
               struct scored *out, bool *fits, struct fault *why);
