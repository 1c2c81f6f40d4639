/* From vfork to exec: what the command is left with. Runs in pid 1's memory: system calls only. */
#include "sandbox/inside/init.h"
#include "sandbox/inside/wall.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool limit(__rlimit_resource_t what, int64_t soft, int64_t hard)
{
    struct rlimit now;
    if (getrlimit(what, &now))
        return false;
    rlim_t most = now.rlim_max; /* raising needs a privilege that may be missing */
    struct rlimit set = { (rlim_t)soft < most ? (rlim_t)soft : most,
                          (rlim_t)hard < most ? (rlim_t)hard : most };
    return setrlimit(what, &set) == 0;
}

static bool limits_set(const struct box_limits *limits, bool counted)
{
    int64_t cpu_s = (limits->cpu_ms + 999) / 1000 + 1; /* the tree's limit is held from outside */
    int64_t file_bytes =
        limits->disk_bytes > limits->memory_bytes ? limits->disk_bytes : limits->memory_bytes;
    const struct {
        __rlimit_resource_t what;
        int64_t value;
    } rows[] = {
        { RLIMIT_CORE, 1 }, /* not 0: a core pattern that is a pipe runs in spite of 0 */
        { RLIMIT_CPU, cpu_s },
        { RLIMIT_FSIZE, file_bytes },
        { RLIMIT_NOFILE, limits->open_files },
        { RLIMIT_STACK, limits->stack_bytes },
        /* In this user namespace, with pid 1. Above the control group's, which counts refusals. */
        { RLIMIT_NPROC, limits->processes + (counted ? 8 : 1) },
        { RLIMIT_MEMLOCK, 0 },
        { RLIMIT_MSGQUEUE, 0 },
        { RLIMIT_SIGPENDING, 4096 },
        { RLIMIT_RTPRIO, 0 },
        { RLIMIT_NICE, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!limit(rows[i].what, rows[i].value, rows[i].value))
            return false;
    return true;
}

static const char *search_path(char *const *envp)
{
    for (size_t i = 0; envp[i]; i++)
        if (strncmp(envp[i], "PATH=", 5) == 0)
            return envp[i] + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

/* Returns errno. */
static int execute(char *const *argv, char *const *envp)
{
    char path[4096];
    int error = ENOENT;
    if (strchr(argv[0], '/')) {
        execve(argv[0], argv, envp);
        return errno;
    }
    for (const char *part = search_path(envp); *part;) {
        size_t len = strcspn(part, ":");
        if (len &&
            (size_t)snprintf(path, sizeof path, "%.*s/%s", (int)len, part, argv[0]) < sizeof path) {
            execve(path, argv, envp);
            if (errno != ENOENT && errno != ENOTDIR)
                error = errno;
        }
        part += len + (part[len] == ':');
    }
    return error;
}

_Noreturn void payload_main(const struct setup *setup, struct payload_result *result)
{
    const struct job *job = setup->job;
    bool there = false;
    errno = 0;
    if (setsid() < 0)
        result->step = "start a session";
    else if (chdir(job->lists[LIST_CWD][0]))
        result->step = "enter the working directory";
    else if (!limits_set(&job->limits, groups_pids(setup->group->groups)))
        result->step = "set the limits";
    else if (!wall_capabilities())
        result->step = "drop the capabilities";
    else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        result->step = "set no_new_privs";
    else if (!wall_landlock(job, &there))
        result->step = "set Landlock";
    else if (!wall_seccomp())
        result->step = "load the system call filter";
    if (result->step) {
        result->exec_errno = errno;
        _exit(127);
    }
    result->landlock = there;
    result->exec_errno = execute(job->lists[LIST_ARGV], job->lists[LIST_ENVP]);
    _exit(127);
}
