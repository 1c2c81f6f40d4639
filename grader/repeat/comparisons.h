/*
 * Versions compared, for the teams' pages: each of a team's newest graded versions of a task, its
 * best and its pinned ones against the older of them and against the baselines, by the paired test
 * of the primary metric on the Public rows (core/eval/paired.h), Holm's correction over all that
 * one version is tested against. In the store stands a word, never a value; under `release: ladder`
 * only versions whose own value was released take part. What has to be made anew stands in
 * compare_due since the transaction that released the score.
 */
#pragma once

#include "grader/grader.h"
#include "grader/course/loaded.h"
#include "grader/store/comparisons.h"

#define COMPARISONS_NEWEST 10 /* versions of a team */
#define COMPARISONS_PINNED 4  /* older ones that are pinned */
#define COMPARISONS_MOST (COMPARISONS_NEWEST + 1 + COMPARISONS_PINNED)

/*
 * Which of all[count], newest first, are compared: out[COMPARISONS_MOST], newest first; returns how
 * many. Of equal scores the first one handed in is the best.
 */
size_t comparisons_choose(const struct store_compare_version *all, size_t count,
                          bool higher_is_better, struct store_compare_version *out);

/* The next team's turn; *did false when there is none. O(versions * rows). */
bool comparisons_turn(struct grader *grader, const struct loaded *loaded, struct store *store,
                      bool *did, struct fault *why);

/* Turns, at a lower priority than all else of the grader. */
void *comparisons_thread(void *grader);
