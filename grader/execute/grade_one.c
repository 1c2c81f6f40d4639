/* holdout grade-one: a run directory in, a result out. */
#include "grader/execute/grade_one.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include "grader/execute/house.h"
#include "grader/outbound/http.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_WRITTEN 0
#define EXIT_CALL 64
#define EXIT_JOB 65
#define EXIT_LATER 75
#define SLACK_MS 60000
#define ALONE_UID (HOUSE_UID_BASE + 15) /* of the box when root runs grade-one by itself */

struct call {
    const char *rundir;
    int dir, launcher, cancel, root;
};

static bool read_fd(const char *text, int *out)
{
    int64_t value;
    if (!text || !str_to_int(str_of(text), &value) || value < 0 || value > 1 << 20 ||
        fcntl((int)value, F_GETFD) < 0)
        return false;
    *out = (int)value;
    return fcntl(*out, F_SETFD, FD_CLOEXEC) == 0;
}

static bool read_call(int argc, char **argv, struct call *call)
{
    *call = (struct call){ .dir = -1, .launcher = -1, .cancel = -1, .root = -1 };
    for (int i = 1; i < argc; i++) {
        int *fd = strcmp(argv[i], "--dir-fd") == 0        ? &call->dir
                  : strcmp(argv[i], "--launcher-fd") == 0 ? &call->launcher
                  : strcmp(argv[i], "--cancel-fd") == 0   ? &call->cancel
                  : strcmp(argv[i], "--root-fd") == 0     ? &call->root
                                                          : NULL;
        if (fd && (i + 1 == argc || !read_fd(argv[++i], fd)))
            return false;
        if (!fd && (argv[i][0] == '-' || call->rundir))
            return false;
        if (!fd)
            call->rundir = argv[i];
    }
    return call->rundir != NULL;
}

