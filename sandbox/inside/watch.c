/* Supervises one box: one poll over its end, words, outputs, caller; looks at the meters. */
#include "sandbox/inside/watch.h"
#include "sandbox/inside/without.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 20
#define SETUP_MOST_US (120 * (int64_t)1000000)
#define CHUNK 65536
#define CHUNK_SAFE 4096 /* PIPE_BUF: what a pipe that polls writable takes without blocking */

enum seat {
    SEAT_END,
    SEAT_WORDS,
    SEAT_CALLER,
    SEAT_CANCEL,
    SEAT_REFUSED,
    SEAT_OUT,
    SEAT_ERR,
    SEAT_PORT
};
#define SEATS (SEAT_PORT + PORT_WAITS_MOST)

static void stop(struct watch *watch, bool *reason)
{
    *reason = true;
    process_kill(watch->pidfd);
}

/* ---- what the caller says ---- */

static const int signals[] = { SIGINT, SIGTERM, SIGKILL };
#define SIGNALS (sizeof signals / sizeof *signals)

static bool note_signal(struct watch *watch, uint32_t number)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (number == (uint32_t)signals[i]) {
            watch->signals |= 1u << i;
            return true;
        }
    return false;
}

static void pass_signals(struct watch *watch)
{
    if (watch->command < 0)
        return;
    for (size_t i = 0; i < SIGNALS; i++)
        if (watch->signals & 1u << i)
            process_signal(watch->command, signals[i]);
    watch->signals = 0;
}

/* Anything else, and nothing more: it left. */
static void take_call(struct watch *watch)
{
    struct wire_message message;
    bool whole = wire_receive(watch->job->socket, &message);
    if (whole && message.head.kind == WIRE_CONNECT && message.fd_count == 1) {
        port_connect(&watch->port, message.head.number, message.fds[0]);
        return;
    }
    bool good = whole && message.head.kind == WIRE_SIGNAL && !message.fd_count &&
                note_signal(watch, message.head.number);
    pass_signals(watch);
    if (whole)
        wire_close_fds(&message);
    if (!good)
        stop(watch, &watch->caller_left);
}

/* ---- what pid 1 says ---- */

static bool hear(int words, struct init_word *word, int *fd)
{
    size_t count = 1;
    *fd = -1;
    return words_receive(words, word, sizeof *word, fd, &count, MSG_DONTWAIT);
}

/* By pid 1's word, or because the command's output came sooner. */
static void started(struct watch *watch, int64_t at_us)
{
    struct wire_message message = { .head = { .kind = WIRE_STARTED } };
    if (!watch->started_us && watch->job->tell_started)
        wire_send(watch->job->socket, &message);
    watch->started_us = at_us;
    watch->deadline_us = at_us + watch->job->limits.wall_ms * 1000;
}

static void notice_start(struct watch *watch)
{
    int64_t at_us = __atomic_load_n(&watch->life->started_us, __ATOMIC_ACQUIRE);
    if (at_us && !watch->started_us)
        started(watch, at_us);
}

static void take_words(struct watch *watch)
{
    struct init_word word;
    int fd;
    while (hear(watch->words, &word, &fd)) {
        switch (word.kind) {
        case INIT_READY:
            watch->meter.proc = fd;
            watch->proc = word.proc;
            fd = -1;
            break;
        case INIT_LISTENING:
            refused_listen(&watch->refused, fd);
            fd = -1;
            break;
        case INIT_STARTED:
            watch->command = fd;
            fd = -1;
            pass_signals(watch);
            started(watch, word.from_us);
            watch->meter.setup_cpu_us = word.setup_cpu_us;
            watch->landlock = word.landlock;
            break;
        case INIT_ENDED:
            watch->ended = word;
            watch->meter.setup_cpu_us = word.setup_cpu_us;
            if (!word.exec_errno)
                started(watch, word.from_us);
            if (!groups_pids(watch->meter.group->groups)) /* nobody counted: nearly at the limit */
                watch->meter.processes_full |= word.left_count >= watch->job->limits.processes - 3;
            watch->landlock = word.landlock;
            break;
        case INIT_FAILED:
            watch->trouble = word.trouble;
            break;
        }
        fd_close(&fd);
    }
}

/* ---- outputs ---- */

/* Drops when the receiver is gone; but what is lost on the way is told. */
static void pass_on(struct watch *watch, struct stream *stream, const char *bytes, size_t size)
{
    while (stream->to >= 0 && size) {
        ssize_t put = write(stream->to, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN) {
            struct pollfd ready = { .fd = stream->to, .events = POLLOUT };
            poll(&ready, 1, TICK_MS);
            continue;
        }
        if (put < 0 && errno != EPIPE && errno != ECONNRESET)
            trouble_set(&watch->trouble, "could not pass the output on");
        if (put <= 0)
            stream->to = -1;
        else {
            bytes += put;
            size -= (size_t)put;
        }
    }
}

