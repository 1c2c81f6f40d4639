/* Helpers forked by a process that is ready: asking it, and what it does. */
#include "grader/execute/nursery.h"
#include "core/base/file.h"
#include "grader/execute/warden_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIRTH_MS 5000 /* it has to load its libraries before the first one */
#define WORDS_MOST 16
#define CANNOT_START 71

/* ---- the warden's side ---- */

void nursery_close(struct nursery *nursery)
{
    if (!nursery->pid)
        return;
    close(nursery->socket);
    kill(nursery->pid, SIGKILL);
    *nursery = (struct nursery){ .socket = -1 };
}

bool nursery_bear(struct nursery *nursery, const struct nursery_order *order, const int *fds,
                  pid_t *pid, bool *tried, struct fault *why)
{
    struct nursery_born born = { .pid = -1 };
    struct pollfd answer = { .fd = nursery->socket, .events = POLLIN };
    struct str whole = { (const char *)order, sizeof *order };
    size_t given = (size_t)__builtin_popcount(order->fd_mask), none = 0;
    *tried = nursery->pid != 0 && message_send(nursery->socket, whole, fds, given, true);
    if (!*tried)
        return false;
    nursery->used++;
    /* whether one was born is not known without an answer: its caller hangs up and tries again */
    if (poll(&answer, 1, BIRTH_MS) != 1 ||
        message_receive(nursery->socket, &born, sizeof born, NULL, &none) < 0)
        return fault_set(why, BLAME_PASSING, "no answer came to the order of a helper");
    errno = born.error;
    *pid = born.pid;
    return born.pid > 0 || fault_errno(why, "a helper could not be started");
}

/* ---- its own side ---- */

bool fds_arrange(int *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (wanted[i] < 0 && i < 3)
            wanted[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (wanted[i] < 0 && i >= 3)
            continue;
        wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 64);
        if (wanted[i] < 0)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (wanted[i] >= 0 ? dup2(wanted[i], (int)i) < 0 : (close((int)i), false))
            return false;
    return syscall(SYS_close_range, (unsigned)count, ~0u, 0) == 0;
}

/* The words as argv; 0 when they are not what they should be. */
static int words_cut(struct nursery_order *order, char *argv[WORDS_MOST + 1])
{
    char *at = order->words, *end = order->words + sizeof order->words;
    if (order->word_count < 2 || order->word_count > WORDS_MOST)
        return 0;
    for (uint32_t i = 0; i < order->word_count; i++) {
        size_t len = strnlen(at, (size_t)(end - at));
        if (at + len == end)
            return 0;
        argv[i] = at;
        at += len + 1;
    }
    argv[order->word_count] = NULL;
    return (int)order->word_count;
}

/* The memory of this process' command line. */
struct nursery_line {
    char *at;
    size_t room;
};

/* As people see it in the list of processes. */
static void line_write(struct nursery_line line, char *const *argv)
{
    size_t used = 0;
    memset(line.at, 0, line.room);
    for (size_t i = 0; argv[i] && used + 1 < line.room; i++)
        used += (size_t)snprintf(line.at + used, line.room - used, "%s", argv[i]) + 1;
}

struct nursery_home {
    struct nursery_line line;
    nursery_main *(*find)(const char *name);
    pid_t warden;
};

/* In the fork: what the warden does before exec, and what exec does. */
static _Noreturn void born(const struct nursery_home *home, struct nursery_order *order, int *given)
{
    int fds[WARDEN_FDS_MOST];
    char *argv[WORDS_MOST + 1];
    int argc = words_cut(order, argv);
    nursery_main *run = argc ? home->find(argv[1]) : NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!run || getppid() != home->warden)
        _exit(CANNOT_START);
    for (size_t i = 0; i < order->fd_count; i++)
        fds[i] = order->fd_mask >> i & 1 ? *given++ : -1;
    setsid();
    if (!fds_arrange(fds, order->fd_count) || prctl(PR_SET_DUMPABLE, 1) != 0)
        _exit(CANNOT_START);
    line_write(home->line, argv);
    int code = run(argc - 1, argv + 1);
    fflush(NULL);
    _exit(code);
}

/*
 * The raw call, since the C library's fork cannot give a child to its parent's parent. It has one
 * thread, so nothing is locked that would have to be opened again.
 */
static pid_t fork_beside(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
}

static bool order_check(const struct nursery_order *order, size_t count)
{
    return order->fd_count <= WARDEN_FDS_MOST && order->fd_mask >> order->fd_count == 0 &&
           count == (size_t)__builtin_popcount(order->fd_mask);
}

/* False: the warden is gone, or makes no sense. */
static bool order_take(const struct nursery_home *home)
{
    static struct nursery_order order;
    struct nursery_born said = { .pid = -1, .error = EINVAL };
    int given[WARDEN_FDS_MOST];
    size_t count = WARDEN_FDS_MOST;
    if (message_receive(NURSERY_SOCKET, &order, sizeof order, given, &count) < 0)
        return false;
    if (order_check(&order, count)) {
        said.pid = fork_beside();
        said.error = said.pid < 0 ? errno : 0;
        if (said.pid == 0)
            born(home, &order, given);
    }
    for (size_t i = 0; i < count; i++)
        close(given[i]);
    struct str whole = { (const char *)&said, sizeof said };
    return message_send(NURSERY_SOCKET, whole, NULL, 0, false);
}

int nursery_serve(int argc, char **argv, nursery_main *(*find)(const char *name))
{
    const char *last = argv[argc - 1];
    struct nursery_line line = { argv[0], (size_t)(last - argv[0]) + strlen(last) };
    struct nursery_home home = { line, find, getppid() };
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return CANNOT_START;
    while (order_take(&home))
        continue;
    return 0;
}
