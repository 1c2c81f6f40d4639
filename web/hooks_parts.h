/* What the files that take webhooks share: who was refused, whose repository it is. */
#pragma once

#include "web/hooks.h"
#include <pthread.h>

#define REFUSALS_MOST 256
#define FROM_TEXT 48

/* Deliveries that were not signed, by where they came from; a table that never grows. */
struct refusals {
    pthread_mutex_t lock;
    struct refusal {
        char from[FROM_TEXT];
        int64_t minute;
        unsigned count;
        char what[64]; /* forge and course */
    } at[REFUSALS_MOST];
};
/* Counts; true when this source was wrong too often within the minute. Logs the first of a minute
 * and, at the next one, how many there were. */
bool refusals_add(struct refusals *refusals, struct str from, const char *what, int64_t now_ms);
/* Who sent it: the client, or whom a proxy on this host names last. */
struct str refusals_from(const struct http_request *request);

/* The teams of a course by their repositories, read again now and then. */
struct owners {
    pthread_mutex_t lock;
    struct arena *arena;
    struct view_repository *at;
    size_t count;
    int64_t read_ms;
    struct {
        int64_t minute;
        unsigned count;
    } * taken; /* events of each this minute */
};
enum owners_found { OWNERS_FOUND, OWNERS_NONE, OWNERS_TOO_OFTEN, OWNERS_CLOSED };
/* team: into the request's arena. CLOSED: the course's store cannot be read yet. */
enum owners_found owners_find(struct owners *owners, struct course *course, struct arena *arena,
                              const struct webhook *hook, int64_t now_ms, struct str *team);
/* One more event of the team was kept; repetitions do not count. */
void owners_count(struct owners *owners, struct str team, int64_t now_ms);
void owners_close(struct owners *owners);
