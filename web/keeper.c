/* Keeps one worker running that knows the newest store files. */
#include "web/keeper.h"
#include "core/base/clock.h"
#include "core/base/str.h"
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_NS 100000000
#define AGAIN_US 1000000 /* after a worker that died */
#define PATIENCE_US 5000000

struct stamp {
    dev_t device;
    ino_t inode;
    struct timespec changed; /* of secrets, which a worker reads once: they, or who may read them */
};
/* Beneath a course: what a worker may open, and the secrets. */
static const char *const watched[] = {
    "state/store.db",     "state/store.db-wal",  "state/store.db-shm", "state/inbox.db",
    "state/inbox.db-wal", "state/inbox.db-shm",  "secrets/web/github", "secrets/web/gitlab",
    "secrets/web/gitea",  "secrets/web/forgejo",
};
#define WATCHED_COUNT (sizeof watched / sizeof *watched)
struct stamps {
    struct stamp at[OPTIONS_DIRS_MOST][WATCHED_COUNT];
};

static void read_stamps(const struct options *options, struct stamps *out)
{
    *out = (struct stamps){ 0 };
    for (size_t i = 0; i < options->dir_count; i++)
        for (size_t k = 0; k < WATCHED_COUNT; k++) {
            char path[PATH_MAX];
            struct stat about;
            int len = snprintf(path, sizeof path, "%s/%s", options->dirs[i], watched[k]);
            if (len <= 0 || (size_t)len >= sizeof path || stat(path, &about) != 0)
                continue;
            out->at[i][k] = (struct stamp){ .device = about.st_dev, .inode = about.st_ino };
            if (str_starts(str_of(watched[k]), S("secrets/")))
                out->at[i][k].changed = about.st_ctim;
        }
}

static bool same(const struct options *options, const struct stamps *a, const struct stamps *b)
{
    for (size_t i = 0; i < options->dir_count; i++)
        for (size_t k = 0; k < WATCHED_COUNT; k++) {
            const struct stamp *one = &a->at[i][k], *other = &b->at[i][k];
            if (one->inode != other->inode || one->device != other->device ||
                one->changed.tv_sec != other->changed.tv_sec ||
                one->changed.tv_nsec != other->changed.tv_nsec)
                return false;
        }
    return true;
}

static pid_t start(const struct options *options, int listen_fd,
                   int (*work)(const struct options *options, int listen_fd))
{
    pid_t keeper = getpid();
    fflush(NULL);
    pid_t worker = fork();
    if (worker != 0)
        return worker;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper)
        _exit(70);
    exit(work(options, listen_fd));
}

/* SIGTERM, then SIGKILL; returns the exit code, 70 when it had to be killed. */
static int stop(pid_t worker)
{
    if (worker <= 0)
        return 0;
    kill(worker, SIGTERM);
    int status = 0;
    for (int64_t end_us = clock_mono_us() + PATIENCE_US; clock_mono_us() < end_us; usleep(10000))
        if (waitpid(worker, &status, WNOHANG) != 0)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
    kill(worker, SIGKILL);
    waitpid(worker, &status, 0);
    return 70;
}

int keeper_run(const struct options *options, int listen_fd,
               int (*work)(const struct options *options, int listen_fd))
{
    struct stamps *stamps = calloc(2, sizeof *stamps), *now = stamps + 1;
    if (!stamps)
        abort();
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    read_stamps(options, stamps);
    pid_t worker = start(options, listen_fd, work);
    int64_t again_us = 0;
    for (;;) {
        int signal = sigtimedwait(&wanted, NULL, &(struct timespec){ .tv_nsec = LOOK_NS });
        if (signal == SIGTERM || signal == SIGINT)
            break;
        if (worker > 0 && waitpid(worker, NULL, WNOHANG) == worker) {
            fprintf(stderr, "event=worker_died next=again\n");
            worker = 0;
            again_us = clock_mono_us() + AGAIN_US;
        }
        read_stamps(options, now);
        bool changed = !same(options, stamps, now);
        if (!changed && (worker > 0 || clock_mono_us() < again_us))
            continue;
        *stamps = *now;
        stop(worker);
        worker = start(options, listen_fd, work);
        again_us = clock_mono_us() + AGAIN_US;
    }
    free(stamps);
    return stop(worker);
}
