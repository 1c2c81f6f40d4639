/* What stands in for the helpers in tests of the warden: it says who and where it is. */
#pragma once

#include "grader/execute/nursery.h"
#include "tests/grader/execute/stage.h"
#include <sys/prctl.h>
#include <time.h>

static inline void nap(int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

/* One write: several say it into one file. */
static inline void say_who(int to, const char *role, const char *truth)
{
    gid_t groups[16];
    scoped(fd) int fd = open(truth, O_RDONLY | O_CLOEXEC);
    int failed = errno;
    dprintf(to, "%suid=%u gid=%u groups=%d nnp=%d truth=%s\n", role, getuid(), getgid(),
            getgroups(16, groups), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
            fd >= 0 ? "read" : strerror(failed));
}

/* One line: an address of the program, the parent, and the command line as others see it. */
static inline int where_am_i(void)
{
    static const int place; /* of the program, as loaded */
    char line[300] = "";
    scoped(fd) int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, line, sizeof line - 1);
    for (ssize_t i = 0; i + 1 < got; i++)
        line[i] = line[i] ? line[i] : ' ';
    dprintf(1, "%p %d %s\n", (const void *)&place, (int)getppid(), line);
    return 0;
}

/* Stands in for both helpers; argv[2] says what to do. */
static inline int helper_main(char **argv)
{
    int open_count = 0;
    for (int fd = 3; fd < 256; fd++)
        open_count += fcntl(fd, F_GETFD) >= 0;
    if (strcmp(argv[2], "sleep") == 0) {
        dprintf(1, "%d\n", (int)getpid());
        nap(60000);
    }
    if (strcmp(argv[2], "seven") == 0)
        return 7;
    if (strcmp(argv[2], "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(argv[2], "where") == 0)
        return where_am_i();
    dprintf(1, "open=%d session=%d env=%s ", open_count, getsid(0) == getpid(),
            getenv("SECRET") ? "leaks" : "clean");
    say_who(1, "", argv[2]);
    return 0;
}

static inline int helper_born(int argc, char **argv)
{
    (void)argc;
    return helper_main(argv - 1);
}

static inline nursery_main *helper_find(const char *name)
{
    return strcmp(name, "fetch-one") == 0 || strcmp(name, "grade-one") == 0 ? helper_born : NULL;
}
