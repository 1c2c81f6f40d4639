/* Answers GET /ping and POST /invocations on port 8080, in CSV and JSON lines. */
#define _GNU_SOURCE
#include "loans.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MOST 16384
#define BODY_MOST (6 << 20)
#define SCHEMA "loans.schema" /* a request of one loan does not show what its columns are */

static const struct holdout_model *model;

/* One connection: a file in memory takes the body, since tables are read from files. */
struct client {
    int socket, file;
    char head[HEAD_MOST + 1];
    size_t len, head_len, body_len;
    char *out;
    size_t out_len, out_room;
};

static void say(struct client *client, const char *format, ...)
{
    for (;;) {
        va_list args;
        va_start(args, format);
        size_t room = client->out_room - client->out_len;
        size_t len = (size_t)vsnprintf(client->out + client->out_len, room, format, args);
        va_end(args);
        if (len < room) {
            client->out_len += len;
            return;
        }
        client->out_room = client->out_room * 2 + len + 1;
        client->out = realloc(client->out, client->out_room);
        if (!client->out)
            abort();
    }
}

static int answer(struct client *client, int status, const char *type)
{
    char head[200];
    struct iovec parts[] = { { head, 0 }, { client->out, client->out_len } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    size_t left = client->out_len + (size_t)snprintf(head, sizeof head,
                                                     "HTTP/1.1 %d \r\nContent-Type: %s\r\n"
                                                     "Content-Length: %zu\r\n\r\n",
                                                     status, type, client->out_len);
    parts[0].iov_len = strlen(head);
    while (left > 0) {
        ssize_t sent = sendmsg(client->socket, &message, MSG_NOSIGNAL);
        if (sent <= 0)
            return 0;
        left -= (size_t)sent;
        for (int i = 0; i < 2; i++) {
            size_t of = (size_t)sent < parts[i].iov_len ? (size_t)sent : parts[i].iov_len;
            parts[i].iov_base = (char *)parts[i].iov_base + of;
            parts[i].iov_len -= of;
            sent -= (ssize_t)of;
        }
    }
    return 1;
}

static int refuse(struct client *client, int status, const char *why)
{
    client->out_len = 0;
    say(client, "%s\n", why);
    return answer(client, status, "text/plain");
}

static const char *header(const struct client *client, const char *name)
{
    const char *at = strcasestr(client->head, name);
    return at ? at + strlen(name) : "";
}

static int predict(struct client *client)
{
    char path[64];
    struct holdout_error error;
    const char *type = header(client, "\r\nContent-Type: ");
    int csv = strncmp(type, "text/csv", 8) == 0;
    if (!csv && strncmp(type, "application/jsonlines", 21) != 0)
        return refuse(client, 415, "text/csv or application/jsonlines, please");
    snprintf(path, sizeof path, "/proc/self/fd/%d", client->file);
    struct holdout_table *loans = loans_load(path, SCHEMA, &error);
    if (!loans)
        return refuse(client, 400, error.text);
    size_t rows = holdout_table_rows(loans);
    ptrdiff_t id = holdout_table_find(loans, "id");
    double *chance = calloc(rows + 1, sizeof *chance);
    if (!chance || !holdout_predict(model, loans, chance, rows, &error)) {
        free(chance);
        holdout_table_free(loans);
        return refuse(client, 400, error.text);
    }
    client->out_len = 0;
    if (csv)
        say(client, "id,prediction\n");
    for (size_t row = 0; row < rows; row++) {
        const char *name = holdout_table_text(loans, (size_t)id, row);
        say(client, csv ? "%s,%.17g\n" : "{\"id\":\"%s\",\"prediction\":%.17g}\n",
            name ? name : "", chance[row]);
    }
    free(chance);
    holdout_table_free(loans);
    return answer(client, 200, csv ? "text/csv" : "application/jsonlines");
}

/* Head and body of the next request; 0: the connection is over. */
static int request_read(struct client *client)
{
    char *end;
    client->len = 0;
    do {
        ssize_t got = recv(client->socket, client->head + client->len, HEAD_MOST - client->len, 0);
        if (got <= 0)
            return 0;
        client->len += (size_t)got;
        client->head[client->len] = 0;
        end = memmem(client->head, client->len, "\r\n\r\n", 4);
    } while (!end && client->len < HEAD_MOST);
    if (!end)
        return 0;
    client->head_len = (size_t)(end - client->head) + 4;
    char *body = client->head + client->head_len;
    size_t had = client->len - client->head_len;
    char first = *body;
    *body = 0; /* headers are looked for in the head alone */
    client->body_len = strtoul(header(client, "\r\nContent-Length: "), NULL, 10);
    if (client->body_len > BODY_MOST)
        return refuse(client, 413, "too large"), 0;
    *body = first;
    if (ftruncate(client->file, 0) != 0 || lseek(client->file, 0, SEEK_SET) != 0)
        return 0;
    had = had < client->body_len ? had : client->body_len;
    if (write(client->file, body, had) != (ssize_t)had)
        return 0;
    *body = 0;
    while (had < client->body_len) {
        char piece[65536];
        size_t want = client->body_len - had < sizeof piece ? client->body_len - had : sizeof piece;
        ssize_t got = recv(client->socket, piece, want, 0);
        if (got <= 0 || write(client->file, piece, (size_t)got) != got)
            return 0;
        had += (size_t)got;
    }
    return 1;
}

static int request_answer(struct client *client)
{
    if (strncmp(client->head, "GET /ping ", 10) == 0) {
        client->out_len = 0;
        return answer(client, 200, "text/plain");
    }
    if (strncmp(client->head, "POST /invocations ", 18) == 0)
        return predict(client);
    return refuse(client, 405, "GET /ping or POST /invocations, please");
}

static void *serve(void *at)
{
    struct client *client = at;
    while (request_read(client) && request_answer(client))
        continue;
    close(client->socket);
    close(client->file);
    free(client->out);
    free(client);
    return NULL;
}

static void leave(int signal)
{
    (void)signal;
    _exit(0);
}

static int listen_at(unsigned short port)
{
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) };
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) == 0 && listen(listener, 64) == 0)
        return listener;
    perror("port 8080");
    exit(1);
}

int main(void)
{
    struct holdout_error error;
    char path[4096];
    snprintf(path, sizeof path, "%s/" MODEL_FILE, directory("SM_MODEL_DIR", "/opt/ml/model"));
    model = holdout_model_load(path, &error);
    if (!model)
        give_up(path, &error);
    signal(SIGTERM, leave);
    int on = 1, listener = listen_at(8080);
    for (;;) {
        pthread_t thread;
        struct client *client = calloc(1, sizeof *client);
        if (!client)
            return 1;
        client->socket = accept(listener, NULL, NULL);
        client->file = memfd_create("body", 0);
        setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, NULL, serve, client) != 0)
            serve(client);
        else
            pthread_detach(thread);
    }
}
