/*
 * Repository addresses: what may be fetched from at all. An address is brought into one canonical
 * form first and is compared with the patterns of `git.allow` only then, so that two spellings of
 * one place cannot differ in the answer.
 *
 * Canonical: https://host[:port]/path, ssh://git@host[:port]/path (also written git@host:path),
 * file:///path (also written /path). Lower-case host name, no default port, no trailing slash.
 * Refused: other schemes, user names and passwords, "..", ".", "//", "%", "?", "#", "\", control
 * characters, IPv6 literals, names that are not ASCII.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"
#include <netinet/in.h>

#define ADDRESS_BYTES_MOST 1024
#define ADDRESS_SOCKETS_MOST 8
#define ADDRESS_PATTERNS_MOST 100

enum address_scheme { ADDRESS_HTTPS, ADDRESS_SSH, ADDRESS_FILE };

struct address {
    enum address_scheme scheme;
    struct str text; /* canonical, zero-ended: what is connected to */
    struct str key;  /* text without a final .git: equal for two spellings of one repository */
    struct str host; /* zero-ended; empty for file: */
    struct str path; /* with the leading slash */
    uint16_t port;   /* 0 for file: */
};

/* The blame stays open. `out` lives in the arena. */
bool address_parse(struct arena *arena, struct str url, struct address *out, struct fault *why);

/* Patterns as strings of course.yaml: an address whose path segments may hold `*`, which stands
 * for any characters but "/" of one segment. Never in scheme, host or port. A final .git counts
 * neither in pattern nor in address. */
bool address_pattern_check(struct arena *arena, struct str pattern, struct fault *why);

/* For https and ssh: one of the patterns matches. The fault names the address and what is
 * allowed. */
bool address_allowed(struct arena *arena, const struct address *address, const struct str *patterns,
                     size_t count, struct fault *why);

/*
 * For file: opens the repository beneath `local` (the directory `git.local`, whose absolute path is
 * local_path): no link on the way, never outside. Returns a directory descriptor (close-on-exec) or
 * -1 and a fault.
 */
int address_open_local(const struct address *address, int local, struct str local_path,
                       struct fault *why);

/* True for an address in the public internet: not private, loopback, link-local, multicast,
 * documentation or reserved, also not when such an IPv4 address is wrapped in IPv6 (mapped,
 * NAT64, 6to4). */
bool address_is_public(const struct sockaddr *at);

struct address_sockets {
    size_t count;
    struct sockaddr_storage at[ADDRESS_SOCKETS_MOST];
    socklen_t size[ADDRESS_SOCKETS_MOST];
};
enum address_found { ADDRESS_FOUND, ADDRESS_UNKNOWN, ADDRESS_PRIVATE };

/*
 * Look the name up and keep what may be connected to. ADDRESS_PRIVATE: all that was found is
 * private and private is not allowed. The caller connects to exactly these sockets; nothing is
 * looked up twice.
 */
enum address_found address_resolve(const char *host, uint16_t port, bool allow_private,
                                   struct address_sockets *out, struct fault *why);
