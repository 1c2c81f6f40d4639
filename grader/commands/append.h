/* What the commands share that append to a course's inbox. */
#pragma once

#include "core/base/json.h"
#include "grader/commands/command.h"

/*
 * Append one event for the person at the terminal; says faults on stderr. Returns an exit code;
 * *seq the event.
 */
int append_event(const char *command, const char *dir, const char *kind, struct str body,
                 int64_t *seq);