/* False when there is nothing to read now, or never again. */
static bool carry(struct watch *watch, struct stream *stream)
{
    char bytes[CHUNK];
    int64_t room = watch->job->limits.output_bytes - stream->bytes;
    ssize_t got = read(stream->from, bytes, stream->regular || stream->to < 0 ? CHUNK : CHUNK_SAFE);
    if (got < 0 && errno == EINTR)
        return true;
    if (got == 0)
        fd_close(&stream->from);
    if (got <= 0)
        return false;
    stream->bytes += got;
    if (!watch->started_us)
        started(watch, now_us());
    if (room > 0)
        pass_on(watch, stream, bytes, (size_t)(got < room ? got : room));
    if (stream->bytes > watch->job->limits.output_bytes && STANDS("output"))
        stop(watch, &watch->output);
    return true;
}

static bool receiver_ready(const struct stream *stream)
{
    struct pollfd seat = { .fd = stream->to, .events = POLLOUT };
    return stream->to < 0 || stream->regular || poll(&seat, 1, 0) == 1;
}

/* All inside is dead: what is left in the pipes, as far as the limit and the receiver allow. */
static void drain(struct watch *watch)
{
    for (size_t i = 0; i < 2; i++) {
        int64_t give_up_us = now_us() + 2000000;
        struct stream *stream = &watch->streams[i];
        while (stream->from >= 0 && now_us() < give_up_us) {
            if (!receiver_ready(stream)) {
                struct pollfd seat = { .fd = stream->to, .events = POLLOUT };
                poll(&seat, 1, TICK_MS);
            } else if (!carry(watch, stream)) {
                break;
            }
        }
    }
}

/* ---- limits ---- */

static void look(struct watch *watch)
{
    const struct box_limits *limits = &watch->job->limits;
    struct meter *meter = &watch->meter;
    if (!watch->started_us)
        return;
    meter_glance(meter, limits);
    if (meter->cpu_us > limits->cpu_ms * 1000 && STANDS("cpu"))
        stop(watch, &watch->cpu);
    if ((meter->memory_bytes > limits->memory_bytes || meter->last.oom_kills > 0) &&
        STANDS("memory"))
        stop(watch, &watch->memory);
}

static void look_at_clock(struct watch *watch)
{
    if (now_us() < watch->deadline_us || !STANDS("wall"))
        return;
    if (watch->started_us) {
        stop(watch, &watch->wall);
    } else {
        bool late = false;
        stop(watch, &late);
        errno = 0;
        trouble_set(&watch->trouble, "the box was not ready within two minutes");
    }
}

/* How many they are. */
static nfds_t seat_all(const struct watch *watch, struct pollfd seats[SEATS])
{
    int fds[SEAT_PORT] = { watch->pidfd, watch->words, watch->started_us ? watch->job->socket : -1,
                           watch->cancel, watch->refused.listener };
    for (size_t i = 0; i < 2; i++)
        fds[SEAT_OUT + i] = receiver_ready(&watch->streams[i]) ? watch->streams[i].from : -1;
    for (size_t i = 0; i < SEAT_PORT; i++)
        seats[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
    if (watch->port.count == PORT_WAITS_MOST)
        seats[SEAT_CALLER].events = POLLRDHUP; /* calls wait; a caller that leaves is still seen */
    port_seat(&watch->port, seats + SEAT_PORT);
    return SEAT_PORT + watch->port.count;
}

void watch_run(struct watch *watch)
{
    struct pollfd seats[SEATS];
    int64_t next_look_us = 0;
    watch->deadline_us = now_us() + SETUP_MOST_US;
    for (;;) {
        notice_start(watch);
        nfds_t count = seat_all(watch, seats);
        if (poll(seats, count, TICK_MS) < 0 && errno != EINTR)
            stop(watch, &watch->caller_left);
        port_look(&watch->port, seats + SEAT_PORT);
        if (seats[SEAT_WORDS].revents)
            take_words(watch);
        if (seats[SEAT_WORDS].revents & POLLHUP)
            watch->words = -1;
        if (seats[SEAT_CALLER].revents)
            take_call(watch);
        if (seats[SEAT_CANCEL].revents)
            stop(watch, &watch->cancelled);
        if (seats[SEAT_CANCEL].revents)
            watch->cancel = -1;
        if (seats[SEAT_REFUSED].revents)
            refused_take(&watch->refused, seats[SEAT_REFUSED].revents);
        for (size_t i = 0; i < 2; i++)
            if (seats[SEAT_OUT + i].revents)
                carry(watch, &watch->streams[i]);
        if (seats[SEAT_END].revents || watch->ended.alone)
            break;
        if (now_us() >= next_look_us) {
            next_look_us = now_us() + TICK_MS * 1000;
            look(watch);
            look_at_clock(watch);
            if (watch->started_us && watch->meanwhile)
                watch->meanwhile(watch->workshop);
            if (watch->started_us)
                watch->meanwhile = NULL;
        }
    }
    take_words(watch);
    refused_close(&watch->refused);
    notice_start(watch);
    drain(watch);
}
