/*
 * Run directories for tests of grade-one: jobs put together from shell scripts, results read back.
 */
#pragma once

#include "grader/execute/job.h"
#include "tests/grader/execute/stage.h"

struct rundir {
    struct arena *arena;
    struct job *job;
    struct {
        const char *sha256;
        struct str bytes;
    } inputs[32];
    size_t input_count;
};

static inline struct rundir *rundir_new(struct arena *arena)
{
    struct rundir *rundir = arena_new(arena, struct rundir);
    rundir->arena = arena;
    rundir->job = arena_new(arena, struct job);
    *rundir->job = (struct job){ .run = "01JB000000000000000000TEST",
                                 .fence = "fence-1",
                                 .attempt = 1,
                                 .environment = "host",
                                 .allow_degraded = true };
    return rundir;
}

/* A step that runs a shell script; generous limits, /opt/ml/output writable and kept. */
static inline struct job_step *rundir_step(struct rundir *rundir, const char *key, const char *kind,
                                           const char *script)
{
    struct job_step *step = job_step_add(rundir->arena, rundir->job);
    step->key = key;
    step->kind = kind;
    step->heldout = strcmp(kind, "predict") == 0;
    step->limits = (struct job_limits){ .wall_ms = 20000,
                                        .cpu_ms = 10000,
                                        .memory_bytes = 128 << 20,
                                        .processes = 32,
                                        .disk_bytes = 32 << 20,
                                        .output_bytes = 1 << 16,
                                        .inodes = 1000 };
    step->argv[0] = "/bin/sh";
    step->argv[1] = "-c";
    step->argv[2] = script;
    step->argv_count = 3;
    step->writable[step->writable_count++] = "/opt/ml/output";
    step->keep[step->keep_count++] = "/opt/ml/output/data";
    return step;
}

/* A file of inputs/; its digest. */
static inline const char *rundir_file(struct rundir *rundir, struct str bytes)
{
    char *sha256 = arena_take(rundir->arena, SHA256_HEX);
    sha256_of(bytes, sha256);
    rundir->inputs[rundir->input_count].sha256 = sha256;
    rundir->inputs[rundir->input_count++].bytes = bytes;
    return sha256;
}

static inline void rundir_input(struct rundir *rundir, struct job_step *step, const char *at,
                                const char *bytes, unsigned mode)
{
    const char *sha256 = rundir_file(rundir, str_of(bytes));
    job_input_add(step, &(struct job_input){ .sha256 = sha256, .at = at, .mode = mode });
}

/* Written beneath `dir`; the modes are those that the grader gives. */
static inline void rundir_write(const struct rundir *rundir, int dir, const char *name)
{
    struct fault why;
    assert_true(dir_make(dir, name, 0770, &why));
    scoped(fd) int fd = dir_open(dir, name, &why);
    assert_true(fd >= 0);
    assert_true(dir_make(fd, "inputs", 0750, &why));
    assert_true(file_save(fd, "job.json", job_print(rundir->arena, rundir->job), 0644, &why));
    for (size_t i = 0; i < rundir->input_count; i++) {
        char path[96];
        snprintf(path, sizeof path, "inputs/%s", rundir->inputs[i].sha256);
        if (file_exists(fd, path))
            continue;
        assert_true(file_save(fd, path, rundir->inputs[i].bytes, 0444, &why));
        assert_int_equal(fchmodat(fd, path, 0444, 0), 0);
    }
}

/* The result, or NULL when there is none. */
static inline struct job_result *rundir_result(const struct rundir *rundir,
                                               const struct stage *stage, const char *name)
{
    struct fault why = { .text = "" };
    struct job_result *result = arena_new(rundir->arena, struct job_result);
    const char *path = arena_print(rundir->arena, "%s/result.json", name);
    const char *bytes = stage_read(rundir->arena, stage, path);
    if (!bytes[0])
        return NULL;
    if (!job_result_parse(rundir->arena, str_of(bytes), rundir->job, result, &why))
        fail_msg("%s", why.text);
    return result;
}

/* Content of a kept file of step `at`, or NULL. */
static inline const char *rundir_kept(const struct rundir *rundir, const struct stage *stage,
                                      const char *name, const struct job_step_result *step,
                                      const char *path)
{
    for (size_t i = 0; i < step->artifact_count; i++)
        if (strcmp(step->artifacts[i].path, path) == 0)
            return stage_read(
                rundir->arena, stage,
                arena_print(rundir->arena, "%s/artifacts/%s", name, step->artifacts[i].sha256));
    return NULL;
}
