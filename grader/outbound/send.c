/* The parent's side of sending: start the process, read what it says until a deadline, end it. */
#include "grader/outbound/send.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS 1000 /* that the child has beyond its own clock before it is killed */
#define FIRST_FREE_FD 64

static _Noreturn void become(const int fds[SEND_FDS])
{
    static char *const argv[] = { "holdout", "send-one", NULL };
    static char *const env[] = { "OPENBLAS_NUM_THREADS=1", "ASAN_OPTIONS=detect_leaks=0", NULL };
    int high[SEND_FDS];
    for (int i = 0; i < SEND_FDS; i++)
        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    for (int i = 0; i < SEND_FDS; i++)
        if (high[i] < 0 || dup2(high[i], i) != i)
            _exit(127);
    syscall(SYS_close_range, SEND_FDS, ~0u, 0);
    execve("/proc/self/exe", argv, env);
    _exit(127);
}

/* The usual one: fork and execute under the same user. */
static int spawn_self(void *at, const int fds[SEND_FDS], struct fault *why)
{
    (void)at;
    pid_t pid = fork();
    if (pid == 0)
        become(fds);
    int pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd >= 0)
        return pidfd;
    fault_errno(why, "the sending process could not be started");
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return -1;
}

static int request_make(struct str request, struct fault *why)
{
    int fd = memfd_create("send-request", MFD_CLOEXEC);
    if (fd >= 0 && fd_write(fd, request, why) && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    fault_errno(why, "the request to the sending process could not be made");
    fd_scoped(&fd);
    return -1;
}

/* Until its end, the deadline, or more than it may say. */
static void said_read(int from, int64_t end_us, struct text *said)
{
    char piece[4096];
    while (said->len < SEND_RESULT_BYTES_MOST) {
        int64_t left_ms = (end_us - clock_mono_us()) / 1000;
        struct pollfd wait = { from, POLLIN, 0 };
        int ready = left_ms > 0 ? poll(&wait, 1, (int)left_ms) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t got = ready > 0 ? read(from, piece, sizeof piece) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        text_add(said, (struct str){ piece, (size_t)got });
    }
}

bool send_run(const struct send_request *request, const struct send_spawn *spawn,
              struct arena *arena, struct send_answer *answers, struct fault *why)
{
    int ends[2];
    struct text said = { .arena = arena };
    int deadline_ms = request->deadline_ms ? request->deadline_ms : SEND_DEADLINE_MS;
    memset(answers, 0, request->call_count * sizeof *answers);
    scoped(fd) int ask = request_make(send_request_print(arena, request), why);
    if (ask < 0)
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fault_errno(why, "the sending process could not be started");
    scoped(fd) int from = ends[0];
    int fds[SEND_FDS] = { ask, ends[1], STDERR_FILENO };
    int64_t end_us = clock_mono_us() + (deadline_ms + GRACE_MS) * 1000ll;
    scoped(fd) int pidfd =
        spawn && spawn->start ? spawn->start(spawn->at, fds, why) : spawn_self(NULL, fds, why);
    close(ends[1]);
    if (pidfd < 0)
        return false;
    said_read(from, end_us, &said);
    struct pollfd wait = { pidfd, POLLIN, 0 };
    if (poll(&wait, 1, GRACE_MS) != 1)
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    if (!spawn || !spawn->start) {
        siginfo_t end;
        while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED) != 0 && errno == EINTR)
            continue;
    }
    if (said.len)
        send_answers_parse(arena, text_str(&said), answers, request->call_count);
    if (request->call_count && !answers[0].tried)
        return fault_set(why, BLAME_PASSING, "the sending process ended without a word");
    return true;
}
