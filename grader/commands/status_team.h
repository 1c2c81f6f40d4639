/* Parts of holdout status: one team; the queue. Exit codes. */
#pragma once

#include "grader/view.h"

int status_team(struct view *view, const char *team, bool as_json);
/* Pauses, and the waiting runs with when they are likely to begin. */
int status_queue(struct view *view);
