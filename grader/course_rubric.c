/* rubric.yaml of a course: parsed by rubrics, held against what the tasks measure. */
#include "core/base/file.h"
#include "core/eval/metrics.h"
#include "grader/course.h"
#include "grader/course_words.h"
#include "rubrics/rubric.h"

/* Points that rise while the model gets worse are a mistake. */
static void direction_check(const struct rubric_question *question, struct complaints *to)
{
    const struct metric *metric = metric_find(question->metric);
    const struct number_pairs *through = &question->through;
    double rise = question->full_at - question->zero_at; /* NAN: by `through` */
    if (through->count)
        rise = through->at[through->count - 1].y - through->at[0].y;
    if (metric && (metric->higher_is_better ? rise < 0 : rise > 0))
        complain(to, "rubric.yaml", question->line,
                 "question %s gives more points for a %s %s, which is better when %s",
                 question->id.at, rise > 0 ? "higher" : "lower", metric->name,
                 metric->higher_is_better ? "higher" : "lower");
}

/* Metrics that were misspelt were said already; the one asked for may be among them. */
static bool has_unknown_metric(const struct course_task *task)
{
    for (size_t i = 0; i < task->metric_count; i++)
        if (!metric_find(task->metrics[i].key))
            return true;
    return task->metric_count == 0;
}

/* A metric that a task does not measure would never be judged there. */
static void measured_check(struct arena *arena, const struct course *course,
                           const struct rubric_question *question, struct complaints *to)
{
    struct text tasks = { .arena = arena };
    size_t count = 0;
    for (size_t i = 0; i < course->task_count; i++) {
        const struct course_task *task = &course->tasks[i];
        bool asked = question->task.len == 0 || str_equal(question->task, task->id);
        if (asked && !has_unknown_metric(task) && !course_task_metric_find(task, question->metric))
            text_print(&tasks, "%s%s", count++ ? ", " : "", task->id.at);
    }
    if (count)
        complain(to, "rubric.yaml", question->line,
                 "question %s asks for %s, which task%s %s %s not measure", question->id.at,
                 question->metric.at, count == 1 ? "" : "s", tasks.at, count == 1 ? "does" : "do");
}

static void rubric_metrics_check(struct arena *arena, const struct course *course,
                                 const struct rubric *rubric, struct complaints *to)
{
    for (size_t i = 0; i < rubric->count; i++) {
        const struct rubric_question *question = &rubric->questions[i];
        if (!str_is(question->from, "metric") || !metric_find(question->metric))
            continue;
        direction_check(question, to);
        measured_check(arena, course, question, to);
    }
}

bool course_load_rubric(struct arena *arena, int course_dir, const struct course *course,
                        struct rubric *out, struct complaints *to)
{
    size_t before = to->count;
    struct field_source from = { arena, "rubric.yaml", to };
    struct rubric_known known = { course_task_words(arena, course),
                                  course_metric_words(arena, -1) };
    struct str yaml;
    struct fault why = { 0 };
    *out = (struct rubric){ 0 };
    if (!file_load(arena, course_dir, from.file, YAML_BYTES_MOST + 1, &yaml, &why)) {
        complain(to, NULL, 0, "%s", why.text);
        return false;
    }
    rubric_parse(&from, yaml, &known, out);
    rubric_metrics_check(arena, course, out, to);
    return to->count == before;
}
