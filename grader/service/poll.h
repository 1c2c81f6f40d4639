/*
 * Looking at repositories. A look that succeeds tells the value of every ref at that moment; what
 * is new goes to the inbox as a push with `not_seen_ms`, our last good look without it, so that
 * polling never makes anyone late.
 */
#pragma once

#include "grader/grader.h"
#include "grader/inbox.h"
#include "grader/service/schedule.h"
#include "grader/source/fetch.h"
#include "grader/store/store.h"

struct look {
    struct grader *grader;
    const struct loaded *loaded;
    struct store *store;
    struct inbox *inbox;
};

/* Fetch the team's repository into its mirror. False with a fault when we could not even look. */
bool look_fetch(const struct look *look, struct arena *arena, const struct course_team *team,
                struct fetch_result *out, struct fault *why);

/*
 * Fetch and append what is new; the team's state and sentence go to the store. before_ms: the last
 * good look before; the due times that have passed since get their state by this one.
 */
bool look_team(const struct look *look, struct arena *arena, const struct course_team *team,
               int64_t before_ms, struct schedule_result *out, struct fault *why);

/* Answer all that were asked and that no other thread answers: fetch, find the ref, submit its
 * commit or say why not. */
void look_requests(const struct look *look);
/* Is one being answered just now? Then another thread takes the next. */
bool look_is_asked(const struct look *look);

/* A repository's address as this machine reaches it. False: it is none that the course allows. For
 * file: also `repository` is opened. */
bool look_address(struct arena *arena, const struct look *look, struct str url,
                  struct fetch_request *request, struct fault *why);

/* Does this ref start a run: the trigger's branch, a tag that fits its pattern, a pin? */
bool look_triggers(const struct course *course, struct str ref);

/* Directory descriptor of the team's mirror, made when missing; -1 and a fault. */
int mirror_open(const struct grader *grader, struct str team, struct fault *why);
/* The mirror of a team that the course no longer names goes. */
bool mirror_forget(struct grader *grader, struct str team, struct fault *why);
