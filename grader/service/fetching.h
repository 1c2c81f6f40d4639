/*
 * The fetch process, started through the warden as the user `fetch`: for repositories and for
 * snapshots.
 */
#pragma once

#include "grader/grader.h"
#include "grader/source/fetch.h"

struct fetching {
    const struct grader *grader;
    pid_t pid; /* 0 until it was started */
};

struct fetch_spawn fetching_spawn(struct fetching *fetching);
/* After fetch_run or snapshot_take_apart: the process is ended and forgotten by the warden. */
void fetching_end(const struct fetching *fetching);
