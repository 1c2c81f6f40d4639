/*
 * What `holdout check DIR` says about a course or a team's repository: all that is wrong at once.
 * Reads files only.
 */
#pragma once

#include "grader/course/course.h"

enum check_kind { CHECK_NEITHER, CHECK_COURSE, CHECK_REPOSITORY };

/* By the file that is there: course.yaml or submission.yaml. */
enum check_kind check_kind_find(int dir);

/*
 * course.yaml, teams.csv, roster.csv, rubric.yaml, environments, and for each task the data:
 * columns, ids, labels, and that nothing held-out is among what teams may download. False with at
 * least one line in `to`.
 */
bool check_course(struct arena *arena, int dir, struct complaints *to);

/* What is no mistake and yet leaves a question of the rubric unanswered. */
void check_repeat(struct arena *arena, int dir, struct complaints *notes);

/* Can anybody but the owner get into private/ or secrets/ of the course? */
bool check_private_open(int dir);

/* A team's repository. course NULL: what depends on the course is not looked at. */
bool check_repository(struct arena *arena, int dir, const struct course *course,
                      struct complaints *to);

/* The addresses and tasks of teams.csv, part of check_course: what could never be graded. */
void check_teams(int dir, const struct course *course, struct complaints *to);

/* The data of one task, part of check_course. */
void check_data(int dir, const struct course_task *task, struct complaints *to);
