/* The launcher: from its socket to one job after the other. */
#include "sandbox/inside/serve.h"
#include "sandbox/inside/calls.h"
#include "sandbox/inside/one.h"
#include "sandbox/inside/wall.h"
#include "sandbox/inside/without.h"
#include "sandbox/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define ASIDE_STACK (256 << 10)

static bool stand_alone(struct trouble *trouble)
{
    sigset_t none;
    sigemptyset(&none);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN); /* it ends with its socket, and never leaves a box behind */
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i);
    close_range(SERVE_SOCKET + 1, ~0u, 0);
    fcntl(SERVE_SOCKET, F_SETFD, FD_CLOEXEC);
    if (chdir("/"))
        return trouble_set(trouble, "the launcher could not leave its working directory");
    prctl(PR_SET_NAME, "holdout-launch");
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    return true;
}

static bool answer(const struct trouble *trouble)
{
    struct wire_message message = { .head = { .kind = WIRE_STARTED } };
    if (trouble->text[0]) {
        message.head.kind = WIRE_KEPT; /* the one message that carries a text */
        message.head.text = (uint32_t)strlen(trouble->text) + 1;
        memcpy(message.text, trouble->text, message.head.text);
    }
    return wire_send(SERVE_SOCKET, &message);
}

/* Noise of one caller does not end it, the leaving of the last one does. */
static bool nobody_left(void)
{
    struct pollfd seat = { .fd = SERVE_SOCKET };
    return poll(&seat, 1, 0) > 0 && seat.revents & (POLLHUP | POLLERR);
}

/* What does not need the mount namespace that is built meanwhile. */
struct aside {
    struct workshop *shop;
    const struct serve_options *options;
    struct trouble trouble;
    bool good;
};

static void *make_aside(void *arg)
{
    struct aside *aside = arg;
    struct workshop *shop = aside->shop;
    groups_open(&shop->groups, aside->options->name);
    if (!aside->options->once)
        groups_sweep(&shop->groups);
    aside->good = ground_network(&shop->ground, &aside->trouble);
    if (aside->good && aside->options->once)
        workshop_stock(shop);
    return NULL;
}

/* Left alone, a new thread waits for up to 3 ms where its parent runs, though a processor idles. */
static void place_elsewhere(pthread_t thread)
{
    cpu_set_t set;
    int here = sched_getcpu();
    if (here < 0 || sched_getaffinity(0, sizeof set, &set) || CPU_COUNT(&set) < 2)
        return;
    CPU_CLR((size_t)here, &set);
    pthread_setaffinity_np(thread, sizeof set, &set);
}

/* On two processors at once, if there is another thread to be had. */
static bool make_ground(struct workshop *shop, const struct serve_options *options,
                        struct trouble *trouble)
{
    static char stack[ASIDE_STACK] __attribute__((aligned(4096)));
    struct aside aside = { shop, options, { "" }, false };
    pthread_attr_t how;
    pthread_t thread;
    if (!ground_begin(&shop->ground, &options->ground, trouble))
        return false;
    pthread_attr_init(&how);
    pthread_attr_setstack(&how, stack, sizeof stack);
    bool beside = pthread_create(&thread, &how, make_aside, &aside) == 0;
    pthread_attr_destroy(&how);
    if (beside)
        place_elsewhere(thread);
    else
        make_aside(&aside);
    bool made = ground_make(&shop->ground, &options->ground, trouble);
    if (beside)
        pthread_join(thread, NULL);
    if (!aside.good && !trouble->text[0])
        *trouble = aside.trouble;
    return made && aside.good && ground_enter(&shop->ground, trouble);
}

int serve(const struct serve_options *options)
{
    static struct workshop shop;
    static struct ready next;
    struct trouble trouble = { "" };
    struct wire_message message;
    bool ready = stand_alone(&trouble);
    ready_nothing(&next);
    shop.limits = options->limits;
    shop.disk = options->disk;
    spaces_nothing(&shop.spaces);
    shop.ahead = options->ahead;
    ready = ready && make_ground(&shop, options, &trouble) &&
            job_room_open(&shop.room, shop.ground.proc, !options->once, &trouble);
    shop.groups.keep = !options->once;
    if (ready &&
        ((shop.ground.root && prctl(PR_SET_DUMPABLE, 0)) || !wall_launcher(shop.ground.root)))
        ready = trouble_set(&trouble, "could not drop what the launcher does not need");
    if (!ready || !options->once) /* the report of the one job says enough */
        ready &= answer(&trouble);
    if (ready)
        one_prepare(&shop, &next);
    for (bool more = ready; more;) {
        struct pollfd seat = { .fd = SERVE_SOCKET, .events = POLLIN };
        shop.pressed = poll(&seat, 1, 0) > 0 && seat.revents & POLLIN;
        bool whole = wire_receive(SERVE_SOCKET, &message);
        more = whole || !nobody_left();
        if (whole && message.head.kind == WIRE_START && message.fd_count == 1) {
            one_run(&shop, &next, message.fds[0]);
            more = !options->once;
        } else if (whole) {
            wire_close_fds(&message);
        }
    }
    ready_drop(&next);
    groups_close(&shop.groups);
    if (options->once) /* when nobody waits any more */
        groups_sweep(&shop.groups);
    return ready ? 0 : 1;
}
