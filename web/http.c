/* HTTP: the door to libmicrohttpd. Connections with deadlines, guards before answers, event
 * streams by topic. */
#include "core/base/clock.h"
#include "web/http_guard.h"
#include "web/http_parts.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_BYTES (32u * 1024u)
#define IDLE_S 30u
#define TICK_US 200000

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
    static const char *const names[] = { "GET", "HEAD", "POST" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(method, names[i]) == 0)
            return (enum http_method)i;
    return HTTP_OTHER;
}

static enum MHD_Result send_answer(struct http_ticket *ticket)
{
    struct http_server *server = ticket->server;
    struct http_request *request = &ticket->request;
    struct http_response *response = &ticket->response;
    if (response->topic >= 0 && request->method == HTTP_HEAD)
        response->topic = -1;
    if (response->topic >= 0 && streams_full(server))
        return refuse(server, ticket->connection, ticket->arena, 503,
                      "Too many pages are being kept live.");
    if (response->status == 200 && response->etag && request->if_none_match.len &&
        http_etag_listed(request->if_none_match, response->etag)) {
        response->status = 304;
        response->body = S("");
    }
    return send_response(server, ticket->connection, response, false);
}

/* Until http_answer_later; it may have been there first. */
static enum MHD_Result wait_for_answer(struct http_ticket *ticket)
{
    struct http_server *server = ticket->server;
    pthread_mutex_lock(&server->lock);
    ticket->waits = true;
    bool now = ticket->answered;
    if (!now) {
        ticket->suspended = true;
        MHD_suspend_connection(ticket->connection);
    }
    pthread_mutex_unlock(&server->lock);
    return now ? send_answer(ticket) : MHD_YES;
}

void http_answer_later(struct http_ticket *ticket, const struct http_response *response)
{
    struct http_server *server = ticket->server;
    pthread_mutex_lock(&server->lock);
    ticket->response = *response;
    ticket->response.later = false;
    ticket->answered = true;
    if (ticket->suspended) {
        ticket->suspended = false;
        MHD_resume_connection(ticket->connection);
    }
    pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result answer(struct http_ticket *ticket)
{
    struct http_server *server = ticket->server;
    struct http_response response = { .status = 200, .topic = -1 };
    ticket->request.if_none_match =
        str_of(MHD_lookup_connection_value(ticket->connection, MHD_HEADER_KIND, "If-None-Match"));
    ticket->request.body = text_str(&ticket->body);
    server->settings.answer(server->settings.context, &ticket->request, &response);
    if (response.later)
        return wait_for_answer(ticket);
    ticket->response = response;
    return send_answer(ticket);
}

/* Room among all bodies under way. */
static bool body_admit(struct http_ticket *ticket, size_t size)
{
    struct http_server *server = ticket->server;
    pthread_mutex_lock(&server->lock);
    bool admitted = server->body_bytes + size <= server->settings.bodies_most;
    if (admitted)
        server->body_bytes += size;
    pthread_mutex_unlock(&server->lock);
    return admitted;
}

/* What is too much goes by unread, so that its sender hears why. */
static enum MHD_Result take_body(struct http_ticket *ticket, const char *bytes, size_t *size)
{
    size_t more = *size;
    *size = 0;
    if (!ticket->body_most)
        return MHD_NO; /* a guard has answered; nobody reads it */
    if (ticket->refused)
        return MHD_YES;
    if (ticket->body.len + more > ticket->body_most) {
        ticket->refused = 413;
        ticket->words = "The request's body is longer than is taken here.";
    } else if (!body_admit(ticket, more)) {
        ticket->refused = 503;
        ticket->words = "Too much is arriving at once.";
    } else {
        text_add(&ticket->body, (struct str){ bytes, more });
    }
    return MHD_YES;
}

static enum MHD_Result keep_field(void *at, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    (void)kind;
    struct http_ticket *ticket = at;
    struct http_field *fields = (struct http_field *)(uintptr_t)ticket->request.fields;
    fields[ticket->request.field_count++] = (struct http_field){ name, str_of(value) };
    return MHD_YES;
}

static void keep_fields(struct http_ticket *ticket)
{
    int count = MHD_get_connection_values(ticket->connection, MHD_HEADER_KIND, NULL, NULL);
    ticket->request.fields =
        arena_array(ticket->arena, struct http_field, count > 0 ? (size_t)count : 1);
    MHD_get_connection_values(ticket->connection, MHD_HEADER_KIND, keep_field, ticket);
}

static struct str address_of(struct arena *arena, struct MHD_Connection *from)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(from, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[NI_MAXHOST];
    if (!info || !info->client_addr || info->client_addr->sa_family == AF_UNIX)
        return S("");
    socklen_t size = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                              : sizeof(struct sockaddr_in);
    if (getnameinfo(info->client_addr, size, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
        return S("");
    return str_keep(arena, str_of(text));
}

static struct http_ticket *ticket_make(struct http_server *server, struct MHD_Connection *from,
                                       const char *url, const char *method)
{
    struct arena *arena = arena_open(NULL);
    struct http_ticket *ticket = arena_new(arena, struct http_ticket);
    *ticket = (struct http_ticket){
        .server = server, .connection = from, .arena = arena, .body = { .arena = arena }
    };
    ticket->request = (struct http_request){
        .method = method_of(method), .path = str_of(url), .arena = arena, .ticket = ticket
    };
    if (ticket->request.method == HTTP_POST && server->settings.body_most)
        ticket->body_most =
            server->settings.body_most(server->settings.context, ticket->request.path);
    if (ticket->body_most) {
        keep_fields(ticket);
        ticket->request.from = address_of(arena, from);
    }
    return ticket;
}

/*
 * The library calls this once with the head, for each piece of a body, once more at its end, and
 * again when a connection that waited goes on.
 */
static enum MHD_Result on_request(void *context, struct MHD_Connection *from, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot)
{
    (void)version;
    struct http_server *server = context;
    struct http_ticket *ticket = *slot;
    if (ticket && *upload_size)
        return take_body(ticket, upload, upload_size);
    if (ticket && ticket->waits)
        return send_answer(ticket);
    if (ticket && ticket->refused)
        return refuse(server, from, ticket->arena, ticket->refused, ticket->words);
    if (ticket)
        return answer(ticket);
    ticket = *slot = ticket_make(server, from, url, method); /* until on_completed */
    set_deadline(server, from, server->settings.answer_deadline_s);
    struct http_head head = { .path_bytes = strlen(url), .body_most = ticket->body_most };
    MHD_get_connection_values(from, MHD_HEADER_KIND, count_header, &head);
    const char *words;
    int status = http_guard(&head, server->settings.hosts, &words);
    if (!status)
        return MHD_YES;
    ticket->body_most = 0;
    return refuse(server, from, ticket->arena, status, words);
}

static void on_completed(void *context, struct MHD_Connection *from, void **slot,
                         enum MHD_RequestTerminationCode how)
{
    (void)how;
    struct http_server *server = context;
    struct http_ticket *ticket = *slot;
    if (ticket) {
        pthread_mutex_lock(&server->lock);
        server->body_bytes -= ticket->body.len;
        pthread_mutex_unlock(&server->lock);
        arena_drop(ticket->arena);
    }
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
