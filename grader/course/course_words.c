/* The words of a course, one table each. */
#include "grader/course/course_words.h"
#include "core/eval/metric_name.h"
#include "core/learn/learner.h"

const char *const course_kind_words[] = { COURSE_KINDS, NULL };
const char *const course_need_words[] = { COURSE_NEEDS, NULL };

/* What a metric of a kind measures, and what the course gives that metrics may need. */
static const struct {
    unsigned truth;
    const char *gives[4];
} kinds[] = {
    [COURSE_KIND_BINARY] = { TRUTH_BINARY, { 0 } },
    [COURSE_KIND_MULTICLASS] = { TRUTH_CLASSES, { 0 } },
    [COURSE_KIND_REGRESSION] = { TRUTH_NUMBER, { 0 } },
    [COURSE_KIND_FORECAST] = { TRUTH_NUMBER,
                               { "a history of the values before", "columns of quantiles",
                                 "a history of the values before and columns of quantiles" } },
    [COURSE_KIND_RANKING] = { TRUTH_RANKING, { 0 } },
    [COURSE_KIND_CLUSTERING] = { TRUTH_CLUSTERS, { "the features of the rows" } },
    [COURSE_KIND_TEXT] = { TRUTH_CLASSES, { 0 } },
    [COURSE_KIND_DETECTION] = { TRUTH_BOXES, { 0 } },
    [COURSE_KIND_MULTILABEL] = { TRUTH_LABELS, { 0 } },
};

static bool gives(int kind, const struct metric *metric)
{
    for (const char *const *at = kinds[kind].gives; metric->needs && *at; at++)
        if (strcmp(*at, metric->needs) == 0)
            return true;
    return !metric->needs;
}

static bool fits(int kind, const struct metric *metric)
{
    return (metric->kinds & kinds[kind].truth) != 0 && gives(kind, metric);
}

bool course_metric_fits(struct str name, int kind)
{
    size_t k;
    const struct metric *metric = metric_named(name, &k);
    return metric && fits(kind, metric);
}

const char *course_metric_lacks(struct str name, int kind)
{
    size_t k;
    const struct metric *metric = metric_named(name, &k);
    bool measures = metric && (metric->kinds & kinds[kind].truth) != 0;
    return measures && !gives(kind, metric) ? metric->needs : NULL;
}

/* Of any kind? */
static bool fits_any(const struct metric *metric)
{
    for (int kind = 0; course_kind_words[kind]; kind++)
        if (fits(kind, metric))
            return true;
    return false;
}

const char *const *course_metric_words(struct arena *arena, int kind)
{
    size_t count = 0;
    const char **fitting = arena_array(arena, const char *, metric_count() + 1);
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++)
        if (kind < 0 ? fits_any(metric) : fits(kind, metric))
            fitting[count++] = metric->name;
    return fitting;
}

/* What learners learn of a kind; 0: none writes its predictions. */
static const unsigned kind_targets[] = {
    [COURSE_KIND_BINARY] = TARGET_TWO_CLASSES,
    [COURSE_KIND_MULTICLASS] = TARGET_CLASSES,
    [COURSE_KIND_REGRESSION] = TARGET_NUMBER,
    [COURSE_KIND_FORECAST] = TARGET_NUMBER,
    [COURSE_KIND_TEXT] = TARGET_TWO_CLASSES | TARGET_CLASSES,
    [COURSE_KIND_MULTILABEL] = 0,
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

bool course_has_baselines(int kind)
{
    return kind_targets[kind] != 0;
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
