/* The parent's hold on a fetch process. */
#include "grader/source/fetch_process.h"
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

#define GRACE_MS 500 /* that the child has beyond its own clock before it is killed */
#define FIRST_FREE_FD 64

/* Every descriptor goes to its place, all others are closed. */
void fetch_become(const int fds[FETCH_FDS])
{
    static char *const argv[] = { "holdout", "fetch-one", NULL };
    /* One thread from the start, see leave_threads_behind; and under ASan no search
     * for leaks, which cannot look into a confined process. */
    static char *const env[] = { "HOME=/nonexistent", "OPENBLAS_NUM_THREADS=1",
                                 "ASAN_OPTIONS=detect_leaks=0", NULL };
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

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock_boot_ms(&clock);
}

static int make_request(struct str request, struct fault *why)
{
    int fd = memfd_create("fetch-request", MFD_CLOEXEC);
    if (fd >= 0 && fd_write(fd, request, why) && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    fault_errno(why, "the request to the fetch process could not be made");
    fd_scoped(&fd);
    return -1;
}

bool fetch_process_start(struct fetch_process *process, const struct fetch_process_plan *plan,
                         struct fault *why)
{
    int ends[2];
    struct fetch_spawn spawn = plan->spawn;
    *process = (struct fetch_process){
        .from = -1, .pidfd = -1, .started_ms = now_ms(), .deadline_ms = plan->deadline_ms
    };
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fault_errno(why, "the fetch process could not be started");
    process->from = ends[0];
    scoped(fd) int to = ends[1];
    scoped(fd) int ask = make_request(plan->request, why);
    int fds[FETCH_FDS] = { ask, to, STDERR_FILENO, plan->mirror, plan->repository, plan->secrets };
    if (!spawn.start)
        spawn.start = fetch_spawn_self;
    if (ask >= 0)
        process->pidfd = spawn.start(spawn.at, fds, why);
    if (process->pidfd >= 0)
        return true;
    fd_scoped(&process->from);
    return false;
}

ssize_t fetch_process_read(struct fetch_process *process, void *to, size_t size)
{
    for (;;) {
        int64_t left_ms = process->started_ms + process->deadline_ms + GRACE_MS - now_ms();
        struct pollfd wait = { process->from, POLLIN, 0 };
        int ready = left_ms > 0 ? poll(&wait, 1, (int)left_ms) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        process->late = ready == 0;
        if (ready <= 0)
            return -1;
        ssize_t got = read(process->from, to, size);
        if (got >= 0 || errno != EINTR)
            return got;
    }
}

bool fetch_process_end(struct fetch_process *process, struct fault *why)
{
    siginfo_t end = { .si_code = CLD_EXITED };
    struct pollfd wait = { process->pidfd, POLLIN, 0 };
    fd_scoped(&process->from); /* first: it may still be writing */
    if (poll(&wait, 1, process->late ? 0 : GRACE_MS) != 1)
        syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0);
    int code;
    while ((code = waitid(P_PIDFD, (id_t)process->pidfd, &end, WEXITED)) != 0 && errno == EINTR)
        continue;
    fd_scoped(&process->pidfd);
    bool own_clock = code == 0 && end.si_code != CLD_EXITED &&
                     (end.si_status == SIGALRM || end.si_status == SIGXCPU);
    process->late =
        process->late || own_clock || now_ms() - process->started_ms >= process->deadline_ms;
    if (process->late || (code == 0 && end.si_code == CLD_EXITED && end.si_status == 0))
        return true;
    if (code != 0) /* somebody else's child: who started it knows how it ended */
        return fault_set(why, BLAME_SYSTEM, "the fetch process ended before it had said anything");
    return fault_set(why, BLAME_SYSTEM, "the fetch process ended with %s %d",
                     end.si_code == CLD_EXITED ? "code" : "signal", end.si_status);
}
