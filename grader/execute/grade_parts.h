/* The inside of grade-one, in its parts. Only grade_one.c puts them together. */
#pragma once

#include "grader/execute/job.h"
#include <limits.h>

struct grade {
    struct arena *arena;
    int rundir, launcher, cancel; /* launcher: a box launcher's socket; cancel: -1 without */
    char prefix[PATH_MAX];        /* of bin/holdout-ml, lib/libholdout.so, … */
    struct str pkg_config;        /* holdout.pc as the box sees it */
    int64_t end_us;               /* by clock_mono_us: the whole job's deadline */
    struct job job;
    struct job_result result;
};

/* ---- grade_inputs.c ---- */

/* Every input is there, a regular file, and has its digest. */
bool grade_inputs_check(const struct grade *grade, struct fault *why);
/* RUNDIR/FOLDER/SHA256 for reading, out: its size; -1 and a fault. */
int grade_content_open(const struct grade *grade, const char *folder, const char *sha256,
                       int64_t *bytes, struct fault *why);

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

/* ---- grade_keep.c ---- */

/*
 * What a step left beneath RUNDIR/out/N, hashed and moved to artifacts/. False with *refused true:
 * the step's doing (verdict artifact), the fault says what.
 */
bool grade_keep(struct grade *grade, size_t step_at, bool *refused, struct fault *why);
/* Digest and size of logs/N.log. */
bool grade_log(struct grade *grade, size_t step_at, struct fault *why);

/* ---- grade_host.c ---- */

/* JSON: which machine this is, its name as a digest only. */
const char *grade_host_print(struct arena *arena);

/* ---- grade_box.c ---- */

/*
 * One step in one box: its files laid, its log in logs/N.log, what it keeps in out/N. Fills
 * result.steps[step_at] but artifacts and log digest. False: ours, no verdict.
 */
bool grade_box_run(struct grade *grade, size_t step_at, struct fault *why);
