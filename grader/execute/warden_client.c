/* The grader's side of the warden's socket, and the messages that both sides use. */
#include "core/base/file.h"
#include "grader/execute/warden_parts.h"
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

union room_for_fds {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int) * WARDEN_FDS_MOST)];
};

static size_t take_fds(struct msghdr *message, int *fds, size_t most)
{
    size_t count = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            if (count < most)
                fds[count++] = fd;
            else
                close(fd);
        }
    }
    return count;
}

ssize_t message_receive(int socket, void *message, size_t size, int *fds, size_t *fd_count)
{
    union room_for_fds room;
    struct iovec part = { message, size };
    struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };
    head.msg_control = &room;
    head.msg_controllen = sizeof room;
    ssize_t got;
    do
        got = recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    size_t count = got >= 0 ? take_fds(&head, fds, *fd_count) : 0;
    if (got == (ssize_t)size && !(head.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        *fd_count = count;
        return got;
    }
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    return -1;
}

bool message_send(int socket, struct str message, const int *fds, size_t fd_count, bool now)
{
    union room_for_fds room;
    struct iovec part = { (void *)message.at, message.len };
    struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };
    if (fd_count) {
        head.msg_control = &room;
        head.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *first = CMSG_FIRSTHDR(&head);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(first), fds, sizeof(int) * fd_count);
    }
    ssize_t put;
    do
        put = sendmsg(socket, &head, now ? MSG_NOSIGNAL | MSG_DONTWAIT : MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    return put == (ssize_t)message.len;
}

struct warden_client {
    pthread_mutex_t lock;
    int socket;
};

struct warden_client *warden_client_open(int warden_socket)
{
    struct warden_client *client = calloc(1, sizeof *client);
    if (!client)
        abort();
    client->socket = warden_socket;
    pthread_mutex_init(&client->lock, NULL);
    return client;
}

void warden_client_close(struct warden_client *client)
{
    if (!client)
        return;
    close(client->socket);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

/* One question, one answer. *fd: the descriptor that came along, or -1. */
static bool ask(struct warden_client *client, const struct warden_request *request, const int *fds,
                struct warden_answer *answer, int *fd)
{
    size_t count = 1;
    size_t sent = (size_t)__builtin_popcount(request->fd_mask);
    struct str whole = { (const char *)request, sizeof *request };
    pthread_mutex_lock(&client->lock);
    bool said = message_send(client->socket, whole, fds, sent, false) &&
                message_receive(client->socket, answer, sizeof *answer, fd, &count) >= 0;
    pthread_mutex_unlock(&client->lock);
    if (!said || count == 0)
        *fd = -1;
    return said;
}

static bool ask_plain(struct warden_client *client, const struct warden_request *request,
                      struct warden_answer *answer, struct fault *why)
{
    int fd = -1;
    if (!ask(client, request, NULL, answer, &fd))
        return fault_set(why, BLAME_PASSING, "the warden did not answer");
    fd_scoped(&fd);
    return answer->ok || fault_set(why, (enum blame)answer->blame, "%s", answer->text);
}

bool warden_spawn(struct warden_client *client, const struct warden_spawn *spawn,
                  struct warden_process *out, struct fault *why)
{
    struct warden_request request = { .op = WARDEN_SPAWN,
                                      .role = spawn->role,
                                      .slot = spawn->slot,
                                      .fd_count = (uint32_t)spawn->fd_count };
    struct warden_answer answer;
    int fds[WARDEN_FDS_MOST], count = 0;
    assert(spawn->fd_count <= WARDEN_FDS_MOST);
    snprintf(request.name, sizeof request.name, "%s", spawn->name);
    for (size_t i = 0; i < spawn->fd_count; i++)
        if (spawn->fds[i] >= 0) {
            request.fd_mask |= 1u << i;
            fds[count++] = spawn->fds[i];
        }
    *out = (struct warden_process){ .pidfd = -1 };
    if (!ask(client, &request, fds, &answer, &out->pidfd))
        return fault_set(why, BLAME_PASSING, "the warden did not answer");
    if (!answer.ok || out->pidfd < 0) {
        fd_scoped(&out->pidfd);
        out->pidfd = -1;
        return fault_set(why, (enum blame)answer.blame, "%s", answer.text);
    }
    out->pid = answer.pid;
    return true;
}

bool warden_ready(struct warden_client *client, struct fault *why)
{
    struct warden_request request = { .op = WARDEN_READY, .slot = -1 };
    struct warden_answer answer;
    return ask_plain(client, &request, &answer, why);
}

bool warden_kill(struct warden_client *client, pid_t pid, struct fault *why)
{
    struct warden_request request = { .op = WARDEN_KILL, .slot = -1, .pid = pid };
    struct warden_answer answer;
    return ask_plain(client, &request, &answer, why);
}

bool warden_status(struct warden_client *client, pid_t pid, bool *ended, int *status,
                   struct fault *why)
{
    struct warden_request request = { .op = WARDEN_STATUS, .slot = -1, .pid = pid };
    struct warden_answer answer;
    if (!ask_plain(client, &request, &answer, why))
        return false;
    *ended = answer.ended != 0;
    *status = answer.status;
    return true;
}
