/* What kinds of tasks are like: one table. */
#include "grader/course/course_kind.h"
#include "core/eval/metric_name.h"
#include "grader/course/course_words.h"

#define ONE_COLUMN .has_target = true, .prediction = "prediction"
#define NUMBER_ROW "one row for every id of the input file, with a finite number in it"
#define CLASS_ROW "one row for every id of the input file, with a finite number or a class in it"

static const struct course_shape shapes[] = {
    [COURSE_KIND_BINARY] = { ONE_COLUMN, .row = NUMBER_ROW },
    [COURSE_KIND_MULTICLASS] = { ONE_COLUMN, .row = CLASS_ROW },
    [COURSE_KIND_REGRESSION] = { ONE_COLUMN, .row = NUMBER_ROW },
    [COURSE_KIND_FORECAST] = { ONE_COLUMN, .beside = { "time", "series" },
                               .row = "one row for every id of the input file, with a finite "
                                      "number in each column" },
    [COURSE_KIND_RANKING] = { .id = "query",
                              .item = "item",
                              .has_target = true,
                              .target = "relevance",
                              .prediction = "score",
                              .row = "one row for every query and item of the input file, with a "
                                     "finite score: higher stands before lower" },
    [COURSE_KIND_CLUSTERING] = { .has_target = true,
                                 .target_hidden = true,
                                 .prediction = "cluster",
                                 .row = "one row for every id of the input file, with the name of "
                                        "its cluster" },
    [COURSE_KIND_TEXT] = { ONE_COLUMN, .row = CLASS_ROW },
    [COURSE_KIND_DETECTION] = { .repeats = true,
                                .prediction = "score",
                                .answers = { "class", "x1", "y1", "x2", "y2", "iscrowd" },
                                .row = "one row for every box that is found: the id of its image, "
                                       "class, score and corners, x1 <= x2 and y1 <= y2" },
    [COURSE_KIND_MULTILABEL] = { .row = "one row for every id of the input file, with a finite "
                                        "number for each label" },
};

const struct course_shape *course_shape(int kind)
{
    return &shapes[kind];
}

static const struct truth_word *word_of(int kind)
{
    const struct truth_word *at = truth_words;
    while (strcmp(at->word, course_kind_name(kind)) != 0)
        at++;
    return at;
}

struct truth_form course_truth_form(const struct course_task *task)
{
    const struct truth_word *word = word_of(task->kind);
    return (struct truth_form){ .file = S("solution.csv"),
                                .id_column = task->id_column,
                                .target = task->target,
                                .kinds = word->kinds,
                                .is_forecast = word->is_forecast };
}

static bool metric_wants(const struct course_metric *named, const char *what)
{
    size_t k;
    const struct metric *metric = metric_named(named->key, &k);
    return metric && metric->needs && strstr(metric->needs, what);
}

static bool wants(const struct course_task *task, int kind, const char *what)
{
    for (size_t i = 0; task->kind == kind && i < task->metric_count; i++)
        if (metric_wants(&task->metrics[i], what))
            return true;
    return false;
}

bool course_wants_history(const struct course_task *task)
{
    return wants(task, COURSE_KIND_FORECAST, "history");
}

bool course_wants_features(const struct course_task *task)
{
    return wants(task, COURSE_KIND_CLUSTERING, "features");
}

bool course_wants_quantiles(const struct course_task *task)
{
    return task->kind == COURSE_KIND_FORECAST && task->metric_count &&
           metric_wants(&task->metrics[task->primary_at], "quantiles");
}

bool course_truth_parse(struct arena *arena, const struct course_task *task,
                        const struct course_truth_files *files, struct truth *out,
                        struct fault *why)
{
    struct truth_form form = course_truth_form(task), features = form;
    features.file = S("heldout.csv");
    bool ok =
        truth_parse(arena, files->solution, &form, out, why) &&
        (!course_wants_history(task) ||
         truth_add_history(arena, out, files->train, S("train.csv"), (size_t)task->season, why)) &&
        (!course_wants_features(task) ||
         truth_add_features(arena, out, files->heldout, &features, why));
    if (!ok)
        why->blame = BLAME_COURSE;
    return ok;
}

bool course_is_answer(const struct course_task *task, struct str column)
{
    const struct course_shape *shape = course_shape(task->kind);
    for (size_t i = 0; shape->answers[i]; i++)
        if (str_is(column, shape->answers[i]))
            return true;
    return shape->has_target && str_equal(column, task->target);
}
