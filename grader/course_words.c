/* The words of a course, one table each. */
#include "grader/course_words.h"
#include "core/eval/metrics.h"
#include "core/learn/learner.h"

const char *const course_kind_words[] = { COURSE_KINDS, NULL };
const char *const course_need_words[] = { COURSE_NEEDS, NULL };

/* What the truth of a kind is; 0: no metric yet. */
static const unsigned kind_truths[] = {
    [COURSE_KIND_BINARY] = TRUTH_BINARY,     [COURSE_KIND_MULTICLASS] = TRUTH_CLASSES,
    [COURSE_KIND_REGRESSION] = TRUTH_NUMBER, [COURSE_KIND_FORECAST] = TRUTH_NUMBER,
    [COURSE_KIND_TEXT] = TRUTH_CLASSES,      [COURSE_KIND_DETECTION] = 0,
};

/* What a metric needs beside the two files, a course cannot say. */
bool course_metric_fits(struct str name, int kind)
{
    const struct metric *metric = metric_find(name);
    return metric && !metric->needs && (metric->kinds & kind_truths[kind]) != 0;
}

const char *const *course_metric_words(struct arena *arena, int kind)
{
    size_t count = 0;
    const char **fitting = arena_array(arena, const char *, metric_count() + 1);
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++)
        if (!metric->needs && (kind < 0 || (metric->kinds & kind_truths[kind])))
            fitting[count++] = metric->name;
    return fitting;
}

/* What learners learn of a kind; 0: no baselines yet. */
static const unsigned kind_targets[] = {
    [COURSE_KIND_BINARY] = TARGET_TWO_CLASSES,
    [COURSE_KIND_MULTICLASS] = TARGET_CLASSES,
    [COURSE_KIND_REGRESSION] = TARGET_NUMBER,
    [COURSE_KIND_TEXT] = TARGET_TWO_CLASSES | TARGET_CLASSES,
    [COURSE_KIND_DETECTION] = 0,
};

bool course_learner_fits(struct str name, int kind)
{
    struct fault unknown;
    const struct learner *learner = learner_find(name, &unknown);
    return learner && learner->targets & kind_targets[kind];
}

const char *const *course_learner_words(struct arena *arena, int kind)
{
    size_t count = 0;
    const char **fitting = arena_array(arena, const char *, learner_count + 1);
    for (size_t i = 0; i < learner_count; i++)
        if (kind < 0 || learners[i]->targets & kind_targets[kind])
            fitting[count++] = learners[i]->name;
    return fitting;
}

const char *course_kind_name(int kind)
{
    return course_kind_words[kind];
}

const char *const *course_task_words(struct arena *arena, const struct course *course)
{
    const char **words = arena_array(arena, const char *, course->task_count + 1);
    for (size_t i = 0; i < course->task_count; i++)
        words[i] = course->tasks[i].id.at;
    return words;
}
