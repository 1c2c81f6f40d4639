/*
 * Baselines: learners of the core that a course runs for comparison (`baselines:` of a task). Each
 * is a team of the staff, `baseline-LEARNER`; its submission is a pipeline.yaml of two lines that
 * the grader writes, built, trained, run and measured in the same way as everybody's. It stands on
 * the board without a rank. Asked for once for each version of a task, behind what teams wait for.
 */
#pragma once

#include "grader/grader.h"
#include "grader/inbox.h"
#include "grader/store/store.h"

struct run;

#define BASELINE_TEAM "baseline-"
#define BASELINE_PRIORITY 1 /* teams have 0 and come first */

/* The teams of a course's baselines, each once, into out; gives their number. */
size_t baseline_teams(struct arena *arena, const struct course *course, struct store_team *out);
size_t baseline_teams_most(const struct course *course); /* room that is needed */

/* Ask for every baseline of every task that has not been asked for in this version of the task. */
bool baselines_ask(const struct grader *grader, const struct loaded *loaded, struct inbox *inbox,
                   struct fault *why);

/* An event of kind `baseline` as a submission. */
bool baseline_take(const struct loaded *loaded, struct arena *arena, const struct event *event,
                   const struct json *body, struct store_push *out, struct fault *why);

bool run_is_baseline(const struct run *run);

/* The snapshot of such a run: two files, made here. */
bool baseline_snapshot(struct run *run, struct fault *why);
