/* A run's page as the staff sees it, for the commands that take a run. */
#pragma once

#include "grader/commands/command.h"
#include "grader/view.h"

/* EXIT_DONE and the page; else the exit code, and why on stderr. */
int command_page(const char *command, const char *dir, const char *run, struct arena *arena,
                 struct view_page *page);

/* The steps with their times, as `holdout log` shows them, on stdout. */
void steps_print(const struct view_page *page);
