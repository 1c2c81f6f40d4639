/* What a job left: logs, artifacts, predictions, verdicts. */
#include "grader/steps/results.h"
#include "core/base/file.h"
#include "grader/verdict.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES 8192
#define LOG_BYTES_MOST (4 << 20)
#define CSV_FILE_BYTES_MOST (256u << 20)
#define PRESSURE_LOAD 3.0 /* load per core from which an exceeded wall limit is not the team's */

struct str results_tail(struct arena *arena, int rundir, size_t at)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "logs/%zu.log", at);
    scoped(fd) int fd = openat(rundir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return S("");
    off_t from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
    char *bytes = arena_take(arena, TAIL_BYTES + 1);
    ssize_t got = pread(fd, bytes, TAIL_BYTES, from);
    struct str tail = { bytes, got > 0 ? (size_t)got : 0 };
    size_t line;
    if (from && str_find(tail, '\n', &line))
        tail = str_from(tail, line + 1);
    for (size_t i = 0; i < tail.len; i++)
        if (!bytes[tail.at - bytes + (ptrdiff_t)i])
            bytes[tail.at - bytes + (ptrdiff_t)i] = ' ';
    return tail;
}

/* 12345678 -> 12000000 */
static int64_t two_digits(int64_t value)
{
    int64_t scale = 1;
    while (value / scale >= 100)
        scale *= 10;
    return (value + scale / 2) / scale * scale;
}

void results_measure(struct store_step *row, const struct job_report *report)
{
    row->wall_us = row->heldout ? two_digits(report->wall_us) : report->wall_us;
    row->cpu_us = row->heldout ? two_digits(report->cpu_us) : report->cpu_us;
    row->memory_peak_bytes =
        row->heldout ? two_digits(report->memory_peak_bytes) : report->memory_peak_bytes;
}

