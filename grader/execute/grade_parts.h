/* The inside of grade-one, in its parts. Only grade_one.c puts them together. */
#pragma once

#include "grader/execute/job.h"
#include "sandbox/box.h"
#include <limits.h>

#define GRADE_TOOLS_MOST 24

struct grade {
    struct arena *arena;
    int rundir;
    struct box_launcher *launcher;
    int root; /* of the environment; -1: the host's */
    struct {
        int fd;
        const char *at;
    } tools[GRADE_TOOLS_MOST]; /* what every box has in /opt/holdout */
    size_t tool_count;
    struct job job;
    struct job_result result;
    const char *layers; /* in force in every step so far, space between; NULL before the first */
    struct grade_watch *watch;
};

/* ---- grade_confine.c ---- */

/*
 * From here on this process reaches the run directory and what it has open, and no network. A
 * kernel without Landlock: that is all that user and box give.
 */
bool grade_confine(int rundir, struct fault *why);

/* ---- grade_inputs.c ---- */

/* Every input is there, a regular file, and has its digest. */
bool grade_inputs_check(const struct grade *grade, struct fault *why);
/* One file that a step sees. */
struct grade_file {
    const char *folder; /* inputs, or artifacts */
    const char *sha256;
    const char *at;
    unsigned mode;
    bool writable;
};
/* What a step sees, "from" resolved, by path; no two at one path, none beneath another. */
bool grade_files(const struct grade *grade, size_t step_at, struct grade_file **out, size_t *count,
                 struct fault *why);

/* ---- grade_keep.c: what a step left goes to artifacts/ by its digest ---- */

struct grade_keep {
    const struct grade *grade;
    struct job_artifact *artifacts;
    size_t count, room;
    const char *refused; /* the step's doing: why something could not be kept */
    struct fault why;    /* ours */
};
/* A box_keep; arg is a struct grade_keep. */
bool grade_keep_file(void *arg, const char *path, int fd, int64_t bytes, mode_t mode);
void grade_keep_sort(struct grade_keep *keep);

/* ---- grade_host.c ---- */

/* JSON: which machine this is, its name as a digest only. */
const char *grade_host_print(struct arena *arena);

/* ---- grade_watch.c: a thread that ends the box when nobody waits for it any more ---- */

/* cancel: -1, or a descriptor that hangs up. after_ms: the whole job's deadline. */
struct grade_watch *grade_watch_start(int cancel, int64_t after_ms, struct fault *why);
/* Hangs up when cancelled, late, or when this process is gone: for box_job.cancel. */
int grade_watch_fd(const struct grade_watch *watch);
/* NULL, or why the job has to end. */
const char *grade_watch_ended(const struct grade_watch *watch);
void grade_watch_stop(struct grade_watch *watch);

/* ---- grade_tools.c: holdout's own files in every box ---- */

/* Opened before confinement. */
bool grade_tools_open(struct grade *grade, struct fault *why);
/*
 * And, where the root is not the host's, the libraries that holdout-ml and libholdout need beside
 * the C library, as this process has them.
 */
bool grade_libraries_open(struct grade *grade, struct fault *why);

/* ---- grade_box.c ---- */

/* One step in one box. Fills result.steps[step_at]. False: ours, no verdict. */
bool grade_box_run(struct grade *grade, size_t step_at, struct fault *why);
