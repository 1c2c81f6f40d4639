/*
 * Executing the planned job: the run directory, waiting, live states and log tails, taking the
 * results over.
 */
#include "grader/steps/work.h"
#include "core/base/file.h"
#include "grader/execute/rundir.h"
#include "grader/steps/results.h"
#include "grader/steps/work_cache.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 25
#define HEARTBEAT_MS 1000
#define TAIL_MS 300

static bool input_lay(const struct run *run, int inputs, const char *sha256, struct fault *why)
{
    bool reused;
    if (!work_cache_lay(run, sha256, inputs, &reused, why))
        return false;
    if (reused)
        return true;
    const struct artifacts *from = artifacts_has(&run->grader->artifacts, sha256)
                                       ? &run->grader->artifacts
                                       : &run->grader->sealed;
    return artifacts_lay(from, sha256, inputs, sha256, why);
}

/* Of a reused step: they were taken over already. */
static bool predictions_lay(const struct run *run, int inputs, const struct job_serve *serve,
                            struct fault *why)
{
    char sha256[SHA256_HEX];
    for (size_t i = 0; serve->predictions && i < run->evaluated.seed_count; i++) {
        sha256_of(run->evaluated.seeds[i].csv, sha256);
        if (strcmp(sha256, serve->predictions) == 0)
            return artifacts_put_later(&run->grader->sealed, run->evaluated.seeds[i].csv, sha256,
                                       why) &&
                   artifacts_lay(&run->grader->sealed, sha256, inputs, sha256, why);
    }
    return !serve->predictions ||
           fault_set(why, BLAME_SYSTEM, "the predictions to compare with were not taken over");
}

static bool inputs_lay(const struct run *run, int rundir, struct fault *why)
{
    scoped(fd) int inputs = dir_open(rundir, "inputs", why);
    if (inputs < 0)
        return false;
    for (size_t s = 0; s < run->work.job.step_count; s++) {
        const struct job_step *step = &run->work.job.steps[s];
        for (size_t i = 0; i < step->input_count; i++) {
            const char *sha256 = step->inputs[i].sha256;
            if (sha256 && !input_lay(run, inputs, sha256, why))
                return false;
        }
        if (step->serve.port && (!input_lay(run, inputs, step->serve.rows, why) ||
                                 !predictions_lay(run, inputs, &step->serve, why)))
            return false;
    }
    return true;
}

