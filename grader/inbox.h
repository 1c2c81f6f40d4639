/*
 * The door in: state/inbox.db, what people did, append-only. One appending code path for the web,
 * the commands and the grader. An event is JSON in `body`; its meaning is given by `kind`:
 *   push    {team, ref, commit, not_seen_ms, old, ignored}   seen by polling; ignored: not graded,
 *                                                            why in a sentence
 *   webhook {team, forge, ref, commit, pushed_ms, delivery}  a forge told of a push: look again
 *   sweep   {team, due_ms, looked_ms}                        the first good look after a due time
 *   request {team, ref, no_cache}                            somebody wants this ref graded now
 *   submit  {team, ref, commit, request, no_cache,           the answer to one: never superseded
 *            not_seen_ms, joins}                             joins: the run that is on its way
 *   refusal {request, text}                                  the other answer
 *   mark    {run, question, points, reason}                  a human's points
 *   cancel  {run}
 *   rescore {task, team, since_ms, rerun, wants}             results anew with the course as it is
 *   batch   {batch, action, leave}                          pause resume apply discard a rescore
 *   outbox  {retry}                                         what died is sent again: id or "all"
 *   replay  {run}                                           done again, to be compared
 *   course  {version, files}                                the course's files as they were loaded
 *   course_fault {text}                                     they changed and could not be loaded
 *   pause   {team, task, reason}                             "": every one; nothing is claimed
 *   resume  {team, task}                                     ends such pauses; of both "" all
 *   quota   {team, task, give, per_day, total}               tries: -1 not said
 *   extend  {team, deliverable, until_ms | by_ms, reason}    a due time of the team's own
 *   pin     {team, deliverable, run}                         it counts; "": the rule decides
 *   baseline {task, learner, digest}                        the course wants it for comparison
 *   drop    {runs, files}                                   not everything of them is kept
 *   erase   {team, reason}                                  all of the team is to be forgotten
 *   erased  {erase, receipts: [{run, sha256, previous}]}    it has been; what receipts were there
 * The words of an erased team's events are gone: {erased: true}, without an actor.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/fault.h"
#include "core/base/json.h"

struct inbox;

/* `dir` is the path of the course's state/. */
struct inbox *inbox_open(const char *dir, bool create, struct fault *why);
void inbox_close(struct inbox *inbox);
void inbox_scoped(struct inbox **inbox);

struct event {
    int64_t seq, at_ms;
    struct str id, kind, actor, body;
};

/*
 * Append; `once` (may be NULL): a second event with the same word is the first one again and *seq
 * is 0. id gets the new event's ULID.
 */
struct event_new {
    const char *kind, *actor, *once;
    struct str body;
    int64_t at_ms;
};
bool inbox_append(struct inbox *inbox, const struct event_new *event, int64_t *seq,
                  struct fault *why);

/* Several in one transaction, durable once it returns; fresh[i] false: it was there already. */
bool inbox_append_all(struct inbox *inbox, const struct event_new *events, size_t count,
                      bool *fresh, struct fault *why);

/*
 * The first request behind `seq` that has neither been submitted nor refused; `once` of its answer
 * is "request SEQ".
 */
bool inbox_unanswered(struct inbox *inbox, struct arena *arena, int64_t seq, struct event *out,
                      bool *found, struct fault *why);
/* The answer to a request, when there is one. */
bool inbox_answer(struct inbox *inbox, struct arena *arena, int64_t request, struct event *out,
                  bool *found, struct fault *why);

/* The number of the newest event, 0 when there is none. */
bool inbox_last(struct inbox *inbox, int64_t *seq, struct fault *why);
/* The newest event of a kind; *found false when there is none. */
bool inbox_newest(struct inbox *inbox, struct arena *arena, const char *kind, struct event *out,
                  bool *found, struct fault *why);

/*
 * `event`, of kind erased (once may have been said before), and with it in one transaction: the
 * words of the events seqs[count] are to go. inbox_wipe takes them out of the file; BLAME_PASSING:
 * somebody reads it, try again.
 */
bool inbox_erase(struct inbox *inbox, const struct event_new *event, const int64_t *seqs,
                 size_t count, struct fault *why);
bool inbox_wipe(struct inbox *inbox, struct fault *why);
/* The first event of kind erased behind `seq`. */
bool inbox_erased_next(struct inbox *inbox, struct arena *arena, int64_t seq, struct event *out,
                       bool *found, struct fault *why);

/* The first event behind `seq`; *found false when there is none. */
bool inbox_next(struct inbox *inbox, struct arena *arena, int64_t seq, struct event *out,
                bool *found, struct fault *why);
