/* Repository addresses: host names become sockets, and which of these lie in the public
 * internet. */
#include "grader/source/address.h"
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static const struct range {
    uint32_t from;
    int bits;
} not_public_v4[] = {
    { 0x00000000, 8 },  /* this network */
    { 0x0a000000, 8 },  /* private */
    { 0x64400000, 10 }, /* carrier NAT */
    { 0x7f000000, 8 },  /* loopback */
    { 0xa9fe0000, 16 }, /* link-local: cloud metadata lives here */
    { 0xac100000, 12 }, /* private */
    { 0xc0000000, 24 }, /* protocol assignments */
    { 0xc0000200, 24 }, /* documentation */
    { 0xc0586300, 24 }, /* 6to4 relays */
    { 0xc0a80000, 16 }, /* private */
    { 0xc6120000, 15 }, /* benchmarks */
    { 0xc6336400, 24 }, /* documentation */
    { 0xcb007100, 24 }, /* documentation */
    { 0xe0000000, 3 },  /* multicast, reserved, broadcast */
};

static bool v4_is_public(uint32_t at)
{
    for (size_t i = 0; i < sizeof not_public_v4 / sizeof *not_public_v4; i++) {
        uint32_t mask = ~(uint32_t)0 << (32 - not_public_v4[i].bits);
        if ((at & mask) == not_public_v4[i].from)
            return false;
    }
    return true;
}

static uint32_t v4_at(const uint8_t *byte)
{
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

/* Only 2000::/3 is global; of it Teredo and documentation are not, and 6to4 is what it carries. */
static bool v6_is_public(const uint8_t *byte)
{
    static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
    if (memcmp(byte, nat64, sizeof nat64) == 0)
        return v4_is_public(v4_at(byte + 12));
    if ((byte[0] & 0xe0) != 0x20)
        return false;
    if (byte[0] == 0x20 && byte[1] == 0x02)
        return v4_is_public(v4_at(byte + 2));
    bool assignments = byte[0] == 0x20 && byte[1] == 0x01 && (byte[2] & 0xfe) == 0;
    bool documentation =
        (byte[0] == 0x20 && byte[1] == 0x01 && byte[2] == 0x0d && byte[3] == 0xb8) ||
        (byte[0] == 0x3f && byte[1] == 0xff && (byte[2] & 0xf0) == 0);
    return !assignments && !documentation;
}

bool address_is_public(const struct sockaddr *at)
{
    if (at->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, at, sizeof in);
        return v4_is_public(ntohl(in.sin_addr.s_addr));
    }
    if (at->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, at, sizeof in6);
        if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
            return v4_is_public(v4_at(in6.sin6_addr.s6_addr + 12));
        return v6_is_public(in6.sin6_addr.s6_addr);
    }
    return false;
}

enum address_found address_resolve(const char *host, uint16_t port, bool allow_private,
                                   struct address_sockets *out, struct fault *why)
{
    char service[8];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, service, &hints, &found);
    out->count = 0;
    if (code != 0) {
        fault_set(why, BLAME_PASSING, "host %s was not found: %s", host, gai_strerror(code));
        return ADDRESS_UNKNOWN;
    }
    for (struct addrinfo *a = found; a && out->count < ADDRESS_SOCKETS_MOST; a = a->ai_next) {
        if (!allow_private && !address_is_public(a->ai_addr))
            continue;
        memcpy(&out->at[out->count], a->ai_addr, a->ai_addrlen);
        out->size[out->count++] = a->ai_addrlen;
    }
    freeaddrinfo(found);
    if (out->count > 0)
        return ADDRESS_FOUND;
    fault_set(why, BLAME_COURSE,
              "host %s has only private addresses, which git.allow_private: true would allow",
              host);
    return ADDRESS_PRIVATE;
}
