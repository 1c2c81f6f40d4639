/*
 * Runs done again: what they need of the run that they repeat, and what a replay is compared by.
 * A replay has the version of the course, the files, seeds and limits of the run's receipt; it
 * touches neither board nor quota, and takes no turn from anybody.
 */
#pragma once

#include "grader/run.h"

/* Is it done again, for whatever purpose? */
bool run_is_again(const struct run *run);
bool run_is_replay(const struct run *run);

/*
 * At the start of a run that is done again: the receipt of the run that it repeats, and for a
 * replay the course as it was (run->again.own, freed by replay_end).
 */
bool replay_begin(struct run *run, struct fault *why);
void replay_end(struct run *run);

/*
 * The files of the receipt, when all of them are still kept: *found. Otherwise they come from the
 * mirror, as for any run.
 */
bool replay_snapshot(struct run *run, bool *found, struct fault *why);

/*
 * Two receipts: the conditions in force, then step by step verdicts and artifacts, then the
 * predictions; never times or memory. Cells of predictions are counted with `load`, which gives
 * what a digest stands for (false: no longer there). rows are cut from the arena.
 */
struct replay_pair {
    const struct json *before, *now;
    bool (*load)(void *at, struct arena *arena, struct str sha256, struct str *out);
    void *at;
};
void replay_compare(struct arena *arena, const struct replay_pair *pair,
                    struct store_replayed **rows, size_t *count);

/* The comparison of a run that is about to end, with what its receipt will say. */
bool replay_judge(struct run *run, struct fault *why);
