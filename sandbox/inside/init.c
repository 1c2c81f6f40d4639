/* Pid 1 of a box. */
#include "sandbox/inside/init.h"
#include "sandbox/inside/calls.h"
#include "sandbox/inside/port.h"
#include "sandbox/inside/without.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES 65536
#define SOON_US 2000

static bool say(int words, const struct init_word *word, int fd)
{
    return words_send(words, word, sizeof *word, &fd, fd >= 0, 0);
}

bool init_tell(int words, const struct init_order *order, const int *fds, size_t count)
{
    return words_send(words, order, sizeof *order, fds, count, 0);
}

static bool hear(struct setup *setup, struct init_order *order, int *fds, size_t *count)
{
    *count = INIT_FDS_MOST;
    return words_receive(setup->words, order, sizeof *order, fds, count, 0);
}

static int number_order(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Of what the launcher has open only what is this box's own; the jobs to read only. */
static bool close_others(struct setup *setup, struct trouble *why)
{
    int keep[PARTS_MOST + GROUP_KINDS + 8];
    size_t count = 0;
    const int own[] = { setup->words, setup->out, setup->err, setup->disk, setup->scratch };
    if (!job_room_enter(setup->room))
        return trouble_set(why, "could not see the job");
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        keep[count++] = own[i];
    for (size_t i = 0; i < setup->part_count; i++)
        keep[count++] = setup->parts[i].tree;
    for (size_t i = 0; i < GROUP_KINDS; i++)
        keep[count++] = setup->group->tasks[i];
    qsort(keep, count, sizeof *keep, number_order);
    int from = 3;
    for (size_t i = 0; i < count; i++) {
        if (keep[i] > from)
            close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
        if (keep[i] >= from)
            from = keep[i] + 1;
    }
    return close_range((unsigned)from, ~0u, 0) == 0 ||
           trouble_set(why, "could not close the descriptors");
}

static bool wait_for_numbers(struct setup *setup, struct trouble *why)
{
    struct init_order order;
    int fds[INIT_FDS_MOST];
    size_t count;
    return (hear(setup, &order, fds, &count) && order.kind == INIT_GO) ||
           trouble_set(why, "the launcher ended");
}

static bool wait_for_job(struct setup *setup, struct trouble *why)
{
    struct init_order order;
    int fds[INIT_FDS_MOST];
    size_t count;
    for (;;) {
        errno = 0;
        if (!hear(setup, &order, fds, &count))
            return trouble_set(why, "the launcher ended");
        if (order.kind == INIT_JOB) {
            setup->job_socket = order.files && count ? fds[0] : -1;
            if (order.disk && count)
                setup->disk = fds[count - 1];
            return true;
        }
        for (size_t i = 0; i < count && setup->bind_count < WIRE_LIST_MOST; i++)
            setup->bind_trees[setup->bind_count++] = fds[i];
    }
}

/* What the launcher ignores; handlers were cleared by clone3. */
static void signals_ready(void)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The only user here; dies with the launcher. */
static bool become(struct setup *setup, struct trouble *why)
{
    struct pollfd seat = { .fd = setup->words };
    signals_ready();
    if (setresgid(BOX_GID, BOX_GID, BOX_GID) || setresuid(BOX_UID, BOX_UID, BOX_UID))
        return trouble_set(why, "could not become the box's user");
    if ((STANDS("pdeathsig") && prctl(PR_SET_PDEATHSIG, SIGKILL)) ||
        prctl(PR_SET_DUMPABLE, !STANDS("dumpable")))
        return trouble_set(why, "could not bind to the launcher");
    errno = 0;
    /* If the launcher died before the line above, its end is gone, whatever it still said. */
    if (poll(&seat, 1, 0) > 0 && seat.revents & POLLHUP)
        return trouble_set(why, "the launcher ended");
    return true;
}

static bool join(struct setup *setup, struct trouble *why)
{
    if (!group_join(setup->group))
        return trouble_set(why, "could not join the control groups");
    if (STANDS("cgroupns") && unshare(CLONE_NEWCGROUP))
        return trouble_set(why, "no control group namespace");
    return !STANDS("utsns") || sethostname("box", 3) == 0 ||
           trouble_set(why, "could not set the host name");
}

static bool network(struct setup *setup, struct trouble *why)
{
    return !setup->network || loopback_raise(why);
}

static bool keep_words(struct setup *setup, struct trouble *why)
{
    if (setup->words != WORDS_FD && dup3(setup->words, WORDS_FD, O_CLOEXEC) < 0)
        return trouble_set(why, "no descriptor left");
    setup->words = WORDS_FD;
    return close_range(WORDS_FD + 1, ~0u, 0) == 0 ||
           trouble_set(why, "could not close the descriptors");
}

/* Reaps all that comes; returns how `child` ended. */
static int reap_until(pid_t child)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid == child)
            return status;
        if (pid < 0 && errno != EINTR)
            return -1;
    }
}

/*
 * Whoever is left in a pid namespace is a child of its pid 1, or beneath one: without parents they
 * become its children. No child of any kind: nobody is left, and nobody can come.
 */
static bool is_alone(void)
{
    pid_t pid;
    int status;
    do
        pid = waitpid(-1, &status, WNOHANG | __WALL);
    while (pid > 0);
    return pid < 0 && errno == ECHILD && getpid() == 1;
}

