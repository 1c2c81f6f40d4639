/* The sending process: confined first, then the calls, one after another. */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/landlock.h"
#include "grader/outbound/http.h"
#include "grader/outbound/send.h"
#include "grader/source/address.h"
#include "grader/source/shown.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define EXIT_OURS 70
#define DNS_PORT 53
#define FILES_MOST 64

static bool confine(const struct send_request *request, struct fault *why)
{
    /* Name resolution, which loads its modules when asked, and the host's authorities. */
    static const char *const paths[] = {
        "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
        "/etc/ld.so.cache", "/etc/ssl",   "/dev/urandom",   "/usr/lib",           "/lib"
    };
    struct room rooms[sizeof paths / sizeof *paths];
    const uint16_t ports[] = { request->server.port, DNS_PORT };
    const struct rlimit none = { 0, 0 }, files = { FILES_MOST, FILES_MOST };
    size_t count = sizeof paths / sizeof *paths;
    for (size_t i = 0; i < count; i++)
        rooms[i] = (struct room){ AT_FDCWD, paths[i], ROOM_READ };
    struct landlock wanted = {
        .rooms = rooms, .room_count = count, .tcp_bounded = true, .ports = ports, .port_count = 2
    };
    prctl(PR_SET_DUMPABLE, 0); /* it holds tokens: no other process of this user looks inside */
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_FSIZE, &none) != 0 ||
        setrlimit(RLIMIT_NOFILE, &files) != 0)
        return fault_errno(why, "a limit could not be set");
    return landlock_enter(&wanted, why);
}

/* The own authorities as a path that outlives confinement; NULL: none. */
static const char *ca_path(struct arena *arena, struct str ca)
{
    struct fault why = { 0 };
    int fd = ca.len ? memfd_create("ca.pem", 0) : -1;
    return fd >= 0 && fd_write(fd, ca, &why) ? arena_print(arena, "/proc/self/fd/%d", fd) : NULL;
}

static void alarm_set(int deadline_ms)
{
    struct itimerval timer = { .it_value = { deadline_ms / 1000, (deadline_ms % 1000) * 1000 } };
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* "host:port:ADDRESS,ADDRESS": what was looked up and checked is all that is connected to. */
static const char *pin(struct arena *arena, const struct url *server,
                       const struct address_sockets *found)
{
    struct text out = { .arena = arena };
    text_print(&out, "%s:%d:", server->host.at, server->port);
    for (size_t i = 0; i < found->count; i++) {
        char text[INET6_ADDRSTRLEN] = "";
        bool six = found->at[i].ss_family == AF_INET6;
        const void *at =
            six ? (const void *)&((const struct sockaddr_in6 *)&found->at[i])->sin6_addr
                : (const void *)&((const struct sockaddr_in *)&found->at[i])->sin_addr;
        inet_ntop(found->at[i].ss_family, at, text, sizeof text);
        text_print(&out, "%s%s%s%s", i ? "," : "", six ? "[" : "", text, six ? "]" : "");
    }
    return out.at;
}

static int64_t now_s(void)
{
    struct clock clock = clock_system();
    return clock_utc_ms(&clock) / 1000;
}

/* A server says how long in one of several ways. */
static int64_t wait_of(const struct http_answer *answer)
{
    static const char *const left[] = { "x-ratelimit-remaining", "RateLimit-Remaining" };
    static const char *const reset[] = { "x-ratelimit-reset", "RateLimit-Reset" };
    int64_t wait_s = send_wait_parse(http_header(answer, "Retry-After"), now_s()), at_s;
    for (size_t i = 0; i < 2 && !wait_s; i++)
        if (str_is(http_header(answer, left[i]), "0") &&
            str_to_int(http_header(answer, reset[i]), &at_s) && at_s > now_s())
            wait_s = at_s - now_s();
    return wait_s;
}

/* What the answer says of itself: "message" of a forge, else its first words. */
static struct str words_of(struct arena *arena, const struct http_answer *answer, bool *document)
{
    const struct json *map = NULL;
    struct fault why = { 0 };
    *document =
        answer->body.len && json_parse(arena, answer->body, &map, &why) && map->kind == JSON_MAP;
    struct str words = *document ? json_get_text(map, "message", "") : answer->body;
    if (*document && !words.len)
        words = json_get_text(map, "error", "");
    return words.len ? shown_text(arena, words, SEND_SAID_MOST) : S("");
}

static struct send_answer call_send(struct arena *arena, struct http *http,
                                    const struct send_call *call)
{
    struct http_answer answer;
    struct fault why = { 0 };
    struct send_answer out = { .tried = true };
    struct http_call how = { .method = "POST",
                             .url = call->url,
                             .headers = call->headers,
                             .body = call->body,
                             .connect_ms = SEND_CONNECT_MS,
                             .whole_ms = SEND_WHOLE_MS,
                             .answer_most = SEND_ANSWER_MOST };
    if (!http_send(http, arena, &how, &answer, &why)) {
        out.said = str_keep(arena, str_of(why.text));
        return out;
    }
    out.status = answer.status;
    out.wait_s = wait_of(&answer);
    out.said = words_of(arena, &answer, &out.document);
    return out;
}

static bool calls_send(struct arena *arena, const struct send_request *request, const char *ca,
                       struct fault *why)
{
    struct address_sockets found;
    if (address_resolve(request->server.host.at, request->server.port, request->allow_private,
                        &found, why) != ADDRESS_FOUND)
        return false;
    struct http_options options = { .pinned = pin(arena, &request->server, &found), .ca = ca };
    scoped(http) struct http *http = http_open(&options, why);
    if (!http)
        return false;
    for (size_t i = 0; i < request->call_count; i++) {
        struct send_answer answer = call_send(arena, http, &request->calls[i]);
        if (!fd_write(SEND_RESULT, send_answer_print(arena, i, &answer), why))
            return true;
        if (answer.status == 0)
            return true;
    }
    return true;
}

int send_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct send_request request;
    struct str bytes;
    const char *ca = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    bool ready = fd_load(arena, SEND_REQUEST, SEND_REQUEST_BYTES_MOST, &bytes, &why) &&
                 send_request_parse(arena, bytes, &request, &why) && http_prepare(&why);
    if (ready)
        ca = ca_path(arena, request.ca);
    if (!ready || !confine(&request, &why)) {
        fprintf(stderr, "level=error event=send fault=\"%s\"\n", why.text);
        return EXIT_OURS;
    }
    alarm_set(request.deadline_ms);
    if (!calls_send(arena, &request, ca, &why)) {
        struct send_answer none = { .said = str_of(why.text) };
        fd_write(SEND_RESULT, send_answer_print(arena, 0, &none), &why);
    }
    return 0;
}
