/*
 * Running a tool that takes minutes, in namespaces of its own for processes and (as root) mounts:
 * when it ends, or is ended, nothing of it is left but files.
 */
#pragma once

#include <stdbool.h>

#define TOOL_INTERRUPTED (-1)

/*
 * Its output goes to stderr line by line; `line`, when not NULL, gets each instead (the last ones
 * are shown all the same when it failed). argv[0] is a path. Returns its exit code, 128 for a
 * signal, 126 when it could not be started, TOOL_INTERRUPTED after SIGINT, SIGTERM or SIGHUP to us.
 */
int tool_run(const char *const *argv, void (*line)(void *arg, const char *text), void *arg);
