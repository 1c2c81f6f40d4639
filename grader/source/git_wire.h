/*
 * What libgit2 calls back while it fetches. The inside of git.c and git_wire.c alone; a process has
 * one wire.
 */
#pragma once

#include "grader/source/git.h"

struct git_remote_callbacks;
struct http_view;

struct git_wire {
    struct git_door door;
    const char *url;
    const struct http_view *http; /* libgit2's https transport, NULL for others */
    enum git_outcome outcome;     /* why a callback of ours stopped libgit2 */
    struct fault why;
    bool asked; /* credentials were given once: asked again, they were wrong */
};

/* Before a session: is this the libgit2 that we know, and sets its limits and streams. */
bool git_wire_ready(const struct git_door *door, struct fault *why);
void git_wire_callbacks(struct git_wire *wire, struct git_remote_callbacks *out);
/* After a listing: did it come from another path than it was asked from? */
bool git_wire_redirected(const struct git_wire *wire, struct fault *why);
/* What libgit2's failure with this code means. */
enum git_outcome git_wire_outcome(struct git_wire *wire, int code, struct fault *why);

/* "what: libgit2's last words". Returns false. */
bool git_fault(struct fault *why, const char *what);
