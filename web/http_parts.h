/*
 * What the files behind web/http.h share: the server, its connections, its streams. They and
 * web/http.c are the door to libmicrohttpd.
 */
#pragma once

#include "web/http.h"
#include <microhttpd.h>
#include <pthread.h>

#define STREAM_PENDING_MOST (64u * 1024u)

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
    size_t body_bytes; /* of all requests under way */
    bool stopping;
    int64_t logged_us;
    unsigned log_skipped;
    pthread_t ticker;
};

/* A request on its way; its memory is its arena's. */
struct http_ticket {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct arena *arena;
    struct http_request request;
    struct http_response response;
    struct text body;
    size_t body_most;
    int refused; /* status with which the whole of it is refused once its body has gone by */
    const char *words;
    bool waits, answered, suspended; /* with server->lock held */
};

/* An event stream of a topic as the body of an answer; NULL when there is no memory. */
struct MHD_Response *stream_open(struct http_server *server, struct MHD_Connection *to, int topic);
bool streams_full(struct http_server *server);
/* With server->lock held: it looks for what there is to send. */
void stream_wake(struct stream *stream);
