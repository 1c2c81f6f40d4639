/* HTTP: the door to libmicrohttpd. Connections with deadlines, guards before answers, event
 * streams by topic. */
#include "web/http.h"
#include "core/base/clock.h"
#include "web/http_guard.h"
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_BYTES (32u * 1024u)
#define IDLE_S 30u
#define STREAM_PENDING_MOST (64u * 1024u)
#define TICK_US 200000

struct connection { /* one client, for the deadlines */
    int fd;
    int64_t deadline_us; /* 0: none */
    struct connection *next;
    struct connection **here;
};

struct stream {
    struct http_server *server;
    struct MHD_Connection *connection;
    int topic;
    bool suspended;
    bool ending;
    size_t len;
    struct stream *next;
    struct stream **here;
    char pending[STREAM_PENDING_MOST];
};

struct http_server {
    struct http_settings settings;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* of all below */
    struct connection *connections;
    struct stream *streams;
    unsigned stream_count;
    bool stopping;
    int64_t logged_us;
    unsigned log_skipped;
    pthread_t ticker;
};

static const char *const always[][2] = {
    { "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
      "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
};

/* The library's line for a browser that left a live page: as it should be. */
static const char stream_left[] = "Failed to send the chunked response body";

/* A line a second is enough. */
static void logged(void *context, const char *format, va_list args)
{
    struct http_server *server = context;
    char line[200], time[TIME_TEXT];
    if (strncmp(format, stream_left, sizeof stream_left - 1) == 0)
        return;
    int64_t now_us = clock_mono_us();
    pthread_mutex_lock(&server->lock);
    bool now = now_us - server->logged_us >= 1000000;
    unsigned skipped = server->log_skipped;
    server->log_skipped = now ? 0 : skipped + 1;
    if (now)
        server->logged_us = now_us;
    pthread_mutex_unlock(&server->lock);
    if (!now)
        return;
    vsnprintf(line, sizeof line, format, args);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '"')
            *c = ' ';
    struct clock clock = clock_system();
    clock_print(clock_utc_ms(&clock), time);
    fprintf(stderr, "time=%s level=warning event=http skipped=%u text=\"%s\"\n", time, skipped,
            line);
}

/* Deadlines. */

static void connection_came(struct http_server *server, struct MHD_Connection *from, void **slot)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(from, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *client = calloc(1, sizeof *client);
    *slot = client;
    if (!info || !client)
        return;
    client->fd = info->connect_fd;
    client->deadline_us = clock_mono_us() + server->settings.head_deadline_s * 1000000ll;
    pthread_mutex_lock(&server->lock);
    client->next = server->connections;
    client->here = &server->connections;
    if (client->next)
        client->next->here = &client->next;
    server->connections = client;
    pthread_mutex_unlock(&server->lock);
}

static void connection_went(struct http_server *server, struct connection *client)
{
    if (!client)
        return;
    pthread_mutex_lock(&server->lock); /* the descriptor is still open here */
    if (client->here) {
        *client->here = client->next;
        if (client->next)
            client->next->here = client->here;
    }
    pthread_mutex_unlock(&server->lock);
    free(client);
}

static void on_connection(void *context, struct MHD_Connection *from, void **slot,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        connection_came(context, from, slot);
    else
        connection_went(context, *slot);
}

/* seconds from now; 0: none */
static void set_deadline(struct http_server *server, struct MHD_Connection *from, int seconds)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(from, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *client = info ? info->socket_context : NULL;
    if (!client)
        return;
    pthread_mutex_lock(&server->lock);
    client->deadline_us = seconds ? clock_mono_us() + seconds * 1000000ll : 0;
    pthread_mutex_unlock(&server->lock);
}

static void cut_the_late(struct http_server *server)
{
    int64_t now_us = clock_mono_us();
    pthread_mutex_lock(&server->lock);
    for (struct connection *client = server->connections; client; client = client->next)
        if (client->deadline_us && client->deadline_us < now_us) {
            shutdown(client->fd, SHUT_RDWR);
            client->deadline_us = 0;
        }
    pthread_mutex_unlock(&server->lock);
}

/* Streams. All with server->lock held. */