/* Not synced: a run directory does not outlive its grader. */
static bool job_save(struct run *run, int dir, struct fault *why)
{
    scoped(fd) int fd = openat(dir, "job.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return fault_errno(why, "job.json");
    return fd_write(fd, job_print(run->arena, &run->work.job), why);
}

/* state/runs/RUN-ATTEMPT-ROUND with all that grade-one needs; *dir is its descriptor. */
static bool rundir_make(struct run *run, const char *name, int *dir, struct fault *why)
{
    const struct grader *grader = run->grader;
    struct house_owner owner = { HOUSE_GRADER, HOUSE_RUNNER, 02770 };
    const char *inputs = arena_print(run->arena, "%s/inputs", name);
    if (!dir_remove(grader->state, name, why) || !dir_make(grader->state, name, 0770, why) ||
        !house_own(&grader->house, grader->state, name, owner, why) ||
        !dir_make(grader->state, inputs, 0770, why) ||
        !house_own(&grader->house, grader->state, inputs, owner, why))
        return false;
    *dir = dir_open(grader->state, name, why);
    return *dir >= 0 && inputs_lay(run, *dir, why) && job_save(run, *dir, why);
}

/* Following a job while it runs. */
struct watch {
    struct run *run;
    int rundir;
    struct executor_task task;
    int64_t offset; /* of progress */
    size_t at;      /* the step that runs, SIZE_MAX: none */
    int64_t beat_ms, tail_ms;
    char tail_seen[SHA256_HEX]; /* digest of the tail that the store has */
};

static const char *state_of(const char *kind)
{
    return strcmp(kind, "build") == 0       ? "building"
           : strcmp(kind, "train") == 0     ? "training"
           : strncmp(kind, "serve", 5) == 0 ? "serving"
                                            : "predicting";
}

static bool progress_take(struct watch *watch, const struct progress *progress, struct fault *why)
{
    struct run *run = watch->run;
    struct run_step *step = &run->steps[run->work.row_of[progress->step_at]];
    /* when a step saw held-out rows, and how it went, is nobody's before the run has ended */
    int64_t now = step->row.heldout ? 0 : clock_utc_ms(&run->grader->clock);
    if (progress->kind == PROGRESS_STARTED) {
        watch->at = progress->step_at;
        step->row.state = "running";
        step->row.started_ms = now;
        return run_step_write(run, step, why) &&
               store_state(run->store, &run->claim, state_of(step->row.name), &run->lost, why);
    }
    watch->at = SIZE_MAX;
    if (step->row.heldout)
        return true;
    step->row.ended_ms = now;
    step->row.state = strcmp(progress->verdict, "ok") == 0 ? "done" : "failed";
    step->row.verdict = progress->verdict;
    results_measure(&step->row, &progress->report);
    step->row.tail = results_tail(run->arena, watch->rundir, progress->step_at);
    return run_step_write(run, step, why);
}

static bool progress_follow(struct watch *watch, struct fault *why)
{
    struct run *run = watch->run;
    for (;;) {
        struct progress progress;
        bool found = false;
        struct fault bad = { 0 };
        if (!progress_next(run->arena, watch->rundir, &run->work.job, &watch->offset, &progress,
                           &found, &bad)) {
            grader_log(run->grader, "warning", "event=progress run=%s fault=\"%s\"", run->claim.run,
                       bad.text);
            return true;
        }
        if (!found)
            return true;
        if (!progress_take(watch, &progress, why))
            return false;
    }
}

static bool tail_follow(struct watch *watch, struct fault *why)
{
    struct run *run = watch->run;
    int64_t now = clock_boot_ms(&run->grader->clock);
    if (watch->at == SIZE_MAX || now - watch->tail_ms < TAIL_MS)
        return true;
    watch->tail_ms = now;
    struct run_step *step = &run->steps[run->work.row_of[watch->at]];
    if (step->row.heldout)
        return true;
    scoped_arena arena = arena_open(NULL);
    struct str tail = results_tail(arena, watch->rundir, watch->at);
    char seen[SHA256_HEX];
    sha256_of(tail, seen);
    if (!tail.len || strcmp(seen, watch->tail_seen) == 0)
        return true;
    memcpy(watch->tail_seen, seen, sizeof seen);
    return store_step_tail(run->store, &run->claim, step->row.position, tail, why);
}

/* One turn; false: stop waiting, *why says the reason unless the run is lost. */
static bool watch_turn(struct watch *watch, struct fault *why)
{
    struct run *run = watch->run;
    int64_t now = clock_boot_ms(&run->grader->clock);
    if (!executor_poll(run->grader->executor, &watch->task, 1, WAIT_MS, why) ||
        !progress_follow(watch, why) || !tail_follow(watch, why))
        return false;
    if (now - watch->beat_ms >= HEARTBEAT_MS) { /* here to learn soon that the run was cancelled */
        watch->beat_ms = now;
        if (!store_heartbeat(run->store, &run->claim, &run->lost, why))
            return false;
    }
    if (run->lost)
        return false;
    return !grader_stopping(run->grader) ||
           fault_set(why, BLAME_PASSING, "the grader was asked to end");
}

static bool watch_all(struct watch *watch, struct fault *why)
{
    while (watch->task.state == EXECUTOR_RUNNING)
        if (!watch_turn(watch, why)) {
            struct fault ignored = { 0 };
            executor_kill(watch->run->grader->executor, watch->task.id, &ignored);
            while (watch->task.state == EXECUTOR_RUNNING &&
                   executor_poll(watch->run->grader->executor, &watch->task, 1, 1000, &ignored))
                continue;
            return false;
        }
    return true;
}

static bool result_load(struct run *run, int rundir, const struct executor_task *task,
                        struct fault *why)
{
    struct str bytes;
    if (!file_exists(rundir, "result.json")) /* 75: a full disk, say; such a run waits */
        return fault_set(why, task->exit_code == 75 ? BLAME_PASSING : BLAME_SYSTEM,
                         "grade-one ended with code %d and left no result", task->exit_code);
    scoped(fd) int fd = rundir_open(rundir, "result.json", NULL, why);
    return fd >= 0 && fd_load(run->arena, fd, JOB_BYTES_MOST, &bytes, why) &&
           job_result_parse(run->arena, bytes, &run->work.job, &run->work.result, why);
}

static bool execute_in(struct run *run, int rundir, struct fault *why)
{
    struct watch watch = { .run = run, .rundir = rundir, .at = SIZE_MAX };
    struct executor_job job = { .rundir = rundir, .root = run->work.environment.root };
    if (executor_start(run->grader->executor, &job, watch.task.id, why) != EXECUTOR_STARTED) {
        why->blame = BLAME_PASSING;
        return false;
    }
    watch.task.state = EXECUTOR_RUNNING;
    watch.beat_ms = clock_boot_ms(&run->grader->clock);
    if (!watch_all(&watch, why) || !progress_follow(&watch, why) ||
        !result_load(run, rundir, &watch.task, why))
        return false;
    bool taken = results_take(run, rundir, why);
    work_cache_keep(run, rundir);
    return taken;
}

static bool execute(struct run *run, struct fault *why)
{
    const char *name = arena_print(run->arena, "runs/%s-%lld-%d", run->claim.run,
                                   (long long)run->claim.attempt, run->work.round);
    int dir = -1;
    run->work.spent[run->work.round] = name;
    bool ok = rundir_make(run, name, &dir, why) && execute_in(run, dir, why);
    fd_scoped(&dir);
    if (!ok)
        work_clear(run);
    return ok;
}

void work_clear(struct run *run)
{
    for (int i = 0; i < 2; i++) {
        struct fault ignored = { 0 };
        const char *name = run->work.spent[i];
        run->work.spent[i] = NULL;
        if (name && !dir_remove(run->grader->state, name, &ignored))
            grader_log(run->grader, "warning", "event=rundir run=%s fault=\"%s\"", run->claim.run,
                       ignored.text);
    }
}

/* The order of seeds in a plan, whichever of them were reused: sample, 1, 1 again, 2, 3 … */
static int by_place(const void *a, const void *b)
{
    int first = ((const struct run_seed *)a)->seed_at,
        second = ((const struct run_seed *)b)->seed_at;
    first = first == -1 ? 2 : first < 2 ? first : first + 1;
    second = second == -1 ? 2 : second < 2 ? second : second + 1;
    return first < second ? -1 : first > second;
}

static bool reuse_and_execute(struct run *run, struct fault *why)
{
    if (!work_cache_take(run, why) || (run->work.job.step_count && !execute(run, why)))
        return false;
    qsort(run->evaluated.seeds, run->evaluated.seed_count, sizeof *run->evaluated.seeds, by_place);
    return true;
}

bool work_execute(struct run *run, struct fault *why)
{
    struct job *job = &run->work.job;
    struct environment *environment = &run->work.environment;
    if (!environment_open(run->grader, &run->loaded->course, run->snapshot.file.environment,
                          run->arena, environment, why))
        return false;
    job->run = run->claim.run;
    job->fence = run->claim.fence;
    job->attempt = run->claim.attempt;
    job->environment = environment->path;
    job->allow_degraded = run->loaded->course.allow_degraded;
    work_env_of_image(run, environment->image);
    bool ok = reuse_and_execute(run, why);
    environment_close(environment);
    return ok;
}
