/* Messages between the launcher and pid 1 of a box. */
#include "sandbox/inside/words.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int) * WORDS_FDS_MOST)];
};

bool words_send(int socket, const void *bytes, size_t size, const int *fds, size_t count, int flags)
{
    union control control;
    struct iovec part = { (void *)(uintptr_t)bytes, size };
    struct msghdr out = { .msg_iov = &part, .msg_iovlen = 1 };
    if (count) {
        out.msg_control = &control;
        out.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        memset(&control, 0, out.msg_controllen);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * count);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &out, flags | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

bool words_receive(int socket, void *bytes, size_t size, int *fds, size_t *count, int flags)
{
    union control control;
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
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&in); head; head = CMSG_NXTHDR(&in, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        size_t came = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < came; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            if (*count < room)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
    if ((size_t)got == size && !(in.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return true;
    while (*count)
        close(fds[--*count]);
    return false;
}
