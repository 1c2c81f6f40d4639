/*
 * Taking webhooks: secrets, the inbox, and limits. A delivery that is signed, that names a team's
 * repository and that was not there before becomes one event of the course's inbox; it is answered
 * once it is on disk, many in one transaction, by a thread of its own, so that pages never wait for
 * it. What is not signed leaves a number in memory and a line a minute in the log, nothing else.
 *
 *   202 accepted, a repetition, or nothing that starts runs   403 not signed by who knows a secret
 *   200 ping                                                  404 the course has no such secret
 *   400 not what the forge documents                          429 many of these came before
 *   503 the inbox cannot be written just now
 *
 * A delivery is checked however often its sender was wrong before: who sends us wrong signatures
 * may share an address with who sends right ones.
 */
#pragma once

#include "web/courses.h"
#include "web/webhook.h"

/* Before the process confines itself: secrets/web/FORGE of each course, where there are any. */
struct hooks_course {
    bool any;
    struct webhook_secrets secrets[WEBHOOK_FORGES];
};
/* A file that cannot be used is said on stderr and counts as missing. course[count] and all texts
 * live as long as the program. */
struct hooks_course *hooks_load(const char *const *dirs, size_t count);

struct hooks;
struct hooks *hooks_start(struct courses *courses, const struct hooks_course *secrets);
/* All that was taken is on disk and answered. */
void hooks_stop(struct hooks *hooks);

/* Fills in the response, or says that it comes later. Called by several threads at once. */
void hooks_take(struct hooks *hooks, size_t course_at, enum webhook_forge forge,
                struct http_request *request, struct http_response *response);
