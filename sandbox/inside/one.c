/* One job from its socket to its report. */
#include "sandbox/inside/one.h"
#include "sandbox/inside/keep.h"
#include "sandbox/inside/verdict.h"
#include "sandbox/inside/watch.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARTS_FRESH_MOST 512

struct one {
    const struct ground *ground;
    struct groups *groups;
    struct job job;
    struct group group;
    struct part parts[PARTS_MOST];
    struct setup setup;
    struct watch watch;
    struct keep keep;
    struct trouble trouble;
    int go, words;
    pid_t pid;
};

static bool allowed(struct one *one)
{
    char weaker[160];
    errno = 0;
    if (verdict_degraded(one->ground, one->groups, weaker, sizeof weaker) && !one->job.degraded)
        return trouble_set(&one->trouble,
                           "refused on this machine unless a degraded box is accepted: %s", weaker);
    return true;
}

static bool take_parts(struct one *one)
{
    char **const paths[] = { one->job.lists[LIST_WRITABLE], one->job.lists[LIST_READONLY],
                             one->job.lists[LIST_BINDS], one->job.lists[LIST_FILES] };
    int count = one->job.fds[FD_ROOT] < 0 ? ground_parts(one->ground, one->parts, &one->trouble)
                                          : ground_root_parts(one->ground, one->job.fds[FD_ROOT],
                                                              paths, 4, one->parts, &one->trouble);
    one->setup.parts = one->parts;
    one->setup.part_count = count < 0 ? 0 : (size_t)count;
    return count >= 0;
}

static bool take_binds(struct one *one)
{
    for (size_t i = 0; i < one->job.bind_fds; i++) {
        bool writable = job_bind_writable(one->job.lists[LIST_BINDS][i]);
        one->setup.bind_trees[i] = ground_clone(one->ground, one->job.binds[i], writable,
                                                &one->setup.bind_directories[i], &one->trouble);
        if (one->setup.bind_trees[i] < 0)
            return false;
    }
    return true;
}

static bool make_spaces(struct one *one)
{
    const struct box_limits *limits = &one->job.limits;
    const struct ground *ground = one->ground;
    int64_t fresh = PARTS_FRESH_MOST + (int64_t)one->job.counts[LIST_FILES];
    one->setup.disk =
        tmpfs_open(limits->disk_bytes, limits->inodes + fresh, "0755", ground->uid, ground->gid);
    one->setup.scratch =
        tmpfs_open(limits->disk_bytes, limits->inodes, "0755", ground->uid, ground->gid);
    return (one->setup.disk >= 0 && one->setup.scratch >= 0) ||
           trouble_set(&one->trouble, "could not make the box's tmpfs");
}

static bool make_pipes(struct one *one)
{
    int pairs[4][2];
    for (size_t i = 0; i < 4; i++) {
        int failed = i == 3 ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pairs[i])
                            : pipe2(pairs[i], O_CLOEXEC);
        if (failed) {
            while (i-- > 0) {
                close(pairs[i][0]);
                close(pairs[i][1]);
            }
            return trouble_set(&one->trouble, "no pipe");
        }
    }
    one->watch.streams[0].from = pairs[0][0];
    one->setup.out = pairs[0][1];
    one->watch.streams[1].from = pairs[1][0];
    one->setup.err = pairs[1][1];
    one->setup.go = pairs[2][0];
    one->go = pairs[2][1];
    one->words = pairs[3][0];
    one->setup.words = pairs[3][1];
    for (size_t i = 0; i < 2; i++)
        fcntl(one->watch.streams[i].from, F_SETFL, O_NONBLOCK);
    return true;
}

static bool start(struct one *one)
{
    struct clone_args how = {
        .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
                 CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)&one->watch.pidfd,
        .exit_signal = SIGCHLD,
    };
    if (one->group.dirs[GROUP_V2] >= 0) {
        how.flags |= CLONE_INTO_CGROUP;
        how.cgroup = (unsigned)one->group.dirs[GROUP_V2];
    }
    long pid = syscall(SYS_clone3, &how, sizeof how);
    if (pid == 0) {
        fd_close(&one->go);
        init_main(&one->setup);
    }
    one->pid = (pid_t)pid;
    return pid > 0 || trouble_set(&one->trouble, "could not clone");
}

/* One number each: nobody else exists inside, the host's root least of all. */
static bool map_numbers(struct one *one)
{
    char path[48], text[64];
    bool good = true;
    /* When the whole machine runs out of memory, what is in boxes goes first. */
    snprintf(path, sizeof path, "%d/oom_score_adj", (int)one->pid);
    write_text(one->ground->proc, path, "1000");
    snprintf(path, sizeof path, "%d/setgroups", (int)one->pid);
    good &= write_text(one->ground->proc, path, "deny");
    snprintf(path, sizeof path, "%d/uid_map", (int)one->pid);
    snprintf(text, sizeof text, "%d %u 1", BOX_UID, one->ground->uid);
    good = good && write_text(one->ground->proc, path, text);
    snprintf(path, sizeof path, "%d/gid_map", (int)one->pid);
    snprintf(text, sizeof text, "%d %u 1", BOX_GID, one->ground->gid);
    good = good && write_text(one->ground->proc, path, text);
    return good || trouble_set(&one->trouble, "could not map the box's user");
}

