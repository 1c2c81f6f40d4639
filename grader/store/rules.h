/*
 * The store: what staff and teams decided by events of the inbox, about the queue, time, tries and
 * versions. Each is one transaction with the inbox's cursor, and takes all that it writes from the
 * event.
 */
#pragma once

#include "grader/store/store.h"

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
