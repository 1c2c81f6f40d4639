/* What the files that read course.yaml share. */
#pragma once

#include "core/base/yaml.h"
#include "grader/course/course.h"

#define COURSE_FILE "course.yaml"

/* What a table cannot say of deliverables. list: `deliverables`. */
void course_deliverables_check(struct arena *arena, const struct yaml *list,
                               const struct course *course, struct complaints *to);
/* course.zone from course.timezone. */
void course_zone_load(struct arena *arena, const struct yaml *root, struct course *course,
                      struct complaints *to);
/* `announce`: its keys, read into a struct course_announce, and what a table cannot say of them. */
extern const struct field_table course_announce_table;
void course_announce_check(struct arena *arena, const struct yaml *map,
                           struct course_announce *announce, struct complaints *to);

/* `keep`: its keys, read into a struct course_keep, and what a table cannot say of them. */
extern const struct field_table course_keep_table;
void course_keep_check(const struct yaml *map, const struct course_keep *keep,
                       struct complaints *to);

/* What a table cannot say of tasks; fills what follows from a task's kind. list: `tasks`. */
void course_tasks_check(struct arena *arena, const struct yaml *list, struct course *course,
                        struct complaints *to);

/* course_git.c: what stands when course.yaml is silent; may a pattern of authors be written so? */
void course_git_defaults(struct arena *arena, struct course_git *git);
bool course_author_pattern(struct str pattern);
