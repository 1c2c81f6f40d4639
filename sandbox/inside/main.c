/*
 * The launcher: a small static program of its own, started early, one for each slot. Descriptor 3
 * is its socket; arguments: user, group, name of its control groups ("" for one from its pid), "1"
 * to make boxes ahead, and masks. It ends when all holders of the socket's other end are gone.
 */
#include "sandbox/inside/one.h"
#include "sandbox/inside/wall.h"
#include "sandbox/inside/without.h"
#include "sandbox/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define SOCKET_FD 3

static void stand_alone(void)
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
    close_range(SOCKET_FD + 1, ~0u, 0);
    fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
    if (chdir("/"))
        _exit(70);
    prctl(PR_SET_NAME, "holdout-launch");
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static bool answer(const struct trouble *trouble)
{
    struct wire_message message = { .head = { .kind = WIRE_STARTED } };
    if (trouble->text[0]) {
        message.head.kind = WIRE_KEPT; /* the one message that carries a text */
        message.head.text = (uint32_t)strlen(trouble->text) + 1;
        memcpy(message.text, trouble->text, message.head.text);
    }
    return wire_send(SOCKET_FD, &message);
}

/* Noise of one caller does not end it, the leaving of the last one does. */
static bool nobody_left(void)
{
    struct pollfd seat = { .fd = SOCKET_FD };
    return poll(&seat, 1, 0) > 0 && seat.revents & (POLLHUP | POLLERR);
}

int main(int argc, char **argv)
{
    static struct workshop shop;
    static struct ready next;
    struct trouble trouble = { "" };
    struct wire_message message;
    if (argc < 5)
        return 64;
    stand_alone();
    const struct ground_options options = { .uid = (uid_t)strtoul(argv[1], NULL, 10),
                                            .gid = (gid_t)strtoul(argv[2], NULL, 10),
                                            .masks = argv + 5 };
    ready_nothing(&next);
    shop.limits = (struct box_limits)BOX_LIMITS_INIT;
    shop.ahead = argv[4][0] == '1';
    groups_open(&shop.groups, argv[3]);
    shop.groups.keep = shop.ahead;
    bool ready = ground_make(&shop.ground, &options, &trouble) &&
                 job_room_open(&shop.room, shop.ground.proc, &trouble);
    if (ready &&
        ((shop.ground.root && prctl(PR_SET_DUMPABLE, 0)) || !wall_launcher(shop.ground.root)))
        ready = trouble_set(&trouble, "could not drop what the launcher does not need");
    ready &= answer(&trouble);
    if (ready)
        one_prepare(&shop, &next);
    while (ready) {
        bool whole = wire_receive(SOCKET_FD, &message);
        if (whole && message.head.kind == WIRE_START && message.fd_count == 1)
            one_run(&shop, &next, message.fds[0]);
        else if (whole)
            wire_close_fds(&message);
        else if (nobody_left())
            break;
    }
    ready_drop(&next);
    groups_close(&shop.groups);
    return ready ? 0 : 1;
}
