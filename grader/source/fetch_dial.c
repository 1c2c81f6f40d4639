/* The fetch process: the one way in which it connects, and how it knows an ssh server. */
#include "core/base/base64.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "grader/source/fetch_child.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool load_secret(struct arena *arena, int dir, const char *name, struct str *out,
                        struct fault *why)
{
    *out = S("");
    if (dir < 0 || faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    if (!file_load(arena, dir, name, SECRET_BYTES_MOST, out, why)) {
        why->blame = BLAME_COURSE;
        return fault_within(why, "secrets/grader");
    }
    return true;
}

bool fetch_secrets_load(struct arena *arena, int dir, struct fetch_secrets *out, struct fault *why)
{
    if (!load_secret(arena, dir, "key", &out->key, why) ||
        !load_secret(arena, dir, "token", &out->token, why) ||
        !load_secret(arena, dir, "known_hosts", &out->known_hosts, why) ||
        !load_secret(arena, dir, "ca.pem", &out->ca, why))
        return false;
    out->token = str_keep(arena, str_trim(out->token));
    return true;
}

static void set_blocking(int fd, int idle_ms)
{
    struct timeval idle = { idle_ms / 1000, (idle_ms % 1000) * 1000 };
    int yes = 1;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static int connect_one(const struct sockaddr_storage *at, socklen_t size, int idle_ms)
{
    int fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int error = connect(fd, (const struct sockaddr *)at, size) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        struct pollfd wait = { fd, POLLOUT, 0 };
        socklen_t len = sizeof error;
        if (poll(&wait, 1, idle_ms) != 1)
            error = ETIMEDOUT;
        else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
            error = errno;
    }
    if (error == 0) {
        set_blocking(fd, idle_ms);
        return fd;
    }
    close(fd);
    errno = error;
    return -1;
}

int fetch_dial(void *at, const char *host, const char *port, enum git_outcome *outcome,
               struct fault *why)
{
    struct fetch_dial *self = at;
    const struct fetch_request *request = self->request;
    int64_t number = 0;
    if (!str_equal(str_of(host), request->address.host) || !str_to_int(str_of(port), &number) ||
        number != request->address.port) {
        *outcome = GIT_REFUSED;
        fault_set(why, BLAME_OPEN, "the server sent us on to %.100s, which is not followed", host);
        return -1;
    }
    struct address_sockets found;
    enum address_found how =
        address_resolve(host, request->address.port, request->allow_private, &found, why);
    *outcome = how == ADDRESS_PRIVATE ? GIT_REFUSED : GIT_UNREACHABLE;
    if (how != ADDRESS_FOUND)
        return -1;
    for (size_t i = 0; i < found.count; i++) {
        int fd = connect_one(&found.at[i], found.size[i], request->idle_ms);
        if (fd >= 0)
            return fd;
    }
    fault_errno(why, "no connection to %s:%s", host, port);
    why->blame = BLAME_PASSING;
    return -1;
}

/* "host" for port 22, else "[host]:port"; lower-case as the canonical host is. Hashed names are
 * not understood. */
static bool names_host(struct str names, struct str host, struct str host_port)
{
    struct str name;
    while (str_cut(&names, ',', &name))
        if (str_equal(name, host_port) || (host.len && str_equal(name, host)))
            return true;
    return false;
}

static struct str cut_word(struct str *line)
{
    struct str rest = str_trim(*line);
    size_t len = 0;
    while (len < rest.len && rest.at[len] != ' ' && rest.at[len] != '\t')
        len++;
    *line = str_from(rest, len);
    return str_until(rest, len);
}

/* As `ssh-keygen -l` prints it. */
static const char *fingerprint(struct arena *arena, struct str key)
{
    char hex[SHA256_HEX];
    char hash[SHA256_BYTES];
    sha256_of(key, hex);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };
        hash[i] = (char)strtol(pair, NULL, 16);
    }
    struct str text = base64_print(arena, (struct str){ hash, sizeof hash });
    return arena_print(arena, "SHA256:%.*s", (int)text.len - 1, text.at); /* without its one "=" */
}

bool fetch_known_host(struct arena *arena, struct str known_hosts, const struct address *address,
                      struct str key, bool *revoked)
{
    struct str line;
    struct str plain = address->port == 22 ? address->host : S("");
    struct str full =
        str_of(arena_print(arena, "[%.*s]:%d", STR_ARGS(address->host), address->port));
    struct str wanted = base64_print(arena, key);
    bool found = false;
    *revoked = false;
    while (str_cut(&known_hosts, '\n', &line)) {
        struct str names = cut_word(&line);
        bool bad = str_is(names, "@revoked");
        if (bad)
            names = cut_word(&line);
        cut_word(&line); /* the kind of the key stands in the key itself */
        struct str text = cut_word(&line);
        if (names.len == 0 || names.at[0] == '#' || !names_host(names, plain, full) ||
            !str_equal(text, wanted))
            continue;
        *revoked = *revoked || bad;
        found = found || !bad;
    }
    return found && !*revoked;
}

bool fetch_host_key(void *at, struct str key, struct fault *why)
{
    struct fetch_dial *self = at;
    const struct address *address = &self->request->address;
    bool revoked;
    if (fetch_known_host(self->arena, self->secrets->known_hosts, address, key, &revoked))
        return true;
    const char *print = fingerprint(self->arena, key);
    if (revoked)
        return fault_set(why, BLAME_COURSE, "the key %s of %s is revoked in known_hosts", print,
                         address->host.at);
    return fault_set(why, BLAME_COURSE,
                     "the host key %s is not in secrets/grader/%s/known_hosts: compare it with "
                     "what the host publishes, then add the line of `ssh-keyscan -p %d %s`",
                     print, address->host.at, address->port, address->host.at);
}
