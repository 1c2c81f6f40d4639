/* Parts of evaluate and judge that a rescore uses, too: on predictions that are there already. */
#pragma once

#include "grader/run.h"

/*
 * Measure run->evaluated.seeds, matched with run->evaluated.truth: exact values are sealed, what is
 * released becomes facts and run->evaluated.score. With run->again.batch all is kept beside.
 */
bool evaluate_metrics(struct run *run, struct fault *why);
/* Keep the matched predictions sealed, under the task's version. */
bool evaluate_seal(struct run *run, struct fault *why);
/* The rubric's points from the facts in run->judged; none when the run has failed. */
void judge_points(struct run *run);
