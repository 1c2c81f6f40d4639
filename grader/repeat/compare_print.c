/* Versions compared, from a course directory, printed. */
#include "grader/repeat/compare.h"
#include "grader/repeat/compare_print.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/course/baseline.h"
#include "grader/course/scoring.h"
#include "grader/steps/judged_rows.h"
#include "grader/steps/release.h"
#include "grader/store/comparisons.h"
#include "grader/store/rescore.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#define RUNS_MOST COMPARE_RUNS_MOST

/* All that stays open while it is compared. */
struct bench {
    struct arena *arena;
    struct grader grader;
    struct store *store;
    struct loaded *loaded;
    const struct course_task *task;
    struct str runs[RUNS_MOST];
    struct store_scored scored[RUNS_MOST];
    size_t count;
};

static void bench_close(struct bench *bench)
{
    store_close(bench->store);
    loaded_free(bench->loaded);
}

static bool bench_open(struct bench *bench, const char *dir, struct fault *why)
{
    struct grader *grader = &bench->grader;
    const char *state = arena_print(bench->arena, "%s/state", dir);
    grader->clock = clock_system();
    grader->course_id = "";
    grader->state = dir_open(AT_FDCWD, state, why);
    grader->scratch = grader->state < 0 ? -1 : dir_open(grader->state, "cache", why);
    if (grader->scratch < 0 || !(bench->store = store_open(state, false, &grader->clock, why)))
        return false;
    return artifacts_open(&grader->artifacts, grader->state, "artifacts", 0750, 0444, why) &&
           artifacts_open(&grader->sealed, grader->state, "sealed", 0700, 0400, why);
}

/* A run by its id, or a baseline by its learner, on the board of the first run's task. */
static bool run_add(struct bench *bench, const char *word, struct fault *why)
{
    struct str run = str_of(word);
    bool found;
    if (!ulid_check(run) && bench->count) {
        const char *team = arena_print(bench->arena, BASELINE_TEAM "%s", word);
        if (!store_board_run(bench->store, bench->arena, bench->scored[0].task.at, team, &run, why))
            return false;
    }
    if (!store_scored_find(bench->store, bench->arena, run.at, &bench->scored[bench->count], &found,
                           why))
        return false;
    if (!found)
        return fault_set(why, BLAME_COURSE, "\"%s\" is no graded run and no baseline of the task",
                         word);
    if (!str_equal(bench->scored[bench->count].task_digest, bench->scored[0].task_digest))
        return fault_set(why, BLAME_COURSE,
                         "\"%s\" was scored with another version of the task; holdout rescore "
                         "brings them together",
                         word);
    bench->runs[bench->count++] = run;
    return true;
}

static bool course_open(struct bench *bench, struct fault *why)
{
    struct loaded_from from = { &bench->grader.artifacts, &bench->grader.sealed,
                                bench->grader.scratch };
    struct str files;
    const struct json *list;
    if (!store_version_files(bench->store, bench->arena, bench->scored[0].version.at, &files,
                             why) ||
        !json_parse(bench->arena, files, &list, why) ||
        !loaded_read(&from, list, &bench->loaded, why))
        return false;
    bench->task = course_task_find(&bench->loaded->course, bench->scored[0].task);
    return bench->task || fault_set(why, BLAME_SYSTEM, "the version has no such task");
}

/* On a ladder a version that did not move the score has none that may be told. */
static bool is_released(const struct bench *bench, size_t at, bool *released, struct fault *why)
{
    char scoring[SHA256_HEX];
    struct store_compare_version *all;
    size_t count;
    scoring_digest(bench->loaded, bench->task, scoring);
    struct store_compare_of of = { bench->scored[at].team, bench->task->id, scoring, true };
    *released = false;
    if (!store_compare_versions(bench->store, bench->arena, &of, &all, &count, why))
        return false;
    for (size_t i = 0; i < count; i++)
        *released |= str_equal(all[i].run, bench->runs[at]);
    return true;
}

static bool rule_check(const struct bench *bench, struct fault *why)
{
    bool ladder = bench->loaded->course.board.release == COURSE_RELEASE_LADDER;
    for (size_t i = 0; ladder && i < bench->count; i++) {
        bool released;
        if (!is_released(bench, i, &released, why))
            return false;
        if (!released)
            return fault_set(why, BLAME_COURSE,
                             "run %s has not moved the score on the ladder, so that nothing of it "
                             "is released; staff compare it with --private",
                             bench->runs[i].at);
    }
    return true;
}

