/*
 * evaluate: predictions beside the truth, metrics with intervals, and what of them is released.
 * Exact values and private rows go to sealed.db only; what the run carries on is what everybody may
 * know.
 */
#include "core/math/threads.h"
#include "grader/course/baseline.h"
#include "grader/course/course_kind.h"
#include "grader/steps/judged_rows.h"
#include "grader/steps/release.h"
#include "grader/steps/release_ladder.h"
#include "grader/steps/evaluate.h"
#include "grader/steps/work.h"
#include <math.h>
#include <stdio.h>
#include <unistd.h>

static struct run_seed *seed_find(struct run *run, int seed_at)
{
    for (size_t i = 0; i < run->evaluated.seed_count; i++)
        if (run->evaluated.seeds[i].seed_at == seed_at)
            return &run->evaluated.seeds[i];
    return NULL;
}

static bool predictions_bad(struct run *run, const char *which, const struct fault *fault,
                            struct fault *why)
{
    run->end.step = "evaluate";
    return run_fail_team(run, "predictions",
                         arena_print(run->arena,
                                     "The predictions for the %s cannot be scored: %s. Write %s.",
                                     which, fault->text, course_shape(run->task->kind)->row),
                         why);
}

/* A baseline has no quantiles; its primary metric needs none. */
static bool suffices(const struct run *run, const struct predictions *predictions,
                     struct fault *bad)
{
    return run_is_baseline(run) || rows_suffice(run->task, &run->evaluated.truth, predictions, bad);
}

static bool sample_check(struct run *run, struct fault *why)
{
    struct run_seed *sample = seed_find(run, 0);
    struct truth ids;
    struct prediction_form form = rows_form(run->task);
    struct fault bad = { 0 };
    if (!sample)
        return true;
    if (!rows_sample(run->grader, run->loaded, run->task, run->arena, &run->evaluated.truth, &ids,
                     why))
        return false;
    if (rows_match(run->arena, sample->csv, &ids, &form, &sample->matched, &bad) &&
        suffices(run, &sample->matched, &bad))
        return true;
    return predictions_bad(run, "public sample (sample.csv)", &bad, why);
}

static bool seeds_match(struct run *run, struct fault *why)
{
    for (size_t i = 0; i < run->evaluated.seed_count; i++) {
        struct run_seed *seed = &run->evaluated.seeds[i];
        struct heldout heldout;
        struct truth renamed;
        struct prediction_form form = rows_form(run->task);
        struct fault bad = { 0 };
        form.discreet = true;
        if (seed->seed_at == 0 || seed->matched.row_count)
            continue;
        if (!work_heldout(run, seed->seed_at, &heldout, why) ||
            !rows_renamed(run->arena, &run->evaluated.truth, &heldout, &renamed, why))
            return false;
        if (!rows_match(run->arena, seed->csv, &renamed, &form, &seed->matched, &bad) ||
            !suffices(run, &seed->matched, &bad))
            return predictions_bad(run, "held-out rows", &bad, why);
    }
    return true;
}

/* Is seed 1 again the same, and does the seed matter at all? */
static void seeds_compare(struct run *run)
{
    const struct run_seed *first = seed_find(run, 1), *again = seed_find(run, -1),
                          *second = seed_find(run, 2);
    run->evaluated.deterministic = first && again && second &&
                                   predictions_share_equal(&first->matched, &again->matched) >= 1 &&
                                   predictions_share_equal(&first->matched, &second->matched) >= 1;
    run->evaluated.same_seed = -1; /* not measured */
    if (first && again)
        run->evaluated.same_seed = predictions_share_equal(&first->matched, &again->matched);
}

/* The other seeds, in a job of their own, when the seed matters. */
static bool seeds_more(struct run *run, struct fault *why)
{
    if (run->evaluated.deterministic || run->task->seeds <= 2 || run->work.round > 0)
        return true;
    run->work.round = 1;
    return step_build(run, why) && step_train(run, why) && step_predict(run, why) &&
           work_execute(run, why) && seeds_match(run, why);
}

