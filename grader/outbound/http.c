/* The door to libcurl. */
#include "grader/outbound/http.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#define CURL_DISABLE_TYPECHECK
#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEP_MOST 4 /* connections */

struct http {
    CURL *curl;
    struct http_options options;
    struct curl_slist *pinned;
    int dialled; /* a connection that is not libcurl's yet, -1: none */
    int taken;   /* the descriptor that it will be */
    char said[CURL_ERROR_SIZE];
};

/*
 * Loaded when it is needed, since it brings some thirty libraries along: a helper that talks to
 * nobody starts 12 ms earlier without them. Written once, by http_prepare.
 */
#define LIBRARY "libcurl.so.4"
static struct {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
} library;
#define curl_global_init library.global_init
#define curl_easy_init library.easy_init
#undef curl_easy_setopt
#define curl_easy_setopt library.easy_setopt
#define curl_easy_perform library.easy_perform
#undef curl_easy_getinfo
#define curl_easy_getinfo library.easy_getinfo
#define curl_easy_strerror library.easy_strerror
#define curl_easy_cleanup library.easy_cleanup
#define curl_slist_append library.slist_append
#define curl_slist_free_all library.slist_free_all

static bool library_load(struct fault *why)
{
    static const char *const names[] = {
        /* as in `library` */
        "curl_global_init",  "curl_easy_init",    "curl_easy_setopt",
        "curl_easy_perform", "curl_easy_getinfo", "curl_easy_strerror",
        "curl_easy_cleanup", "curl_slist_append", "curl_slist_free_all"
    };
    void *found[sizeof names / sizeof *names];
    _Static_assert(sizeof found == sizeof library, "a name for each function");
    if (library.global_init)
        return true;
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fault_set(why, BLAME_SYSTEM, "%s: %.200s", LIBRARY, dlerror());
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        found[i] = dlsym(handle, names[i]);
        if (!found[i])
            return fault_set(why, BLAME_SYSTEM, "%s has no %s", LIBRARY, names[i]);
    }
    memcpy(&library, found, sizeof found);
    return true;
}

bool http_prepare(struct fault *why)
{
    if (!library_load(why))
        return false;
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ||
           fault_set(why, BLAME_SYSTEM, "libcurl could not be started");
}

/*
 * libcurl 7.88 connects even a descriptor that is said to be connected, and takes EISCONN for a
 * failure. So it gets a datagram socket, whose connecting touches nobody, and before it writes the
 * first byte the dialled connection takes that number.
 */
static curl_socket_t dial(void *at, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http *http = at;
    (void)purpose;
    fd_scoped(&http->dialled);
    http->dialled = http->options.dial(http->options.arg);
    if (http->dialled < 0 || fcntl(http->dialled, F_SETFL, O_NONBLOCK) != 0)
        return CURL_SOCKET_BAD;
    http->taken = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return http->taken < 0 ? CURL_SOCKET_BAD : http->taken;
}

/* libcurl reads some names as addresses by itself, such as 2130706433, and then asks no pin. */
static curl_socket_t open_pinned(void *at, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct http *http = at;
    bool six = address->family == AF_INET6;
    char text[INET6_ADDRSTRLEN], shown[INET6_ADDRSTRLEN + 2];
    const void *raw = six ? (const void *)&((struct sockaddr_in6 *)&address->addr)->sin6_addr
                          : (const void *)&((struct sockaddr_in *)&address->addr)->sin_addr;
    struct str list = str_of(http->options.pinned), one;
    (void)purpose;
    if (!inet_ntop(address->family, raw, text, sizeof text))
        return CURL_SOCKET_BAD;
    snprintf(shown, sizeof shown, "%s%s%s", six ? "[" : "", text, six ? "]" : "");
    str_cut(&list, ':', &one);
    str_cut(&list, ':', &one);
    while (str_cut(&list, ',', &one))
        if (str_is(one, shown))
            return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return CURL_SOCKET_BAD;
}

static int put_through(void *at, char *to, char *from, int to_port, int from_port)
{
    struct http *http = at;
    (void)to, (void)from, (void)to_port, (void)from_port;
    if (http->dialled < 0)
        return CURL_PREREQFUNC_OK; /* over a connection that was there already */
    bool done = dup3(http->dialled, http->taken, O_CLOEXEC) >= 0;
    fd_scoped(&http->dialled);
    http->dialled = -1;
    return done ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* What is the same in all calls. */
static void set_always(struct http *http)
{
    CURL *curl = http->curl;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->said);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, (long)KEEP_MOST);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    if (http->options.pinned && !(http->pinned = curl_slist_append(NULL, http->options.pinned)))
        abort();
    if (http->pinned) {
        curl_easy_setopt(curl, CURLOPT_RESOLVE, http->pinned);
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_pinned);
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    }
    if (http->options.ca)
        curl_easy_setopt(curl, CURLOPT_CAINFO, http->options.ca);
    if (!http->options.dial)
        return;
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, dial);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, put_through);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, http);
}

