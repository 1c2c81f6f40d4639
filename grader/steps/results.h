/* Taking over what a job left in its run directory. */
#pragma once

#include "grader/steps/work.h"

/* The last lines of the log of the job's step `at`, made fit to show: at most 8 KB, whole lines. */
struct str results_tail(struct arena *arena, int rundir, size_t at);

/* Times and memory into the row; of held-out steps rounded to two significant digits. */
void results_measure(struct store_step *row, const struct job_report *report);

/*
 * Steps, logs, artifacts and predictions of run->work.result. False: a step's verdict was not ok
 * (the run then has its end), or a fault of ours.
 */
bool results_take(struct run *run, int rundir, struct fault *why);
