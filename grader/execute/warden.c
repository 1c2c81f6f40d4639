/* The warden's loop: children with a role, started again when they die; signals; the end of all. */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/notify.h"
#include "grader/execute/warden_parts.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGAIN_FIRST_MS 200
#define AGAIN_MOST_MS 10000
#define STEADY_MS 30000 /* who ran so long starts over with the shortest wait */
#define GRACE_MS 10000
#define WATCH_MS 1000
#define EXIT_OURS 70
#define EXIT_LATER 75

struct child {
    pid_t pid; /* 0: does not run */
    int socket;
    bool done;
    int64_t started_ms, next_ms, wait_ms;
};

struct keep {
    const struct warden *warden;
    struct child children[WARDEN_CHILDREN_MOST];
    struct helpers helpers;
    struct slots *slots;
    int signals;
    bool stopping;
    int64_t kill_ms;              /* once stopping */
    int64_t watch_ms;             /* the next look */
    int64_t watchdog_ms, bark_ms; /* how often the service manager hears of us, and when next */
    bool told;                    /* the service manager, that we are ready */
    int code;
};

static int64_t now_ms(void)
{
    return clock_mono_us() / 1000;
}

void signals_standard(void)
{
    sigset_t none;
    for (int signal_at = 1; signal_at < NSIG; signal_at++)
        signal(signal_at, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- children ---- */

static _Noreturn void child_become(struct keep *keep, size_t at, int socket, pid_t warden)
{
    const struct warden_child *child = &keep->warden->children[at];
    struct fault why;
    signals_standard();
    setpgid(0, 0); /* Ctrl-C is for the warden, which ends the others in order */
    close(keep->signals);
    for (size_t i = 0; i < keep->warden->child_count; i++)
        fd_scoped(&keep->children[i].socket);
    slots_forget(keep->slots);
    helpers_forget(&keep->helpers);
    if (!house_drop(keep->warden->house, child->role, warden, &why)) {
        dprintf(2, "level=error event=%s fault=\"%s\"\n", child->name, why.text);
        _exit(EXIT_LATER);
    }
    int code = child->main(socket, child->at);
    fflush(NULL);
    _exit(code);
}

static bool child_start(struct keep *keep, size_t at, struct fault *why)
{
    struct child *child = &keep->children[at];
    int pair[2];
    pid_t warden = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return fault_errno(why, "no socket for the %s", keep->warden->children[at].name);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        child_become(keep, at, pair[1], warden);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return fault_errno(why, "the %s could not be started", keep->warden->children[at].name);
    }
    child->pid = pid;
    child->socket = pair[0];
    child->started_ms = now_ms();
    return true;
}

static bool child_is_final(int code)
{
    return code == 0 || code == 1;
}

static bool child_is_hopeless(int code)
{
    return code >= 64 && code <= 78 && code != EXIT_OURS && code != EXIT_LATER;
}

static void stop(struct keep *keep)
{
    keep->kill_ms = keep->stopping
                        ? now_ms()
                        : now_ms() + keep->warden->drain_ms + GRACE_MS; /* asked twice: at once */
    if (!keep->stopping)
        service_notify("STOPPING=1");
    keep->stopping = true;
    for (size_t i = 0; i < keep->warden->child_count; i++)
        if (keep->children[i].pid)
            kill(keep->children[i].pid, SIGTERM);
}

static void child_again(struct keep *keep, size_t at, int status)
{
    struct child *child = &keep->children[at];
    int64_t now = now_ms();
    if (!child->wait_ms || now - child->started_ms >= STEADY_MS)
        child->wait_ms = AGAIN_FIRST_MS;
    else if (child->wait_ms < AGAIN_MOST_MS / 2)
        child->wait_ms *= 2;
    else
        child->wait_ms = AGAIN_MOST_MS;
    child->next_ms = now + child->wait_ms;
    fprintf(stderr, "level=error event=ended child=%s %s=%d again_ms=%lld\n",
            keep->warden->children[at].name, WIFSIGNALED(status) ? "signal" : "code",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
            (long long)child->wait_ms);
}

/* One course that cannot be graded does not end the others. */
static bool others_grade(const struct keep *keep, size_t at)
{
    const struct warden *warden = keep->warden;
    for (size_t i = 0; i < warden->child_count; i++)
        if (i != at && warden->children[at].role == HOUSE_GRADER &&
            warden->children[i].role == HOUSE_GRADER && !keep->children[i].done)
            return true;
    return false;
}

static void child_ended(struct keep *keep, size_t at, int status)
{
    struct child *child = &keep->children[at];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    child->pid = 0;
    fd_scoped(&child->socket);
    child->socket = -1;
    helpers_kill(&keep->helpers, at);
    if (child_is_final(code) || child_is_hopeless(code)) {
        child->done = true;
        if ((keep->warden->children[at].leads || child_is_hopeless(code)) && code > keep->code)
            keep->code = code;
        if (child_is_hopeless(code) && !keep->stopping && !others_grade(keep, at))
            stop(keep);
    } else if (keep->stopping) {
        if (keep->warden->children[at].leads && code > keep->code)
            keep->code = code;
    } else {
        child_again(keep, at, status);
    }
}

static void reap(struct keep *keep)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (slot_reaped(keep->slots, pid) || helper_reaped(&keep->helpers, pid, status))
            continue;
        for (size_t i = 0; i < keep->warden->child_count; i++)
            if (keep->children[i].pid == pid)
                child_ended(keep, i, status);
    }
}

/* ---- the loop ---- */

