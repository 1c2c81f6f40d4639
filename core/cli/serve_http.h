/*
 * HTTP/1.1 for `holdout-ml serve`: one thread, one poll loop, connections that stay open, bodies
 * with a length. Small on purpose: it runs in a box, whose every library is mounted into it, so a
 * library's dozen of dependencies would be paid for by every step of every team.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define SERVE_CONNECTIONS_MOST 64
#define SERVE_HEAD_MOST ((size_t)16 << 10)
#define SERVE_IDLE_MS 60000 /* a silent connection is closed after that */

struct serve_request {
    struct str method, path, type; /* type: of Content-Type, without parameters */
    struct str body;
};
struct serve_reply {
    int status;
    const char *type;
    struct str body;
};

struct serve_http {
    int listener;
    size_t body_most; /* more is refused with 413 */
    /* The arena is the request's own. */
    void (*answer)(void *at, struct arena *arena, const struct serve_request *request,
                   struct serve_reply *reply);
    void *at;
};
/* On that address and port (0: any free one), which *port tells; -1 with a fault. */
int serve_listen(const char *address, uint16_t *port, struct fault *why);
/* Until SIGTERM or SIGINT, which ends the process with 0; false on a fault. */
bool serve_http_run(const struct serve_http *how, struct fault *why);
