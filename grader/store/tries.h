/*
 * What stands in the store about a team's tries for a task, for grader/quota.h: read alike by the
 * grader and by the window out, each over its own statements.
 */
#pragma once

#include "grader/quota.h"
#include "grader/store/db.h"

/* SQL_QUOTA_FIND, SQL_GIVEN_FIND and SQL_TRIES_USED in the reader's own table. */
struct tries_queries {
    size_t quota, given, used;
};
struct tries_of {
    struct str team, task;
    const char *without;    /* a run that is not counted itself; "" none */
    int64_t per_day, total; /* as the task says */
};
bool tries_load(struct db *db, const struct tries_queries *queries, struct arena *arena,
                const struct zone *zone, const struct tries_of *of, struct quota *out,
                struct fault *why);