struct http *http_open(const struct http_options *options, struct fault *why)
{
    if (!library.easy_init && !http_prepare(why))
        return NULL;
    struct http *http = calloc(1, sizeof *http);
    if (!http)
        abort();
    http->dialled = -1;
    http->curl = curl_easy_init();
    if (!http->curl) {
        free(http);
        fault_set(why, BLAME_SYSTEM, "libcurl could not be started");
        return NULL;
    }
    if (options)
        http->options = *options;
    set_always(http);
    return http;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    curl_slist_free_all(http->pinned);
    fd_scoped(&http->dialled);
    free(http);
}

void http_scoped(struct http **http)
{
    http_close(*http);
}

/* ---- what comes back ---- */

struct taking {
    struct text head, body;
    size_t body_most;
    const char *over; /* which bound was passed */
};

static size_t take_head(char *bytes, size_t one, size_t count, void *at)
{
    struct taking *taking = at;
    size_t len = one * count;
    if (taking->head.len + len > HTTP_HEAD_MOST) {
        taking->over = "the head of the answer was too long";
        return 0;
    }
    if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0)
        taking->head.len = 0; /* of an interim answer before */
    text_add(&taking->head, (struct str){ bytes, len });
    return len;
}

static size_t take_body(char *bytes, size_t one, size_t count, void *at)
{
    struct taking *taking = at;
    size_t len = one * count;
    if (len > taking->body_most - taking->body.len) {
        taking->over = "the answer was too long";
        return 0;
    }
    text_add(&taking->body, (struct str){ bytes, len });
    return len;
}

/* ---- a call ---- */

static struct curl_slist *headers_of(const struct http_call *call)
{
    /* sent at once, without asking whether the body is welcome; a form is no default */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool typed = false;
    for (size_t i = 0; list && call->headers && call->headers[i]; i++) {
        typed |= strncasecmp(call->headers[i], "Content-Type:", 13) == 0;
        struct curl_slist *longer = curl_slist_append(list, call->headers[i]);
        if (!longer)
            abort();
        list = longer;
    }
    struct curl_slist *all = typed ? list : curl_slist_append(list, "Content-Type:");
    if (!all)
        abort();
    return all;
}

static void set_call(struct http *http, const struct http_call *call)
{
    CURL *curl = http->curl;
    bool head = strcmp(call->method, "HEAD") == 0;
    bool bare = head || strcmp(call->method, "GET") == 0;
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    if (!bare) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.len ? call->body.at : "");
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(curl, CURLOPT_NOBODY, head ? 1L : 0L);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)call->whole_ms);
}

static bool no_answer(const struct http *http, const struct taking *taking, CURLcode code,
                      struct fault *why)
{
    const char *words = taking->over    ? taking->over
                        : http->said[0] ? http->said
                                        : curl_easy_strerror(code);
    return fault_set(why, BLAME_PASSING, "%s", words);
}

bool http_send(struct http *http, struct arena *arena, const struct http_call *call,
               struct http_answer *out, struct fault *why)
{
    CURL *curl = http->curl;
    long status = 0, connections = 0;
    struct taking taking = { .head = { .arena = arena },
                             .body = { .arena = arena },
                             .body_most = call->answer_most };
    struct curl_slist *headers = headers_of(call);
    http->said[0] = 0;
    set_call(http, call);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &taking);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &taking);
    int64_t from_us = clock_mono_us();
    CURLcode code = curl_easy_perform(curl);
    int64_t took_us = clock_mono_us() - from_us;
    curl_slist_free_all(headers);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    if (code != CURLE_OK)
        return no_answer(http, &taking, code, why);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connections);
    if (status < 100 || status > 999)
        return fault_set(why, BLAME_PASSING, "the answer had no status");
    *out = (struct http_answer){ .status = (int)status,
                                 .head = text_str(&taking.head),
                                 .body = text_str(&taking.body),
                                 .took_us = took_us,
                                 .again = connections == 0 };
    return true;
}

struct str http_header(const struct http_answer *answer, const char *name)
{
    struct str rest = answer->head, line;
    size_t len = strlen(name);
    while (str_cut(&rest, '\n', &line))
        if (line.len > len && line.at[len] == ':' && strncasecmp(line.at, name, len) == 0)
            return str_trim(str_from(line, len + 1));
    return S("");
}
