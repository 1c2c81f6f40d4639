/*
 * Unpacked environments beneath state/cache/env that the course no longer names go once nobody has
 * used them for keep.environments_days; using one sets its time. One that a run under way may have
 * opened stays.
 */
#pragma once

#include "grader/grader.h"

struct environments_memory { /* between turns; zeroed at first */
    int64_t next_ms;         /* boot time of the next look */
    char version[SHA256_HEX];
};
bool environments_turn(const struct grader *grader, struct store *store,
                       struct environments_memory *memory, struct fault *why);
