/* One job from its socket to its report. */
#include "sandbox/inside/one.h"
#include "sandbox/inside/keep.h"
#include "sandbox/inside/verdict.h"
#include "sandbox/inside/watch.h"
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct one {
    struct workshop *shop;
    const struct job *job;
    struct ready box;
    struct ready *next;
    bool waited; /* box was made ahead: it may have died since */
    struct watch watch;
    struct keep keep;
    struct trouble trouble;
};

static bool allowed(struct one *one)
{
    char weaker[160];
    errno = 0;
    if (verdict_degraded(&one->shop->groups, weaker, sizeof weaker) && !one->job->degraded)
        return trouble_set(&one->trouble,
                           "refused on this machine unless a degraded box is accepted: %s", weaker);
    return true;
}

/* The box that waits, when it fits; else one for this job. */
static bool take_box(struct one *one)
{
    struct pollfd end = { .fd = one->next->pidfd, .events = POLLIN };
    if (one->next->pid && poll(&end, 1, 0) != 0) /* somebody ended its pid 1 while it waited */
        ready_drop(one->next);
    if (!ready_fits(one->next, one->job))
        return ready_make(&one->box, one->shop, one->job, &one->trouble);
    one->box = *one->next;
    ready_nothing(one->next);
    one->waited = true;
    return true;
}

void one_prepare(struct workshop *shop, struct ready *next)
{
    struct trouble trouble = { "" };
    if (shop->ahead && !next->pid)
        ready_make(next, shop, NULL, &trouble);
}

static void meanwhile(void *arg)
{
    struct one *one = arg;
    one_prepare(one->shop, one->next);
}

static void supervise(struct one *one)
{
    struct watch *watch = &one->watch;
    struct ready *box = &one->box;
    const int to[2] = { one->job->fds[FD_OUT], one->job->fds[FD_ERR] };
    for (size_t i = 0; i < 2; i++) {
        struct stat about;
        watch->streams[i].from = box->streams[i];
        watch->streams[i].to = to[i];
        watch->streams[i].regular = to[i] >= 0 && !fstat(to[i], &about) && S_ISREG(about.st_mode);
        box->streams[i] = -1;
    }
    watch->job = one->job;
    watch->life = box->life;
    watch->pidfd = box->pidfd;
    watch->words = box->words;
    watch->cancel = one->job->fds[FD_CANCEL];
    watch->port = (struct port){ .number = one->job->port,
                                 .net = box->net,
                                 .own_net = one->shop->ground.network };
    watch->meter.disk = box->spaces.disk;
    watch->meter.scratch = box->spaces.scratch;
    watch->meanwhile = meanwhile;
    watch->workshop = one;
    watch_run(watch);
    /* Nobody waits for pid 1's own end, unless its mounts cover what is kept. */
    if (!watch->ended.alone || one->job->counts[LIST_KEEP])
        ready_kill(box);
    meter_finish(&watch->meter);
}

static void find(struct one *one, struct box_report *report)
{
    const struct findings findings = { one->job, &one->shop->groups, &one->watch, &one->keep,
                                       &one->trouble };
    memset(report, 0, sizeof *report);
    verdict_find(&findings, report);
}

static void begin_watch(struct watch *watch)
{
    memset(watch, 0, sizeof *watch);
    watch->pidfd = watch->cancel = watch->words = watch->command = -1;
    watch->meter.perf = watch->meter.proc = -1;
    refused_nothing(&watch->refused);
    for (size_t i = 0; i < 2; i++)
        watch->streams[i].from = watch->streams[i].to = -1;
}

static void begin(struct one *one, struct workshop *shop, struct ready *next)
{
    memset(one, 0, sizeof *one);
    ready_nothing(&one->box);
    one->shop = shop;
    one->next = next;
    one->job = one->keep.job = shop->room.job;
    begin_watch(&one->watch);
}

static void end_watch(struct watch *watch)
{
    meter_close(&watch->meter);
    fd_close(&watch->command);
    for (size_t i = 0; i < 2; i++)
        fd_close(&watch->streams[i].from);
}

/* False: the box did not get the job. */
static bool run_box(struct one *one)
{
    /* Kept files are read where no mount covers them: none must outlive pid 1, nor be held by a
     * box that is made meanwhile. */
    if (one->job->counts[LIST_KEEP])
        fd_close(&one->box.mounts);
    meter_open(&one->watch.meter, &one->box.group, one->box.perf);
    if (!ready_give(&one->box, one->job, &one->trouble))
        return false;
    if (one->shop->pressed)
        one_prepare(one->shop, one->next);
    supervise(one);
    return true;
}

/* Not by what the job asks for, nor by whom it is for, and before it came to the command. */
static bool died_unasked(const struct watch *watch)
{
    return !watch->started_us && !watch->ended.kind && !watch->trouble.text[0] &&
           !watch->cancelled && !watch->caller_left;
}

/*
 * A box that was made ahead may have been ended by somebody while it waited, and that be seen only
 * now: then another one does it. Files that it has taken from the job's socket do not come twice.
 */
static void run_some_box(struct one *one)
{
    bool given = run_box(one);
    bool again = !given || (!one->job->counts[LIST_FILES] && died_unasked(&one->watch));
    if (!one->waited || !again)
        return;
    unsigned signals = one->watch.signals;
    end_watch(&one->watch);
    ready_drop(&one->box);
    begin_watch(&one->watch);
    one->watch.signals = signals;
    one->trouble.text[0] = 0;
    if (ready_make(&one->box, one->shop, one->job, &one->trouble))
        run_box(one);
}

void one_run(struct workshop *shop, struct ready *next, int socket)
{
    static struct one one; /* large, and one job at a time */
    int64_t from_us = now_us();
    begin(&one, shop, next);
    bool boxed = job_receive(socket, &shop->room, &one.trouble) && allowed(&one) &&
                 ground_places(&shop->ground, shop->room.job, &one.trouble) && take_box(&one);
    if (boxed) {
        shop->limits = one.job->limits;
        shop->files = (int64_t)one.job->counts[LIST_FILES];
        shop->disk = wants_disk(one.job);
        run_some_box(&one);
    }
    port_end(&one.watch.port, socket);
    struct wire_message message = { .head = { .kind = WIRE_REPORT } };
    int64_t dead_us = now_us(), started_us = one.watch.started_us;
    one.keep.disk = one.box.spaces.disk;
    one.keep.scratch = one.box.spaces.scratch;
    if (one.watch.ended.kind == INIT_ENDED)
        keep_run(&one.keep);
    find(&one, &message.report);
    if (!one.watch.ended.alone)
        ready_kill(&one.box);
    message.report.setup_us = (started_us ? started_us : dead_us) - from_us;
    message.report.teardown_us = now_us() - dead_us;
    wire_send(socket, &message);
    sched_yield(); /* to the caller, which often waits where this runs */
    ready_stop(&one.box);
    end_watch(&one.watch);
    job_close_fds(&shop->room);
    ready_drop(&one.box);
    ground_clear(&shop->ground, shop->room.job); /* nothing is mounted there any more */
    job_close(&shop->room);
    one_prepare(shop, next);
}
