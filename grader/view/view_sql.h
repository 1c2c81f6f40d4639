/*
 * The statements of the window out: an index a statement, all of them reading. Internal to
 * grader/view/.
 */
#pragma once

#include "grader/store/db.h"
#include "core/base/zone.h"
#include "grader/view.h"

enum view_query {
    VIEW_COURSE_FAULT,
    VIEW_STATES,
    VIEW_OLDEST,
    VIEW_SPREAD,
    VIEW_STEP_MEANS,
    VIEW_LOOKS,
    VIEW_COUNTS,
    VIEW_TASKS,
    VIEW_BOARD,
    VIEW_BOARD_DUE,
    VIEW_RELEASES,
    VIEW_LATEST,
    VIEW_ACTIVE,
    VIEW_RECENT,
    VIEW_OF_TEAM,
    VIEW_OF_TASK,
    VIEW_ONE,
    VIEW_STEPS,
    VIEW_FACTS,
    VIEW_POINTS,
    VIEW_TEAMS,
    VIEW_OUTDATED,
    VIEW_BOARD_STAYS,
    VIEW_DROPPED,
    VIEW_KEPT,
    VIEW_META,
    VIEW_PAUSES,
    VIEW_TURN_TEAMS,
    VIEW_TURN_RUNNING,
    VIEW_TURN_WAITING,
    VIEW_TOOK_TEAM,
    VIEW_TOOK_TASK,
    VIEW_VERSIONS,
    VIEW_PINS,
    VIEW_EXTENSION,
    VIEW_POINT_SUM,
    VIEW_BUDGET,
    VIEW_QUOTA,
    VIEW_GIVEN,
    VIEW_TRIES,
    VIEW_REPOSITORIES,
    VIEW_OUTBOX,
    VIEW_COMPARED,
    VIEW_QUERY_COUNT
};
extern const struct query view_queries[VIEW_QUERY_COUNT];

/* More rows than these are never read for one page. */
#define VIEW_ROWS_MOST 5000
#define VIEW_TAIL_MOST 65536

/* A list that grows: room for one more element, and where to put it. */
#define MORE(arena, at, count)                                                                     \
    ((at) = ((count) & ((count)-1)) ? (at)                                                         \
                                    : arena_grow((arena), (at), (count) * sizeof *(at),            \
                                                 ((count) ? 2 * (count) : 1) * sizeof *(at)),      \
     &(at)[(count)++])

struct view {
    struct db *db;
    char *state_dir;
};

/* How the course wants itself shown, read once a question. */
struct view_rules {
    bool masked;
    bool scores; /* released scores may be shown */
    bool ladder;
};
bool view_rules(struct view *view, struct arena *arena, enum viewer viewer, struct view_rules *out,
                struct fault *why);

/* The slug behind a key of an address: itself, or that of a pseudonym; false when there is none. */
bool view_team_slug(struct view *view, struct arena *arena, const struct view_rules *rules,
                    struct str key, struct str *slug, struct fault *why);

/* meta NAME as JSON; *out NULL when it is not there. */
bool view_meta(struct view *view, struct arena *arena, const char *name, const struct json **out,
               struct fault *why);
/* The course's time zone. */
bool view_zone(struct view *view, struct arena *arena, struct zone *out, struct fault *why);

/* Which version of a team a run is. */
struct view_number {
    struct str run;
    int64_t number;
};
/* What a team's comparisons in a task are read with. */
struct view_compare_of {
    const struct view_task *task;
    struct str slug;
    bool ladder;
    struct view_number *numbers;
    size_t number_count;
};
/* Adds out->compared, as the board's release rule lets it; reads out->versions. */
bool view_compared_load(struct view *view, struct arena *arena, const struct view_rules *rules,
                        struct str slug, struct view_team_state *out, struct fault *why);
