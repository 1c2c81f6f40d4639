/*
 * Following the inbox: each event becomes, in one transaction with the cursor, what the store holds
 * of it. An event that makes no sense is logged and passed over, never lost: it stays in the inbox.
 */
#pragma once

#include "grader/grader.h"
#include "grader/inbox.h"
#include "grader/store/store.h"

/* Take over one event. */
bool follow_one(struct grader *grader, struct store *store, const struct event *event,
                struct fault *why);
/* Take over all events that wait. */
bool follow_all(struct grader *grader, struct store *store, struct inbox *inbox, struct fault *why);
