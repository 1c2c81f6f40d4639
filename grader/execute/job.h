/*
 * The unit of execution on paper: job.json says what `holdout grade-one` shall do in a run
 * directory, result.json what came of it, progress (one JSON line an event) how far it is.
 * grade-one reads job.json of the grader; the grader reads the other two as foreign bytes: bounded,
 * typed, nothing unknown accepted, and only with the fence of the attempt.
 *
 *     RUNDIR/job.json inputs/SHA256 ──> grade-one ──> result.json artifacts/SHA256 logs/N.log
 *     progress
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/json.h"
#include "grader/execute/job_serve.h"

#define JOB_SCHEMA 1
#define JOB_STEPS_MOST 32
#define JOB_ARGV_MOST 16
#define JOB_ENV_MOST 256
#define JOB_PATHS_MOST 8      /* writable directories, kept paths */
#define JOB_INPUTS_MOST 20100 /* of one step */
#define JOB_PATH_MOST 1200    /* bytes of a path inside the box */
#define JOB_KEY_MOST 24       /* with the zero: [a-z0-9-] */
#define JOB_TEXT_MOST 131072  /* bytes of an argument or a variable: what the kernel takes */
#define JOB_BYTES_MOST (64u << 20)
#define JOB_ARTIFACTS_MOST 20100 /* of one step */
#define JOB_MESSAGE_MOST 240
#define JOB_PROGRESS_MOST 512 /* bytes of a line */

struct job_limits {
    int64_t wall_ms, cpu_ms, memory_bytes, processes, disk_bytes, output_bytes, inodes;
};

/*
 * A file that a step sees: sha256 laid at `at` with `mode`; or all that the earlier step `from` of
 * this job kept, at the paths and modes that it had (with `at`: only what is there or beneath).
 * Beneath a writable directory it is a copy that the step may change; elsewhere it is read-only.
 */
struct job_input {
    const char *sha256, *from, *at;
    unsigned mode; /* 0644 or 0755 */
};

struct job_step {
    const char *key;  /* unique in the job */
    const char *kind; /* build train sample predict serve-sample serve */
    int64_t seed;
    bool heldout;         /* it sees held-out data */
    bool stop_on_failure; /* a verdict other than ok ends the job; of a server: not ready */
    struct job_limits limits;
    const char *argv[JOB_ARGV_MOST]; /* argv[0] is an absolute path; starts in /opt/ml/code */
    size_t argv_count;
    const char *env[JOB_ENV_MOST]; /* "NAME=value"; how they meet ours: own_env.h */
    size_t env_count;
    const char *writable[JOB_PATHS_MOST]; /* directories, made when missing */
    size_t writable_count;
    const char *keep[JOB_PATHS_MOST]; /* files, or directories with all below; missing is fine */
    size_t keep_count;
    const struct job_input *inputs; /* by job_input_add */
    size_t input_count, input_room;
    struct job_serve serve; /* of the two serve kinds, else port 0 */
    struct arena *arena;
};

struct job {
    const char *run, *fence;
    int64_t attempt;
    const char *environment; /* "host", or a root directory's absolute path */
    bool allow_degraded; /* run also where a protection is missing; the result names what held */
    int64_t deadline_ms; /* for the whole job; 0: the sum of the wall limits and a minute */
    struct job_step steps[JOB_STEPS_MOST];
    size_t step_count;
};

/* A new step (stop_on_failure is set); NULL when the job is full. */
struct job_step *job_step_add(struct arena *arena, struct job *job);
/* False when the step is full; the texts are borrowed. */
bool job_input_add(struct job_step *step, const struct job_input *input);
const struct job_step *job_step_find(const struct job *job, const char *key, size_t *at);

struct str job_print(struct arena *arena, const struct job *job);
/* Strict: unknown keys, paths that are not plain and absolute, limits out of range are faults. */
bool job_parse(struct arena *arena, struct str bytes, struct job *out, struct fault *why);

/* Absolute, no "//", "." or "..", no control characters, at most JOB_PATH_MOST bytes. */
bool job_path_check(struct str path);
/* Is `path` the same as `above`, or beneath it? */
bool job_path_beneath(const char *path, const char *above);

/* -1: could not be measured here. */
struct job_report {
    int64_t wall_us, cpu_us, memory_peak_bytes, setup_us, teardown_us, oom_kills, process_peak,
        output_bytes, disk_bytes;
};
struct job_artifact {
    const char *path; /* inside the box */
    char sha256[SHA256_HEX];
    int64_t bytes;
    unsigned mode; /* 0644 or 0755 */
};
struct job_log {
    char sha256[SHA256_HEX]; /* of RUNDIR/logs/N.log, N the step's place from 0 */
    int64_t bytes;
    bool truncated;
};
struct job_step_result {
    const char *key;
    const char *verdict; /* ok exit signal cpu wall memory processes output disk forbidden artifact
                            internal */
    int64_t exit_code, signal;
    const char *message; /* of grade-one or the box, one line; "" */
    struct job_report report;
    struct job_artifact *artifacts;
    size_t artifact_count;
    struct job_log log;
    struct job_serve_result serve; /* there: of a step with job_step.serve */
};
struct job_result {
    const char *run, *fence;
    int64_t attempt;
    const char *layers; /* JSON: a list of names, of the protections in force in every step */
    const char *host;   /* JSON: a map of texts: host (a digest), kernel, cpu, blas */
    struct job_step_result steps[JOB_STEPS_MOST];
    size_t step_count; /* the steps that were run: the first ones of the job */
};

bool job_verdict_check(struct str verdict);
struct str job_result_print(struct arena *arena, const struct job_result *result);
/*
 * Strict, and matched with the job: run, attempt and fence equal, steps the job's own in its order,
 * artifacts beneath what the step was to keep.
 */
bool job_result_parse(struct arena *arena, struct str bytes, const struct job *job,
                      struct job_result *out, struct fault *why);

enum progress_kind { PROGRESS_STARTED, PROGRESS_ENDED };
struct progress {
    enum progress_kind kind;
    size_t step_at;
    int64_t at_ms;       /* UTC, by the clock of the executing host */
    const char *verdict; /* ended: as in the result */
    struct job_report report;
};
struct str progress_print(struct arena *arena, const struct progress *progress);
/*
 * The next whole line of RUNDIR/progress after *offset, which is moved on. *found false: nothing
 * new. A malformed line is a fault and is passed over.
 */
bool progress_next(struct arena *arena, int rundir, const struct job *job, int64_t *offset,
                   struct progress *out, bool *found, struct fault *why);