/* The mean over the seeds of value and bounds; the spread is that of the values. */
static struct metric_value measure(const struct run *run, struct arena *arena,
                                   const struct judged_metric *metric, enum usage usage,
                                   double *spread)
{
    struct metric_options options = judged_options(metric, usage);
    /* of the Private rows the reveal makes them, from what is kept */
    options.without_interval = usage != USAGE_PUBLIC;
    struct metric_value mean = { .note = "" };
    double squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < run->evaluated.seed_count; i++) {
        const struct run_seed *seed = &run->evaluated.seeds[i];
        if (seed->seed_at < 1 || (run->evaluated.deterministic && seed->seed_at > 1))
            continue;
        struct scored rows;
        scored_rows(arena, &run->evaluated.truth, &seed->matched, usage, &rows);
        struct metric_value one = metric_measure(arena, metric->metric, &rows, &options);
        double before = mean.value;
        count++;
        mean.value += (one.value - mean.value) / (double)count;
        mean.low += (one.low - mean.low) / (double)count;
        mean.high += (one.high - mean.high) / (double)count;
        squares += (one.value - before) * (one.value - mean.value);
        mean.n = one.n;
        mean.note = one.note;
    }
    *spread = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    return mean;
}

/* What is measured of each metric; nothing of it depends on another one. */
struct measured {
    struct judged_metric metric;
    struct arena *arena; /* the notes lie there */
    struct metric_value shown, hidden;
    double spread; /* of the seeds' values on the Public rows */
};
struct measuring {
    const struct run *run;
    struct measured *at;
};

static void measure_one(void *work, size_t at)
{
    const struct measuring *measuring = work;
    struct measured *one = &measuring->at[at];
    double ignored;
    one->arena = arena_open(NULL);
    one->shown = measure(measuring->run, one->arena, &one->metric, USAGE_PUBLIC, &one->spread);
    one->hidden = measure(measuring->run, one->arena, &one->metric, USAGE_PRIVATE, &ignored);
}

/* The intervals take the time: side by side. */
static bool measure_all(struct run *run, struct measured *out, struct fault *why)
{
    size_t count = run->task->metric_count;
    struct measuring measuring = { run, out };
    for (size_t i = 0; i < count; i++)
        if (!judged_metric_find(run->task->metrics[i].key, &out[i].metric))
            return fault_set(why, BLAME_COURSE, "unknown metric \"%s\"",
                             run->task->metrics[i].key.at);
    threads_run((unsigned)sysconf(_SC_NPROCESSORS_ONLN), count, measure_one, &measuring);
    for (size_t i = 0; i < count; i++) {
        out[i].shown.note = arena_print(run->arena, "%s", out[i].shown.note);
        out[i].hidden.note = arena_print(run->arena, "%s", out[i].hidden.note);
        arena_drop(out[i].arena);
    }
    return true;
}

static void value_add(struct run *run, const struct judged_metric *metric, const char *rows,
                      const struct metric_value *value)
{
    run->evaluated.values[run->evaluated.value_count++] =
        (struct seal_value){ .metric = metric->key,
                             .rows = rows,
                             .note = value->note,
                             .value = value->value,
                             .low = value->low,
                             .high = value->high };
}

/* Has the metric a value on the Public rows at all, predicted without an error? */
static bool is_measurable(struct run *run, const struct judged_metric *metric)
{
    const struct truth *truth = &run->evaluated.truth;
    struct metric_options options = judged_options(metric, USAGE_PUBLIC);
    struct prediction_form form = rows_form(run->task);
    struct predictions perfect;
    struct scored rows;
    predictions_perfect(run->arena, truth, &form, &perfect);
    scored_rows(run->arena, truth, &perfect, USAGE_PUBLIC, &rows);
    return isfinite(metric_measure(run->arena, metric->metric, &rows, &options).value);
}

/* What a metric may lack that has a value for other predictions. */
static const char *advice_of(const struct run *run)
{
    switch (run->task->kind) {
    case COURSE_KIND_CLUSTERING:
        return "Predict more than one cluster, and fewer than rows.";
    case COURSE_KIND_RANKING:
    case COURSE_KIND_DETECTION:
        return "Predict scores that differ from row to row.";
    default:
        return "Predict numbers of the target's size that differ from row to row.";
    }
}

/* Without the primary metric there is nothing to put on the board. */
static bool primary_missing(struct run *run, const struct judged_metric *metric, const char *note,
                            struct fault *why)
{
    if (!is_measurable(run, metric))
        return fault_set(why, BLAME_COURSE, "task %s: %s has no value on the Public rows%s%s",
                         run->task->id.at, metric->key, note[0] ? ": " : "", note);
    run->end.step = "evaluate";
    return run_fail_team(
        run, "predictions",
        arena_print(run->arena,
                    "The predictions for the held-out rows cannot be scored: %s has no finite "
                    "value for them%s%s. %s",
                    metric->key, note[0] ? ": " : "", note, advice_of(run)),
        why);
}