/* Processes and threads that are left, pid 1 not counted: was a limit hit, where nobody counts? */
static int64_t count_left(void)
{
    char path[64], text[2048];
    int64_t count = 0;
    DIR *list = opendir("/proc");
    for (struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list)) {
        if (!isdigit((unsigned char)entry->d_name[0]) || strcmp(entry->d_name, "1") == 0)
            continue;
        snprintf(path, sizeof path, "/proc/%.20s/status", entry->d_name);
        const char *threads =
            read_text(AT_FDCWD, path, text, sizeof text) ? strstr(text, "\nThreads:") : NULL;
        count += threads ? strtoll(threads + 9, NULL, 10) : 1;
    }
    if (list)
        closedir(list);
    return count;
}

int64_t own_cpu_us(void)
{
    struct timespec used = { 0 };
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

void turn_set(uint32_t *turn, uint32_t value)
{
    __atomic_store_n(turn, value, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void turn_wait(uint32_t *turn, uint32_t while_value)
{
    while (__atomic_load_n(turn, __ATOMIC_SEQ_CST) == while_value)
        syscall(SYS_futex, turn, FUTEX_WAIT, while_value, NULL, NULL, 0);
}

/*
 * The process that will be the command, ready but for an unknown job. Runs only while this one
 * waits, or detaches the old root, which takes the kernel a while, or closes what is open: no call
 * that may fail and go on, so errno is the other's.
 */
static bool spawn(struct setup *setup, struct trouble *why)
{
    static char stack[STACK_BYTES] __attribute__((aligned(16)));
    static struct payload payload;
    setup->payload = &payload;
    payload.running = 1;
    payload.words = setup->words;
    payload.turn = setup->known ? PAYLOAD_PREPARED : PAYLOAD_NEW;
    pid_t pid = clone(payload_main, stack + sizeof stack, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD,
                      setup, NULL, NULL, &payload.running);
    if (pid < 0)
        return trouble_set(why, "could not fork");
    setup->child = pid;
    if (setup->own_root && !pivot_leave())
        return trouble_set(why, "could not leave the launcher's root");
    if (setup->known)
        return true;
    turn_wait(&payload.turn, PAYLOAD_NEW);
    errno = payload.exec_errno;
    return !payload.step || trouble_set(why, "could not %s", payload.step);
}

static bool spawn_early(struct setup *setup, struct trouble *why)
{
    return setup->known || spawn(setup, why);
}

static bool spawn_late(struct setup *setup, struct trouble *why)
{
    return (!setup->known || spawn(setup, why)) && keep_words(setup, why);
}

/* A command that is over at once needs no launcher that wakes up twice. */
static bool ends_soon(void)
{
    const struct timespec moment = { .tv_nsec = SOON_US * 1000 };
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    return sigtimedwait(&children, NULL, &moment) == SIGCHLD;
}

/*
 * The launcher first: woken on the processor where the kernel takes this one apart, it and its
 * caller would wait for that. It kills; or it is dead itself.
 */
static void wait_for_end(int words)
{
    char byte;
    while (recv(words, &byte, sizeof byte, 0) < 0 && errno == EINTR)
        ;
}

static _Noreturn void run(struct setup *setup, struct init_word *word)
{
    struct payload *payload = setup->payload;
    turn_set(&payload->turn, PAYLOAD_GO);
    turn_wait(&payload->running, 1);
    word->from_us = payload->from_us;
    word->setup_cpu_us = own_cpu_us() + payload->setup_cpu_us;
    word->landlock = payload->landlock;
    if (payload->step) {
        errno = payload->exec_errno;
        trouble_set(&word->trouble, "could not %s", payload->step);
        word->kind = INIT_FAILED;
        say(setup->words, word, -1);
        _exit(1);
    }
    if (!payload->exec_errno) {
        __atomic_store_n(&setup->life->started_us, word->from_us, __ATOMIC_RELEASE);
        word->kind = INIT_STARTED;
        if (!ends_soon()) {
            scoped_fd command = (int)syscall(SYS_pidfd_open, setup->child, 0);
            say(setup->words, word, command);
        }
    }
    word->status = reap_until(setup->child);
    word->to_us = now_us();
    word->alone = is_alone();
    if (word->status && !word->alone)
        word->left_count = count_left();
    word->exec_errno = payload->exec_errno;
    word->kind = INIT_ENDED;
    if (say(setup->words, word, -1) && word->alone)
        wait_for_end(setup->words);
    _exit(0);
}

static bool ready(struct setup *setup, struct trouble *why)
{
    const struct init_word word = { .kind = INIT_READY, .proc = setup->proc };
    bool wanted = setup->proc && !groups_memory(setup->group->groups);
    scoped_fd proc = wanted ? openat(setup->root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (wanted && proc < 0)
        return trouble_set(why, "could not open /proc");
    return say(setup->words, &word, proc) || trouble_set(why, "the launcher ended");
}

_Noreturn void init_main(struct setup *setup)
{
    static bool (*const steps[])(struct setup *, struct trouble *) = {
        close_others, wait_for_numbers, become,      join,       network, root_prepare, spawn_early,
        ready,        wait_for_job,     root_finish, spawn_late,
    };
    struct init_word word = { .kind = INIT_FAILED };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        errno = 0;
        if (!steps[i](setup, &word.trouble)) {
            say(setup->words, &word, -1);
            _exit(1);
        }
    }
    run(setup, &word);
}
