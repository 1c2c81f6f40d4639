/* rubric.yaml of a course: parsed by rubrics, held against what the tasks measure. */
#include "core/base/file.h"
#include "core/eval/metric_name.h"
#include "grader/course/course.h"
#include "grader/course/course_words.h"
#include "rubrics/rubric.h"

/* Points that rise while the model gets worse are a mistake. */
static void direction_check(const struct rubric_question *question, struct complaints *to)
{
    size_t k;
    const struct metric *metric = metric_named(question->metric, &k);
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
    size_t k;
    for (size_t i = 0; i < task->metric_count; i++)
        if (!metric_named(task->metrics[i].key, &k))
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
    size_t k;
    for (size_t i = 0; i < rubric->count; i++) {
        const struct rubric_question *question = &rubric->questions[i];
        if (!str_is(question->from, "metric") || !metric_named(question->metric, &k))
            continue;
        direction_check(question, to);
        measured_check(arena, course, question, to);
    }
}

/* Every metric, and with their "@k" those that the tasks name. */
static const char *const *metric_words(struct arena *arena, const struct course *course)
{
    const char *const *all = course_metric_words(arena, -1);
    size_t count = words_count(all), k;
    for (size_t t = 0; t < course->task_count; t++)
        count += course->tasks[t].metric_count;
    const char **words = arena_array(arena, const char *, count + 1);
    count = words_count(all);
    memcpy(words, all, count * sizeof *words);
    for (size_t t = 0; t < course->task_count; t++)
        for (size_t i = 0; i < course->tasks[t].metric_count; i++)
            if (metric_named(course->tasks[t].metrics[i].key, &k) && k)
                words[count++] = course->tasks[t].metrics[i].key.at;
    return words;
}

bool course_load_rubric(struct arena *arena, int course_dir, const struct course *course,
                        struct rubric *out, struct complaints *to)
{
    size_t before = to->count;
    struct field_source from = { arena, "rubric.yaml", to };
    struct rubric_known known = { course_task_words(arena, course), metric_words(arena, course) };
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