static void primary_take(struct run *run, const struct released *released, double spread)
{
    struct judged_metric spread_of_seeds = { .key = "seeds.spread" };
    struct metric_value sealed = {
        .value = isfinite(spread) ? spread : NAN, .low = NAN, .high = NAN, .note = ""
    };
    run->evaluated.released = true;
    run->evaluated.score = released->value;
    run->evaluated.low = released->low;
    run->evaluated.high = released->high;
    value_add(run, &spread_of_seeds, "public", &sealed);
}

static bool metric_take(struct run *run, const struct course_metric *wanted,
                        const struct measured *measured, struct fault *why)
{
    struct judged_metric metric = measured->metric;
    struct metric_value shown = measured->shown;
    value_add(run, &metric, "public", &shown);
    value_add(run, &metric, "private", &measured->hidden);
    if (!isfinite(shown.value))
        return !wanted->primary || primary_missing(run, &metric, shown.note, why);
    const struct course_board *board = &run->loaded->course.board;
    struct released released = release_round(metric.metric, &shown, (int)board->digits);
    if (board->release == COURSE_RELEASE_LADDER && !run->claim.purpose.len &&
        !release_ladder(run, &metric, &shown, &released, why))
        return false;
    run_fact(run, &(struct store_fact){ .name = arena_print(run->arena, "metric.%s", metric.key),
                                        .rows = "public",
                                        .audience = "team",
                                        .unit = "",
                                        .value = released.value,
                                        .low = released.has_interval ? released.low : NAN,
                                        .high = released.has_interval ? released.high : NAN });
    if (wanted->primary)
        primary_take(run, &released, measured->spread);
    return true;
}

/* A rescore keeps its own beside the run's. */
static bool seal(struct run *run, const struct seal_prediction *predictions, size_t count,
                 struct fault *why)
{
    struct seal all = { .run = run->claim.run,
                        .batch = run->again.batch,
                        .values = run->evaluated.values,
                        .value_count = run->evaluated.value_count,
                        .predictions = predictions,
                        .prediction_count = count };
    return store_seal(run->store, &all, why);
}

bool evaluate_metrics(struct run *run, struct fault *why)
{
    struct fault seal_why = { 0 };
    run->evaluated.values =
        arena_array(run->arena, struct seal_value, 2 * run->task->metric_count + 1);
    run->evaluated.value_count = 0;
    struct measured *measured = arena_array(run->arena, struct measured, run->task->metric_count);
    if (!measure_all(run, measured, why))
        return false;
    for (size_t i = 0; i < run->task->metric_count; i++)
        if (!metric_take(run, &run->task->metrics[i], &measured[i], why)) {
            if (run->end.state && !seal(run, NULL, 0, &seal_why)) {
                run->end.state = NULL; /* not the team's doing */
                *why = seal_why;
            }
            return false;
        }
    return true;
}

bool evaluate_seal(struct run *run, struct fault *why)
{
    const char *task = version_task_digest(&run->loaded->version, run->task->id);
    if (!task)
        return fault_set(why, BLAME_SYSTEM, "the version has no task %s", run->task->id.at);
    struct seal_prediction *predictions =
        arena_array(run->arena, struct seal_prediction, run->evaluated.seed_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < run->evaluated.seed_count; i++) {
        const struct run_seed *seed = &run->evaluated.seeds[i];
        char *sha256 = arena_take(run->arena, SHA256_HEX);
        if (seed->seed_at == 0)
            continue;
        struct str csv = rows_print(run->arena, &run->evaluated.truth, &seed->matched, task);
        if (!artifacts_put_later(&run->grader->sealed, csv, sha256, why))
            return false;
        predictions[count++] = (struct seal_prediction){ seed->seed_at, sha256 };
    }
    return seal(run, predictions, count, why);
}

bool step_evaluate(struct run *run, struct fault *why)
{
    if (!run->evaluated.truth.row_count &&
        !rows_truth(run->grader, run->loaded, run->task, run->arena, &run->evaluated.truth, why))
        return false;
    if (!sample_check(run, why) || !seeds_match(run, why))
        return false;
    seeds_compare(run);
    if (!seeds_more(run, why))
        return false;
    return evaluate_metrics(run, why) && evaluate_seal(run, why);
}
