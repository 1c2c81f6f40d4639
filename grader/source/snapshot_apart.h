/*
 * snapshot_take in a process of its own: the grader holds the truth, and git objects are foreign,
 * compressed, delta-coded bytes. The child has the mirror read-only and nothing else; it sends a
 * manifest and then the contents, and the parent, which alone puts them, checks path, mode, size
 * and order of each again.
 */
#pragma once

#include "grader/source/fetch.h"
#include "grader/source/snapshot.h"

#define SNAPSHOT_DEADLINE_MS 60000

struct snapshot_apart {
    int mirror;
    struct snapshot_limits limits;
    struct snapshot_put put;
    struct fetch_spawn spawn; /* start NULL: fetch_spawn_self */
    int deadline_ms;          /* 0: as above; passing it is BLAME_PASSING */
};

/* As snapshot_take: the same results and problems. */
bool snapshot_take_apart(struct arena *arena, const struct snapshot_apart *how, const char *commit,
                         struct snapshot *out, struct fault *why);

/* The child's part, called by fetch_main: false when the request is none of a snapshot. */
bool snapshot_serve(struct arena *arena, struct str request, int *code);
