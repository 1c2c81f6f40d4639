/* Makes a box for a job that may still be unknown, and hands the job over to its pid 1. */
#include "sandbox/inside/ready.h"
#include "sandbox/inside/meter.h"
#include "sandbox/inside/without.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of newer kernel headers than those of Debian 12. */
#define GET_MOUNTS _IO(0xff, 3)
#define GET_NETWORK _IO(0xff, 4)

/* What pid 1 inherits, and the launcher closes once it has. */
struct making {
    struct setup setup;
    struct part parts[PARTS_MOST];
};

static bool own_root(const struct job *job)
{
    return job && job->fds[FD_ROOT] >= 0;
}

static bool take_parts(struct making *making, struct ground *ground, const struct job *job,
                       struct trouble *why)
{
    char **const paths[] = { job->lists[LIST_WRITABLE], job->lists[LIST_READONLY],
                             job->lists[LIST_BINDS], job->lists[LIST_FILES] };
    int count = ground_root_parts(ground, job->fds[FD_ROOT], paths, 4, making->parts, why);
    making->setup.parts = making->parts;
    making->setup.part_count = count < 0 ? 0 : (size_t)count;
    return count >= 0;
}

bool wants_disk(const struct job *job)
{
    return own_root(job) || job->place_count;
}

void workshop_stock(struct workshop *shop)
{
    groups_stock(&shop->groups, &shop->limits);
    if (!spaces_open(&shop->spaces, &shop->ground, &shop->limits, shop->disk, 0))
        spaces_close(&shop->spaces);
}

static bool make_spaces(struct ready *ready, bool disk, int64_t files, struct trouble *why)
{
    struct workshop *shop = ready->shop;
    ready->spaces = shop->spaces;
    spaces_nothing(&shop->spaces);
    return spaces_open(&ready->spaces, &shop->ground, &ready->limits, disk, files) ||
           trouble_set(why, "could not make the box's tmpfs");
}

static bool make_pipes(struct ready *ready, struct setup *setup, struct trouble *why)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 }, words[2] = { -1, -1 };
    bool good = pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0 &&
                socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, words) == 0;
    ready->streams[0] = out[0];
    ready->streams[1] = err[0];
    ready->words = words[0];
    setup->out = out[1];
    setup->err = err[1];
    setup->words = words[1];
    if (!good)
        return trouble_set(why, "no pipe");
    for (size_t i = 0; i < 2; i++)
        fcntl(ready->streams[i], F_SETFL, O_NONBLOCK);
    return true;
}

static bool clone_init(struct ready *ready, struct setup *setup, struct trouble *why)
{
    struct clone_args how = {
        .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_PIDFD | CLONE_CLEAR_SIGHAND |
                 (STANDS("pidns") ? CLONE_NEWPID : 0) | (STANDS("ipcns") ? CLONE_NEWIPC : 0) |
                 (STANDS("utsns") ? CLONE_NEWUTS : 0) | (setup->network ? CLONE_NEWNET : 0),
        .pidfd = (uint64_t)(uintptr_t)&ready->pidfd,
        .exit_signal = SIGCHLD,
    };
    if (ready->group.dirs[GROUP_V2] >= 0) {
        how.flags |= CLONE_INTO_CGROUP;
        how.cgroup = (unsigned)ready->group.dirs[GROUP_V2];
    }
    ground_mark(&ready->shop->ground, true);
    long pid = syscall(SYS_clone3, &how, sizeof how);
    if (pid == 0)
        init_main(setup);
    int error = errno;
    ground_mark(&ready->shop->ground, false);
    errno = error;
    ready->pid = pid > 0 ? (pid_t)pid : 0;
    return pid > 0 || trouble_set(why, "could not clone");
}

static int namespace_of(const struct ready *ready, const struct ground *ground, const char *kind,
                        unsigned long by_pidfd)
{
    char path[48];
    int ns = ioctl(ready->pidfd, by_pidfd, 0); /* without a look into /proc, since Linux 6.11 */
    if (ns >= 0)
        return ns;
    snprintf(path, sizeof path, "%d/ns/%s", (int)ready->pid, kind);
    return openat(ground->proc, path, O_RDONLY | O_CLOEXEC);
}

