/* What a job left: logs, artifacts, predictions, verdicts. */
#include "grader/steps/results.h"
#include "core/base/file.h"
#include "grader/execute/rundir.h"
#include "grader/steps/judged_rows.h"
#include "grader/steps/serve.h"
#include "grader/verdict.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TAIL_BYTES 8192
#define LOG_BYTES_MOST (4 << 20)
#define PRESSURE_LOAD 3.0 /* load per core from which an exceeded wall limit is not the team's */

struct str results_tail_of(struct arena *arena, int fd)
{
    struct stat st = { 0 };
    if (fstat(fd, &st) != 0)
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

struct str results_tail(struct arena *arena, int rundir, size_t at)
{
    char path[64];
    snprintf(path, sizeof path, "logs/%zu.log", at);
    scoped(fd) int fd = rundir_open(rundir, path, NULL, NULL);
    return fd < 0 ? S("") : results_tail_of(arena, fd);
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

bool results_put(const struct artifacts *to, int fd, uint64_t most, const char *sha256,
                 struct fault *why)
{
    char before[SHA256_HEX], after[SHA256_HEX];
    uint64_t bytes;
    if (!sha256_file(fd, before, &bytes, why))
        return false;
    if (strcmp(before, sha256) != 0)
        return fault_set(why, BLAME_SYSTEM, "a result was not what its digest says");
    return artifacts_keep(to, sha256) ||
           (artifacts_put_file_later(to, fd, most, after, why) &&
            (strcmp(after, sha256) == 0 ||
             fault_set(why, BLAME_SYSTEM, "a result changed while it was taken over")));
}

static int artifact_open(int rundir, const char *sha256, struct stat *info, struct fault *why)
{
    char path[SHA256_HEX + 16];
    snprintf(path, sizeof path, "artifacts/%s", sha256);
    return rundir_open(rundir, path, info, why);
}

/* The log into artifacts/ or sealed/. */
static bool log_take(struct run *run, const struct results_place *from, const char *sha256,
                     struct store_step *row, struct fault *why)
{
    char path[64];
    snprintf(path, sizeof path, "logs/%zu.log", from->log_at);
    struct fault missing = { 0 };
    scoped(fd) int fd = rundir_open(from->dir, path, NULL, &missing);
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0) {
        *why = missing;
        return false;
    }
    if (!results_put(row->heldout ? &run->grader->sealed : &run->grader->artifacts, fd,
                     LOG_BYTES_MOST, sha256, why))
        return fault_within(why, "%s", path);
    row->log = sha256;
    return true;
}

/* Code that was built, and the first model: kept by digest. */
static bool artifacts_take(struct run *run, const struct results_place *from,
                           const struct job_step_result *result, struct fault *why)
{
    for (size_t i = 0; i < result->artifact_count; i++) {
        const char *sha256 = result->artifacts[i].sha256;
        /* else of a run that ended with its machine before it was recorded */
        if (from->cached && artifacts_keep(&run->grader->artifacts, sha256))
            continue;
        scoped(fd) int fd = artifact_open(from->dir, sha256, NULL, why);
        if (fd < 0 || !results_put(&run->grader->artifacts, fd,
                                   (uint64_t)run->task->limits.disk_mb << 20, sha256, why))
            return false;
    }
    if (strncmp(result->key, "build", 5) == 0) {
        run->work.built = result->artifacts;
        run->work.built_count = result->artifact_count;
    }
    return true;
}

bool results_under_pressure(void)
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

static bool step_fail(struct run *run, struct run_step *step, const char *word, const char *message,
                      struct fault *why)
{
    run->end.step = step->row.name;
    step->row.message = message;
    step->row.state = "failed";
    step->row.verdict = word;
    return run_step_write(run, step, why) && run_fail_team(run, word, message, why);
}

static bool verdict_fail(struct run *run, struct run_step *step, const char *word,
                         const struct job_step_result *result, struct fault *why)
{
    if (strcmp(word, "internal") == 0)
        return fault_set(why, BLAME_SYSTEM, "%s: %.180s", step->key, result->message);
    if (strcmp(word, "wall") == 0 && results_under_pressure())
        /* tried again, but not without end: a team could make such a load itself */
        return fault_set(why, BLAME_SYSTEM, "%s was too slow while the machine was overloaded",
                         step->key);
    const struct course_limits *limits = &run->task->limits;
    size_t at;
    const struct job_step *asked = job_step_find(&run->work.job, result->key, &at);
    struct verdict verdict = {
        .kind = step->row.name,
        .verdict = word,
        .exit_code = (int)result->exit_code,
        .signal = (int)result->signal,
        .command = command_of(run, step->row.name),
        .message = result->message,
        .wall_s = asked ? asked->limits.wall_ms / 1000 : 0,
        .limit_s = work_limit_s(run, step->row.name) * limits->cpus,
        .memory_mb = limits->memory_mb,
        .processes = limits->pids,
        .disk_mb = limits->disk_mb,
        .output_kb = 1024,
    };
    return step_fail(run, step, word, verdict_words(run->arena, &verdict), why);
}

/* How many bytes the predictions of the step may have, by the rows that it had to predict. */
static bool csv_most(struct run *run, bool heldout, size_t *most, struct fault *why)
{
    struct truth *truth = &run->evaluated.truth, sample;
    if (!truth->row_count &&
        !rows_truth(run->grader, run->loaded, run->task, run->arena, truth, why))
        return false;
    if (!heldout &&
        !rows_sample(run->grader, run->loaded, run->task, run->arena, truth, &sample, why))
        return false;
    *most = rows_csv_most(run->task, heldout ? truth : &sample);
    return true;
}

const char *results_too_large(struct arena *arena, bool heldout, int64_t bytes, size_t most)
{
    const char *advice = "Write one line for each row, with the columns of sample_submission.csv.";
    if (heldout) /* its size is the program's own choice */
        return arena_print(arena,
                           "The predictions.csv for the held-out rows was larger than the %zu KB "
                           "that they can need. %s",
                           most / 1024, advice);
    return arena_print(arena,
                       "The predictions.csv for the public sample was %lld KB, expected were at "
                       "most about %zu KB. %s",
                       (long long)(bytes + 1023) / 1024, most / 1024, advice);
}

static bool csv_take(struct run *run, int fd, const char *sha256, struct run_seed *out, size_t most,
                     struct fault *why)
{
    char hex[SHA256_HEX];
    if (!fd_load(run->arena, fd, most, &out->csv, why))
        return false;
    sha256_of(out->csv, hex);
    return strcmp(hex, sha256) == 0 ||
           fault_set(why, BLAME_SYSTEM, "the predictions were not what their digest says");
}

static bool predictions_take(struct run *run, int rundir, const struct job_step_result *result,
                             struct run_step *step, struct fault *why)
{
    const struct job_artifact *found = NULL;
    struct run_seed *seed = &run->evaluated.seeds[run->evaluated.seed_count];
    struct stat info;
    size_t most;
    for (size_t i = 0; i < result->artifact_count && !found; i++)
        if (strcmp(result->artifacts[i].path, "/opt/ml/output/data/predictions.csv") == 0)
            found = &result->artifacts[i];
    if (!found)
        return verdict_fail(run, step, "predictions", result, why);
    scoped(fd) int fd = artifact_open(rundir, found->sha256, &info, why);
    if (fd < 0 || !csv_most(run, step->row.heldout, &most, why))
        return false;
    if ((uint64_t)info.st_size > most)
        return step_fail(run, step, "predictions",
                         results_too_large(run->arena, step->row.heldout, info.st_size, most), why);
    if (!csv_take(run, fd, found->sha256, seed, most, why))
        return false;
    seed->seed_at = step->row.heldout ? step->row.seed_at : 0;
    run->evaluated.seed_count++;
    return true;
}

bool results_take_step(struct run *run, const struct results_place *from,
                       const struct job_step_result *result, struct run_step *step,
                       struct fault *why)
{
    struct store_step exact = step->row;
    bool ok = strcmp(result->verdict, "ok") == 0;
    step->artifacts = result->artifacts;
    step->artifact_count = result->artifact_count;
    if (!log_take(run, from, result->log.sha256, &step->row, why))
        return false;
    if (step->row.heldout) {
        exact.heldout = false;
        results_measure(&exact, &result->report);
        exact.log = step->row.log;
        step->row.log = "";
        if (!store_measure_put(run->store, run->claim.run, &exact, why))
            return false;
    } else {
        step->row.tail = results_tail(run->arena, from->dir, from->log_at);
    }
    results_measure(&step->row, &result->report);
    step->row.cached = from->cached;
    step->row.state = ok ? "done" : "failed";
    step->row.verdict = result->verdict;
    if (result->serve.there)
        return serve_take(run, step, result, why);
    if (!ok)
        return verdict_fail(run, step, result->verdict, result, why);
    bool predicts = step->row.heldout || strcmp(step->row.name, "sample") == 0;
    if (predicts && !predictions_take(run, from->dir, result, step, why))
        return false;
    if (!predicts && step->row.seed_at < 2 && step->row.seed_at >= 0 &&
        !artifacts_take(run, from, result, why))
        return false;
    return run_step_write(run, step, why);
}

bool results_take(struct run *run, int rundir, struct fault *why)
{
    run->work.layers = run->work.result.layers;
    run->work.host = run->work.result.host;
    for (size_t i = 0; i < run->work.result.step_count; i++) {
        struct results_place from = { .dir = rundir, .log_at = i };
        if (!results_take_step(run, &from, &run->work.result.steps[i],
                               &run->steps[run->work.row_of[i]], why))
            return false;
    }
    size_t count = run->work.result.step_count;
    bool unready = count && run->work.result.steps[count - 1].serve.there;
    if (count < run->work.job.step_count && !unready)
        return fault_set(why, BLAME_SYSTEM, "grade-one ran %zu of %zu steps",
                         run->work.result.step_count, run->work.job.step_count);
    return true;
}
