/* What a command was told by name must be in the course: teams, tasks, deliverables. */
#pragma once

#include "grader/commands/command.h"
#include "grader/course/course.h"

/* The course's files as they are now; EXIT_DONE, or a code after saying what is wrong. */
int named_course(const char *command, const char *dir, struct arena *arena, struct course *out);

/* NULL is fine: not given. Says the nearest name and gives a code when there is no such one. */
int named_team(const char *command, const struct course *course, const char *team);
int named_task(const char *command, const struct course *course, const char *task);
int named_deliverable(const char *command, const struct course *course, const char *deliverable);
