/* The words of a course, one table each. */
#include "grader/course_words.h"

const char *const course_kind_words[] = { COURSE_KINDS, NULL };
const char *const course_need_words[] = { COURSE_NEEDS, NULL };

const char *const course_learner_words[] = {
    "majority", "mean",   "linear",  "ridge", "lasso",  "logistic", "naive_bayes",
    "tree",     "forest", "gbdt",    "knn",   "kmeans", "pca",      "fm",
    "mlp",      "rcf",    "iforest", "text",  NULL,
};

#define BINARY (1U << COURSE_KIND_BINARY)
#define CLASSES (BINARY | 1U << COURSE_KIND_MULTICLASS | 1U << COURSE_KIND_TEXT)
#define NUMBERS (1U << COURSE_KIND_REGRESSION | 1U << COURSE_KIND_FORECAST)

/* Which kinds each metric measures; same order as course_metric_words. */
static const unsigned metric_kinds[] = {
    BINARY, BINARY, CLASSES, BINARY,  CLASSES, CLASSES,
    BINARY, BINARY, NUMBERS, NUMBERS, NUMBERS, NUMBERS,
};
const char *const course_metric_words[] = {
    "roc_auc",   "average_precision",
    "log_loss",  "brier",
    "accuracy",  "f1",
    "precision", "recall",
    "rmse",      "mae",
    "medae",     "r2",
    NULL,
};
_Static_assert(sizeof course_metric_words / sizeof *course_metric_words ==
                   sizeof metric_kinds / sizeof *metric_kinds + 1,
               "a metric has its kinds");

bool course_metric_fits(struct str metric, int kind)
{
    int at = words_find(metric, course_metric_words);
    return at >= 0 && (metric_kinds[at] & 1U << kind) != 0;
}

const char *const *course_metric_words_for(struct arena *arena, int kind)
{
    size_t count = 0;
    const char **fitting = arena_array(arena, const char *, words_count(course_metric_words) + 1);
    for (size_t i = 0; course_metric_words[i]; i++)
        if (metric_kinds[i] & 1U << kind)
            fitting[count++] = course_metric_words[i];
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
