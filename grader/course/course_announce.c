/* course.yaml: what is announced, and to whom. */
#include "grader/course/course_parts.h"
#include "grader/outbound/forge.h"
#include "grader/outbound/url.h"
#include <stddef.h>

#define FORGES_MOST 20
#define WEBHOOKS_MOST 10
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ROWS_ASSERT(rows, count)                                                                   \
    _Static_assert(offsetof(struct course_announce, count) ==                                      \
                       offsetof(struct course_announce, rows) + sizeof(void *),                    \
                   #rows)
ROWS_ASSERT(forges, forge_count);
ROWS_ASSERT(webhooks, webhook_count);

static const char *const kind_words[] = { FORGE_KINDS, NULL };
static const char *const event_words[] = { COURSE_EVENTS, NULL };

static const struct field forge_fields[] = {
    { .kind = FIELD_LINE, .offset = offsetof(struct course_forge, line) },
    { .key = "host",
      .kind = FIELD_TEXT,
      .offset = offsetof(struct course_forge, host),
      .required = true },
    { .key = "kind",
      .kind = FIELD_WORD,
      .offset = offsetof(struct course_forge, kind),
      .required = true,
      .words = kind_words },
    { .key = "api", .kind = FIELD_TEXT, .offset = offsetof(struct course_forge, api), .high = 500 },
};
static const struct field_table forge_table = { .fields = forge_fields,
                                                .count = COUNT(forge_fields),
                                                .row_bytes = sizeof(struct course_forge) };

static const struct field webhook_fields[] = {
    { .kind = FIELD_LINE, .offset = offsetof(struct course_webhook, line) },
    { .key = "name",
      .kind = FIELD_ID,
      .offset = offsetof(struct course_webhook, name),
      .required = true },
    { .key = "url",
      .kind = FIELD_TEXT,
      .offset = offsetof(struct course_webhook, url),
      .required = true,
      .high = 1000 },
    { .key = "events",
      .kind = FIELD_FLAGS,
      .offset = offsetof(struct course_webhook, events),
      .required = true,
      .words = event_words },
};
static const struct field_table webhook_table = { .fields = webhook_fields,
                                                  .count = COUNT(webhook_fields),
                                                  .row_bytes = sizeof(struct course_webhook) };

static const struct field announce_fields[] = {
    { .key = "statuses", .kind = FIELD_BOOL, .offset = offsetof(struct course_announce, statuses) },
    { .key = "url",
      .kind = FIELD_TEXT,
      .offset = offsetof(struct course_announce, url),
      .high = 500 },
    { .key = "allow_private",
      .kind = FIELD_BOOL,
      .offset = offsetof(struct course_announce, allow_private) },
    { .key = "forges",
      .kind = FIELD_ROWS,
      .offset = offsetof(struct course_announce, forges),
      .table = &forge_table },
    { .key = "webhooks",
      .kind = FIELD_ROWS,
      .offset = offsetof(struct course_announce, webhooks),
      .table = &webhook_table },
};
const struct field_table course_announce_table = { .fields = announce_fields,
                                                   .count = COUNT(announce_fields) };

/* Tokens and what is told of teams go over TLS only. */
static bool url_check(struct arena *arena, struct str text, const char *key, int line,
                      struct complaints *to)
{
    struct url url;
    struct fault why = { 0 };
    if (!url_parse(arena, text, &url, &why))
        complain(to, COURSE_FILE, line, "%s: %s", key, why.text);
    else if (!url.tls)
        complain(to, COURSE_FILE, line, "%s begins with http://, allowed is https://", key);
    else
        return true;
    return false;
}

static void forges_check(struct arena *arena, const struct course_announce *announce,
                         struct complaints *to)
{
    const struct course_forge *all = announce->forges;
    for (size_t i = 0; i < announce->forge_count; i++) {
        struct url url;
        struct fault why = { 0 };
        const char *text = arena_print(arena, "https://%s", all[i].host.at ? all[i].host.at : "x");
        if (!url_parse(arena, str_of(text), &url, &why) || !str_equal(url.host, all[i].host))
            complain(to, COURSE_FILE, all[i].line,
                     "host was \"%s\", allowed is the lower-case name of a host, without port",
                     all[i].host.at);
        if (all[i].api.len)
            url_check(arena, all[i].api, "api", all[i].line, to);
        for (size_t j = 0; j < i; j++)
            if (str_equal(all[j].host, all[i].host))
                complain(to, COURSE_FILE, all[i].line, "forge %s was there already, in line %d",
                         all[i].host.at, all[j].line);
    }
    if (announce->forge_count > FORGES_MOST)
        complain(to, COURSE_FILE, all[0].line, "announce has %zu forges, allowed are %d",
                 announce->forge_count, FORGES_MOST);
}

static void webhooks_check(struct arena *arena, const struct course_announce *announce,
                           struct complaints *to)
{
    const struct course_webhook *all = announce->webhooks;
    for (size_t i = 0; i < announce->webhook_count; i++) {
        if (all[i].url.len)
            url_check(arena, all[i].url, "url", all[i].line, to);
        for (size_t j = 0; j < i; j++)
            if (all[i].name.len && str_equal(all[j].name, all[i].name))
                complain(to, COURSE_FILE, all[i].line, "webhook %s was there already, in line %d",
                         all[i].name.at, all[j].line);
    }
    if (announce->webhook_count > WEBHOOKS_MOST)
        complain(to, COURSE_FILE, all[0].line, "announce has %zu webhooks, allowed are %d",
                 announce->webhook_count, WEBHOOKS_MOST);
}

void course_announce_check(struct arena *arena, const struct yaml *map,
                           struct course_announce *announce, struct complaints *to)
{
    struct url url;
    struct fault why = { 0 };
    const struct yaml *at = yaml_get(map, "url");
    if (announce->url.len && !url_parse(arena, announce->url, &url, &why))
        complain(to, COURSE_FILE, at ? at->key_line : 0, "announce.url: %s", why.text);
    else if (announce->url.len)
        announce->url = url.text; /* without slashes at its end */
    forges_check(arena, announce, to);
    webhooks_check(arena, announce, to);
}

const struct course_webhook *course_webhook_find(const struct course *course, struct str name)
{
    for (size_t i = 0; i < course->announce.webhook_count; i++)
        if (str_equal(course->announce.webhooks[i].name, name))
            return &course->announce.webhooks[i];
    return NULL;
}
