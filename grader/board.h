/*
 * The board: the newest graded version of each team, in the order of its released score, with the
 * range of ranks that the rows allow: paired tests of all pairs on the Public rows, Holm's
 * correction.
 */
#pragma once

#include "grader/grader.h"
#include "grader/store/store.h"

/* Make the task's board anew. */
bool board_make(const struct grader *grader, struct store *store, const struct course_task *task,
                struct fault *why);

/* How many Public rows the task's solution has, and the mean size of its target. */
bool board_public_rows(const struct grader *grader, const struct course_task *task, int64_t *rows,
                       double *scale, struct fault *why);
