/*
 * Addresses of other servers' APIs, as a course names them: http:// or https://, a lower-case name
 * or IPv4 address, a port, a path with query. Refused: user names and passwords, fragments, white
 * space and control characters, "\", IPv6 literals, anything that is not ASCII.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define URL_BYTES_MOST 1000

struct url {
    bool tls;
    struct str text; /* zero-ended, without slashes at its end */
    struct str host; /* zero-ended */
    uint16_t port;
};

/* The blame stays open. `out` lives in the arena. */
bool url_parse(struct arena *arena, struct str text, struct url *out, struct fault *why);

/* For use as one part of a path: all but letters, digits and -._~ as %XX. */
struct str url_quote(struct arena *arena, struct str text);
