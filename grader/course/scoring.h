/*
 * What a run's score and points depend on beside its predictions: one digest a task, of the task's
 * version (grader/course/version.h), its metrics with the primary one, the board's release rule,
 * and the rubric. Where a run's differs from the course's, it was scored with an earlier version.
 */
#pragma once

#include "grader/course/loaded.h"

void scoring_digest(const struct loaded *loaded, const struct course_task *task,
                    char sha256[SHA256_HEX]);

/*
 * What the released score alone depends on: the task's version, its primary metric and the board's
 * release rule. Only scores whose digests are equal stand on one board.
 */
void scoring_board_digest(const struct loaded *loaded, const struct course_task *task,
                          char sha256[SHA256_HEX]);
