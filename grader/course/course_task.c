/* course.yaml: what a table cannot say of tasks. */
#include "core/eval/metric_name.h"
#include "grader/course/course_kind.h"
#include "grader/course/course_parts.h"
#include "grader/course/course_words.h"

/* The key of the one primary metric; a lone metric is the primary one. */
static void primary_find(struct course_task *task, struct complaints *to)
{
    size_t primaries = 0;
    for (size_t i = 0; i < task->metric_count; i++)
        if (task->metrics[i].primary) {
            task->primary_at = i;
            primaries++;
        }
    if (task->metric_count == 0)
        complain(to, COURSE_FILE, task->line, "task %s has no metrics, allowed is at least one",
                 task->id.at);
    else if (primaries != 1 && task->metric_count > 1)
        complain(to, COURSE_FILE, task->line,
                 "task %s has %zu metrics with primary: true, allowed is exactly one", task->id.at,
                 primaries);
}

/* A name that no metric has, or an @k where there is no k. */
static void unknown_complain(struct arena *arena, const struct course_metric *metric,
                             struct complaints *to)
{
    size_t at = metric->key.len;
    const char *const *known = course_metric_words(arena, -1);
    str_find(metric->key, '@', &at);
    struct str name = str_until(metric->key, at);
    if (metric_find(name))
        complain(to, COURSE_FILE, metric->line,
                 "metric %s: @ is for metrics with an option k, a whole number from 1",
                 metric->key.at);
    else
        complain(to, COURSE_FILE, metric->line, "unknown metric \"%s\"%s", metric->key.at,
                 words_hint(arena, name, known));
}

static void metric_check(struct arena *arena, const struct course_task *task,
                         const struct course_metric *metric, struct complaints *to)
{
    size_t k;
    if (!metric_named(metric->key, &k)) {
        unknown_complain(arena, metric, to);
        return;
    }
    if (task->kind < 0 || course_metric_fits(metric->key, task->kind))
        return;
    const char *lacks = course_metric_lacks(metric->key, task->kind);
    if (lacks)
        complain(to, COURSE_FILE, metric->line, "metric %s needs %s, which a task of kind %s lacks",
                 metric->key.at, lacks, course_kind_name(task->kind));
    else
        complain(to, COURSE_FILE, metric->line, "metric %s does not fit kind %s%s", metric->key.at,
                 course_kind_name(task->kind),
                 words_hint(arena, S(""), course_metric_words(arena, task->kind)));
}

static void metrics_check(struct arena *arena, struct course_task *task, struct complaints *to)
{
    for (size_t i = 0; i < task->metric_count; i++) {
        const struct course_metric *metric = &task->metrics[i];
        if (metric->key.len == 0)
            continue;
        metric_check(arena, task, metric, to);
        for (size_t j = 0; j < i; j++)
            if (str_equal(task->metrics[j].key, metric->key))
                complain(to, COURSE_FILE, metric->line, "metric %s was named twice",
                         metric->key.at);
    }
    primary_find(task, to);
}

static void baselines_check(struct arena *arena, const struct course_task *task,
                            struct complaints *to)
{
    if (task->kind >= 0 && task->baselines.count && course_wants_quantiles(task))
        complain(to, COURSE_FILE, task->line,
                 "baselines: no learner predicts the quantiles that %s needs",
                 task->metrics[task->primary_at].key.at);
    const char *const *known = course_learner_words(arena, -1);
    for (size_t i = 0; i < task->baselines.count; i++) {
        struct str name = task->baselines.at[i];
        const char *near = words_nearest(name, known, words_count(known));
        if (words_find(name, known) < 0)
            complain(to, COURSE_FILE, task->line, "baselines: unknown learner \"%s\", %s%s%s",
                     name.at, near ? "did you mean \"" : "see holdout-ml learners",
                     near ? near : "", near ? "\"" : "");
        else if (task->kind >= 0 && !course_has_baselines(task->kind))
            complain(to, COURSE_FILE, task->line,
                     "baselines: no learner writes predictions of kind %s",
                     course_kind_name(task->kind));
        else if (task->kind >= 0 && !course_learner_fits(name, task->kind))
            complain(to, COURSE_FILE, task->line,
                     "baselines: %s does not fit kind %s, see holdout-ml learners", name.at,
                     course_kind_name(task->kind));
    }
}

/* The columns that a kind fixes, and those that it needs. */
static void columns_take(struct course_task *task, struct complaints *to)
{
    if (task->kind < 0)
        return;
    const struct course_shape *shape = course_shape(task->kind);
    const char *kind = course_kind_name(task->kind);
    if (shape->id && task->id_line && !str_is(task->id_column, shape->id))
        complain(to, COURSE_FILE, task->id_line, "task %s: id_column is \"%s\" in every %s",
                 task->id.at, shape->id, kind);
    if (shape->id)
        task->id_column = str_of(shape->id);
    if (!shape->has_target && task->target_line)
        complain(to, COURSE_FILE, task->target_line, "task %s: kind %s has no target", task->id.at,
                 kind);
    if (!task->target_line && shape->target)
        task->target = str_of(shape->target);
    else if (!task->target_line && shape->has_target)
        complain(to, COURSE_FILE, task->line, "task %s: missing key \"target\" of kind %s",
                 task->id.at, kind);
    if (task->season_line && task->kind != COURSE_KIND_FORECAST)
        complain(to, COURSE_FILE, task->season_line, "task %s: season is for kind forecast",
                 task->id.at);
}

static int line_of(const struct yaml *map, const char *key)
{
    const struct yaml *value = yaml_get(map, key);
    return value ? value->key_line : 0;
}

/* The list has a member for each task. */
static void task_lines_find(const struct yaml *list, const struct course *course)
{
    struct course_task *tasks = (struct course_task *)course->tasks; /* ours until we return */
    for (size_t i = 0; i < course->task_count; i++) {
        tasks[i].target_line = line_of(&list->members[i], "target");
        tasks[i].id_line = line_of(&list->members[i], "id_column");
        tasks[i].season_line = line_of(&list->members[i], "season");
    }
}

void course_tasks_check(struct arena *arena, const struct yaml *list, struct course *course,
                        struct complaints *to)
{
    struct course_task *tasks = (struct course_task *)course->tasks; /* ours until we return */
    task_lines_find(list, course);
    if (course->task_count == 0)
        complain(to, COURSE_FILE, 0, "the course has no tasks, allowed is at least one");
    for (size_t i = 0; i < course->task_count; i++) {
        if (tasks[i].id.len == 0)
            tasks[i].id = S("without id");
        if (tasks[i].title.len == 0)
            tasks[i].title = tasks[i].id;
        columns_take(&tasks[i], to);
        metrics_check(arena, &tasks[i], to);
        baselines_check(arena, &tasks[i], to);
        if (tasks[i].target.len && str_equal(tasks[i].target, tasks[i].id_column))
            complain(to, COURSE_FILE, tasks[i].line,
                     "task %s: target and id_column are both \"%s\"", tasks[i].id.at,
                     tasks[i].target.at);
        for (size_t j = 0; j < i; j++)
            if (id_check(tasks[i].id) && str_equal(tasks[j].id, tasks[i].id))
                complain(to, COURSE_FILE, tasks[i].line, "task %s was there already, in line %d",
                         tasks[i].id.at, tasks[j].line);
    }
}
