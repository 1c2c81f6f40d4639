/*
 * The truth and predictions beside it, as evaluate and the board need them. Only the grader's
 * process sees these.
 */
#pragma once

#include "core/eval/predictions.h"
#include "grader/grader.h"
#include "grader/heldout.h"

/* The task's solution of this version. */
bool rows_truth(const struct grader *grader, const struct course_task *task, struct arena *arena,
                struct truth *out, struct fault *why);

/* The same rows under the ids that were drawn for a seed. */
bool rows_renamed(struct arena *arena, const struct truth *truth, const struct heldout *heldout,
                  struct truth *out, struct fault *why);

/* The public sample's ids in place of a truth, to check a prediction file against. */
bool rows_sample(const struct grader *grader, const struct course_task *task, struct arena *arena,
                 const struct truth *truth, struct truth *out, struct fault *why);

/* What predictions of the task have to look like: as strict as its strictest metric. */
struct prediction_form rows_form(const struct course_task *task);

/* Predictions under the course's own ids, as they are kept sealed; and read again. */
struct str rows_print(struct arena *arena, const struct truth *truth,
                      const struct predictions *predictions);
