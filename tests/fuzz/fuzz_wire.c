/*
 * What a caller sends to a launcher, from any bytes: as one message, and as the body of a job. What
 * is taken keeps its bounds: counts, paths, ends of lists, port, limits.
 */
#include "sandbox/inside/job.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_message(int from, int to, const uint8_t *bytes, size_t size)
{
    struct wire_message message;
    if (size == 0 || send(from, bytes, size, MSG_DONTWAIT) != (ssize_t)size)
        return;
    if (!wire_receive(to, &message))
        return;
    check(message.fd_count == 0 && size >= sizeof message.head);
    check(message.head.kind != WIRE_KEPT ||
          strnlen(message.text, sizeof message.text) < sizeof message.text);
}

static void check_lists(const struct job *job)
{
    for (size_t i = 0; i < LIST_COUNT; i++) {
        for (size_t k = 0; k < job->counts[i]; k++)
            check(job->lists[i][k] >= job->texts);
        check(!job->lists[i][job->counts[i]]);
    }
    for (size_t i = 0; i < job->counts[LIST_BINDS]; i++)
        check(wire_path_check(job_bind_path(job->lists[LIST_BINDS][i])));
    for (size_t i = 0; i < job->counts[LIST_FILES]; i++)
        check(wire_path_check(job_file_path(job->lists[LIST_FILES][i])) &&
              job_file_mode(job->lists[LIST_FILES][i]) <= 0777);
    for (size_t i = 0; i < job->counts[LIST_KEEP]; i++)
        check(wire_path_check(job->lists[LIST_KEEP][i]));
}

/* Bytes of a job's body, with limits that are fine when the last byte but one is even. */
static void check_job(int from, int to, const uint8_t *bytes, size_t size)
{
    static struct job_room room;
    struct trouble why = { "" };
    char text[200];
    if (!room.job) {
        int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        check(job_room_open(&room, proc, true, &why));
        close(proc);
    }
    static uint8_t body[1 << 16];
    struct wire_message message = { .head = { .kind = WIRE_JOB } };
    const struct box_limits limits = BOX_LIMITS_INIT;
    size = size < sizeof body ? size : sizeof body;
    memcpy(body, bytes, size);
    if (size > sizeof limits + offsetof(struct wire_job, limits) && bytes[size - 2] % 2 == 0)
        memcpy(body + offsetof(struct wire_job, limits), &limits, sizeof limits);
    if (size <= sizeof message.text && bytes[0] % 2) {
        message.head.text = (uint32_t)size;
        memcpy(message.text, body, size);
    } else {
        message.head.fd_mask = 1u << FD_BLOB;
        message.fds[message.fd_count++] = memfd_create("blob", MFD_CLOEXEC);
        check(message.fds[0] >= 0 && pwrite(message.fds[0], body, size, 0) == (ssize_t)size);
    }
    check(wire_send(from, &message));
    wire_close_fds(&message);
    shutdown(from, SHUT_WR); /* binds that are announced do not come */
    if (job_receive(to, &room, &why)) {
        check(room.job->port <= UINT16_MAX && room.job->counts[LIST_BINDS] == 0);
        check(wire_limits_check(&room.job->limits, text, sizeof text));
        check(room.job->counts[LIST_ARGV] >= 1 && room.job->used <= room.size);
        check_lists(room.job);
    } else {
        check(why.text[0]);
    }
    room.job->socket = -1; /* both ends are closed below */
    job_close_fds(&room);
    job_close(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    int pair[2];
    check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    check_message(pair[0], pair[1], bytes, size);
    if (size)
        check_job(pair[0], pair[1], bytes, size);
    close(pair[0]);
    close(pair[1]);
    return 0;
}
