/* Taking webhooks: from a request to an event of the inbox, many in one transaction. */
#include "web/hooks.h"
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/inbox.h"
#include "web/hooks_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_BYTES_MOST 16384
#define PENDING_MOST 4096
#define TOGETHER_MOST 512 /* events of one transaction */

/* A delivery that waits for the disk; in its request's arena, which lives until it is answered. */
struct pending {
    struct http_ticket *ticket;
    size_t course_at;
    struct str team;
    struct event_new event;
    struct pending *next;
};

struct hooks {
    struct courses *courses;
    const struct hooks_course *secrets;
    struct refusals refusals;
    struct owners *owners; /* one a course */
    struct inbox **inboxes;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t more;
    struct pending *first, **last;
    size_t count;
    bool stopping;
    pthread_t thread;
};

/* ---- secrets ---- */

static void load_one(const char *dir, enum webhook_forge forge, struct hooks_course *out)
{
    char path[PATH_MAX];
    struct arena *arena = arena_open(NULL); /* for good */
    struct str file;
    struct fault why = { 0 };
    struct stat about;
    int len = snprintf(path, sizeof path, "%s/secrets/web/%s", dir, webhook_forge_name(forge));
    if (len < 0 || (size_t)len >= sizeof path || (stat(path, &about) != 0 && errno == ENOENT)) {
        arena_drop(arena);
        return;
    }
    if (!file_load(arena, AT_FDCWD, path, FILE_BYTES_MOST, &file, &why) ||
        !webhook_secrets_parse(file, &out->secrets[forge], &why)) {
        out->secrets[forge].count = 0;
        fprintf(stderr, "event=secrets file=secrets/web/%s why=\"%s\"\n", webhook_forge_name(forge),
                why.text);
        return;
    }
    out->any = true;
}

struct hooks_course *hooks_load(const char *const *dirs, size_t count)
{
    struct hooks_course *out = calloc(count ? count : 1, sizeof *out);
    if (!out)
        abort();
    for (size_t i = 0; i < count; i++)
        for (int forge = 0; forge < WEBHOOK_FORGES; forge++)
            load_one(dirs[i], (enum webhook_forge)forge, &out[i]);
    return out;
}

/* ---- answers ---- */

static void say(struct http_response *response, int status, struct str json)
{
    *response = (struct http_response){
        .status = status, .type = "application/json", .body = json, .cache = "no-store", .topic = -1
    };
}
#define ACCEPTED S("{\"status\":\"accepted\"}\n")
#define REPEATED S("{\"status\":\"accepted\",\"note\":\"it was here already\"}\n")
#define PONG S("{\"status\":\"ok\",\"note\":\"the secret fits\"}\n")
#define NOT_OURS S("{\"status\":\"ignored\",\"note\":\"no team has this repository\"}\n")
#define NO_PUSH S("{\"status\":\"ignored\",\"note\":\"only pushes of branches and tags count\"}\n")
#define ERROR(text) S("{\"error\":{\"message\":\"" text "\"}}\n")

/* ---- appending ---- */

static bool append(struct hooks *hooks, size_t course_at, const struct event_new *events,
                   size_t count, bool *fresh)
{
    struct fault why = { 0 };
    struct inbox **inbox = &hooks->inboxes[course_at];
    if (!*inbox)
        *inbox = inbox_open(hooks->courses->at[course_at].state_dir, false, &why);
    if (*inbox && inbox_append_all(*inbox, events, count, fresh, &why))
        return true;
    fprintf(stderr, "event=webhook_not_kept count=%zu why=\"%s\"\n", count, why.text);
    return false;
}

/* All of one course in the list, as many as go together; the others stay in it. */
static void append_some(struct hooks *hooks, struct pending **list)
{
    struct pending *taken[TOGETHER_MOST], **at = list;
    struct event_new events[TOGETHER_MOST];
    bool fresh[TOGETHER_MOST];
    size_t count = 0, course_at = (*list)->course_at;
    while (*at && count < TOGETHER_MOST) {
        struct pending *one = *at;
        if (one->course_at != course_at) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        events[count] = one->event;
        taken[count++] = one;
    }
    bool ok = append(hooks, course_at, events, count, fresh);
    for (size_t i = 0; i < count; i++) {
        struct http_response response;
        if (ok && fresh[i])
            owners_count(&hooks->owners[course_at], taken[i]->team, events[i].at_ms);
        if (ok)
            say(&response, 202, fresh[i] ? ACCEPTED : REPEATED);
        else
            say(&response, 503, ERROR("The inbox cannot be written just now."));
        http_answer_later(taken[i]->ticket, &response);
    }
}

static void *append_all(void *at)
{
    struct hooks *hooks = at;
    pthread_mutex_lock(&hooks->lock);
    for (;;) {
        while (!hooks->first && !hooks->stopping)
            pthread_cond_wait(&hooks->more, &hooks->lock);
        struct pending *list = hooks->first;
        hooks->first = NULL;
        hooks->last = &hooks->first;
        hooks->count = 0;
        if (!list)
            break;
        pthread_mutex_unlock(&hooks->lock);
        while (list)
            append_some(hooks, &list);
        pthread_mutex_lock(&hooks->lock);
    }
    pthread_mutex_unlock(&hooks->lock);
    return NULL;
}

static bool enqueue(struct hooks *hooks, struct pending *pending)
{
    pthread_mutex_lock(&hooks->lock);
    bool room = !hooks->stopping && hooks->count < PENDING_MOST;
    if (room) {
        *hooks->last = pending;
        hooks->last = &pending->next;
        hooks->count++;
        pthread_cond_signal(&hooks->more);
    }
    pthread_mutex_unlock(&hooks->lock);
    return room;
}

