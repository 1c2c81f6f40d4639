/* Namespaces that boxes are built in, one after the other. */
#include "sandbox/inside/site.h"
#include "sandbox/inside/words.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES 65536

void site_nothing(struct site *site)
{
    *site = (struct site){ .user = -1, .mounts = -1, .porch = -1 };
}

void site_close(struct site *site)
{
    fd_close(&site->user);
    fd_close(&site->mounts);
    fd_close(&site->porch);
    site->dirty = false;
}

/* Where a part of the host environment lies between boxes. */
static void stock_path(const struct part *part, char path[300])
{
    snprintf(path, 300, "/stock/%.255s", part->path);
}

/* ---- founding: by a child in new namespaces ---- */

struct founding {
    const struct ground *ground;
    const struct part *parts; /* with their trees */
    int root;                 /* of the site */
    int words;
};
struct founded {
    bool good;
    struct trouble trouble;
};

static int own_namespace(const struct ground *ground, const char *kind)
{
    char path[32];
    snprintf(path, sizeof path, "self/ns/%s", kind);
    return openat(ground->proc, path, O_RDONLY | O_CLOEXEC);
}

static bool into_root(int root, struct trouble *why)
{
    return (pivot_here(root) && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0) ||
           trouble_set(why, "could not leave the old root");
}

/* The first mount namespace stays as the porch, a copy of it becomes the site's. */
static bool build(const struct founding *plan, struct trouble *why)
{
    const struct ground *ground = plan->ground;
    char path[300];
    if (unshare(CLONE_NEWNS))
        return trouble_set(why, "no mount namespace");
    if (!tree_attach(plan->root, AT_FDCWD, "/new"))
        return trouble_set(why, "could not attach the root");
    if (!into_root(plan->root, why))
        return false;
    for (size_t i = 0; i < ground->part_count; i++) {
        stock_path(&plan->parts[i], path);
        if (!plan->parts[i].link[0] && !tree_attach(plan->parts[i].tree, AT_FDCWD, path))
            return trouble_set(why, "could not attach %s", path);
    }
    return true;
}

static _Noreturn void found(const struct founding *plan)
{
    const struct ground *ground = plan->ground;
    struct founded word = { .good = false };
    int fds[3] = { own_namespace(ground, "user"), own_namespace(ground, "mnt"), -1 };
    char end;
    if (fds[0] >= 0 && fds[1] >= 0 && build(plan, &word.trouble))
        fds[2] = own_namespace(ground, "mnt");
    word.good = fds[2] >= 0;
    bool told = words_send(plan->words, &word, sizeof word, fds, word.good ? 3 : 0, 0);
    while (told && word.good && recv(plan->words, &end, 1, 0) < 0 && errno == EINTR)
        ; /* the launcher maps the numbers meanwhile */
    _exit(0);
}

/* What the founder made. */
static bool receive(struct site *site, int words, struct trouble *why)
{
    struct founded word;
    int fds[3];
    size_t count = 3;
    errno = 0;
    if (!words_receive(words, &word, sizeof word, fds, &count, 0))
        return trouble_set(why, "the founder of a site ended");
    if (count == 3) {
        site->user = fds[0];
        site->porch = fds[1];
        site->mounts = fds[2];
        return true;
    }
    *why = word.trouble;
    errno = 0;
    return trouble_set(why, "lost a namespace");
}

static bool by_child(struct site *site, struct founding *plan, struct trouble *why)
{
    int pair[2], pidfd = -1;
    siginfo_t info;
    struct clone_args how = {
        .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
    };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return trouble_set(why, "no socket");
    plan->words = pair[1];
    long pid = syscall(SYS_clone3, &how, sizeof how);
    if (pid == 0) {
        close(pair[0]);
        found(plan);
    }
    close(pair[1]);
    bool good = (pid > 0 || trouble_set(why, "could not clone")) &&
                ground_map(plan->ground, (pid_t)pid, why) && receive(site, pair[0], why);
    close(pair[0]); /* the founder ends */
    while (pidfd >= 0 && waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) && errno == EINTR)
        ;
    fd_close(&pidfd);
    return good;
}

bool site_make(struct site *site, struct ground *ground, struct trouble *why)
{
    struct part parts[sizeof ground->parts / sizeof *ground->parts];
    struct founding plan = { .ground = ground, .parts = parts };
    site_nothing(site);
    site->ground = ground;
    plan.root = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (plan.root < 0)
        return trouble_set(why, "could not clone the ground");
    int count = ground_parts(ground, parts, why);
    bool made = count >= 0 && by_child(site, &plan, why);
    close(plan.root);
    if (count >= 0)
        parts_close(parts, (size_t)count);
    if (!made)
        site_close(site);
    return made;
}

