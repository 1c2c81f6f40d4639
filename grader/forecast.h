/*
 * When waiting runs will begin: the queue played forward over the slots, in the order in which runs
 * are claimed (grader/store/queue.c). Pure; times are UTC milliseconds.
 */
#pragma once

#include "core/base/arena.h"
#include <stdbool.h>
#include <stdint.h>

struct forecast_run {
    size_t team;      /* which, 0.. */
    int64_t priority; /* as in the store */
    bool again;       /* done again: takes no turn from its team */
    int64_t takes_ms; /* as expected */
    int64_t ready_ms; /* under way: when it began; waiting: not before */
    bool paused;      /* is not begun */
};
struct forecast {
    int64_t now_ms;
    int64_t slots, per_team;
    const int64_t *served_ms; /* of each team: when a run of it was claimed last */
    size_t team_count;
    const struct forecast_run *under_way, *waiting; /* waiting: oldest first */
    size_t under_way_count, waiting_count;
    size_t most; /* how many are played: those behind stay unknown */
};
struct forecast_turn {
    int64_t position;  /* 1: begins first; 0 unknown */
    int64_t starts_ms; /* 0 unknown */
};
/* turns[waiting_count]. O(most * teams). */
void forecast_find(struct arena *arena, const struct forecast *forecast,
                   struct forecast_turn *turns);
/* The median of values, which are sorted on the way; 0 of none. */
int64_t forecast_median(int64_t *values, size_t count);
