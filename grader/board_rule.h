/*
 * By which version of its task a board is made: scores of different versions never stand side by
 * side. A course that changes what a score depends on (grader/course/scoring.h) leaves the board by
 * the version before, as long as a team has a score by it; an applied rescore moves it.
 */
#pragma once

#include "grader/grader.h"

/*
 * A course comes into force at at_ms. *held: the board stays by the version before; a rescore is
 * due. Idempotent.
 */
bool board_rule_begin(const struct loaded *loaded, struct store *store,
                      const struct course_task *task, int64_t at_ms, bool *held, struct fault *why);

/* Does what is scored with `loaded` come on the board? With no board yet it is the first. */
bool board_rule_is(const struct loaded *loaded, struct store *store, const struct course_task *task,
                   bool *is, struct fault *why);

/*
 * What the board is made by: `loaded` itself, or the version before, read again into *own (to be
 * freed). *out NULL: it can no longer be read.
 */
bool board_rule_loaded(const struct grader *grader, const struct loaded *loaded,
                       struct store *store, struct str task, struct loaded **own,
                       const struct loaded **out, struct fault *why);
