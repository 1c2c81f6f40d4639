/*
 * The store: by which rule a task's board is made. Scores that were made by another one (another
 * version of the task, metric or release) are in the store, and on no board.
 */
#pragma once

#include "grader/store/store.h"

struct store_board_rule {
    struct str digest, version; /* scoring_board_digest; of the course */
};
bool store_board_rule(struct store *store, struct arena *arena, const char *task,
                      struct store_board_rule *out, bool *found, struct fault *why);
/* The task in force becomes what its board is made by. */
struct store_board_move {
    const char *task, *digest, *version;
    bool ladder;
};
bool store_board_move(struct store *store, const struct store_board_move *move, struct fault *why);
/* Had a team a score by this rule at that time? */
bool store_board_held(struct store *store, const char *task, const char *digest, int64_t at_ms,
                      bool *held, struct fault *why);
/* Scores of stores and receipts that do not say their rule, where it can be told. */
struct store_board_adopt {
    const char *task, *board, *scoring, *task_digest;
};
bool store_board_adopt(struct store *store, const struct store_board_adopt *adopt,
                       struct fault *why);
/* Teams whose newest score would not come along if the batch were applied: 0, or it is refused. */
bool store_board_left(struct store *store, const char *batch, int64_t *count, struct fault *why);
