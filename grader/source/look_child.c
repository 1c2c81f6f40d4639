/* Looking at all repositories of a host: the inside of the process. */
#include "core/base/base64.h"
#include "core/base/json.h"
#include "core/base/file.h"
#include "grader/outbound/http.h"
#include "grader/source/fetch_child.h"
#include "grader/source/fetch_words.h"
#include "grader/source/look.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXIT_OURS 70
#define ANSWER_BYTES_MOST (4u << 20)

struct looking {
    struct arena *arena;
    struct fetch_request request; /* address: of the repository at hand */
    struct fetch_secrets secrets;
    struct str local_path;
    const struct json *urls;
    struct http *http;
    const char *login; /* header line, NULL none */
    const char *ca;    /* made before confinement, when files may still be written */
};

/* What was found of one repository. */
struct found {
    enum fetch_state state;
    struct fault why;
    struct git_refs refs;
    bool known;
    bool silent; /* it is no use to ask this server any more now */
    int64_t retry_s;
};

static bool found_say(struct arena *arena, size_t at, const struct found *found)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    struct fault why = { 0 };
    char seen[SHA256_HEX] = "";
    if (found->known)
        look_digest(&found->refs, seen);
    json_open_map(&out, NULL);
    json_add_int(&out, "at", (int64_t)at);
    json_add_zero(&out, "state", fetch_state_name(found->state));
    json_add_zero(&out, "text", found->why.text);
    json_add_zero(&out, "seen", seen);
    json_add_int(&out, "retry_s", found->retry_s);
    json_close_map(&out);
    text_char(&text, '\n');
    return fd_write(FETCH_RESULT, text_str(&text), &why);
}

static void look_file(struct looking *self, struct found *found)
{
    scoped(fd) int repository =
        address_open_local(&self->request.address, FETCH_REPOSITORY, self->local_path, &found->why);
    found->state = FETCH_UNREACHABLE;
    if (repository >= 0 &&
        look_local(self->arena, repository, &found->refs, &found->known, &found->why))
        found->state = found->refs.count ? FETCH_OK : FETCH_EMPTY;
}

/* ---- https ---- */

static const char *pinned(struct looking *self, struct fault *why)
{
    const struct address *address = &self->request.address;
    struct address_sockets sockets;
    struct text text = { .arena = self->arena };
    if (address_resolve(address->host.at, address->port, self->request.allow_private, &sockets,
                        why) != ADDRESS_FOUND)
        return NULL;
    text_print(&text, "%s:%u:", address->host.at, (unsigned)address->port);
    for (size_t i = 0; i < sockets.count; i++) {
        char name[INET6_ADDRSTRLEN];
        bool six = sockets.at[i].ss_family == AF_INET6;
        const void *raw =
            six ? (const void *)&((const struct sockaddr_in6 *)&sockets.at[i])->sin6_addr
                : (const void *)&((const struct sockaddr_in *)&sockets.at[i])->sin_addr;
        if (!inet_ntop(sockets.at[i].ss_family, raw, name, sizeof name))
            continue;
        text_print(&text, "%s%s%s%s", i ? "," : "", six ? "[" : "", name, six ? "]" : "");
    }
    return text_str(&text).at;
}

static const char *ca_path(struct looking *self, struct fault *why)
{
    if (self->secrets.ca.len == 0)
        return NULL;
    int fd = memfd_create("ca.pem", 0);
    if (fd < 0 || !fd_write(fd, self->secrets.ca, why))
        return NULL;
    return arena_print(self->arena, "/proc/self/fd/%d", fd);
}

/* The user's name may stand before the token, as fetching takes it. */
static const char *login_of(struct looking *self)
{
    size_t colon;
    struct str token = self->secrets.token;
    if (!token.len)
        return NULL;
    struct str words = token;
    if (!str_find(token, ':', &colon))
        words = str_of(arena_print(self->arena, "x-access-token:%.*s", STR_ARGS(token)));
    return arena_print(self->arena, "Authorization: Basic %.*s",
                       STR_ARGS(base64_print(self->arena, words)));
}

static bool http_begin(struct looking *self, struct found *found)
{
    if (self->http)
        return true;
    struct http_options options = { .pinned = pinned(self, &found->why) };
    if (!options.pinned) {
        found->state = found->why.blame == BLAME_COURSE ? FETCH_REFUSED : FETCH_UNREACHABLE;
        found->silent = true; /* the same for its neighbours */
        return false;
    }
    options.ca = self->ca;
    self->login = login_of(self);
    self->http = http_open(&options, &found->why);
    return self->http != NULL;
}

