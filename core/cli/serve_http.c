/* HTTP/1.1 for `holdout-ml serve`. */
#include "core/cli/serve_http.h"
#include "core/base/file.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_ROOM ((size_t)4 << 10)
#define LISTEN_BACKLOG 128

/* One connection: what came of the next request, and what is left of the answer to the last. */
struct client {
    int fd;
    int64_t seen_ms;
    char *in, *out;
    size_t in_len, in_room, out_len, out_at;
    size_t head_len, body_len; /* of the request whose head is there; head_len 0: not yet */
    bool closes, continued;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void client_drop(struct client *client)
{
    close(client->fd);
    free(client->in);
    free(client->out);
    *client = (struct client){ .fd = -1 };
}

/* ---- answers ---- */

static const char *status_words(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 411:
        return "Length Required";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    default:
        return "Error";
    }
}

static void out_set(struct client *client, const struct serve_reply *reply)
{
    char head[256];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s\r\n",
                       reply->status, status_words(reply->status), reply->type, reply->body.len,
                       reply->status == 405 ? "Allow: GET, POST\r\n" : "",
                       client->closes ? "Connection: close\r\n" : "");
    client->out = realloc(client->out, (size_t)len + reply->body.len);
    if (!client->out)
        abort();
    memcpy(client->out, head, (size_t)len);
    if (reply->body.len)
        memcpy(client->out + len, reply->body.at, reply->body.len);
    client->out_len = (size_t)len + reply->body.len;
    client->out_at = 0;
}

static void refuse(struct client *client, int status, const char *words)
{
    client->closes = true;
    out_set(client, &(struct serve_reply){ status, "text/plain", str_of(words) });
}

/* false: the connection is over. */
static bool out_send(struct client *client)
{
    while (client->out_at < client->out_len) {
        ssize_t sent = send(client->fd, client->out + client->out_at,
                            client->out_len - client->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        client->out_at += (size_t)sent;
    }
    client->out_len = client->out_at = 0;
    return !client->closes;
}

/* ---- requests ---- */

/* The value of a header; empty when there is none. */
static struct str header_of(struct str head, const char *name)
{
    struct str line, rest = head, key;
    while (str_cut(&rest, '\n', &line)) {
        struct str value = str_trim(line);
        if (str_cut(&value, ':', &key) && key.len == strlen(name) &&
            strncasecmp(key.at, name, key.len) == 0)
            return str_trim(value);
    }
    return S("");
}

static struct str head_of(const struct client *client)
{
    return (struct str){ client->in, client->head_len };
}

/* Is the head there, and can its body be taken? Whatever cannot has its answer in out. */
static void head_take(struct client *client, size_t body_most)
{
    int64_t length = 0;
    char *end = memmem(client->in, client->in_len, "\r\n\r\n", 4);
    if (!end) {
        if (client->in_len > SERVE_HEAD_MOST)
            refuse(client, 400, "the head of the request is too long\n");
        return;
    }
    client->head_len = (size_t)(end - client->in) + 4;
    struct str head = head_of(client), text = header_of(head, "Content-Length");
    client->closes |= str_is(header_of(head, "Connection"), "close");
    if (header_of(head, "Transfer-Encoding").len)
        refuse(client, 411, "send the body with a Content-Length\n");
    else if (text.len && (!str_to_int(text, &length) || length < 0))
        refuse(client, 400, "the Content-Length makes no sense\n");
    else if ((size_t)length > body_most)
        refuse(client, 413, "the body is too large\n");
    client->body_len = (size_t)length;
    if (!client->out_len && length && header_of(head, "Expect").len && !client->continued) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        client->continued = send(client->fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL) > 0;
    }
}

static void request_answer(struct client *client, const struct serve_http *how)
{
    struct arena *arena = arena_open(NULL);
    struct str head = head_of(client), rest = head, line, type = header_of(head, "Content-Type");
    struct serve_request request = { .body = { client->in + client->head_len, client->body_len } };
    struct serve_reply reply = { 400, "text/plain", S("that is no HTTP request\n") };
    struct str kind = type;
    str_cut(&kind, ';', &type);
    request.type = str_trim(type);
    if (str_cut(&rest, '\n', &line) && str_cut(&line, ' ', &request.method) &&
        str_cut(&line, ' ', &request.path))
        how->answer(how->at, arena, &request, &reply);
    out_set(client, &reply);
    arena_drop(arena);
    size_t taken = client->head_len + client->body_len;
    memmove(client->in, client->in + taken, client->in_len - taken);
    client->in_len -= taken;
    client->head_len = client->body_len = 0;
    client->continued = false;
}

