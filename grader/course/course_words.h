/*
 * The words of a course: kinds of tasks, metrics and the kinds that they measure, learners for
 * baselines.
 */
#pragma once

#include "grader/course/course.h"

extern const char *const course_kind_words[]; /* NULL-ended, in the order of enum course_kind */
extern const char *const course_need_words[]; /* NULL-ended, in the order of the bits */

/*
 * Does this metric measure tasks of that kind, with what a course can give? A name may have "@k",
 * see core/eval/metric_name.h. False also for an unknown metric.
 */
bool course_metric_fits(struct str metric, int kind);
/* What a metric of that kind needs and a course cannot give: "an attribute"; NULL: nothing. */
const char *course_metric_lacks(struct str metric, int kind);
/* The names of metrics that fit a kind, NULL-ended, in the arena; kind < 0: all. */
const char *const *course_metric_words(struct arena *arena, int kind);
/* Can this learner be a baseline of tasks of that kind? False also for an unknown one. */
bool course_learner_fits(struct str learner, int kind);
/* Are there learners for that kind at all? */
bool course_has_baselines(int kind);
/* The names of learners that fit a kind, NULL-ended, in the arena; kind < 0: all. */
const char *const *course_learner_words(struct arena *arena, int kind);
/* The ids of the tasks, NULL-ended, in the arena. */
const char *const *course_task_words(struct arena *arena, const struct course *course);
