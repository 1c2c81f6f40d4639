/* The door to libgit2, second leaf: connections, credentials, certificates, progress, and what a
 * failure means. */
#include "grader/source/git_wire.h"
#include <errno.h>
#include <git2/sys/stream.h>
#include <git2/sys/transport.h>
#include <git2/credential.h>
#include <git2/errors.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The head of libgit2 1.5's private https transport. GIT_REMOTE_REDIRECT_NONE keeps it on the host
 * only: within it, redirects are followed. Where it ended up stands here, and git_wire_redirected
 * tells what is not where it began.
 */
struct http_view {
    git_smart_subtransport parent;
    void *owner;
    char *scheme, *host, *port, *path;
};

/* libgit2's table of streams has no room for a payload, hence the one variable in this folder. */
static struct git_wire *dialing;

/*
 * A connected socket for libgit2. Its ssh transport reads `socket` through its own private struct,
 * which is laid out like this in 1.5 (git_wire_ready refuses other versions); TLS is put on top by
 * libgit2, with the true host name.
 */
struct door_stream {
    git_stream parent;
    char *host;
    char *port;
    int socket;
};

static int stop(struct git_wire *session, enum git_outcome outcome)
{
    session->outcome = outcome;
    git_error_set_str(GIT_ERROR_NET, session->why.text);
    return -1;
}

static int stream_connect(git_stream *stream)
{
    struct door_stream *self = (struct door_stream *)stream;
    enum git_outcome outcome = GIT_UNREACHABLE;
    self->socket =
        dialing->door.dial(dialing->door.at, self->host, self->port, &outcome, &dialing->why);
    return self->socket >= 0 ? 0 : stop(dialing, outcome);
}

static ssize_t stream_read(git_stream *stream, void *out, size_t size)
{
    ssize_t got = recv(((struct door_stream *)stream)->socket, out, size, 0);
    if (got >= 0)
        return got;
    fault_set(&dialing->why, BLAME_PASSING, "%s",
              errno == EAGAIN ? "the server went silent" : "the connection broke");
    return stop(dialing, GIT_UNREACHABLE);
}

static ssize_t stream_write(git_stream *stream, const char *from, size_t size, int flags)
{
    (void)flags;
    ssize_t put = send(((struct door_stream *)stream)->socket, from, size, MSG_NOSIGNAL);
    if (put >= 0)
        return put;
    fault_set(&dialing->why, BLAME_PASSING, "the connection broke");
    return stop(dialing, GIT_UNREACHABLE);
}

static int stream_close(git_stream *stream)
{
    struct door_stream *self = (struct door_stream *)stream;
    if (self->socket >= 0)
        close(self->socket);
    self->socket = -1;
    return 0;
}

static void stream_free(git_stream *stream)
{
    struct door_stream *self = (struct door_stream *)stream;
    stream_close(stream);
    free(self->host);
    free(self->port);
    free(self);
}

static int stream_make(git_stream **out, const char *host, const char *port)
{
    struct door_stream *self = calloc(1, sizeof *self);
    char *host_copy = strdup(host);
    char *port_copy = strdup(port);
    if (!self || !host_copy || !port_copy)
        abort();
    self->parent = (git_stream){ .version = GIT_STREAM_VERSION,
                                 .connect = stream_connect,
                                 .read = stream_read,
                                 .write = stream_write,
                                 .close = stream_close,
                                 .free = stream_free };
    self->host = host_copy;
    self->port = port_copy;
    self->socket = -1;
    *out = &self->parent;
    return 0;
}

static int give_credentials(git_credential **out, const char *url, const char *user,
                            unsigned int types, void *at)
{
    (void)url;
    (void)user;
    struct git_wire *self = at;
    const struct git_door *door = &self->door;
    if (types & GIT_CREDENTIAL_USERNAME)
        return git_credential_username_new(out, "git");
    bool token = (types & GIT_CREDENTIAL_USERPASS_PLAINTEXT) && door->token.len && !door->key.len;
    bool key = (types & GIT_CREDENTIAL_SSH_MEMORY) && door->key.len;
    if (self->asked)
        fault_set(&self->why, BLAME_COURSE, "the server refused the %s", key ? "key" : "token");
    else if (!token && !key)
        fault_set(&self->why, BLAME_COURSE, "the server asked for a login and none was there");
    if (self->asked || (!token && !key)) {
        stop(self, GIT_DENIED);
        return GIT_EAUTH;
    }
    self->asked = true;
    if (key)
        return git_credential_ssh_key_memory_new(out, "git", NULL, door->key.at, NULL);
    return git_credential_userpass_plaintext_new(
        out, door->user.len ? door->user.at : "x-access-token", door->token.at);
}