/* One number each: nobody else exists inside, the host's root least of all. */
static bool map_numbers(const struct ready *ready, const struct ground *ground, struct trouble *why)
{
    char path[48], text[64];
    bool good = true;
    if (!ground->root) { /* else there is one group to choose from */
        snprintf(path, sizeof path, "%d/setgroups", (int)ready->pid);
        good = write_text(ground->proc, path, "deny");
    }
    snprintf(path, sizeof path, "%d/uid_map", (int)ready->pid);
    snprintf(text, sizeof text, "%d %u 1", BOX_UID, ground->uid);
    good = good && write_text(ground->proc, path, text);
    snprintf(path, sizeof path, "%d/gid_map", (int)ready->pid);
    snprintf(text, sizeof text, "%d %u 1", BOX_GID, ground->gid);
    good = good && write_text(ground->proc, path, text);
    return good || trouble_set(why, "could not map the box's user");
}

/* Where no control group counts time. */
static bool open_clock(struct ready *ready, struct trouble *why)
{
    if (ready->group.dirs[GROUP_V2] >= 0 || ready->group.dirs[GROUP_CPUACCT] >= 0)
        return true;
    ready->perf = meter_clock(ready->pid);
    return ready->perf >= 0 || !is_passing() || trouble_set(why, "no task clock");
}

static void close_given(struct making *making)
{
    fd_close(&making->setup.words);
    fd_close(&making->setup.out);
    fd_close(&making->setup.err);
    for (size_t i = 0; i < making->setup.part_count; i++)
        fd_close(&making->parts[i].tree);
}

void ready_nothing(struct ready *ready)
{
    memset(ready, 0, sizeof *ready);
    spaces_nothing(&ready->spaces);
    ready->words = ready->pidfd = -1;
    ready->perf = ready->mounts = ready->net = -1;
    ready->streams[0] = ready->streams[1] = -1;
    group_nothing(&ready->group);
}

