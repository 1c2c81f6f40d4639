/* Taking over what a job left in its run directory. */
#pragma once

#include "grader/steps/work.h"

/* The last lines of the log of the job's step `at`, made fit to show: at most 8 KB, whole lines. */
struct str results_tail(struct arena *arena, int rundir, size_t at);
/* The same of a log in a file. */
struct str results_tail_of(struct arena *arena, int fd);

/* Times and memory into the row; of held-out steps rounded to two significant digits. */
void results_measure(struct store_step *row, const struct job_report *report);

/*
 * Put what fd holds, if its digest is `sha256`: hashed before anything is put where it may be shown
 * and again while it is copied, since the file is another uid's.
 */
bool results_put(const struct artifacts *to, int fd, uint64_t most, const char *sha256,
                 struct fault *why);

/* More load than processors: what was too slow then is not a team's fault. */
bool results_under_pressure(void);

/* The sentence for predictions that are too large; of held-out rows without their size. */
const char *results_too_large(struct arena *arena, bool heldout, int64_t bytes, size_t most);

/*
 * One step's row, log, artifacts and predictions, out of a run directory or of an entry of the
 * cache, which is laid out as one. False: the verdict was not ok (the run then has its end), or a
 * fault of ours.
 */
struct results_place {
    int dir;
    size_t log_at; /* dir/logs/LOG_AT.log */
    bool cached;
};
bool results_take_step(struct run *run, const struct results_place *from,
                       const struct job_step_result *result, struct run_step *step,
                       struct fault *why);

/*
 * Steps, logs, artifacts and predictions of run->work.result. False: a step's verdict was not ok
 * (the run then has its end), or a fault of ours.
 */
bool results_take(struct run *run, int rundir, struct fault *why);