static int check_certificate(git_cert *cert, int valid, const char *host, void *at)
{
    struct git_wire *self = at;
    if (cert->cert_type == GIT_CERT_X509) {
        if (valid)
            return 0;
        fault_set(&self->why, BLAME_COURSE, "the certificate of %s was not valid", host);
    } else if (cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
        git_cert_hostkey *key = (git_cert_hostkey *)cert;
        struct str raw = { key->hostkey, key->hostkey_len };
        if (!(key->type & GIT_CERT_SSH_RAW))
            fault_set(&self->why, BLAME_SYSTEM, "libgit2 did not hand over the key of %s", host);
        else if (self->door.host_key(self->door.at, raw, &self->why))
            return 0;
    } else {
        fault_set(&self->why, BLAME_SYSTEM, "the server %s showed an unknown kind of certificate",
                  host);
    }
    stop(self, GIT_DENIED);
    return GIT_ECERTIFICATE;
}

static int watch_progress(const git_indexer_progress *seen, void *at)
{
    struct git_wire *self = at;
    if (seen->received_bytes <= self->door.most_bytes &&
        seen->total_objects <= self->door.most_objects)
        return 0;
    fault_set(&self->why, BLAME_OPEN, "the repository has more than %llu bytes or %u objects",
              (unsigned long long)self->door.most_bytes, self->door.most_objects);
    return stop(self, GIT_TOO_BIG);
}

static int http_make(git_smart_subtransport **out, git_transport *owner, void *at)
{
    struct git_wire *self = at;
    int code = git_smart_subtransport_http(out, owner, NULL);
    self->http = code == 0 ? (const struct http_view *)*out : NULL;
    return code;
}

static int transport_make(git_transport **out, git_remote *owner, void *at)
{
    git_smart_subtransport_definition https = { http_make, 1, at };
    if (!str_starts(str_of(git_remote_url(owner)), S("https://")))
        return git_transport_new(out, owner, git_remote_url(owner));
    return git_transport_smart(out, owner, &https);
}

bool git_wire_redirected(const struct git_wire *self, struct fault *why)
{
    struct str rest = str_from(str_of(self->url), strlen("https://"));
    const struct http_view *http = self->http;
    size_t slash;
    if (!http || !str_find(rest, '/', &slash) ||
        (http->path && str_is(str_from(rest, slash), http->path)))
        return false;
    fault_set(why, BLAME_OPEN, "the server sent us on to %.100s: redirects are not followed",
              http->path ? http->path : "nowhere");
    return true;
}

void git_wire_callbacks(struct git_wire *self, struct git_remote_callbacks *out)
{
    dialing = self;
    *out = (git_remote_callbacks){ .version = GIT_REMOTE_CALLBACKS_VERSION,
                                   .credentials = give_credentials,
                                   .certificate_check = check_certificate,
                                   .transfer_progress = watch_progress,
                                   .transport = transport_make,
                                   .payload = self };
}

/* What a failure means: a callback's word first, then libgit2's code, then its text. */
enum git_outcome git_wire_outcome(struct git_wire *self, int code, struct fault *why)
{
    static const struct {
        const char *holds;
        enum git_outcome outcome;
        const char *says;
    } known[] = {
        { "redirect", GIT_REFUSED, "the server sent us elsewhere: redirects are not followed" },
        { "status code: 40", GIT_DENIED, "the repository is not there, or closed to us" },
        { "authentication", GIT_DENIED, "the login was refused" },
        { "File too large", GIT_TOO_BIG, "the repository is too big" },
        { "exceeds", GIT_TOO_BIG, "the repository is too big" },
    };
    const git_error *last = git_error_last();
    const char *text = last && last->message ? last->message : "no reason was given";
    if (self->outcome != GIT_FINE) {
        *why = self->why;
        return self->outcome;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(text, known[i].holds)) {
            fault_set(why, BLAME_OPEN, "%s (%s)", known[i].says, text);
            return known[i].outcome;
        }
    fault_set(why, BLAME_PASSING, "%s", text);
    return code == GIT_EAUTH || code == GIT_ECERTIFICATE ? GIT_DENIED : GIT_UNREACHABLE;
}

static bool check_version(struct fault *why)
{
    int major, minor, patch;
    git_libgit2_version(&major, &minor, &patch);
    if (major == 1 && minor == 5)
        return true;
    return fault_set(why, BLAME_SYSTEM, "libgit2 %d.%d is not the 1.5 that fetching was built for",
                     major, minor);
}

static bool bound_library(const struct git_door *door, struct fault *why)
{
    git_stream_registration streams = { .version = GIT_STREAM_VERSION, .init = stream_make };
    if (git_stream_register(GIT_STREAM_STANDARD, &streams) < 0 ||
        git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)door->most_objects) < 0 ||
        git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, (size_t)door->most_bytes) < 0)
        return git_fault(why, "libgit2 did not take its limits");
    if (door->ca && git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, door->ca, NULL) < 0) {
        git_fault(why, "ca.pem could not be used");
        why->blame = BLAME_COURSE;
        return false;
    }
    return true;
}

bool git_wire_ready(const struct git_door *door, struct fault *why)
{
    return check_version(why) && bound_library(door, why);
}
