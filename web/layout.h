/* What all pages share: the head, the bar on top, errors, and pieces that several pages use. */
#pragma once

#include "web/visit.h"

/*
 * Where in the course's bar the page stands. task: its id, or empty for the overview and pages of
 * runs and teams.
 */
struct layout {
    struct str title;
    const char *here; /* "overview" "task" or "" */
    struct str task;
};
void layout_open(struct visit *visit, const struct layout *layout);
void layout_close(struct visit *visit);
void layout_error(struct text *out, int status, const char *words);

/* "/courses/<course>" */
void put_course_path(struct visit *visit);
/* A team's name, as a link. */
void put_team(struct visit *visit, struct str team, struct str name);
/* "3", or "1–3" where the data cannot tell the teams apart. */
void put_ranks(struct text *out, const struct view_row *row);
/* A coloured word for the state of a run. */
void put_state(struct text *out, struct str state);
/* A link to a run with its short commit, or its id, as the text. */
void put_run_link(struct visit *visit, const struct view_run *run);
/* Title of a task by its id, or the id. */
struct str task_title(const struct visit *visit, struct str task);
/* Runs that have not ended, as a list; nothing when there are none. */
void put_active(struct visit *visit, const struct view_runs *runs, bool with_task);
/* A quiet box with words, where a table would be. */
void put_empty(struct text *out, const char *headline, const char *words);
