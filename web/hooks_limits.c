/* Webhooks: who was refused how often, and whose repository a delivery speaks of. */
#include "web/hooks_parts.h"
#include <stdio.h>
#include <stdlib.h>

#define WRONG_A_MINUTE 20
#define EVENTS_A_MINUTE 300 /* of one team */
#define READ_AGAIN_MS 30000
#define READ_AGAIN_MISSING_MS 2000

static size_t hash_of(struct str text)
{
    size_t hash = 5381;
    for (size_t i = 0; i < text.len; i++)
        hash = hash * 33 + (unsigned char)text.at[i];
    return hash;
}

bool refusals_add(struct refusals *refusals, struct str from, const char *what, int64_t now_ms)
{
    struct refusal *one = &refusals->at[hash_of(from) % REFUSALS_MOST];
    int64_t minute = now_ms / 60000;
    pthread_mutex_lock(&refusals->lock);
    if (one->minute != minute) {
        if (one->count > 1)
            fprintf(stderr, "event=webhook_refused course=%s from=%s count=%u\n", one->what,
                    one->from, one->count);
        *one = (struct refusal){ .minute = minute };
        snprintf(one->from, sizeof one->from, "%.*s", STR_ARGS(from));
        snprintf(one->what, sizeof one->what, "%s", what);
        fprintf(stderr,
                "event=webhook_refused course=%s from=%s why=\"the signature fits none of the "
                "secrets\"\n",
                one->what, one->from);
    }
    bool often = ++one->count > WRONG_A_MINUTE;
    pthread_mutex_unlock(&refusals->lock);
    return often;
}

static bool is_loopback(struct str from)
{
    return from.len == 0 || str_starts(from, S("127.")) || str_is(from, "::1") ||
           str_starts(from, S("::ffff:127."));
}

struct str refusals_from(const struct http_request *request)
{
    struct str list = http_field(request, "X-Forwarded-For"), one, last = request->from;
    if (!is_loopback(request->from))
        return last;
    while (str_cut(&list, ',', &one))
        if (str_trim(one).len)
            last = str_trim(one);
    for (size_t i = 0; i < last.len; i++) /* it goes to the log */
        if (!strchr("0123456789abcdefABCDEF.:[]", last.at[i]))
            return S("unknown");
    return last.len ? str_until(last, FROM_TEXT - 1) : S("local");
}

static bool owners_read(struct owners *owners, struct course *course, int64_t now_ms)
{
    struct fault why = { 0 };
    struct view *view = course_take(course, &why);
    if (!view)
        return false;
    struct arena *arena = arena_open(NULL);
    struct view_repository *at;
    size_t count;
    bool ok = view_repositories(view, arena, &at, &count, &why);
    course_give(course, view);
    if (!ok) {
        arena_drop(arena);
        return false;
    }
    if (owners->arena)
        arena_drop(owners->arena);
    owners->arena = arena;
    owners->at = at;
    owners->taken = arena_take(arena, (count + 1) * sizeof *owners->taken);
    memset(owners->taken, 0, (count + 1) * sizeof *owners->taken);
    owners->count = count;
    owners->read_ms = now_ms;
    return true;
}

static bool find(const struct owners *owners, const struct str *keys, size_t key_count, size_t *at)
{
    for (size_t k = 0; k < key_count; k++)
        for (*at = 0; keys[k].len && *at < owners->count; ++*at)
            if (str_equal(owners->at[*at].key, keys[k]))
                return true;
    return false;
}

static enum owners_found find_within(struct owners *owners, struct course *course,
                                     const struct str *keys, size_t key_count, int64_t now_ms,
                                     size_t *at)
{
    bool old = !owners->arena || llabs(now_ms - owners->read_ms) > READ_AGAIN_MS;
    if (old && !owners_read(owners, course, now_ms) && !owners->arena)
        return OWNERS_CLOSED;
    bool found = find(owners, keys, key_count, at);
    if (!found && llabs(now_ms - owners->read_ms) > READ_AGAIN_MISSING_MS &&
        owners_read(owners, course, now_ms)) /* a team may be new */
        found = find(owners, keys, key_count, at);
    if (!found)
        return OWNERS_NONE;
    bool often =
        owners->taken[*at].minute == now_ms / 60000 && owners->taken[*at].count >= EVENTS_A_MINUTE;
    return often ? OWNERS_TOO_OFTEN : OWNERS_FOUND;
}

void owners_count(struct owners *owners, struct str team, int64_t now_ms)
{
    pthread_mutex_lock(&owners->lock);
    for (size_t i = 0; i < owners->count; i++) {
        if (!str_equal(owners->at[i].team, team))
            continue;
        if (owners->taken[i].minute != now_ms / 60000)
            owners->taken[i].count = 0;
        owners->taken[i].minute = now_ms / 60000;
        owners->taken[i].count++;
    }
    pthread_mutex_unlock(&owners->lock);
}

enum owners_found owners_find(struct owners *owners, struct course *course, struct arena *arena,
                              const struct webhook *hook, int64_t now_ms, struct str *team)
{
    struct str keys[WEBHOOK_URLS_MOST];
    size_t at = 0;
    for (size_t i = 0; i < hook->url_count; i++)
        keys[i] = view_repository_key(arena, hook->urls[i]);
    pthread_mutex_lock(&owners->lock);
    enum owners_found found = find_within(owners, course, keys, hook->url_count, now_ms, &at);
    if (found == OWNERS_FOUND)
        *team = str_keep(arena, owners->at[at].team);
    pthread_mutex_unlock(&owners->lock);
    return found;
}

void owners_close(struct owners *owners)
{
    if (owners->arena)
        arena_drop(owners->arena);
    pthread_mutex_destroy(&owners->lock);
}
