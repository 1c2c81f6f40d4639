/* Messages between caller and launcher, and the checks that both ends make. */
#include "sandbox/wire.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static size_t body_bytes(const struct wire_head *head)
{
    if (head->kind == WIRE_REPORT)
        return sizeof(struct box_report);
    return head->kind == WIRE_KEPT || head->kind == WIRE_JOB ? head->text : 0;
}

void wire_fds_put(struct msghdr *out, union wire_control *control, const int *fds, size_t count)
{
    if (!count)
        return;
    out->msg_control = control;
    out->msg_controllen = CMSG_SPACE(sizeof(int) * count);
    memset(control, 0, out->msg_controllen);
    control->head.cmsg_level = SOL_SOCKET;
    control->head.cmsg_type = SCM_RIGHTS;
    control->head.cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(&control->head), fds, sizeof(int) * count);
}

size_t wire_fds_take(struct msghdr *in, int *fds, size_t room)
{
    size_t taken = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(in); part; part = CMSG_NXTHDR(in, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
            if (taken < room)
                fds[taken++] = fd;
            else
                close(fd);
        }
    }
    return taken;
}

bool wire_send(int socket, const struct wire_message *message)
{
    union wire_control control;
    struct iovec parts[2] = {
        { (void *)(uintptr_t)&message->head, sizeof message->head },
        { (void *)(uintptr_t)message->text, body_bytes(&message->head) },
    };
    struct msghdr out = { .msg_iov = parts, .msg_iovlen = 2 };
    if (message->fd_count > WIRE_FDS_MOST)
        return false;
    wire_fds_put(&out, &control, message->fds, message->fd_count);
    const struct timespec pause = { .tv_nsec = 1000000 };
    ssize_t sent;
    for (int try = 0; (sent = sendmsg(socket, &out, MSG_NOSIGNAL)) < 0; try++) {
        if (errno == ETOOMANYREFS && try < 10000) /* the other end still has to take many */
            nanosleep(&pause, NULL);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

bool wire_receive(int socket, struct wire_message *message)
{
    union wire_control control;
    struct iovec parts[2] = {
        { &message->head, sizeof message->head },
        { message->text, sizeof message->text },
    };
    struct msghdr in = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control
    };
    message->fd_count = 0;
    ssize_t got;
    /* A reset says once that the other end left something unread; what it sent is still there. */
    for (int resets = 0; (got = recvmsg(socket, &in, MSG_CMSG_CLOEXEC)) < 0;)
        if (errno != EINTR && (errno != ECONNRESET || resets++))
            return false;
    if (got == 0)
        return false;
    message->fd_count = wire_fds_take(&in, message->fds, WIRE_FDS_MOST);
    size_t size = (size_t)got;
    bool whole = !(in.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && size >= sizeof message->head &&
                 message->head.text <= sizeof message->text &&
                 size == sizeof message->head + body_bytes(&message->head);
    if (whole && message->head.kind == WIRE_KEPT)
        whole = message->head.text && !message->text[message->head.text - 1];
    if (!whole)
        wire_close_fds(message);
    return whole;
}

void wire_close_fds(struct wire_message *message)
{
    for (size_t i = 0; i < message->fd_count; i++)
        if (message->fds[i] >= 0)
            close(message->fds[i]);
    message->fd_count = 0;
}

void wire_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

bool wire_path_check(const char *path)
{
    size_t len = strnlen(path, WIRE_PATH_MOST);
    if (len < 2 || len >= WIRE_PATH_MOST || path[0] != '/')
        return false;
    for (const char *part = path; *part;) { /* part stands on a slash */
        const char *name = part + 1;
        size_t size = strcspn(name, "/");
        if (size == 0 || size > 255 || (size == 1 && name[0] == '.') ||
            (size == 2 && name[0] == '.' && name[1] == '.'))
            return false;
        part = name + size;
    }
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
            return false;
    return true;
}

bool wire_path_in(const char *path, const char *top)
{
    size_t len = strlen(top);
    return strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == 0);
}

#define MiB ((int64_t)1 << 20)
#define GiB ((int64_t)1 << 30)

bool wire_limits_check(const struct box_limits *limits, char *why, size_t why_size)
{
    const struct {
        const char *name;
        int64_t value, low, high;
    } rows[] = {
        { "wall time in ms", limits->wall_ms, 1, (int64_t)7 * 86400 * 1000 },
        { "CPU time in ms", limits->cpu_ms, 1, (int64_t)64 * 7 * 86400 * 1000 },
        { "memory in bytes", limits->memory_bytes, 8 * MiB, 1024 * GiB },
        { "disk in bytes", limits->disk_bytes, 1 * MiB, 1024 * GiB },
        { "inodes", limits->inodes, 64, 16 * MiB },
        { "output in bytes", limits->output_bytes, 1, 64 * GiB },
        { "processes", limits->processes, 1, 32768 },
        { "open files", limits->open_files, 8, 1 << 20 },
        { "stack in bytes", limits->stack_bytes, 1 << 16, 64 * GiB },
        { "CPU share in thousandths", limits->cpu_milli, 0, 1024 * 1000 },
        { "kept bytes", limits->keep_bytes, 0, 1024 * GiB },
        { "kept files", limits->keep_files, 0, 1 << 20 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value < rows[i].low || rows[i].value > rows[i].high) {
            snprintf(why, why_size, "the limit of %s is %lld, allowed are %lld to %lld",
                     rows[i].name, (long long)rows[i].value, (long long)rows[i].low,
                     (long long)rows[i].high);
            return false;
        }
    return true;
}
