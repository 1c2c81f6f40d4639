/* Paired tests of graded versions. */
#include "grader/repeat/compare.h"
#include "core/eval/multiplicity.h"
#include "core/eval/paired.h"
#include "grader/steps/judged_rows.h"
#include "grader/store/keep.h"
#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* What a comparison shares. */
struct comparing {
    struct arena *arena;
    const struct metric *metric;
    const struct metric_options *options;
};

/* The percentiles of the paired differences. */
static void interval_make(const struct comparing *with, const struct scored *first,
                          const struct scored *other, struct compared *out)
{
    double *a = arena_array(with->arena, double, REPLICATES);
    double *b = arena_array(with->arena, double, REPLICATES);
    size_t count = 0;
    out->low = out->high = NAN;
    if (!metric_resamples(with->metric))
        return;
    metric_resample(with->arena, with->metric, first, with->options, a, REPLICATES);
    metric_resample(with->arena, with->metric, other, with->options, b, REPLICATES);
    for (size_t i = 0; i < REPLICATES; i++)
        if (isfinite(a[i] - b[i]))
            a[count++] = a[i] - b[i];
    if (count < REPLICATES / 2)
        return;
    qsort(a, count, sizeof *a, by_value);
    out->low = a[(size_t)(0.025 * (double)(count - 1) + 0.5)];
    out->high = a[(size_t)(0.975 * (double)(count - 1) + 0.5)];
}

static bool all_kept(struct store *store, const struct str *runs, size_t count, struct fault *why)
{
    for (size_t i = 0; i < count; i++) {
        bool dropped;
        if (!store_dropped(store, runs[i].at, &dropped, why))
            return false;
        if (dropped)
            return fault_set(why, BLAME_OPEN,
                             "the predictions of run %s are no longer kept (keep in course.yaml)",
                             runs[i].at);
    }
    return true;
}

bool compare_runs(struct arena *arena, const struct board_with *with, const struct str *runs,
                  size_t count, enum usage usage, struct compared *out, struct fault *why)
{
    struct judged_metric metric;
    struct scored *rows = arena_array(arena, struct scored, count);
    struct contender *all = arena_array(arena, struct contender, count);
    double *p = arena_array(arena, double, count);
    if (!judged_metric_find(with->task->metrics[with->task->primary_at].key, &metric))
        return fault_set(why, BLAME_COURSE, "the task's primary metric is not known");
    if (!all_kept(with->store, runs, count, why) ||
        !board_rows(arena, with, runs, count, usage, rows, why))
        return false;
    struct metric_options options = judged_options(&metric, usage);
    struct comparing comparing = { arena, metric.metric, &options };
    for (size_t i = 0; i < count; i++) {
        contender_make(arena, metric.metric, &rows[i], &options, &all[i]);
        out[i] = (struct compared){ .run = runs[i],
                                    .value = all[i].value,
                                    .difference = NAN,
                                    .low = NAN,
                                    .high = NAN,
                                    .p = NAN,
                                    .test = "" };
        if (i == 0)
            continue;
        struct pair_test test = pair_test(arena, metric.metric, &all[0], &all[i], &options);
        out[i].difference = test.difference;
        out[i].test = test.name;
        p[i - 1] = test.p;
        interval_make(&comparing, &rows[0], &rows[i], &out[i]);
    }
    holm(arena, p, count - 1, p);
    for (size_t i = 1; i < count; i++)
        out[i].p = p[i - 1];
    return true;
}