struct hooks *hooks_start(struct courses *courses, const struct hooks_course *secrets)
{
    struct hooks *hooks = calloc(1, sizeof *hooks);
    if (!hooks)
        abort();
    hooks->courses = courses;
    hooks->secrets = secrets;
    hooks->owners = calloc(courses->count, sizeof *hooks->owners);
    hooks->inboxes = calloc(courses->count, sizeof(struct inbox *));
    hooks->last = &hooks->first;
    pthread_mutex_init(&hooks->lock, NULL);
    pthread_mutex_init(&hooks->refusals.lock, NULL);
    pthread_cond_init(&hooks->more, NULL);
    if (!hooks->owners || !hooks->inboxes)
        abort();
    for (size_t i = 0; i < courses->count; i++)
        pthread_mutex_init(&hooks->owners[i].lock, NULL);
    if (pthread_create(&hooks->thread, NULL, append_all, hooks) != 0)
        abort();
    return hooks;
}

void hooks_stop(struct hooks *hooks)
{
    pthread_mutex_lock(&hooks->lock);
    hooks->stopping = true;
    pthread_cond_signal(&hooks->more);
    pthread_mutex_unlock(&hooks->lock);
    pthread_join(hooks->thread, NULL);
}

/* ---- a delivery ---- */

static struct str event_body(struct arena *arena, enum webhook_forge forge, struct str team,
                             const struct webhook *hook)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_text(&out, "team", team);
    json_add_zero(&out, "forge", webhook_forge_name(forge));
    json_add_text(&out, "ref", hook->ref);
    json_add_text(&out, "commit", hook->commit);
    json_add_int(&out, "pushed_ms", hook->pushed_ms);
    json_add_text(&out, "delivery", hook->delivery);
    json_close_map(&out);
    return text_str(&text);
}

/*
 * What makes two deliveries one: the signed bytes, for a name beside them can be changed by whoever
 * repeats them; where the forge signs the name, or shows its secret instead of signing, the name.
 */
static const char *once_of(struct arena *arena, enum webhook_forge forge, struct str body,
                           const struct webhook *hook)
{
    char digest[SHA256_HEX];
    if (hook->delivery.len && (hook->delivery_signed || forge == WEBHOOK_GITLAB))
        return arena_print(arena, "webhook %s %.*s", webhook_forge_name(forge),
                           STR_ARGS(hook->delivery));
    sha256_of(body, digest);
    return arena_print(arena, "webhook %s %s", webhook_forge_name(forge), digest);
}

static void keep(struct hooks *hooks, struct pending *pending, struct http_response *response)
{
    response->later = true;
    if (!enqueue(hooks, pending))
        say(response, 503, ERROR("Too many deliveries are waiting. Please send it again."));
}

static void take_signed(struct hooks *hooks, size_t course_at, enum webhook_forge forge,
                        struct http_request *request, struct http_response *response)
{
    struct arena *arena = request->arena;
    struct clock clock = clock_system();
    struct fault why = { 0 };
    struct webhook hook;
    struct str team;
    int64_t now_ms = clock_utc_ms(&clock);
    if (!webhook_read(forge, request, &hook, &why)) {
        fprintf(stderr, "event=webhook_unreadable forge=%s why=\"%s\"\n", webhook_forge_name(forge),
                why.text);
        say(response, 400, ERROR("The body is not what this forge's documentation says."));
        return;
    }
    if (hook.kind != WEBHOOK_PUSH) {
        say(response, hook.kind == WEBHOOK_PING ? 200 : 202,
            hook.kind == WEBHOOK_PING ? PONG : NO_PUSH);
        return;
    }
    switch (owners_find(&hooks->owners[course_at], &hooks->courses->at[course_at], arena, &hook,
                        now_ms, &team)) {
    case OWNERS_NONE:
        say(response, 202, NOT_OURS);
        return;
    case OWNERS_TOO_OFTEN:
        say(response, 429, ERROR("Too many pushes of this repository within a minute."));
        return;
    case OWNERS_CLOSED:
        say(response, 503, ERROR("The course is being prepared."));
        return;
    case OWNERS_FOUND:
        break;
    }
    struct pending *pending = arena_new(arena, struct pending);
    *pending = (struct pending){
        .ticket = request->ticket,
        .course_at = course_at,
        .team = team,
        .event = { .kind = "webhook",
                   .actor = webhook_forge_name(forge),
                   .once = once_of(arena, forge, request->body, &hook),
                   .body = event_body(arena, forge, team, &hook),
                   .at_ms = now_ms },
    };
    keep(hooks, pending, response);
}

void hooks_take(struct hooks *hooks, size_t course_at, enum webhook_forge forge,
                struct http_request *request, struct http_response *response)
{
    const struct webhook_secrets *secrets = &hooks->secrets[course_at].secrets[forge];
    struct clock clock = clock_system();
    int64_t now_ms = clock_utc_ms(&clock);
    struct str key = course_key(&hooks->courses->at[course_at], request->arena);
    const char *what =
        arena_print(request->arena, "%.*s forge=%s", STR_ARGS(key), webhook_forge_name(forge));
    if (secrets->count == 0) {
        refusals_add(&hooks->refusals, refusals_from(request),
                     arena_print(request->arena, "%s note=no-secrets-file", what), now_ms);
        say(response, 404, ERROR("This course takes no webhooks of this forge."));
    } else if (!webhook_signed(forge, request, secrets, now_ms)) {
        bool often = refusals_add(&hooks->refusals, refusals_from(request), what, now_ms);
        say(response, often ? 429 : 403, ERROR("The signature fits none of the secrets."));
    } else {
        take_signed(hooks, course_at, forge, request, response);
    }
}
