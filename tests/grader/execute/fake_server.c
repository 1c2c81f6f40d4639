/*
 * A team's server whose faults are asked for by name:  fake_server [FAULT]
 * Its model halves the id: for 7 it predicts 3.5.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MOST (1 << 20)

#define LAZY_FROM 24 /* requests while it is checked; from then on it takes no trouble */

static const char *fault = "";
static int answered;

static bool is(const char *name)
{
    return strcmp(fault, name) == 0;
}

static void nap(int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}

struct request {
    char *bytes, *body; /* zero-ended */
    size_t len, body_len;
};

/* False: closed, or too long. */
static bool request_read(int fd, struct request *request)
{
    request->len = 0;
    for (;;) {
        ssize_t got = read(fd, request->bytes + request->len, REQUEST_MOST - request->len - 1);
        if (got <= 0)
            return false;
        request->len += (size_t)got;
        request->bytes[request->len] = 0;
        char *end = strstr(request->bytes, "\r\n\r\n");
        const char *length = strstr(request->bytes, "Content-Length: ");
        request->body_len = length ? strtoul(length + 16, NULL, 10) : 0;
        if (request->body_len > REQUEST_MOST / 2)
            return false;
        request->body = end ? end + 4 : NULL;
        if (end && request->bytes + request->len >= request->body + request->body_len)
            return true;
    }
}

static void put(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

static void answer(int fd, int status, const char *body)
{
    char head[200];
    size_t len = strlen(body);
    if (is("chunked") && len > 1) { /* in two pieces */
        snprintf(head, sizeof head,
                 "HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n%c\r\n", status, body[0]);
        put(fd, head, strlen(head));
        snprintf(head, sizeof head, "%zx\r\n", len - 1);
        put(fd, head, strlen(head));
        put(fd, body + 1, len - 1);
        put(fd, "\r\n0\r\n\r\n", 7);
        return;
    }
    snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, len,
             is("closes") ? "Connection: close\r\n" : "");
    put(fd, head, strlen(head));
    put(fd, body, len);
}

static void flood(int fd)
{
    static char block[1 << 16];
    const char *head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
    memset(block, 'x', sizeof block);
    put(fd, head, strlen(head));
    for (int i = 0; i < 1000000000 / (1 << 16); i++)
        if (send(fd, block, sizeof block, MSG_NOSIGNAL) <= 0)
            return;
}

enum type { CSV, JSON, LINES };

/* Answers that no client should have to bear; false: the fault is none of these. */
static bool torment(int fd)
{
    static const struct {
        const char *fault, *first, *again;
        int pause_ms;
    } rows[] = {
        { "interim", "", "HTTP/1.1 100 Continue\r\n\r\n", 0 },
        { "heads", "HTTP/1.1 200 OK\r\n", "X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
          0 },
        { "chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "ffffffffffffffff\r\nx",
          0 },
        { "empty", "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", "predicted", 0 },
        { "drip", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x", 100 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is(rows[i].fault))
            continue;
        put(fd, rows[i].first, strlen(rows[i].first));
        while (send(fd, rows[i].again, strlen(rows[i].again), MSG_NOSIGNAL) > 0)
            nap(rows[i].pause_ms);
        return true;
    }
    return false;
}

/* Ids of the body, halved, in the order in which they are there. */
static char *predict(const char *body, enum type type)
{
    size_t len = strlen(body), used = 0, room = len * 4 + 200;
    char *out = calloc(1, room);
    double wrong = is("wrong") && type == JSON ? 1 : 0;
    const char *at = body, *end = body + len;
    if (type == CSV)
        used += (size_t)snprintf(out, room, "id,prediction\n");
    if (type == JSON)
        used += (size_t)snprintf(out, room, "{\"predictions\":[");
    for (int count = 0; at && at < end; count++) {
        at = type == CSV ? strchr(at, '\n') : strstr(at, "\"id\":\"");
        if (!at || (type == CSV && !at[1]))
            break;
        at += type == CSV ? 1 : 6;
        long id = strtol(at, NULL, 10);
        const char *format = type == CSV    ? "%ld,%.4f\n"
                             : type == JSON ? ",{\"id\":%ld,\"prediction\":%.4f}"
                                            : "{\"id\":%ld,\"prediction\":%.4f}\n";
        used += (size_t)snprintf(out + used, room - used, format + (type == JSON && !count), id,
                                 (double)id / 2 + wrong);
    }
    if (type == JSON)
        snprintf(out + used, room - used, "]}");
    return out;
}

static bool is_right(const char *body, enum type type)
{
    size_t len = strlen(body);
    return type == CSV ? strncmp(body, "id,x\n", 5) == 0 && len > 5
                       : strstr(body, "\"x\":") != NULL;
}

static void invoke(int fd, const struct request *request)
{
    static const char *const types[] = { "text/csv\r", "application/json\r",
                                         "application/jsonlines\r" };
    int type = 0;
    while (type < 3 && !strstr(request->bytes, types[type]))
        type++;
    if (is("slow"))
        nap(60);
    if (is("flood")) {
        flood(fd);
        return;
    }
    if (torment(fd))
        return;
    if (type == 3 || (is("csv") && type != CSV)) {
        answer(fd, 415, "");
        return;
    }
    if (!is_right(request->body, (enum type)type)) {
        if (is("crash"))
            abort();
        answer(fd, 400, "what?");
        return;
    }
    char *body = predict(request->body, (enum type)type);
    if (is("lazy") && __atomic_fetch_add(&answered, 1, __ATOMIC_RELAXED) >= LAZY_FROM)
        body[strlen("id,prediction\n")] = 0;
    if (is("nonsense"))
        snprintf(body, 9, "[[[}\xff,\"\n");
    answer(fd, is("error") ? 500 : 200, body);
    free(body);
}

static void *serve(void *at)
{
    int fd = (int)(long)at;
    struct request request = { .bytes = malloc(REQUEST_MOST) };
    while (request_read(fd, &request)) {
        if (strncmp(request.bytes, "GET /ping ", 10) == 0)
            answer(fd, is("unwell") ? 503 : 200, "");
        else if (strncmp(request.bytes, "POST /invocations ", 18) == 0)
            invoke(fd, &request);
        else
            answer(fd, 405, "");
        if (is("closes"))
            break;
    }
    free(request.bytes);
    close(fd);
    return NULL;
}

static void leave(int signal)
{
    (void)signal;
    _exit(is("stubborn") ? 1 : 0);
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(8080) };
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    fault = argc > 1 ? argv[1] : "";
    signal(SIGTERM, is("stubborn") ? SIG_IGN : is("plain") ? SIG_DFL : leave);
    printf("the server starts\n");
    fflush(stdout);
    if (is("early"))
        return 3;
    if (is("deaf"))
        for (;;)
            pause();
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 16) != 0)
        return 4;
    for (;;) {
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        if (!is("nagle"))
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (is("sequential"))
            serve((void *)(long)fd);
        else if (pthread_create(&thread, NULL, serve, (void *)(long)fd) == 0)
            pthread_detach(thread);
    }
}
