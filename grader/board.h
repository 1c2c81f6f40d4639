/*
 * The board: the newest graded version of each team, in the order of its released score, with the
 * range of ranks that the rows allow: paired tests of all pairs on the Public rows, Holm's
 * correction. What is tested is the mean of the hidden seeds' predictions, row by row (of the first
 * seed where classes are predicted by name), under `release: ladder` of the version that the
 * released score comes from. Entries of another version of the task are not tested:
 * they may have any rank.
 */
#pragma once

#include "core/eval/metrics.h"
#include "core/eval/predictions.h"
#include "grader/grader.h"
#include "grader/store/store.h"

/* Make the task's board anew, by the version that its rule names (grader/board_rule.h). */
bool board_make(const struct grader *grader, const struct loaded *loaded, struct store *store,
                const struct course_task *task, struct fault *why);
/* The same, unless it stands already as these versions, scored like this, make it. */
bool board_renew(const struct grader *grader, const struct loaded *loaded, struct store *store,
                 const struct course_task *task, struct fault *why);

/* The board as it would be with the results of a rescore, which nobody else sees yet. */
struct board_with {
    const struct grader *grader;
    const struct loaded *loaded;
    struct store *store;
    const struct course_task *task;
    const char *batch;
};
bool board_preview(struct arena *arena, const struct board_with *with, struct board_entry **entries,
                   size_t *count, struct fault *why);

/* The predictions of runs, as the board tests them: means of seeds beside the truth of `usage`. */
bool board_rows(struct arena *arena, const struct board_with *with, const struct str *runs,
                size_t count, enum usage usage, struct scored *out, struct fault *why);

/* How many Public rows the task's solution has, and the mean size of its target. */
bool board_public_rows(const struct grader *grader, const struct loaded *loaded,
                       const struct course_task *task, int64_t *rows, double *scale,
                       struct fault *why);

/*
 * Bring entries into the board's order and their ranges into line with it. In: rank_low and
 * rank_high as the tests gave them, among the tested; 0 for what was not tested. Out: 1 <= rank_low
 * <= position <= rank_high <= count, rank_low never falls from row to row; ranges only ever widen.
 */
void board_order(const struct metric *metric, struct board_entry *entries, size_t count);

/*
 * entries[teams..count) are baselines: put between the teams, which are in order, by their scores.
 */
void baselines_place(const struct metric *metric, struct board_entry *entries, size_t teams,
                     size_t count);
