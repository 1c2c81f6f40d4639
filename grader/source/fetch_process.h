/*
 * The parent's hold on a fetch process: start it, read what it says until a deadline, end it. The
 * inside of fetch.c and snapshot_apart.c.
 */
#pragma once

#include "grader/source/fetch.h"
#include <sys/types.h>

struct fetch_process {
    int from; /* what it says */
    int pidfd;
    int64_t started_ms;
    int deadline_ms;
    bool late; /* the deadline passed while reading */
};

struct fetch_process_plan {
    struct str request; /* JSON */
    int mirror, repository, secrets;
    int deadline_ms;
    struct fetch_spawn spawn; /* start NULL: fetch_spawn_self */
};
bool fetch_process_start(struct fetch_process *process, const struct fetch_process_plan *plan,
                         struct fault *why);

/* As read(2), waiting; 0 at the end of what it says, -1 when the deadline passed or reading
 * failed. */
ssize_t fetch_process_read(struct fetch_process *process, void *to, size_t size);

/* Kills it unless it has ended, and waits. False: it ended neither by itself with code 0 nor by
 * a deadline; *why says how. */
bool fetch_process_end(struct fetch_process *process, struct fault *why);