static bool take_life(struct ready *ready)
{
    struct workshop *shop = ready->shop;
    if (!shop->lives) {
        void *at = mmap(NULL, LIVES_MOST * sizeof *shop->lives, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        shop->lives = at == MAP_FAILED ? NULL : at;
    }
    for (size_t i = 0; shop->lives && i < LIVES_MOST && !ready->life; i++)
        if (!shop->taken[i]) {
            shop->taken[i] = true;
            ready->life = &shop->lives[i];
            ready->life->started_us = 0;
        }
    return ready->life;
}

static void making_nothing(struct making *making, const struct ready *ready)
{
    struct setup *setup = &making->setup;
    memset(setup, 0, sizeof *setup);
    setup->group = &ready->group;
    setup->room = &ready->shop->room;
    setup->life = ready->life;
    setup->words = setup->out = setup->err = -1;
    for (size_t i = 0; i < WIRE_LIST_MOST; i++)
        setup->bind_trees[i] = -1;
}

bool ready_make(struct ready *ready, struct workshop *shop, const struct job *job,
                struct trouble *why)
{
    static struct making making; /* large */
    const struct init_order go = { .kind = INIT_GO };
    int64_t files = job ? (int64_t)job->counts[LIST_FILES] : shop->files;
    ready_nothing(ready);
    ready->shop = shop;
    ready->limits = job ? job->limits : shop->limits;
    if (!take_life(ready))
        return trouble_set(why, "no memory");
    making_nothing(&making, ready);
    making.setup.known = job;
    making.setup.own_root = own_root(job);
    making.setup.enter_late = own_root(job) && job->counts[LIST_MASKS];
    making.setup.network = STANDS("netns") && job && job->port;
    bool made = (!own_root(job) || take_parts(&making, &shop->ground, job, why)) &&
                make_spaces(ready, job ? wants_disk(job) : shop->disk, files, why) &&
                group_make(&shop->groups, &ready->limits, &ready->group, why) &&
                make_pipes(ready, &making.setup, why);
    making.setup.disk = ready->spaces.disk;
    making.setup.scratch = ready->spaces.scratch;
    made = made && clone_init(ready, &making.setup, why);
    if (made)
        ready->mounts = namespace_of(ready, &shop->ground, "mnt", GET_MOUNTS);
    if (made && job && job->port &&
        (ready->net = namespace_of(ready, &shop->ground, "net", GET_NETWORK)) < 0)
        made = trouble_set(why, "could not open the box's network");
    made = made && open_clock(ready, why);
    close_given(&making);
    made = made && map_numbers(ready, &shop->ground, why) &&
           (init_tell(ready->words, &go, NULL, 0) || trouble_set(why, "pid 1 of the box died"));
    if (!made)
        ready_drop(ready);
    return made;
}

bool ready_fits(const struct ready *ready, const struct job *job)
{
    return ready->pid && !job->port && !own_root(job) &&
           !job->limits.cpu_milli == !ready->limits.cpu_milli;
}

static bool resize(struct ready *ready, const struct job *job, struct trouble *why)
{
    if (!spaces_resize(&ready->spaces, &job->limits, (int64_t)job->counts[LIST_FILES]))
        return trouble_set(why, "could not size the box's tmpfs");
    return group_limit(&ready->group, &job->limits, why);
}

/* Clones of the binds, in orders of as many as fit. */
static bool give_binds(struct ready *ready, const struct job *job, struct trouble *why)
{
    const struct ground *ground = &ready->shop->ground;
    for (size_t i = 0; i < job->bind_fds;) {
        const struct init_order order = { .kind = INIT_BINDS };
        int trees[INIT_FDS_MOST];
        size_t count = 0;
        bool good = true;
        for (; good && i < job->bind_fds && count < INIT_FDS_MOST; i++) {
            bool writable = job_bind_writable(job->lists[LIST_BINDS][i]);
            int tree = ground_clone(ground, job->binds[i], writable, why);
            good = tree >= 0;
            if (good)
                trees[count++] = tree;
        }
        good = good && (init_tell(ready->words, &order, trees, count) ||
                        trouble_set(why, "could not hand over a bind"));
        for (size_t k = 0; k < count; k++)
            close(trees[k]);
        if (!good)
            return false;
    }
    return true;
}

/* A disk that pid 1 has not inherited goes with the job. */
static bool tell_job(struct ready *ready, const struct job *job, struct trouble *why)
{
    struct init_order order = { .kind = INIT_JOB, .files = job->counts[LIST_FILES] };
    int fds[2];
    size_t count = 0;
    if (order.files)
        fds[count++] = job->socket;
    order.disk = ready->spaces.disk < 0 && wants_disk(job);
    if (order.disk) {
        if (!spaces_open(&ready->spaces, &ready->shop->ground, &job->limits, true,
                         (int64_t)job->counts[LIST_FILES]))
            return trouble_set(why, "could not make the box's tmpfs");
        fds[count++] = ready->spaces.disk;
    }
    errno = 0;
    return init_tell(ready->words, &order, fds, count) || trouble_set(why, "pid 1 of the box died");
}

bool ready_give(struct ready *ready, const struct job *job, struct trouble *why)
{
    bool given =
        resize(ready, job, why) && give_binds(ready, job, why) && tell_job(ready, job, why);
    ready->limits = job->limits;
    return given;
}

static void await(struct ready *ready)
{
    siginfo_t info;
    while (waitid(P_PIDFD, (id_t)ready->pidfd, &info, WEXITED) && errno == EINTR)
        ;
    ready->pid = 0;
}

void ready_stop(struct ready *ready)
{
    if (ready->pid && !ready->stopped)
        ready->stopped = process_kill(ready->pidfd);
}

void ready_kill(struct ready *ready)
{
    ready_stop(ready);
    if (ready->pid)
        await(ready);
}

void ready_drop(struct ready *ready)
{
    ready_kill(ready);
    group_drop(&ready->group);
    if (ready->life)
        ready->shop->taken[ready->life - ready->shop->lives] = false;
    ready->life = NULL;
    fd_close(&ready->mounts);
    fd_close(&ready->net);
    if (ready->shop && ready->shop->groups.keep)
        spaces_pass(&ready->spaces, &ready->shop->spaces);
    spaces_close(&ready->spaces);
    fd_close(&ready->words);
    fd_close(&ready->pidfd);
    fd_close(&ready->perf);
    for (size_t i = 0; i < 2; i++)
        fd_close(&ready->streams[i]);
}
