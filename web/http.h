/*
 * HTTP as this program sees it: a request comes in, a response goes out, and event streams listen
 * to topics. The door to libmicrohttpd (web/http.c). Guards against what a bare server lets through
 * stand here too: a deadline for the whole head and for the whole answer, Content-Length with
 * Transfer-Encoding, doubled Content-Length or Host, a missing or foreign Host, too many
 * connections, too many streams.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

struct http_field { /* a header line */
    const char *name;
    struct str value;
};

/* An answer that comes later: see http_response.later. */
struct http_ticket;

struct http_request {
    enum http_method method;
    struct str path;                 /* as it came: percent-encoded, without the query */
    struct str if_none_match;        /* empty when absent */
    struct str body;                 /* of a POST that may have one, whole */
    const struct http_field *fields; /* of such a POST: all header lines */
    size_t field_count;
    struct str from; /* the client's address without its port; empty for a Unix socket */
    struct http_ticket *ticket;
    struct arena *arena; /* ends with the request */
};

struct http_response {
    int status;
    const char *type;
    struct str body;      /* lives in the request's arena, or as long as the program */
    const char *etag;     /* with its quotes; NULL none */
    const char *cache;    /* Cache-Control; NULL: no-cache */
    const char *allow;    /* for 405 */
    bool later;           /* not now: somebody calls http_answer_later with the request's ticket */
    const char *location; /* for 308 */
    int topic;            /* >= 0: no body, an event stream of this topic */
};

/* The header's value; empty when it is absent or there more than once. Names in any case. */
struct str http_field(const struct http_request *request, const char *name);

struct http_settings {
    int listen_fd;
    unsigned threads;
    unsigned connections_most;
    unsigned streams_most;
    int head_deadline_s;
    int answer_deadline_s;
    int heartbeat_s;
    const char *const *hosts; /* further names by which we may be called; NULL-ended */
    size_t
        bodies_most; /* bytes of all bodies under way; what would pass it is asked to come again */
    /* How many bytes of body a POST to this address may have; 0: it is not for posting. */
    size_t (*body_most)(void *context, struct str path);
    /* Called by several threads at once. `response` comes with topic -1. */
    void (*answer)(void *context, struct http_request *request, struct http_response *response);
    /* Fills in body and type for a request that a guard turned away, said in `words`. */
    void (*refuse)(struct arena *arena, const char *words, struct http_response *response);
    void *context;
};

struct http_server;
struct http_server *http_start(const struct http_settings *settings, struct fault *why);
/* Ends all streams and connections. */
void http_stop(struct http_server *server);

/*
 * The answer to a request whose response said `later`: exactly once, from any thread, also before
 * the handler has returned. The body lives as long as the program.
 */
void http_answer_later(struct http_ticket *ticket, const struct http_response *response);

/* Send bytes to all streams of a topic; a stream that does not keep up is ended. */
void http_publish(struct http_server *server, int topic, struct str bytes);
int http_listeners(struct http_server *server, int topic);