/* ---- visits: by a child that shares all but its namespaces, while the launcher waits ---- */

struct visit {
    struct site *site;
    bool (*work)(struct visit *visit);
    struct clone_args *how; /* of site_clone */
    void (*main)(void *);
    void *arg;
    pid_t pid;
    int error;
    bool good;
};

/* On a stack that a sanitizer does not know, should the command have been built with one. */
__attribute__((no_sanitize("address"))) static int visit_main(void *arg)
{
    struct visit *visit = arg;
    visit->good = setns(visit->site->user, CLONE_NEWUSER) == 0 && visit->work(visit);
    visit->error = errno;
    return 0;
}

static bool visit_run(struct visit *visit)
{
    static char stack[STACK_BYTES] __attribute__((aligned(16)));
    int status;
    pid_t pid = clone(visit_main, stack + sizeof stack,
                      CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, visit);
    if (pid < 0)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    errno = visit->error;
    return visit->good;
}

static bool move(const char *from, int dir, const char *to)
{
    return move_mount(AT_FDCWD, from, dir, to, 0) == 0;
}

static bool on_one_device(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev;
}

/* Nothing but the stock is left, and all of that. */
static bool is_clear(const struct site *site)
{
    char path[300];
    bool clear = on_one_device("/", "/new") && on_one_device("/", "/hold") &&
                 on_one_device("/stock/dev", "/stock/dev/shm");
    for (size_t i = 0; i < site->ground->part_count; i++) {
        stock_path(&site->ground->parts[i], path);
        clear = clear && (site->ground->parts[i].link[0] || !on_one_device("/", path));
    }
    return clear;
}

/*
 * What belongs to the site goes back, what belongs to the box comes beneath its root, as far as
 * they were mounted: pid 1 may have died at any time.
 */
static bool clear_there(struct visit *visit)
{
    const struct ground *ground = visit->site->ground;
    char from[300], to[300];
    if (setns(visit->site->mounts, CLONE_NEWNS))
        return false;
    move("/new/dev/shm", AT_FDCWD, "/new/tmp");
    move("/hold", AT_FDCWD, "/new/tmp");
    for (size_t i = 0; i < ground->part_count; i++) {
        snprintf(from, sizeof from, "/new/%s", ground->parts[i].path);
        stock_path(&ground->parts[i], to);
        if (!ground->parts[i].link[0])
            move(from, AT_FDCWD, to);
    }
    umount2("/new", MNT_DETACH);
    visit->site->dirty = !is_clear(visit->site);
    return !visit->site->dirty;
}

static bool clone_there(struct visit *visit)
{
    if (visit->site->dirty && !clear_there(visit))
        return false;
    if (setns(visit->site->porch, CLONE_NEWNS))
        return false;
    long pid = syscall(SYS_clone3, visit->how, sizeof *visit->how);
    if (pid == 0) {
        visit->main(visit->arg);
        _exit(70);
    }
    visit->pid = pid > 0 ? (pid_t)pid : 0;
    return pid > 0;
}

pid_t site_clone(struct site *site, struct clone_args *how, void (*main)(void *), void *arg,
                 struct trouble *why)
{
    struct visit visit = {
        .site = site, .work = clone_there, .how = how, .main = main, .arg = arg
    };
    how->flags |= CLONE_PARENT;
    how->exit_signal = 0; /* the visitor's: SIGCHLD */
    if (!visit_run(&visit))
        trouble_set(why, "could not clone");
    return visit.pid;
}

void site_leave(struct site *site)
{
    site->taken = false;
    site->dirty = site->mounts >= 0;
}

void site_clear(struct site *site)
{
    struct visit visit = { .site = site, .work = clear_there };
    if (site->dirty && !visit_run(&visit))
        site_close(site);
}

/* ---- in pid 1 of a box ---- */

bool site_enter(const struct site *site, struct trouble *why)
{
    return setns(site->mounts, CLONE_NEWNS) == 0 ||
           trouble_set(why, "could not enter the mount namespace");
}

bool site_unload(const struct site *site, int root, struct trouble *why)
{
    char from[300];
    for (size_t i = 0; i < site->ground->part_count; i++) {
        const struct part *part = &site->ground->parts[i];
        stock_path(part, from);
        bool good = part->link[0]
                        ? symlinkat(part->link, root, part->path) == 0
                        : mkdirat(root, part->path, 0755) == 0 && move(from, root, part->path);
        if (!good)
            return trouble_set(why, "could not attach /%s", part->path);
    }
    return true;
}
