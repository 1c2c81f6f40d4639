/* holdout grade-one: a run directory in, a result out. */
#include "grader/execute/grade_one.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/landlock.h"
#include "grader/execute/grade_parts.h"
#include "sandbox/box.h"
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
#define PKG_CONFIG_BYTES 4096

struct call {
    const char *rundir;
    int dir, launcher, cancel;
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
    *call = (struct call){ .dir = -1, .launcher = -1, .cancel = -1 };
    for (int i = 1; i < argc; i++) {
        int *fd = strcmp(argv[i], "--dir-fd") == 0        ? &call->dir
                  : strcmp(argv[i], "--launcher-fd") == 0 ? &call->launcher
                  : strcmp(argv[i], "--cancel-fd") == 0   ? &call->cancel
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
    static const char *const made[] = { "result.json", "progress", "out", "artifacts", "logs" };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (!dir_remove(grade->rundir, made[i], why) ||
            (i >= 2 && mkdirat(grade->rundir, made[i], 0770) != 0 && fault_errno(why, made[i])))
            return false;
    return file_exists(grade->rundir, "artifacts") || fault_set(why, BLAME_SYSTEM, "no room");
}

static bool find_prefix(struct grade *grade, struct fault *why)
{
    ssize_t len = readlink("/proc/self/exe", grade->prefix, sizeof grade->prefix - 1);
    if (len <= 0)
        return fault_errno(why, "/proc/self/exe");
    grade->prefix[len] = 0;
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(grade->prefix, '/');
        if (!slash)
            return fault_set(why, BLAME_SYSTEM, "the program did not lie in a bin directory");
        *slash = 0;
    }
    return true;
}

/* holdout.pc names its place in the box, wherever it was installed. */
static bool load_pkg_config(struct grade *grade, struct fault *why)
{
    struct str text, line;
    struct text out = { .arena = grade->arena };
    char path[PATH_MAX + 40];
    snprintf(path, sizeof path, "%s/lib/pkgconfig/holdout.pc", grade->prefix);
    if (!file_load(grade->arena, AT_FDCWD, path, PKG_CONFIG_BYTES, &text, why))
        return false;
    while (str_cut(&text, '\n', &line)) {
        text_add(&out, str_starts(line, S("prefix=")) ? S("prefix=/opt/holdout") : line);
        text_char(&out, '\n');
    }
    grade->pkg_config = text_str(&out);
    return true;
}

static bool load_job(struct grade *grade, struct fault *why)
{
    struct str bytes;
    if (!file_load(grade->arena, grade->rundir, "job.json", JOB_BYTES_MOST, &bytes, why) ||
        !job_parse(grade->arena, bytes, &grade->job, why))
        return false;
    int64_t most_ms = grade->job.deadline_ms;
    for (size_t i = 0; !grade->job.deadline_ms && i < grade->job.step_count; i++)
        most_ms += grade->job.steps[i].limits.wall_ms + SLACK_MS / JOB_STEPS_MOST;
    grade->end_us = clock_mono_us() + (most_ms + (grade->job.deadline_ms ? 0 : SLACK_MS)) * 1000;
    grade->result.run = grade->job.run;
    grade->result.attempt = grade->job.attempt;
    grade->result.fence = grade->job.fence;
    return true;
}

/* From here on: the run directory and nothing else. */
static bool confine(const struct grade *grade, struct fault *why)
{
    const struct room rooms[] = { { grade->rundir, NULL, ROOM_WRITE } };
    const struct landlock wanted = { .rooms = rooms, .room_count = 1, .tcp_bounded = true };
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fault_errno(why, "grade-one could not be closed off");
    return landlock_version() == 0 || landlock_enter(&wanted, why);
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
    struct job_step_result *result = &grade->result.steps[at];
    struct fault kept = { .text = "" };
    bool refused = false;
    if (clock_mono_us() >= grade->end_us)
        return fault_set(why, BLAME_PASSING, "the job's deadline had passed");
    result->key = grade->job.steps[at].key;
    result->message = "";
    if (!tell(grade, &(struct progress){ .kind = PROGRESS_STARTED, .step_at = at }, why) ||
        !grade_box_run(grade, at, why) || !grade_log(grade, at, why))
        return false;
    if (!grade_keep(grade, at, &refused, &kept)) {
        if (!refused) {
            *why = kept;
            return false;
        }
        if (strcmp(result->verdict, "ok") == 0) {
            result->verdict = "artifact";
            result->message = arena_print(grade->arena, "%s", kept.text);
        }
    }
    grade->result.step_count = at + 1;
    struct progress ended = {
        .kind = PROGRESS_ENDED, .step_at = at, .verdict = result->verdict, .report = result->report
    };
    return tell(grade, &ended, why);
}

static bool run_steps(struct grade *grade, struct fault *why)
{
    for (size_t i = 0; i < grade->job.step_count; i++) {
        if (!run_step(grade, i, why))
            return fault_within(why, "step %s", grade->job.steps[i].key);
        if (strcmp(grade->result.steps[i].verdict, "internal") == 0)
            return fault_set(why, BLAME_SYSTEM, "step %s: the box failed: %s",
                             grade->job.steps[i].key, grade->result.steps[i].message);
        if (grade->job.steps[i].stop_on_failure &&
            strcmp(grade->result.steps[i].verdict, "ok") != 0)
            return true;
    }
    return true;
}

static bool work(struct grade *grade, struct fault *why)
{
    return confine(grade, why) && lock(grade, why) && clear(grade, why) &&
           grade_inputs_check(grade, why) && run_steps(grade, why) &&
           file_save(grade->rundir, "result.json", job_result_print(grade->arena, &grade->result),
                     0660, why);
}

static bool open_all(struct grade *grade, const struct call *call, struct fault *why)
{
    grade->rundir = call->dir >= 0 ? call->dir : dir_open(AT_FDCWD, call->rundir, why);
    grade->cancel = call->cancel;
    grade->launcher = call->launcher;
    grade->result.host = grade_host_print(grade->arena);
    return grade->rundir >= 0 && find_prefix(grade, why) && load_pkg_config(grade, why) &&
           grade_box_open(grade, why);
}

static int say(const struct call *call, const struct fault *why, int code)
{
    fprintf(stderr, "level=error event=grade-one dir=%s fault=\"%s\"\n", call->rundir, why->text);
    return code;
}

int grade_one_main(int argc, char **argv)
{
    struct call call;
    struct fault why = { .text = "" };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    umask(0007);
    if (!read_call(argc, argv, &call)) {
        fprintf(stderr, "usage: holdout grade-one RUNDIR [--dir-fd N] [--launcher-fd N] "
                        "[--cancel-fd N]\n");
        return EXIT_CALL;
    }
    scoped_arena arena = arena_open(NULL);
    struct grade *grade = arena_new(arena, struct grade);
    grade->arena = arena;
    if (!open_all(grade, &call, &why))
        return say(&call, &why, EXIT_LATER);
    if (!load_job(grade, &why))
        return say(&call, &why, EXIT_JOB);
    bool done = work(grade, &why);
    grade_box_close(grade);
    return done ? EXIT_WRITTEN : say(&call, &why, EXIT_LATER);
}