static bool lock(const struct grade *grade, struct fault *why)
{
    int fd = openat(grade->rundir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
    if (fd < 0)
        return fault_errno(why, "lock");
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true; /* kept open until the end */
    close(fd);
    return fault_set(why, BLAME_PASSING, "another grade-one works in this directory");
}

/* Room for what this attempt makes; what an earlier one left is gone. */
static bool clear(const struct grade *grade, struct fault *why)
{
    static const char *const made[] = { "result.json", "result.new", "progress", "artifacts",
                                        "logs" };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (!dir_remove(grade->rundir, made[i], why))
            return false;
    return dir_make(grade->rundir, "artifacts", 0770, why) &&
           dir_make(grade->rundir, "logs", 0770, why);
}

static bool load_job(struct grade *grade, struct fault *why)
{
    struct str bytes;
    if (!file_load(grade->arena, grade->rundir, "job.json", JOB_BYTES_MOST, &bytes, why) ||
        !job_parse(grade->arena, bytes, &grade->job, why))
        return false;
    grade->result.run = grade->job.run;
    grade->result.attempt = grade->job.attempt;
    grade->result.fence = grade->job.fence;
    return true;
}

static int64_t job_ms(const struct job *job)
{
    int64_t most_ms = SLACK_MS;
    for (size_t i = 0; i < job->step_count; i++)
        most_ms += job->steps[i].limits.wall_ms;
    return job->deadline_ms ? job->deadline_ms : most_ms;
}

static bool open_environment(struct grade *grade, int root, struct fault *why)
{
    grade->root = -1;
    if (strcmp(grade->job.environment, "host") == 0)
        return true;
    grade->root = root >= 0 ? root : dir_open(AT_FDCWD, grade->job.environment, why);
    return grade->root >= 0 && grade_libraries_open(grade, why);
}

/* One line, one write: a reader sees it whole or not yet. */
static bool tell(struct grade *grade, const struct progress *progress, struct fault *why)
{
    struct progress now = *progress;
    struct clock clock = clock_system();
    scoped(fd) int fd = openat(grade->rundir, "progress",
                               O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
    if (fd < 0)
        return fault_errno(why, "progress");
    now.at_ms = clock_utc_ms(&clock);
    return fd_write(fd, progress_print(grade->arena, &now), why);
}

static bool run_step(struct grade *grade, size_t at, struct fault *why)
{
    struct progress started = { .kind = PROGRESS_STARTED, .step_at = at };
    if (!tell(grade, &started, why) || !grade_box_run(grade, at, why))
        return false;
    const struct job_step_result *result = &grade->result.steps[at];
    struct progress ended = {
        .kind = PROGRESS_ENDED, .step_at = at, .verdict = result->verdict, .report = result->report
    };
    grade->result.step_count = at + 1;
    return tell(grade, &ended, why);
}

/* A server that became ready is no failure, whatever became of it later. */
static bool has_failed(const struct job_step_result *result)
{
    return result->serve.there ? !result->serve.ready : strcmp(result->verdict, "ok") != 0;
}

static bool run_steps(struct grade *grade, struct fault *why)
{
    for (size_t i = 0; i < grade->job.step_count; i++) {
        const struct job_step *step = &grade->job.steps[i];
        if (!run_step(grade, i, why))
            return fault_within(why, "step %s", step->key);
        if (step->stop_on_failure && has_failed(&grade->result.steps[i]))
            return true;
    }
    return true;
}

/* By rename, so that it is whole; not synced: after a crash of the machine the job runs again. */
static bool write_result(struct grade *grade, struct fault *why)
{
    scoped(fd) int fd = openat(grade->rundir, "result.new",
                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0660);
    if (fd < 0)
        return fault_errno(why, "result.new");
    return fd_write(fd, job_result_print(grade->arena, &grade->result), why) &&
           (renameat(grade->rundir, "result.new", grade->rundir, "result.json") == 0 ||
            fault_errno(why, "result.json"));
}

static bool work_confined(struct grade *grade, struct fault *why)
{
    return lock(grade, why) && clear(grade, why) && grade_inputs_check(grade, why) &&
           run_steps(grade, why) && write_result(grade, why);
}

/* Only a job that asks a server pays for what libcurl loads. */
static bool prepare(const struct grade *grade, struct fault *why)
{
    for (size_t i = 0; i < grade->job.step_count; i++)
        if (grade->job.steps[i].serve.port)
            return http_prepare(why);
    return true;
}

static bool work(struct grade *grade, const struct call *call, struct fault *why)
{
    if (!open_environment(grade, call->root, why) || !prepare(grade, why) ||
        !grade_confine(grade->rundir, why))
        return false;
    grade->watch = grade_watch_start(call->cancel, job_ms(&grade->job), why);
    bool done = grade->watch && work_confined(grade, why);
    grade_watch_stop(grade->watch);
    return done;
}

static bool open_launcher(struct grade *grade, int inherited, struct fault *why)
{
    char text[200] = "";
    const struct box_launcher_options options = { .uid = ALONE_UID, .gid = ALONE_UID };
    grade->launcher = inherited >= 0 ? box_launcher_attach(inherited)
                                     : box_launcher_start(&options, text, sizeof text);
    return grade->launcher || fault_set(why, BLAME_SYSTEM, "no box launcher: %s", text);
}

static bool open_all(struct grade *grade, const struct call *call, struct fault *why)
{
    grade->rundir = call->dir >= 0 ? call->dir : dir_open(AT_FDCWD, call->rundir, why);
    grade->result.host = grade_host_print(grade->arena);
    return grade->rundir >= 0 && grade_tools_open(grade, why) &&
           open_launcher(grade, call->launcher, why);
}

static int say(const struct call *call, const struct fault *why, int code)
{
    fprintf(stderr, "level=error event=grade-one dir=%s fault=\"%s\"\n", call->rundir, why->text);
    return code;
}

static int execute(const struct call *call, struct arena *arena)
{
    struct fault why = { .text = "" };
    struct grade *grade = arena_new(arena, struct grade);
    grade->arena = arena;
    if (!open_all(grade, call, &why))
        return say(call, &why, EXIT_LATER);
    if (!load_job(grade, &why))
        return say(call, &why, EXIT_JOB);
    bool done = work(grade, call, &why);
    box_launcher_close(grade->launcher);
    return done ? EXIT_WRITTEN : say(call, &why, EXIT_LATER);
}

int grade_one_main(int argc, char **argv)
{
    struct call call;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    umask(0007);
    if (!read_call(argc, argv, &call)) {
        fprintf(stderr, "usage: holdout grade-one RUNDIR [--dir-fd N] [--launcher-fd N] "
                        "[--cancel-fd N] [--root-fd N]\n");
        return EXIT_CALL;
    }
    scoped_arena arena = arena_open(NULL);
    int code = execute(&call, arena);
    fflush(NULL);
    _exit(code); /* confined: what libraries do at exit may need what is out of reach now */
}
