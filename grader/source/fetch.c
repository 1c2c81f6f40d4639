/* Fetching, the parent's side: start the child, wait until the deadline, read what it says. */
#include "grader/source/fetch.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/source/fetch_words.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS 500 /* that the child has beyond its own clock before it is killed */
#define FIRST_FREE_FD 64

/* Every descriptor goes to its place, all others are closed. */
void fetch_become(const int fds[FETCH_FDS])
{
    static char *const argv[] = { "holdout", "fetch-one", NULL };
#ifdef __SANITIZE_ADDRESS__ /* its leak search cannot look into a confined process */
    static char *const env[] = { "HOME=/nonexistent", "ASAN_OPTIONS=detect_leaks=0", NULL };
#else
    static char *const env[] = { "HOME=/nonexistent", NULL };
#endif
    int high[FETCH_FDS];
    for (int i = 0; i < FETCH_FDS; i++)
        high[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    for (int i = 0; i < FETCH_FDS; i++) {
        close(i);
        if (high[i] >= 0 && dup2(high[i], i) != i)
            _exit(127);
    }
    syscall(SYS_close_range, FETCH_FDS, ~0u, 0);
    execve("/proc/self/exe", argv, env);
    _exit(127);
}

int fetch_spawn_self(void *at, const int fds[FETCH_FDS], struct fault *why)
{
    (void)at;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        fault_errno(why, "the fetch process could not be started");
        return -1;
    }
    if (pid == 0) {
        if (getppid() == parent)
            fetch_become(fds);
        _exit(127);
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) {
        fault_errno(why, "the fetch process could not be held");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return pidfd;
}

/* Reads until the child has closed its end; false: the deadline passed or it said too much. */
static bool read_result(int from, int64_t until_ms, struct text *out)
{
    for (;;) {
        struct clock clock = clock_system();
        int64_t left_ms = until_ms - clock_boot_ms(&clock);
        struct pollfd wait = { from, POLLIN, 0 };
        int ready = left_ms > 0 ? poll(&wait, 1, (int)left_ms) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        char piece[16384];
        ssize_t got = read(from, piece, sizeof piece);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || out->len + (size_t)got > FETCH_RESULT_BYTES_MOST)
            return false;
        text_add(out, (struct str){ piece, (size_t)got });
    }
}

static bool make_request(struct arena *arena, const struct fetch_request *request, int *out,
                         struct fault *why)
{
    *out = memfd_create("fetch-request", MFD_CLOEXEC);
    if (*out < 0)
        return fault_errno(why, "the fetch request could not be made");
    return fd_write(*out, fetch_request_print(arena, request), why) &&
           (lseek(*out, 0, SEEK_SET) == 0 ||
            fault_errno(why, "the fetch request could not be made"));
}

/* How a child ended that said nothing usable. */
static bool ended_badly(const struct fetch_request *request, struct arena *arena, bool in_time,
                        const siginfo_t *end, struct fetch_result *out, struct fault *why)
{
    bool own_clock =
        end->si_code != CLD_EXITED && (end->si_status == SIGALRM || end->si_status == SIGXCPU);
    if (in_time && !own_clock)
        return fault_set(why, BLAME_SYSTEM, "the fetch process for %.*s ended with %s %d",
                         STR_ARGS(request->address.text),
                         end->si_code == CLD_EXITED ? "code" : "signal", end->si_status);
    out->state = FETCH_UNREACHABLE;
    out->text = str_of(arena_print(arena, "%.*s gave no complete answer within %.1f seconds",
                                   STR_ARGS(request->address.text), request->deadline_ms / 1000.0));
    return true;
}

static bool run_child(const struct fetch_request *request, struct arena *arena,
                      struct fetch_result *out, struct fault *why)
{
    int ends[2];
    int asked;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fault_errno(why, "the fetch process could not be started");
    scoped(fd) int from = ends[0];
    int64_t until_ms;
    scoped(fd) int pidfd = -1;
    {
        scoped(fd) int to = ends[1];
        bool made = make_request(arena, request, &asked, why);
        scoped(fd) int ask = asked;
        if (!made)
            return false;
        int fds[FETCH_FDS] = {
            ask, to, STDERR_FILENO, request->mirror, request->repository, request->secrets
        };
        struct clock clock = clock_system();
        until_ms = clock_boot_ms(&clock) + request->deadline_ms + GRACE_MS;
        pidfd = request->spawn.start(request->spawn.at, fds, why);
        if (pidfd < 0)
            return false;
    }
    struct text said = { .arena = arena };
    bool in_time = read_result(from, until_ms, &said);
    if (!in_time)
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    siginfo_t end = { .si_code = CLD_EXITED };
    while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED) != 0 && errno == EINTR)
        continue;
    if (in_time && said.len > 0)
        return fetch_result_parse(arena, text_str(&said), out, why);
    return ended_badly(request, arena, in_time, &end, out, why);
}

bool fetch_run(const struct fetch_request *request, struct arena *arena, struct fetch_result *out,
               struct fault *why)
{
    struct fetch_request full = *request;
    *out = (struct fetch_result){ .state = FETCH_UNREACHABLE };
    if (full.most_bytes == 0)
        full.most_bytes = (uint64_t)FETCH_REPO_MB << 20;
    if (full.deadline_ms == 0)
        full.deadline_ms = FETCH_DEADLINE_MS;
    if (full.idle_ms == 0)
        full.idle_ms = FETCH_IDLE_MS;
    if (!full.spawn.start)
        full.spawn.start = fetch_spawn_self;
    return run_child(&full, arena, out, why);
}
