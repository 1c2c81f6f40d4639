/*
 * Asking other servers over HTTP: the door to libcurl. The answer is foreign bytes: bounded in
 * size and time, without redirects, cookies, proxies or compression; nothing of it is interpreted
 * here but its status line.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"
#include <stdint.h>

/* Connections that are kept open between calls. One thread at a time. */
struct http;

struct http_options {
    /*
     * Gives a connected descriptor in place of a connection by address, which libcurl then owns;
     * -1 and errno: nobody listens. The URL's host is a mere name then: write an IP address.
     * NULL: connect as usual.
     */
    int (*dial)(void *arg);
    void *arg;
    /* "HOST:PORT:ADDRESS,…" (IPv6 in brackets): connections are made to these alone, nothing is
     * looked up; for TLS HOST keeps its name. NULL: as usual. */
    const char *pinned;
    const char *ca; /* path of a PEM file with authorities, NULL: the system's */
};

/* Before a process confines itself: what libcurl and its TLS library load at their first use. */
bool http_prepare(struct fault *why);

/* options NULL: as usual. NULL and a fault. */
struct http *http_open(const struct http_options *options, struct fault *why);
void http_close(struct http *http); /* NULL is fine */
void http_scoped(struct http **http);

struct http_call {
    const char *method; /* GET, POST, … */
    const char *url;    /* http: or https: */
    /* NULL-ended, each "Name: value" without line ends; "Name:" removes one of libcurl's. NULL:
     * none. Of libcurl's own only Host, Accept and Content-Length are sent. */
    const char *const *headers;
    struct str body;    /* sent with every method but GET and HEAD; empty is sent as empty */
    int64_t connect_ms; /* at most, until connected */
    int64_t whole_ms;   /* at most, all together */
    size_t answer_most; /* bytes of body; more is a fault */
};

#define HTTP_HEAD_MOST 65536u /* bytes of all header lines of an answer; more is a fault */

struct http_answer {
    int status;      /* 100 to 999 */
    struct str head; /* its header lines, as they came, line ends included */
    struct str body;
    int64_t took_us; /* from the call to the last byte */
    bool again;      /* over a connection that was there already */
};

/*
 * Calls and waits. False and a fault (BLAME_PASSING) when no whole answer came: not connected, too
 * late, too long, closed before its end, not HTTP. An answer of any status is true. Texts are cut
 * from `arena`.
 */
bool http_send(struct http *http, struct arena *arena, const struct http_call *call,
               struct http_answer *out, struct fault *why);

/* The value of the first header of that name in any case, trimmed; empty when there is none. */
struct str http_header(const struct http_answer *answer, const char *name);
