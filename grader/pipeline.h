/* The way of a run: the table of its steps, and walking it. */
#pragma once

#include "grader/run.h"

/*
 * Walk a claimed run to its end: done, failed_team, failed_ours, or back to the queue. False with a
 * fault when even that could not be written; the lease then lapses.
 */
bool pipeline_walk(struct run *run, struct fault *why);

/* Longest time that an attempt may take under the course's limits. */
int64_t pipeline_deadline_ms(const struct course *course);

/* ---- steps: grader/steps/NAME.c ---- */
bool step_fetch(struct run *run, struct fault *why);
bool step_snapshot(struct run *run, struct fault *why);
bool step_build(struct run *run, struct fault *why);   /* BOX: add to the job */
bool step_train(struct run *run, struct fault *why);   /* BOX */
bool step_predict(struct run *run, struct fault *why); /* BOX */
bool step_serve(struct run *run, struct fault *why);   /* BOX */
bool step_evaluate(struct run *run, struct fault *why);
bool step_judge(struct run *run, struct fault *why);
bool step_record(struct run *run, struct fault *why);
bool step_announce(struct run *run, struct fault *why);

/* Execute the job that was planned and take its results over (grader/steps/work.c). */
bool work_execute(struct run *run, struct fault *why);
/* Its directories go; of a run that went well only once it is recorded: nobody waits for that. */
void work_clear(struct run *run);