static void stream_wake(struct stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

static void stream_add(struct stream *stream, struct str bytes)
{
    if (stream->len + bytes.len > sizeof stream->pending)
        stream->ending = true; /* its client does not keep up: it will come back */
    else {
        memcpy(stream->pending + stream->len, bytes.at, bytes.len);
        stream->len += bytes.len;
    }
    stream_wake(stream);
}

static ssize_t stream_read(void *context, uint64_t at, char *out, size_t most)
{
    (void)at;
    struct stream *stream = context;
    ssize_t count = 0;
    pthread_mutex_lock(&stream->server->lock);
    if (stream->ending || stream->server->stopping)
        count = MHD_CONTENT_READER_END_OF_STREAM;
    else if (stream->len == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    } else {
        size_t take = stream->len < most ? stream->len : most;
        memcpy(out, stream->pending, take);
        memmove(stream->pending, stream->pending + take, stream->len - take);
        stream->len -= take;
        count = (ssize_t)take;
    }
    pthread_mutex_unlock(&stream->server->lock);
    return count;
}

static void stream_free(void *context)
{
    struct stream *stream = context;
    pthread_mutex_lock(&stream->server->lock);
    *stream->here = stream->next;
    if (stream->next)
        stream->next->here = stream->here;
    stream->server->stream_count--;
    pthread_mutex_unlock(&stream->server->lock);
    free(stream);
}

static struct MHD_Response *stream_open(struct http_server *server, struct MHD_Connection *to,
                                        int topic)
{
    struct stream *stream = malloc(sizeof *stream);
    if (!stream)
        return NULL;
    memset(stream, 0, offsetof(struct stream, pending));
    stream->server = server;
    stream->connection = to;
    stream->topic = topic;
    pthread_mutex_lock(&server->lock);
    stream_add(stream, S("retry: 1000\n\n"));
    stream->next = server->streams;
    stream->here = &server->streams;
    if (stream->next)
        stream->next->here = &stream->next;
    server->streams = stream;
    server->stream_count++;
    pthread_mutex_unlock(&server->lock);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, stream_read, stream,
                                             stream_free);
}

static bool streams_full(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool full = server->stopping || server->stream_count >= server->settings.streams_most;
    pthread_mutex_unlock(&server->lock);
    return full;
}

void http_publish(struct http_server *server, int topic, struct str bytes)
{
    pthread_mutex_lock(&server->lock);
    for (struct stream *stream = server->streams; stream; stream = stream->next)
        if (topic < 0 || stream->topic == topic)
            stream_add(stream, bytes);
    pthread_mutex_unlock(&server->lock);
}

int http_listeners(struct http_server *server, int topic)
{
    int count = 0;
    pthread_mutex_lock(&server->lock);
    for (struct stream *stream = server->streams; stream; stream = stream->next)
        count += stream->topic == topic;
    pthread_mutex_unlock(&server->lock);
    return count;
}

static void *tick(void *context)
{
    struct http_server *server = context;
    int64_t beat_us = clock_mono_us();
    for (;;) {
        usleep(TICK_US);
        cut_the_late(server);
        pthread_mutex_lock(&server->lock);
        bool stopping = server->stopping;
        pthread_mutex_unlock(&server->lock);
        if (stopping)
            return NULL;
        if (clock_mono_us() - beat_us < server->settings.heartbeat_s * 1000000ll)
            continue;
        beat_us = clock_mono_us();
        http_publish(server, -1,
                     S(":\n\n")); /* a suspended stream would not notice that its client left */
    }
}

/* Requests. */

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *key,
                                    const char *value)
{
    (void)kind;
    struct http_head *head = context;
    struct str text = str_of(value);
    if (strcasecmp(key, "Host") == 0) {
        head->host_count++;
        head->host = text;
    } else if (strcasecmp(key, "Content-Length") == 0) {
        head->length_count++;
        head->length = text;
    } else if (strcasecmp(key, "Transfer-Encoding") == 0) {
        head->encoding_count++;
        head->encoding = text;
    }
    return MHD_YES;
}

static void add_headers(struct MHD_Response *to, const struct http_response *response)
{
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        MHD_add_response_header(to, always[i][0], always[i][1]);
    if (response->type)
        MHD_add_response_header(to, "Content-Type", response->type);
    MHD_add_response_header(to, "Cache-Control", response->cache ? response->cache : "no-cache");
    if (response->etag)
        MHD_add_response_header(to, "ETag", response->etag);
    if (response->location)
        MHD_add_response_header(to, "Location", response->location);
    if (response->allow)
        MHD_add_response_header(to, "Allow", response->allow);
    if (response->status == 503)
        MHD_add_response_header(to, "Retry-After", "5");
    if (response->topic >= 0)
        MHD_add_response_header(to, "X-Accel-Buffering", "no");
}