static void answer_take(struct looking *self, const struct http_answer *answer, struct found *found)
{
    static const struct {
        int from, to;
        enum fetch_state state;
        const char *words;
    } rows[] = {
        { 300, 399, FETCH_REFUSED, "the server sent us elsewhere: redirects are not followed" },
        { 429, 429, FETCH_UNREACHABLE, "the server asks us to come less often" },
        { 400, 499, FETCH_DENIED, "the repository is not there, or closed to us" },
        { 500, 599, FETCH_UNREACHABLE, "the server has a fault" },
    };
    struct str type = http_header(answer, "Content-Type");
    str_to_int(http_header(answer, "Retry-After"), &found->retry_s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (answer->status >= rows[i].from && answer->status <= rows[i].to) {
            found->state = rows[i].state;
            found->silent = answer->status == 429 || answer->status == 503;
            fault_set(&found->why, BLAME_OPEN, "%s (status %d)", rows[i].words, answer->status);
            return;
        }
    found->retry_s = 0;
    found->state = FETCH_REFUSED;
    if (answer->status != 200 ||
        !str_starts(type, S("application/x-git-upload-pack-advertisement"))) {
        fault_set(&found->why, BLAME_OPEN, "the server's answer was not Git's");
    } else if (look_refs_parse(self->arena, answer->body, &found->refs, &found->why)) {
        found->known = true;
        found->state = found->refs.count ? FETCH_OK : FETCH_EMPTY;
    }
}

static void look_https(struct looking *self, struct found *found)
{
    struct http_answer answer;
    found->state = FETCH_UNREACHABLE;
    if (!http_begin(self, found))
        return;
    const char *headers[] = { "User-Agent: git/2.0 (holdout)", self->login, NULL };
    struct http_call call = {
        .method = "GET",
        .url = arena_print(self->arena, "%s/info/refs?service=git-upload-pack",
                           self->request.address.text.at),
        .headers = headers,
        .connect_ms = self->request.idle_ms,
        .whole_ms = self->request.idle_ms,
        .answer_most = ANSWER_BYTES_MOST,
    };
    if (http_send(self->http, self->arena, &call, &answer, &found->why))
        answer_take(self, &answer, found);
    else
        found->silent = true;
}

/* ---- ssh ---- */

static void look_ssh(struct looking *self, struct found *found)
{
    struct fetch_dial dial = { self->arena, &self->request, &self->secrets, NULL };
    struct git_door door = { .at = &dial,
                             .dial = fetch_dial,
                             .host_key = fetch_host_key,
                             .key = self->secrets.key,
                             .most_bytes = ANSWER_BYTES_MOST,
                             .most_objects = 1 };
    static const enum fetch_state states[] = { FETCH_OK, FETCH_UNREACHABLE, FETCH_DENIED,
                                               FETCH_REFUSED, FETCH_TOO_BIG };
    struct git_session *session =
        git_session_open(NULL, self->request.address.text.at, &door, &found->why);
    found->state = FETCH_UNREACHABLE;
    if (!session)
        return;
    enum git_outcome outcome =
        git_session_list(session, self->arena, FETCH_REFS_MOST, &found->refs, &found->why);
    found->state = states[outcome];
    found->silent = outcome == GIT_UNREACHABLE;
    found->known = outcome == GIT_FINE;
    if (found->known)
        look_refs_settle(&found->refs);
    if (found->known && !found->refs.count)
        found->state = FETCH_EMPTY;
    git_session_close(session);
}

static bool prepare(struct looking *self, struct fault *why)
{
    if (!address_parse(self->arena, self->urls->members[0].text, &self->request.address, why))
        return false;
    bool local = self->request.address.scheme == ADDRESS_FILE;
    self->request.mirror = -1;
    self->request.repository = local ? FETCH_REPOSITORY : -1;
    self->request.secrets = fcntl(FETCH_SECRETS, F_GETFD) >= 0 && !local ? FETCH_SECRETS : -1;
    if (!fetch_secrets_load(self->arena, self->request.secrets, &self->secrets, why))
        return false;
    close(FETCH_SECRETS);
    if (self->request.address.scheme == ADDRESS_HTTPS && !http_prepare(why))
        return false;
    self->ca = ca_path(self, why);
    if (self->secrets.ca.len && !self->ca)
        return false;
    fetch_alarm(self->request.deadline_ms);
    return fetch_room_enter_looking(&self->request, why);
}

static bool look_each(struct looking *self)
{
    static void (*const ways[])(struct looking *, struct found *) = { look_https, look_ssh,
                                                                      look_file };
    const struct address first = self->request.address;
    for (size_t i = 0; i < self->urls->count; i++) {
        struct found found = { .state = FETCH_REFUSED };
        if (address_parse(self->arena, self->urls->members[i].text, &self->request.address,
                          &found.why) &&
            self->request.address.scheme == first.scheme &&
            self->request.address.port == first.port &&
            str_equal(self->request.address.host, first.host))
            ways[first.scheme](self, &found);
        if (!found_say(self->arena, i, &found))
            return false;
        if (found.silent)
            break;
    }
    return true;
}

bool look_serve(struct arena *arena, struct str request, int *code)
{
    const struct json *json;
    struct fault why = { 0 };
    if (!json_parse(arena, request, &json, &why) || !json_get(json, "look"))
        return false;
    struct looking self = { .arena = arena, .urls = json_get(json, "look") };
    *code = EXIT_OURS;
    self.local_path = json_get_text(json, "local", "");
    self.request.allow_private = json_get_bool(json, "allow_private", false);
    self.request.idle_ms = (int)json_get_int(json, "idle_ms", LOOK_IDLE_MS);
    self.request.deadline_ms = (int)json_get_int(json, "deadline_ms", FETCH_DEADLINE_MS);
    self.request.most_bytes = ANSWER_BYTES_MOST;
    if (self.urls->kind != JSON_LIST || self.urls->count == 0)
        return true;
    if (!prepare(&self, &why)) {
        struct found found = { .state = FETCH_UNREACHABLE, .why = why };
        found.state = why.blame == BLAME_COURSE ? FETCH_DENIED : FETCH_UNREACHABLE;
        for (size_t i = 0; i < self.urls->count; i++)
            if (!found_say(arena, i, &found))
                return true;
        *code = 0;
        return true;
    }
    *code = look_each(&self) ? 0 : EXIT_OURS;
    http_close(self.http);
    return true;
}