static int artifact_open(int rundir, const char *sha256, struct fault *why)
{
    char path[SHA256_HEX + 16];
    snprintf(path, sizeof path, "artifacts/%s", sha256);
    int fd = openat(rundir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        fault_errno(why, "%s", path);
    return fd;
}

/* The log into artifacts/ or sealed/; its digest is what we read, not what was said. */
static bool log_take(struct run *run, int rundir, size_t at, struct store_step *row,
                     struct fault *why)
{
    char path[64], *sha256 = arena_take(run->arena, SHA256_HEX);
    snprintf(path, sizeof path, "logs/%zu.log", at);
    scoped(fd) int fd = openat(rundir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return true;
    if (!artifacts_put_file(row->heldout ? &run->grader->sealed : &run->grader->artifacts, fd,
                            LOG_BYTES_MOST, sha256, why))
        return false;
    row->log = sha256;
    return true;
}

static bool predictions_take(struct run *run, int rundir, const struct job_step_result *result,
                             int seed_at, bool *found, struct fault *why)
{
    *found = false;
    for (size_t i = 0; i < result->artifact_count; i++) {
        const struct job_artifact *artifact = &result->artifacts[i];
        if (strcmp(artifact->path, "/opt/ml/output/data/predictions.csv") != 0)
            continue;
        scoped(fd) int fd = artifact_open(rundir, artifact->sha256, why);
        struct run_seed *seed = &run->evaluated.seeds[run->evaluated.seed_count];
        if (fd < 0 || !fd_load(run->arena, fd, CSV_FILE_BYTES_MOST, &seed->csv, why))
            return false;
        seed->seed_at = seed_at;
        run->evaluated.seed_count++;
        *found = true;
    }
    return true;
}

/* Code that was built, and the first model: kept by digest. */
static bool artifacts_take(struct run *run, int rundir, const struct job_step_result *result,
                           struct fault *why)
{
    for (size_t i = 0; i < result->artifact_count; i++) {
        char sha256[SHA256_HEX];
        scoped(fd) int fd = artifact_open(rundir, result->artifacts[i].sha256, why);
        if (fd < 0 || !artifacts_put_file(&run->grader->artifacts, fd,
                                          (uint64_t)run->task->limits.disk_mb << 20, sha256, why))
            return false;
        if (strcmp(sha256, result->artifacts[i].sha256) != 0)
            return fault_set(why, BLAME_SYSTEM, "an artifact was not what its digest says");
    }
    if (strncmp(result->key, "build", 5) == 0) {
        run->work.built = result->artifacts;
        run->work.built_count = result->artifact_count;
    }
    return true;
}

static bool under_pressure(void)
{
    double load = 0;
    return getloadavg(&load, 1) == 1 &&
           load > PRESSURE_LOAD * (double)sysconf(_SC_NPROCESSORS_ONLN);
}

static const char *command_of(const struct run *run, const char *kind)
{
    const struct submission_file *file = &run->snapshot.file;
    if (file->entry_points.pipeline.len && strcmp(kind, "build") != 0)
        return "holdout-ml pipeline";
    return strcmp(kind, "build") == 0   ? file->build.at
           : strcmp(kind, "train") == 0 ? file->entry_points.train.at
                                        : file->entry_points.predict.at;
}

static bool verdict_fail(struct run *run, struct run_step *step, const char *word,
                         const struct job_step_result *result, struct fault *why)
{
    if (strcmp(word, "internal") == 0)
        return fault_set(why, BLAME_SYSTEM, "%s: %.180s", step->key, result->message);
    if (strcmp(word, "wall") == 0 && under_pressure())
        return fault_set(why, BLAME_PASSING, "%s was too slow while the machine was overloaded",
                         step->key);
    const struct course_limits *limits = &run->task->limits;
    struct verdict verdict = {
        .kind = step->row.name,
        .verdict = word,
        .exit_code = (int)result->exit_code,
        .signal = (int)result->signal,
        .command = command_of(run, step->row.name),
        .limit_s = work_limit_s(run, step->row.name) * limits->cpus,
        .memory_mb = limits->memory_mb,
        .processes = limits->pids,
        .disk_mb = limits->disk_mb,
        .output_kb = 1024,
    };
    run->end.step = step->row.name;
    step->row.message = verdict_words(run->arena, &verdict);
    step->row.state = "failed";
    step->row.verdict = word;
    return run_step_write(run, step, why) && run_fail_team(run, word, step->row.message, why);
}

static bool step_take(struct run *run, int rundir, size_t at, struct fault *why)
{
    const struct job_step_result *result = &run->work.result.steps[at];
    struct run_step *step = &run->steps[run->work.first_step + at];
    struct store_step exact = step->row;
    bool found = true, ok = strcmp(result->verdict, "ok") == 0;
    if (!log_take(run, rundir, at, &step->row, why))
        return false;
    if (step->row.heldout) {
        exact.heldout = false;
        results_measure(&exact, &result->report);
        exact.log = step->row.log;
        step->row.log = "";
        if (!store_measure_put(run->store, run->claim.run, &exact, why))
            return false;
    } else {
        step->row.tail = results_tail(run->arena, rundir, at);
    }
    results_measure(&step->row, &result->report);
    step->row.state = ok ? "done" : "failed";
    step->row.verdict = result->verdict;
    if (!ok)
        return verdict_fail(run, step, result->verdict, result, why);
    bool predicts = step->row.heldout || strcmp(step->row.name, "sample") == 0;
    if (predicts && !predictions_take(run, rundir, result,
                                      step->row.heldout ? step->row.seed_at : 0, &found, why))
        return false;
    if (!found)
        return verdict_fail(run, step, "predictions", result, why);
    if (!predicts && step->row.seed_at < 2 && step->row.seed_at >= 0 &&
        !artifacts_take(run, rundir, result, why))
        return false;
    return run_step_write(run, step, why);
}

bool results_take(struct run *run, int rundir, struct fault *why)
{
    run->work.layers = run->work.result.layers;
    run->work.host = run->work.result.host;
    for (size_t i = 0; i < run->work.result.step_count; i++)
        if (!step_take(run, rundir, i, why))
            return false;
    if (run->work.result.step_count < run->work.job.step_count)
        return fault_set(why, BLAME_SYSTEM, "grade-one ran %zu of %zu steps",
                         run->work.result.step_count, run->work.job.step_count);
    return true;
}