/* All that can be done with what has come; false: the connection is over. */
static bool client_work(struct client *client, const struct serve_http *how)
{
    for (;;) {
        if (client->out_len)
            return out_send(client);
        if (!client->head_len)
            head_take(client, how->body_most);
        if (client->out_len)
            continue;
        if (!client->head_len || client->in_len < client->head_len + client->body_len)
            return true;
        request_answer(client, how);
        if (!out_send(client))
            return false;
        if (client->out_len)
            return true;
    }
}

static bool client_read(struct client *client, const struct serve_http *how)
{
    size_t wanted = client->head_len ? client->head_len + client->body_len : SERVE_HEAD_MOST + 1;
    if (client->in_len == client->in_room) {
        size_t room = client->in_room ? 2 * client->in_room : IN_ROOM;
        room = client->head_len && wanted > room ? wanted : room;
        client->in = realloc(client->in, room);
        if (!client->in)
            abort();
        client->in_room = room;
    }
    ssize_t got = recv(client->fd, client->in + client->in_len, client->in_room - client->in_len,
                       MSG_DONTWAIT);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
    if (got == 0)
        return false;
    client->in_len += (size_t)got;
    client->seen_ms = now_ms();
    return client_work(client, how);
}

/* ---- the loop ---- */

static void client_accept(struct client *clients, int listener)
{
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (size_t i = 0; fd >= 0 && i < SERVE_CONNECTIONS_MOST; i++) {
        if (clients[i].fd >= 0)
            continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        clients[i] = (struct client){ .fd = fd, .seen_ms = now_ms() };
        return;
    }
    if (fd >= 0)
        close(fd);
}

static size_t polls_fill(struct pollfd *polls, const struct client *clients, int listener)
{
    size_t open = 0;
    for (size_t i = 0; i < SERVE_CONNECTIONS_MOST; i++) {
        open += clients[i].fd >= 0;
        polls[1 + i].fd = clients[i].fd;
        polls[1 + i].events = clients[i].out_len ? POLLOUT : POLLIN;
    }
    /* who comes beyond these waits in the backlog */
    polls[0].fd = open < SERVE_CONNECTIONS_MOST ? listener : -1;
    polls[0].events = POLLIN;
    return open;
}

static void clients_turn(struct client *clients, const struct pollfd *polls,
                         const struct serve_http *how)
{
    int64_t now = now_ms();
    for (size_t i = 0; i < SERVE_CONNECTIONS_MOST; i++) {
        struct client *client = &clients[i];
        bool goes_on = true;
        if (client->fd < 0)
            continue;
        if (polls[i].revents)
            goes_on = client->out_len ? client_work(client, how) : client_read(client, how);
        if (!goes_on || now - client->seen_ms > SERVE_IDLE_MS)
            client_drop(client);
    }
}

/* Nothing is kept that would have to be written. Any thread may get it: BLAS has its own. */
static void leave(int signal)
{
    (void)signal;
    _exit(0);
}

bool serve_http_run(const struct serve_http *how, struct fault *why)
{
    struct client clients[SERVE_CONNECTIONS_MOST];
    struct pollfd polls[1 + SERVE_CONNECTIONS_MOST];
    struct sigaction ends = { .sa_handler = leave };
    if (sigaction(SIGTERM, &ends, NULL) != 0 || sigaction(SIGINT, &ends, NULL) != 0)
        return fault_errno(why, "signals");
    for (size_t i = 0; i < SERVE_CONNECTIONS_MOST; i++)
        clients[i] = (struct client){ .fd = -1 };
    for (;;) {
        size_t open = polls_fill(polls, clients, how->listener);
        if (poll(polls, sizeof polls / sizeof *polls, open ? SERVE_IDLE_MS : -1) < 0) {
            if (errno == EINTR)
                continue;
            return fault_errno(why, "poll");
        }
        clients_turn(clients, polls + 1, how);
        if (polls[0].revents)
            client_accept(clients, how->listener);
    }
}

int serve_listen(const char *address, uint16_t *port, struct fault *why)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(*port) };
    socklen_t size = sizeof here;
    int on = 1;
    if (inet_pton(AF_INET, address, &here.sin_addr) != 1) {
        fault_set(why, BLAME_OPEN, "\"%.60s\" is no IPv4 address", address);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(fd, LISTEN_BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&here, &size) != 0) {
        fault_errno(why, "%s:%u", address, *port);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(here.sin_port);
    return fd;
}