static enum MHD_Result send_response(struct http_server *server, struct MHD_Connection *to,
                                     const struct http_response *response, bool hang_up)
{
    struct MHD_Response *out;
    if (response->topic >= 0)
        out = stream_open(server, to, response->topic);
    else
        out = MHD_create_response_from_buffer(
            response->body.len, (void *)(uintptr_t)response->body.at, MHD_RESPMEM_PERSISTENT);
    if (!out)
        return MHD_NO;
    add_headers(out, response);
    if (hang_up)
        MHD_add_response_header(out, "Connection", "close");
    set_deadline(server, to, response->topic >= 0 ? 0 : server->settings.answer_deadline_s);
    enum MHD_Result result = MHD_queue_response(to, (unsigned)response->status, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result refuse(struct http_server *server, struct MHD_Connection *to,
                              struct arena *arena, int status, const char *words)
{
    struct http_response response = { .status = status, .topic = -1, .cache = "no-store" };
    server->settings.refuse(arena, words, &response);
    return send_response(server, to, &response, true);
}

static enum http_method method_of(const char *method)
{
    if (strcmp(method, "GET") == 0)
        return HTTP_GET;
    return strcmp(method, "HEAD") == 0 ? HTTP_HEAD : HTTP_OTHER;
}

static enum MHD_Result answer(struct http_server *server, struct MHD_Connection *to,
                              struct http_request *request)
{
    request->if_none_match =
        str_of(MHD_lookup_connection_value(to, MHD_HEADER_KIND, "If-None-Match"));
    struct http_response response = { .status = 200, .topic = -1 };
    server->settings.answer(server->settings.context, request, &response);
    if (response.topic >= 0 && request->method == HTTP_HEAD)
        response.topic = -1;
    if (response.topic >= 0 && streams_full(server))
        return refuse(server, to, request->arena, 503, "Too many pages are being kept live.");
    if (response.status == 200 && response.etag && request->if_none_match.len &&
        http_etag_listed(request->if_none_match, response.etag)) {
        response.status = 304;
        response.body = S("");
    }
    return send_response(server, to, &response, false);
}

/* The library calls this once with the head and, when there is no body, once more. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *from, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot)
{
    (void)version;
    (void)upload;
    struct http_server *server = context;
    if (*slot) {
        if (*upload_size)
            return MHD_NO; /* a guard has answered; nobody reads bodies */
        struct http_request request = { .method = method_of(method),
                                        .path = str_of(url),
                                        .arena = *slot };
        return answer(server, from, &request);
    }
    *slot = arena_open(NULL); /* until on_completed */
    set_deadline(server, from, server->settings.answer_deadline_s);
    struct http_head head = { .path_bytes = strlen(url) };
    MHD_get_connection_values(from, MHD_HEADER_KIND, count_header, &head);
    const char *words;
    int status = http_guard(&head, server->settings.hosts, &words);
    return status ? refuse(server, from, *slot, status, words) : MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *from, void **slot,
                         enum MHD_RequestTerminationCode how)
{
    (void)how;
    struct http_server *server = context;
    arena_drop(*slot);
    *slot = NULL;
    set_deadline(server, from, (int)IDLE_S + server->settings.head_deadline_s);
}

/* Addresses are taken apart before they are decoded, so the library must not decode them. */
static size_t keep_escapes(void *context, struct MHD_Connection *from, char *text)
{
    (void)context;
    (void)from;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct http_server *server)
{
    const struct http_settings *settings = &server->settings;
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
            MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, logged, server,
        MHD_OPTION_LISTEN_SOCKET, settings->listen_fd, MHD_OPTION_THREAD_POOL_SIZE,
        settings->threads, MHD_OPTION_CONNECTION_LIMIT, settings->connections_most,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_escapes, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
}

struct http_server *http_start(const struct http_settings *settings, struct fault *why)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->settings = *settings;
    pthread_mutex_init(&server->lock, NULL);
    server->daemon = start_daemon(server);
    if (!server->daemon || pthread_create(&server->ticker, NULL, tick, server) != 0) {
        fault_set(why, BLAME_SYSTEM, "the web server could not be started");
        free(server);
        return NULL;
    }
    return server;
}

void http_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true; /* from now on no stream suspends itself */
    for (struct stream *stream = server->streams; stream; stream = stream->next)
        stream_wake(stream); /* stopping with a suspended one would end the program */
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->ticker, NULL);
    MHD_quiesce_daemon(
        server->daemon); /* stopping would shut the socket down for the keeper, too */
    MHD_stop_daemon(server->daemon);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