/* Without --private nothing is more exact than the board. */
static double shown(const struct bench *bench, double value, bool exact)
{
    struct judged_metric metric;
    struct metric_value one = { .value = value, .low = NAN, .high = NAN };
    if (exact || !isfinite(value) ||
        !judged_metric_find(bench->task->metrics[bench->task->primary_at].key, &metric))
        return value;
    return release_round(metric.metric, &one, (int)bench->loaded->course.board.digits).value;
}

static const char *verdict_of(const struct bench *bench, const struct compared *at)
{
    struct judged_metric metric;
    if (isnan(at->p) ||
        !judged_metric_find(bench->task->metrics[bench->task->primary_at].key, &metric))
        return "";
    if (at->p > 0.05)
        return "no difference beyond noise";
    return (at->difference > 0) == metric.metric->higher_is_better ? "the first is better"
                                                                   : "the first is worse";
}

static void table_print(const struct bench *bench, const char *rows, const struct compared *all,
                        bool exact)
{
    printf("%s rows, %s\n", rows, bench->task->metrics[bench->task->primary_at].key.at);
    for (size_t i = 0; i < bench->count; i++) {
        const struct compared *at = &all[i];
        printf("  %-26s %-20s %10.6g", at->run.at, bench->scored[i].team.at,
               shown(bench, at->value, exact));
        if (i)
            printf("  %+10.6g  [%.6g, %.6g]  p %.2g  %s (%s)", shown(bench, at->difference, exact),
                   shown(bench, at->low, exact), shown(bench, at->high, exact), at->p,
                   verdict_of(bench, at), at->test);
        printf("\n");
    }
}

static void table_json(const struct bench *bench, struct json_out *out, const char *rows,
                       const struct compared *all, bool exact)
{
    json_open_list(out, rows);
    for (size_t i = 0; i < bench->count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "run", all[i].run);
        json_add_text(out, "team", bench->scored[i].team);
        json_add_double(out, "value", shown(bench, all[i].value, exact));
        json_add_double(out, "difference", shown(bench, all[i].difference, exact));
        json_add_double(out, "low", shown(bench, all[i].low, exact));
        json_add_double(out, "high", shown(bench, all[i].high, exact));
        json_add_double(out, "p", all[i].p);
        json_add_zero(out, "test", all[i].test);
        json_add_zero(out, "verdict", verdict_of(bench, &all[i]));
        json_close_map(out);
    }
    json_close_list(out);
}

static bool print_all(struct bench *bench, bool private, bool as_json, struct fault *why)
{
    static const struct {
        const char *name;
        enum usage usage;
    } usages[] = { { "public", USAGE_PUBLIC }, { "private", USAGE_PRIVATE } };
    struct text text = { .arena = bench->arena };
    struct json_out out = { .text = &text };
    struct board_with with = { &bench->grader, bench->loaded, bench->store, bench->task, NULL };
    json_open_map(&out, NULL);
    json_add_text(&out, "task", bench->task->id);
    json_add_text(&out, "metric", bench->task->metrics[bench->task->primary_at].key);
    for (size_t i = 0; i < (private ? 2u : 1u); i++) {
        struct compared all[RUNS_MOST];
        if (!compare_runs(bench->arena, &with, bench->runs, bench->count, usages[i].usage, all,
                          why))
            return false;
        table_json(bench, &out, usages[i].name, all, private);
        if (!as_json)
            table_print(bench, usages[i].name, all, private);
    }
    json_close_map(&out);
    if (as_json)
        printf("%s\n", text.at);
    return true;
}

bool compare_print(const struct compare_asked *asked, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct bench *bench = arena_new(arena, struct bench);
    bench->arena = arena;
    bool ok = bench_open(bench, asked->dir, why);
    for (size_t i = 0; ok && i < asked->count; i++)
        ok = run_add(bench, asked->words[i], why);
    ok = ok && course_open(bench, why) && (asked->exact || rule_check(bench, why)) &&
         print_all(bench, asked->exact, asked->as_json, why);
    bench_close(bench);
    return ok;
}
