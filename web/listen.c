/* The listening socket: loopback only. */
#include "web/listen.h"
#include "core/base/file.h"
#include "core/base/str.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_storage room;
};

static bool parse_host(struct str host, uint16_t port, union address *out)
{
    char text[64];
    *out = (union address){ 0 };
    if (str_is(host, "localhost"))
        host = S("127.0.0.1");
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = (struct str){ host.at + 1, host.len - 2 };
    snprintf(text, sizeof text, "%.*s", STR_ARGS(host));
    if (inet_pton(AF_INET, text, &out->four.sin_addr) == 1) {
        out->four.sin_family = AF_INET;
        out->four.sin_port = htons(port);
        return true;
    }
    *out = (union address){ 0 };
    if (inet_pton(AF_INET6, text, &out->six.sin6_addr) != 1)
        return false;
    out->six.sin6_family = AF_INET6;
    out->six.sin6_port = htons(port);
    return true;
}

static bool parse(const char *text, union address *out, struct fault *why)
{
    const char *colon = strrchr(text, ':');
    int64_t port = -1;
    if (colon && str_to_int(str_of(colon + 1), &port) && port >= 0 && port <= 65535 &&
        parse_host((struct str){ text, (size_t)(colon - text) }, (uint16_t)port, out))
        return true;
    return fault_set(
        why, BLAME_OPEN,
        "--listen takes ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080, found %.80s", text);
}

static bool is_loopback(const union address *address)
{
    switch (address->any.sa_family) {
    case AF_UNIX:
        return true;
    case AF_INET:
        return ntohl(address->four.sin_addr.s_addr) >> 24 == 127;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&address->six.sin6_addr);
    default:
        return false;
    }
}

static bool not_loopback(int *code, struct fault *why)
{
    *code = 77;
    return fault_set(
        why, BLAME_OPEN,
        "only loopback addresses are served while there are no accounts: use 127.0.0.1, "
        "and reach it from elsewhere through ssh -L 8080:127.0.0.1:8080");
}

static uint16_t port_of(int fd)
{
    union address bound = { 0 };
    socklen_t size = sizeof bound;
    if (getsockname(fd, &bound.any, &size) != 0)
        return 0;
    return bound.any.sa_family == AF_INET    ? ntohs(bound.four.sin_port)
           : bound.any.sa_family == AF_INET6 ? ntohs(bound.six.sin6_port)
                                             : 0;
}

int listen_open(const char *text, uint16_t *port, int *code, struct fault *why)
{
    union address address;
    *code = 64;
    if (!parse(text, &address, why))
        return -1;
    if (!is_loopback(&address)) {
        not_loopback(code, why);
        return -1;
    }
    *code = 69;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t size = address.any.sa_family == AF_INET ? sizeof address.four : sizeof address.six;
    if (fd >= 0 && bind(fd, &address.any, size) == 0 && listen(fd, 256) == 0) {
        *port = port_of(fd);
        return fd;
    }
    if (errno == EADDRINUSE)
        fault_set(why, BLAME_OPEN,
                  "%.80s is taken by another program; choose another port with --listen", text);
    else
        fault_errno(why, "listening on %.80s", text);
    fd_scoped(&fd);
    return -1;
}

bool listen_check(int fd, uint16_t *port, int *code, struct fault *why)
{
    int listens = 0;
    socklen_t size = sizeof listens;
    *code = 64;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens)
        return fault_set(why, BLAME_OPEN, "descriptor %d does not listen", fd);
    union address bound = { 0 };
    size = sizeof bound;
    if (getsockname(fd, &bound.any, &size) != 0)
        return fault_errno(why, "descriptor %d", fd);
    *port = port_of(fd);
    return is_loopback(&bound) || not_loopback(code, why);
}