/* All that lead are done; where nobody leads, all. */
static bool led_to_end(const struct keep *keep)
{
    bool leader = false, all = true;
    for (size_t i = 0; i < keep->warden->child_count; i++) {
        leader |= keep->warden->children[i].leads;
        all &= keep->children[i].done;
        if (keep->warden->children[i].leads && !keep->children[i].done)
            return false;
    }
    return leader || all;
}

static bool children_any(const struct keep *keep)
{
    for (size_t i = 0; i < keep->warden->child_count; i++)
        if (keep->children[i].pid)
            return true;
    return false;
}

static void start_due(struct keep *keep)
{
    struct fault why;
    for (size_t i = 0; i < keep->warden->child_count; i++) {
        struct child *child = &keep->children[i];
        if (child->pid || child->done || keep->stopping || now_ms() < child->next_ms)
            continue;
        if (!child_start(keep, i, &why)) {
            fprintf(stderr, "level=error event=start fault=\"%s\"\n", why.text);
            child->next_ms = now_ms() + AGAIN_MOST_MS;
        }
    }
}

static void watch_due(struct keep *keep)
{
    const struct warden *warden = keep->warden;
    if (now_ms() < keep->watch_ms)
        return;
    keep->watch_ms = now_ms() + WATCH_MS;
    for (size_t i = 0; i < warden->child_count; i++)
        if (warden->children[i].watch && !keep->children[i].done)
            warden->children[i].watch(warden->children[i].at);
}

/* Ready is who has all graders at work; that the loop still turns is what the watchdog hears. */
static void manager_tell(struct keep *keep)
{
    const struct warden *warden = keep->warden;
    size_t ready = 0, wanted = 0;
    for (size_t i = 0; i < warden->child_count; i++)
        if (warden->children[i].role == HOUSE_GRADER) {
            wanted++;
            ready += keep->helpers.ready[i / 64] >> i % 64 & 1;
        }
    if (!keep->told && ready == wanted) {
        keep->told = true;
        service_notify("READY=1\nSTATUS=grading");
    }
    if (keep->watchdog_ms && now_ms() >= keep->bark_ms) {
        keep->bark_ms = now_ms() + keep->watchdog_ms;
        service_notify("WATCHDOG=1");
    }
}

static int wait_ms(const struct keep *keep)
{
    int64_t until = now_ms() + AGAIN_MOST_MS;
    if (!keep->stopping && keep->watch_ms < until)
        until = keep->watch_ms;
    if (keep->watchdog_ms && keep->bark_ms < until)
        until = keep->bark_ms;
    for (size_t i = 0; i < keep->warden->child_count; i++) {
        const struct child *child = &keep->children[i];
        if (!child->pid && !child->done && !keep->stopping && child->next_ms < until)
            until = child->next_ms;
    }
    if (keep->stopping && keep->kill_ms < until)
        until = keep->kill_ms;
    int64_t wait = until - now_ms();
    return wait > 0 ? (int)wait : 0;
}

static void kill_late(struct keep *keep)
{
    if (!keep->stopping || now_ms() < keep->kill_ms)
        return;
    for (size_t i = 0; i < keep->warden->child_count; i++)
        if (keep->children[i].pid)
            kill(keep->children[i].pid, SIGKILL);
    helpers_kill(&keep->helpers, SIZE_MAX);
}

static void take_signals(struct keep *keep)
{
    struct signalfd_siginfo info;
    while (read(keep->signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            stop(keep);
    reap(keep);
}

static void turn(struct keep *keep)
{
    struct pollfd polled[WARDEN_CHILDREN_MOST + 1] = { { .fd = keep->signals, .events = POLLIN } };
    size_t count = keep->warden->child_count;
    for (size_t i = 0; i < count; i++)
        polled[i + 1] = (struct pollfd){ .fd = keep->children[i].socket, .events = POLLIN };
    int ready = poll(polled, count + 1, wait_ms(keep));
    for (size_t i = 0; ready > 0 && i < count; i++)
        if (polled[i + 1].revents && !helper_answer(&keep->helpers, i, polled[i + 1].fd)) {
            close(polled[i + 1].fd); /* the child's end comes by SIGCHLD */
            keep->children[i].socket = -1;
        }
    if (ready > 0 && polled[0].revents)
        take_signals(keep);
}

static bool signals_open(struct keep *keep, struct fault *why)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    keep->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return keep->signals >= 0 || fault_errno(why, "no signalfd");
}

static void end_all(struct keep *keep)
{
    if (!keep->stopping)
        stop(keep);
    while (children_any(keep)) {
        kill_late(keep);
        manager_tell(keep);
        turn(keep);
    }
    helpers_kill(&keep->helpers, SIZE_MAX);
    while (helpers_any(&keep->helpers))
        turn(keep);
    nurseries_close(&keep->helpers);
    slots_close(keep->slots);
    close(keep->signals);
}

int warden_run(const struct warden *warden, struct fault *why)
{
    static struct keep keep; /* large, and one a process */
    assert(warden->child_count <= WARDEN_CHILDREN_MOST);
    keep = (struct keep){ .warden = warden, .watchdog_ms = service_watchdog_ms() };
    for (size_t i = 0; i < warden->child_count; i++)
        keep.children[i].socket = -1;
    if (!signals_open(&keep, why))
        return EXIT_OURS;
    keep.slots = slots_open(warden->house, warden->slots, why);
    if (!keep.slots)
        return EXIT_OURS;
    keep.helpers.house = warden->house;
    keep.helpers.slots = keep.slots;
    while (!led_to_end(&keep) && !keep.stopping) {
        start_due(&keep);
        watch_due(&keep);
        manager_tell(&keep);
        turn(&keep);
    }
    end_all(&keep);
    return keep.code;
}
