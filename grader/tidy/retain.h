/*
 * Retention: what `keep` of course.yaml lets go. Of old runs first the logs, then all files and
 * predictions, by age and by size, oldest first; never of a run that counts: on a board, best or
 * newest of a team, counting for a deliverable, pinned, marked, or needed by something under way.
 * Receipts and rows stay. The inbox says which (an event `drop`), so that a rebuilt store knows it;
 * then the files go that nothing else names.
 */
#pragma once

#include "grader/grader.h"

struct retain_memory { /* between turns; zeroed at first */
    int64_t next_ms;   /* boot time of the next look */
    int64_t seq;       /* of the newest event that is not taken over yet; 0 none */
    bool collect;      /* files may have become unnamed */
    bool begun;
    char version[SHA256_HEX]; /* of the course, at the last look */
};
struct retain_turning {
    struct grader *grader;
    struct store *store;
    struct inbox *inbox;
    struct retain_memory *memory;
};
bool retain_turn(const struct retain_turning *turning, bool *did, struct fault *why);
