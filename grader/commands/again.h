/* What the commands share that ask the grader for something and wait until it is done. */
#pragma once

#include "grader/commands/command.h"
#include "grader/service/waiting.h"

/* -1: not yet; else an exit code. waiting->seq is the event; what it needs more is in `at`. */
typedef int again_until(struct waiting *waiting);

struct again_asked {
    const char *command, *kind;
    struct str body;
    again_until *until;
};
/*
 * Append the event and wait: for the running service, or for a grader of our own until it is done.
 * Returns the exit code of `until`.
 */
int again_ask(const char *dir, const struct again_asked *asked, int64_t *seq);

/* The run that the event made has ended: EXIT_DONE; it made none: EXIT_AGAIN, said. */
again_until again_ended;
/* The event has been taken over. */
again_until again_followed;
