/* Messages between the launcher and pid 1 of a box. */
#include "sandbox/inside/words.h"
#include <errno.h>
#include <unistd.h>

bool words_send(int socket, const void *bytes, size_t size, const int *fds, size_t count, int flags)
{
    union wire_control control;
    struct iovec part = { (void *)(uintptr_t)bytes, size };
    struct msghdr out = { .msg_iov = &part, .msg_iovlen = 1 };
    wire_fds_put(&out, &control, fds, count);
    ssize_t sent;
    do
        sent = sendmsg(socket, &out, flags | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

bool words_receive(int socket, void *bytes, size_t size, int *fds, size_t *count, int flags)
{
    union wire_control control;
    struct iovec part = { bytes, size };
    struct msghdr in = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    size_t room = *count;
    ssize_t got;
    *count = 0;
    do
        got = recvmsg(socket, &in, flags | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return false;
    *count = wire_fds_take(&in, fds, room);
    if ((size_t)got == size && !(in.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return true;
    while (*count)
        close(fds[--*count]);
    return false;
}
