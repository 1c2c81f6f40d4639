/*
 * The store: what staff and teams decided by events of the inbox, about the queue, time, tries and
 * versions. Each is one transaction with the inbox's cursor, and takes all that it writes from the
 * event.
 */
#pragma once

#include "grader/store/store.h"
#include "grader/store/tries.h"

struct store_rule {
    int64_t seq, at_ms; /* of the event */
    const char *by;
    const char *team, *task; /* "": every */
    const char *reason;
};

/* Nothing that the pause covers is claimed; what is under way ends. */
bool store_pause(struct store *store, const struct store_rule *rule, struct fault *why);
/* Ends the pauses of the team and the task; of both "" all. */
bool store_resume(struct store *store, const struct store_rule *rule, struct fault *why);
/* Does a pause cover a run of this team and task? */
bool store_paused(struct store *store, struct str team, struct str task, bool *paused,
                  struct fault *why);

/* A team's own limits and gifts of tries: -1 not said; 0 of a limit: as the task says. */
struct store_quota {
    int64_t give, per_day, total;
};
bool store_quota(struct store *store, const struct store_rule *rule,
                 const struct store_quota *quota, struct fault *why);
bool store_tries(struct store *store, struct arena *arena, const struct zone *zone,
                 const struct tries_of *of, struct quota *out, struct fault *why);

/* A due time of a team's own: until an instant, or (until_ms 0) so much after the course's. */
struct store_extension {
    const char *deliverable;
    int64_t until_ms, by_ms;
};
bool store_extend(struct store *store, const struct store_rule *rule,
                  const struct store_extension *extension, struct fault *why);

/*
 * Which version shall count for a deliverable: that of a run of the team (BLAME_OPEN when it has no
 * such run), or with run "" none any more.
 */
bool store_pin(struct store *store, const struct store_rule *rule, const char *deliverable,
               const char *run, struct fault *why);