static void close_given(struct one *one)
{
    fd_close(&one->setup.go);
    fd_close(&one->setup.words);
    fd_close(&one->setup.out);
    fd_close(&one->setup.err);
    for (size_t i = 0; i < one->setup.part_count; i++)
        fd_close(&one->parts[i].tree);
    for (size_t i = 0; i < WIRE_LIST_MOST; i++)
        fd_close(&one->setup.bind_trees[i]);
    for (size_t i = 0; i < GROUP_KINDS; i++)
        fd_close(&one->group.tasks[i]);
}

static void supervise(struct one *one)
{
    struct watch *watch = &one->watch;
    const int to[2] = { one->job.fds[FD_OUT], one->job.fds[FD_ERR] };
    for (size_t i = 0; i < 2; i++) {
        struct stat about;
        watch->streams[i].to = to[i];
        watch->streams[i].regular = to[i] >= 0 && !fstat(to[i], &about) && S_ISREG(about.st_mode);
    }
    watch->job = &one->job;
    watch->words = one->words;
    watch->cancel = one->job.fds[FD_CANCEL];
    watch->meter.disk = one->setup.disk;
    watch->meter.scratch = one->setup.scratch;
    if (map_numbers(one) && write(one->go, "g", 1) == 1)
        watch_run(watch);
    else
        process_kill(watch->pidfd);
    siginfo_t info;
    while (waitid(P_PIDFD, (id_t)watch->pidfd, &info, WEXITED) && errno == EINTR)
        ;
    meter_finish(&watch->meter);
}

static void find(struct one *one, struct box_report *report)
{
    const struct findings findings = { &one->job,   one->ground, one->groups,
                                       &one->watch, &one->keep,  &one->trouble };
    memset(report, 0, sizeof *report);
    verdict_find(&findings, report);
}

/* All but the job's socket, so that the caller sees a clean launcher when it sees the report. */
static void clean(struct one *one)
{
    group_drop(&one->group);
    fd_close(&one->setup.disk);
    fd_close(&one->setup.scratch);
    close_given(one);
    meter_close(&one->watch.meter);
    for (size_t i = 0; i < 2; i++)
        fd_close(&one->watch.streams[i].from);
    fd_close(&one->go);
    fd_close(&one->words);
    fd_close(&one->watch.pidfd);
    job_close(&one->job);
}

static void nothing_open(struct one *one)
{
    memset(one, 0, sizeof *one);
    one->go = one->words = one->watch.pidfd = one->watch.cancel = one->watch.words = -1;
    one->setup.disk = one->setup.scratch = one->setup.go = one->setup.words = -1;
    one->setup.out = one->setup.err = -1;
    one->watch.meter.perf = one->watch.meter.proc = -1;
    for (size_t i = 0; i < 2; i++)
        one->watch.streams[i].from = one->watch.streams[i].to = -1;
    for (size_t i = 0; i < WIRE_LIST_MOST; i++)
        one->setup.bind_trees[i] = -1;
    for (size_t i = 0; i < PARTS_MOST; i++)
        one->parts[i].tree = -1;
    for (size_t i = 0; i < GROUP_KINDS; i++)
        one->group.dirs[i] = one->group.tasks[i] = -1;
}

void one_run(const struct ground *ground, struct groups *groups, int socket)
{
    static struct one one; /* large, and one job at a time */
    int64_t from_us = now_us();
    nothing_open(&one);
    one.ground = ground;
    one.groups = groups;
    one.group.groups = groups;
    one.setup.job = one.keep.job = &one.job;
    one.setup.group = &one.group;
    bool started = job_receive(socket, &one.job, &one.trouble) && allowed(&one) &&
                   take_parts(&one) && take_binds(&one) && make_spaces(&one) &&
                   group_make(groups, &one.job.limits, &one.group, &one.trouble) &&
                   make_pipes(&one) && start(&one);
    if (started) {
        meter_open(&one.watch.meter, &one.group, one.pid);
        close_given(&one);
        supervise(&one);
    }
    struct wire_message message = { .head = { .kind = WIRE_REPORT } };
    int64_t dead_us = now_us(), started_us = one.watch.started_us;
    one.keep.disk = one.setup.disk;
    one.keep.scratch = one.setup.scratch;
    if (one.watch.ended.kind == INIT_ENDED)
        keep_run(&one.keep);
    find(&one, &message.report);
    clean(&one);
    message.report.setup_us = (started_us ? started_us : dead_us) - from_us;
    message.report.teardown_us = now_us() - dead_us;
    wire_send(socket, &message);
    close(socket);
}
