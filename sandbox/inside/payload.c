/*
 * From clone to exec: what the command is left with. Runs in pid 1's memory, and only while that
 * one waits, since they share errno as well.
 */
#include "sandbox/inside/calls.h"
#include "sandbox/inside/init.h"
#include "sandbox/inside/wall.h"
#include "sandbox/inside/without.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef __GLIBC__
typedef __rlimit_resource_t resource;
#else
typedef int resource;
#endif

static bool limit(resource what, int64_t value)
{
    struct rlimit set = { (rlim_t)value, (rlim_t)value }, now;
    if (!STANDS("rlimits") || setrlimit(what, &set) == 0)
        return true;
    if (errno != EPERM || getrlimit(what, &now)) /* raising needs a privilege that may be missing */
        return false;
    if (set.rlim_max > now.rlim_max)
        set.rlim_cur = set.rlim_max = now.rlim_max;
    return setrlimit(what, &set) == 0;
}

/* The same in every box. */
static bool limits_fixed(void)
{
    static const struct {
        resource what;
        int64_t value;
    } rows[] = {
        { RLIMIT_CORE, 1 }, /* not 0: a core pattern that is a pipe runs in spite of 0 */
        { RLIMIT_MEMLOCK, 0 }, { RLIMIT_MSGQUEUE, 0 }, { RLIMIT_SIGPENDING, 4096 },
        { RLIMIT_RTPRIO, 0 },  { RLIMIT_NICE, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!limit(rows[i].what, rows[i].value))
            return false;
    return true;
}

static bool limits_set(const struct box_limits *limits, bool counted)
{
    int64_t cpu_s = (limits->cpu_ms + 999) / 1000 + 1; /* the tree's limit is held from outside */
    int64_t file_bytes =
        limits->disk_bytes > limits->memory_bytes ? limits->disk_bytes : limits->memory_bytes;
    const struct {
        resource what;
        int64_t value;
    } rows[] = {
        { RLIMIT_CPU, cpu_s },
        { RLIMIT_FSIZE, file_bytes },
        { RLIMIT_NOFILE, limits->open_files },
        { RLIMIT_STACK, limits->stack_bytes },
        /* In this user namespace, with pid 1. Above the control group's, which counts refusals. */
        { RLIMIT_NPROC, limits->processes + (counted ? 8 : 1) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!limit(rows[i].what, rows[i].value))
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

/* Standard input is empty, the outputs are pipes, what else is open goes before the command. */
static bool descriptors(const struct setup *setup)
{
    int words = setup->payload->words;
    return dup2(setup->null, 0) == 0 && dup2(setup->out, 1) == 1 && dup2(setup->err, 2) == 2 &&
           (words == WORDS_FD || dup3(words, WORDS_FD, O_CLOEXEC) == WORDS_FD) &&
           (!STANDS("descriptors") || close_range(WORDS_FD + 1, ~0u, 0) == 0);
}

/* The filter, and its listener to the launcher. */
static bool filter(void)
{
    const struct init_word word = { .kind = INIT_LISTENING };
    int listener = -1;
    bool loaded = wall_seccomp(&listener) &&
                  (listener < 0 || words_send(WORDS_FD, &word, sizeof word, &listener, 1, 0));
    int error = errno;
    fd_close(&listener);
    close(WORDS_FD);
    errno = error;
    return loaded;
}

/* What needs no job. */
static const char *prepare(const struct setup *setup, struct wall *wall)
{
    errno = 0;
    if (!descriptors(setup))
        return "place the descriptors";
    if (setsid() < 0)
        return "start a session";
    if (!limits_fixed())
        return "set the limits";
    if (!wall_landlock_begin(wall))
        return "make a Landlock ruleset";
    if (!wall_capabilities() || (STANDS("nnp") && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
        return "drop the capabilities";
    /* The kernel takes 0.2 ms for it. What is still to do is allowed to every command. */
    return filter() ? NULL : "load the system call filter";
}

static const char *tighten(const struct setup *setup, struct wall *wall)
{
    const struct job *job = setup->room->job;
    errno = 0;
    if (chdir(job->lists[LIST_CWD][0]))
        return "enter the working directory";
    if (!limits_set(&job->limits, groups_pids(setup->group->groups)))
        return "set the limits";
    return wall_landlock_end(wall, job) ? NULL : "set Landlock";
}

static void step(struct payload *payload, const char *failed)
{
    payload->step = failed;
    payload->exec_errno = failed ? errno : 0;
}

/* On a stack that a sanitizer does not know, should the command have been built with one. */
__attribute__((no_sanitize("address"))) int payload_main(void *arg)
{
    const struct setup *setup = arg;
    struct payload *payload = setup->payload;
    const struct job *job = setup->room->job;
    struct wall wall;
    step(payload, prepare(setup, &wall));
    payload->landlock = wall.ruleset >= 0;
    if (!setup->known) {
        turn_set(&payload->turn, PAYLOAD_PREPARED);
        turn_wait(&payload->turn, PAYLOAD_PREPARED);
    }
    payload->setup_cpu_us = own_cpu_us();
    if (!payload->step)
        step(payload, tighten(setup, &wall));
    turn_wait(&payload->turn, PAYLOAD_PREPARED); /* until pid 1 has left the launcher's root */
    payload->from_us = now_us();
    if (!payload->step)
        payload->exec_errno =
            execute(job->lists[LIST_ARGV], without_environment(job->lists[LIST_ENVP]));
    _exit(127);
}
