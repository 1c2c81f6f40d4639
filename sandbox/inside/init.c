/* Pid 1 of a box. */
#include "sandbox/inside/init.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_FD 3 /* behind 0, 1, 2; nothing else stays open */

static bool say(int words, const struct init_word *word, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = { (void *)(uintptr_t)word, sizeof *word };
    struct msghdr out = { .msg_iov = &part, .msg_iovlen = 1 };
    if (fd >= 0) {
        memset(&control, 0, sizeof control);
        out.msg_control = &control;
        out.msg_controllen = sizeof control;
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    }
    return sendmsg(words, &out, MSG_NOSIGNAL) >= 0;
}

static bool wait_for_numbers(struct setup *setup, struct trouble *why)
{
    char byte;
    ssize_t got;
    do
        got = read(setup->go, &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1 || trouble_set(why, "the launcher ended");
}

/* The only user here; dies with the launcher. */
static bool become(struct setup *setup, struct trouble *why)
{
    char byte;
    if (setresgid(BOX_GID, BOX_GID, BOX_GID) || setresuid(BOX_UID, BOX_UID, BOX_UID))
        return trouble_set(why, "could not become the box's user");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0))
        return trouble_set(why, "could not bind to the launcher");
    errno = 0;
    /* If the launcher died before the line above, its end of the pipe is gone. */
    if (fcntl(setup->go, F_SETFL, O_NONBLOCK) || read(setup->go, &byte, 1) == 0)
        return trouble_set(why, "the launcher ended");
    return true;
}

static bool join(struct setup *setup, struct trouble *why)
{
    if (!group_join(setup->group))
        return trouble_set(why, "could not join the control groups");
    if (unshare(CLONE_NEWCGROUP))
        return trouble_set(why, "no control group namespace");
    return sethostname("box", 3) == 0 || trouble_set(why, "could not set the host name");
}

/* 0, 1, 2 and WORDS_FD, nothing else. */
static bool keep_descriptors(struct setup *setup, struct trouble *why)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int from[] = { null, setup->out, setup->err, setup->words };
    for (size_t i = 0; i < 4; i++) /* out of the way of the low numbers first */
        if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 16)) < 0)
            return trouble_set(why, "no descriptor left");
    for (int i = 0; i < 4; i++)
        if (dup3(from[i], i, i == WORDS_FD ? O_CLOEXEC : 0) < 0 && from[i] != i)
            return trouble_set(why, "could not place the descriptors");
    setup->words = WORDS_FD;
    return close_range(WORDS_FD + 1, ~0u, 0) == 0 ||
           trouble_set(why, "could not close the descriptors");
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

static int64_t own_cpu_us(void)
{
    struct rusage usage = { 0 };
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static _Noreturn void run(struct setup *setup, struct init_word *word)
{
    struct payload_result result = { 0 };
    word->setup_cpu_us = own_cpu_us();
    word->from_us = now_us();
    pid_t child = vfork();
    if (child == 0)
        payload_main(setup, &result);
    word->landlock = result.landlock;
    if (child < 0 || result.step) {
        errno = child < 0 ? errno : result.exec_errno;
        trouble_set(&word->trouble, "could not %s", child < 0 ? "fork" : result.step);
        word->kind = INIT_FAILED;
        say(setup->words, word, -1);
        _exit(1);
    }
    word->kind = INIT_STARTED;
    if (!result.exec_errno)
        say(setup->words, word, -1);
    word->status = reap_until(child);
    word->to_us = now_us();
    if (word->status)
        word->left_count = count_left();
    word->exec_errno = result.exec_errno;
    word->kind = INIT_ENDED;
    say(setup->words, word, -1);
    _exit(0);
}

_Noreturn void init_main(struct setup *setup)
{
    static bool (*const steps[])(struct setup *, struct trouble *) = {
        wait_for_numbers,
        become,
        join,
        root_build,
    };
    struct init_word word = { .kind = INIT_FAILED };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        errno = 0;
        if (!steps[i](setup, &word.trouble)) {
            say(setup->words, &word, -1);
            _exit(1);
        }
    }
    signals_ready();
    scoped_fd proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool mounted = proc >= 0 && faccessat(proc, "self", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    word.kind = INIT_READY;
    say(setup->words, &word, mounted ? proc : -1);
    fd_close(&proc);
    if (!keep_descriptors(setup, &word.trouble)) {
        word.kind = INIT_FAILED;
        say(setup->words, &word, -1);
        _exit(1);
    }
    run(setup, &word);
}
