/*
 * Rescores: results computed anew, beside the old ones, with the course as it is now, and then
 * applied or discarded as a whole. One thread works on them, run by run; what it has done stands in
 * the store, so that it goes on where it was after a restart. Predictions that are kept suffice
 * unless what trained the model has changed; then the run is done again, behind the teams' runs.
 */
#pragma once

#include "grader/grader.h"
#include "grader/store/rescore.h"

/* A batch at work: with which course, and the earlier version that was read last. */
struct rescoring {
    struct grader *grader;
    const struct loaded *loaded;
    struct store *store;
    const struct store_batch *batch;
    const struct course_task *task;
    char scoring[SHA256_HEX], board[SHA256_HEX];
    struct loaded *earlier;
    char earlier_version[SHA256_HEX];
};

/* The next step of the batch: *did false when it has to wait for something. */
bool rescore_turn(struct rescoring *rescoring, bool *did, struct fault *why);

/*
 * Compute one run, have it done again, or note why neither is possible. False: a fault that may
 * pass; the run is tried again.
 */
bool rescore_item(struct rescoring *rescoring, const struct store_batch_item *item,
                  struct fault *why);

/*
 * Did what a model is trained and predicted with change between two versions of the task? Data,
 * columns, seeds, limits; not the solution, metrics, rubric or the board.
 */
bool rescore_inputs_changed(const struct loaded *before, const struct loaded *now, struct str task);

/* What pause, resume or discard makes of one in this state; NULL: nothing. */
const char *rescore_state_after(struct str action, struct str state);

void *rescore_thread(void *grader);
