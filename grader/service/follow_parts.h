/* What the files that take events over share: a kind of event is a row in follow.c, a function. */
#pragma once

#include "core/base/json.h"
#include "grader/service/follow.h"

struct following {
    struct grader *grader;
    const struct loaded *loaded;
    struct store *store;
    const struct event *event;
    const struct json *body;
};

/*
 * Take one event over, in one transaction with the cursor. BLAME_OPEN: the event makes no sense and
 * is passed over; any other fault: it stays and is tried again.
 */
typedef bool follow_take(const struct following *f, struct fault *why);

follow_take take_course, take_course_fault;
follow_take take_webhook, take_sweep;              /* follow_intake.c */
follow_take take_replay, take_rescore, take_batch; /* follow_rescore.c */
/* follow_queue.c */
follow_take follow_pause, follow_resume, follow_quota, follow_extend, follow_pin;
follow_take take_outbox; /* follow_announce.c */
follow_take take_erase;  /* follow_erase.c */
follow_take take_drop;   /* follow_keep.c */
