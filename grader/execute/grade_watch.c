/*
 * The watch: a thread that hangs up on the box when the grader hangs up on us, or when time is up.
 */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum ended { GOES_ON, CANCELLED, LATE };

struct grade_watch {
    pthread_t thread;
    int cancel, stop;
    int read_end, write_end; /* the box's cancel descriptor, and what keeps it from hanging up */
    int64_t end_us;
    atomic_int ended;
};

static void *watch_thread(void *at)
{
    struct grade_watch *watch = at;
    struct pollfd polled[] = { { .fd = watch->stop, .events = POLLIN },
                               { .fd = watch->cancel, .events = POLLIN } };
    for (;;) {
        int64_t left_us = watch->end_us - clock_mono_us();
        int64_t wait_ms = left_us <= 0 ? 0 : left_us / 1000 + 1;
        int ready = poll(polled, 2, wait_ms > 3600000 ? 3600000 : (int)wait_ms);
        if (polled[0].revents)
            return NULL;
        bool hung_up = ready > 0 && polled[1].revents;
        if (!hung_up && clock_mono_us() < watch->end_us)
            continue;
        atomic_store(&watch->ended, hung_up ? CANCELLED : LATE);
        close(watch->write_end);
        watch->write_end = -1;
        return NULL;
    }
}

struct grade_watch *grade_watch_start(int cancel, int64_t after_ms, struct fault *why)
{
    int pair[2];
    struct grade_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        abort();
    *watch = (struct grade_watch){ .cancel = cancel, .read_end = -1, .write_end = -1 };
    watch->end_us = clock_mono_us() + after_ms * 1000;
    watch->stop = eventfd(0, EFD_CLOEXEC);
    if (watch->stop >= 0 && pipe2(pair, O_CLOEXEC) == 0) {
        watch->read_end = pair[0];
        watch->write_end = pair[1];
        errno = pthread_create(&watch->thread, NULL, watch_thread, watch);
        if (errno == 0)
            return watch;
    }
    fault_errno(why, "the watch could not be set");
    fd_scoped(&watch->stop);
    fd_scoped(&watch->read_end);
    fd_scoped(&watch->write_end);
    free(watch);
    return NULL;
}

int grade_watch_fd(const struct grade_watch *watch)
{
    return watch->read_end;
}

const char *grade_watch_ended(const struct grade_watch *watch)
{
    int ended = atomic_load(&watch->ended);
    return ended == CANCELLED ? "it was cancelled" : ended == LATE ? "its time was up" : NULL;
}

void grade_watch_stop(struct grade_watch *watch)
{
    struct fault ignored;
    uint64_t one = 1;
    if (!watch)
        return;
    fd_write(watch->stop, (struct str){ (const char *)&one, sizeof one }, &ignored);
    pthread_join(watch->thread, NULL);
    close(watch->stop);
    close(watch->read_end);
    fd_scoped(&watch->write_end);
    free(watch);
}
