/*
 * When to look at which repository. All pollers share one: each asks for the next job, does it
 * without holding anything, and says how it went. Of one host there is at most one process that
 * looks and SCHEDULE_FETCHES that fetch, and of one that has not answered yet, or not the last
 * time, one in all; hosts that did not answer never have the last place. So a server that says
 * nothing costs one place until the deadline and delays its neighbours by no more.
 *
 *   look   all repositories of a host that are due, in one process: has anything moved?
 *   fetch  one repository, in a process of its own: it moved, a webhook told of it, nothing is
 *          known of it yet, or a due time has passed since the last good look
 *
 * A repository that cannot be reached is left alone for longer each time, and so is a host of which
 * nothing was reached twice in a row; what a server asks for (Retry-After) is kept to. Pure but for
 * its lock and the chance in the jitter; instants come from the caller. Thread-safe.
 */
#pragma once

#include "grader/course/course.h"
#include "grader/source/look.h"
#include "grader/store/store.h"

#define SCHEDULE_FETCHES 2        /* of one host at a time */
#define SCHEDULE_BACK_OFF_MOST 32 /* intervals */
#define SCHEDULE_WAKE_MS 1000     /* between two fetches that webhooks ask for, of one team */

struct schedule;
/* places: threads that take jobs */
struct schedule *schedule_open(int places);
void schedule_close(struct schedule *schedule);

struct schedule_now {
    int64_t boot_ms, utc_ms;
};

/* The course as it is now; what is known of its teams stays. looks: what the store knows. */
void schedule_course(struct schedule *schedule, const struct course *course,
                     const struct store_look *looks, size_t count, struct schedule_now now);

struct schedule_team {
    struct str team;   /* id, in the job's arena */
    struct str seen;   /* digest at the last good look */
    int64_t looked_ms; /* the last good look, 0 never */
};
struct schedule_job {
    enum { SCHEDULE_LOOK, SCHEDULE_FETCH } kind;
    struct schedule_team *teams; /* of a fetch one */
    size_t count;
    bool woken; /* a webhook asked for it */
};
/* False: nothing to do now. */
bool schedule_next(struct schedule *schedule, struct arena *arena, struct schedule_now now,
                   struct schedule_job *out);

enum schedule_outcome {
    SCHEDULE_SAME,  /* looked at, nothing moved */
    SCHEDULE_MOVED, /* of a look: fetch it; of a fetch: something was new */
    SCHEDULE_UNREACHABLE,
    SCHEDULE_BAD,        /* reached and refused: look again at the usual time */
    SCHEDULE_NOT_LOOKED, /* its turn did not come */
};
struct schedule_result {
    enum schedule_outcome outcome;
    const char *seen;  /* digest, of a good fetch; NULL or "": not known */
    int64_t looked_ms; /* when a good look began, else 0 */
    int64_t retry_s;
};
/* results[job->count], in the job's order. */
void schedule_done(struct schedule *schedule, const struct schedule_job *job,
                   const struct schedule_result *results, struct schedule_now now);

/* A webhook told of the team: fetch as soon as may be. */
void schedule_wake(struct schedule *schedule, struct str team);

/* The due times with from_ms < due <= to_ms, ascending, each once. */
size_t schedule_dues(const struct course *course, int64_t from_ms, int64_t to_ms, int64_t *out,
                     size_t most);
