/*
 * course.yaml written for people: by `holdout init` for a new course, by `holdout kit` with one
 * task for a team.
 */
#pragma once

#include "grader/course/course.h"

struct course_text {
    const char *id, *title, *timezone, *local; /* local: of git, or NULL */
    const struct course_task *task;
    const char *due; /* of the only deliverable, as course.yaml says times */
    bool for_team;   /* a kit: degraded boxes are allowed */
};
struct str course_text(struct arena *arena, const struct course_text *of);

/* Metrics that a kind is usually measured by, the primary one first; NULL-ended. */
const char *const *course_usual_metrics(int kind);
/* A learner of the core to start from; and baselines, NULL-ended. */
const char *course_usual_learner(int kind);
const char *const *course_usual_baselines(int kind);
