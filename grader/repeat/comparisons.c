/* Making comparisons between versions, team by team. */
#include "grader/repeat/comparisons.h"
#include "core/eval/multiplicity.h"
#include "core/eval/paired.h"
#include "grader/board.h"
#include "grader/course/scoring.h"
#include "grader/steps/judged_rows.h"
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

#define IDLE_MS 500
#define NICENESS 10
#define AT_LEVEL 0.05
#define MEMBERS_MOST (COMPARISONS_MOST + COMPARE_BASELINES_MOST)

size_t comparisons_choose(const struct store_compare_version *all, size_t count,
                          bool higher_is_better, struct store_compare_version *out)
{
    size_t best = 0, pinned = 0, chosen = 0;
    for (size_t i = 1; i < count; i++)
        if (higher_is_better ? all[i].score >= all[best].score : all[i].score <= all[best].score)
            best = i;
    for (size_t i = 0; i < count; i++) {
        bool more = i >= COMPARISONS_NEWEST && i != best;
        if (more && (!all[i].pinned || pinned == COMPARISONS_PINNED))
            continue;
        pinned += more;
        out[chosen++] = all[i];
    }
    return chosen;
}

/* Who is compared: versions, newest first, and behind them baselines. */
struct members {
    struct str run[MEMBERS_MOST];
    struct contender contender[MEMBERS_MOST];
    size_t versions, count;
};

struct comparing {
    struct arena *arena;
    struct grader *grader;
    const struct loaded *loaded;
    struct store *store;
    const struct course_task *task;
    struct judged_metric metric;
    struct members members;
    struct store_comparison *rows;
    size_t row_count;
};

static bool members_find(struct comparing *at, const struct store_compare_of *of, struct fault *why)
{
    struct members *members = &at->members;
    struct store_compare_version *all, chosen[COMPARISONS_MOST];
    struct str baselines[COMPARE_BASELINES_MOST];
    size_t count, baseline_count;
    if (!store_compare_versions(at->store, at->arena, of, &all, &count, why) ||
        !store_compare_baselines(at->store, at->arena, of, baselines, &baseline_count, why))
        return false;
    members->versions = comparisons_choose(all, count, at->metric.metric->higher_is_better, chosen);
    for (size_t i = 0; i < members->versions; i++)
        members->run[i] = chosen[i].run;
    for (size_t i = 0; i < baseline_count; i++)
        members->run[members->versions + i] = baselines[i];
    members->count = members->versions + baseline_count;
    return true;
}

static const char *word(const struct metric *metric, double difference, double p)
{
    if (!isfinite(difference) || !isfinite(p))
        return "unknown";
    if (p > AT_LEVEL || difference == 0)
        return "unclear";
    return (difference > 0) == metric->higher_is_better ? "better" : "worse";
}

/* One version against all that are older, and the baselines. */
static void version_compare(struct comparing *at, size_t first,
                            const struct metric_options *options)
{
    const struct members *members = &at->members;
    const struct metric *metric = at->metric.metric;
    size_t count = members->count - first - 1;
    double *p = arena_array(at->arena, double, count);
    double *difference = arena_array(at->arena, double, count);
    for (size_t i = 0; i < count; i++) {
        const struct contender *a = &members->contender[first];
        struct pair_test test =
            pair_test(at->arena, metric, a, &members->contender[first + 1 + i], options);
        p[i] = test.p;
        difference[i] = test.difference;
    }
    if (count)
        holm(at->arena, p, count, p);
    for (size_t i = 0; i < count; i++)
        at->rows[at->row_count++] =
            (struct store_comparison){ .run = members->run[first],
                                       .other = members->run[first + 1 + i],
                                       .verdict = word(metric, difference[i], p[i]) };
}

static bool members_compare(struct comparing *at, struct fault *why)
{
    struct members *members = &at->members;
    struct scored *rows = arena_array(at->arena, struct scored, members->count);
    struct board_with with = { at->grader, at->loaded, at->store, at->task, NULL };
    struct metric_options options = judged_options(&at->metric, USAGE_PUBLIC);
    at->rows = arena_array(at->arena, struct store_comparison, members->versions * members->count);
    if (!board_rows(at->arena, &with, members->run, members->count, USAGE_PUBLIC, rows, why))
        return false;
    for (size_t i = 0; i < members->count; i++)
        contender_make(at->arena, at->metric.metric, &rows[i], &options, &members->contender[i]);
    for (size_t i = 0; i < members->versions; i++)
        version_compare(at, i, &options);
    return true;
}

/* A task that the course no longer has, or a team with nothing to compare, leaves no rows. */
static bool due_compare(struct comparing *at, const struct store_compare_of *of, struct fault *why)
{
    if (!at->task || !judged_metric_find(at->task->metrics[at->task->primary_at].key, &at->metric))
        return true;
    return members_find(at, of, why) &&
           (!at->members.versions || at->members.count < 2 || members_compare(at, why));
}

bool comparisons_turn(struct grader *grader, const struct loaded *loaded, struct store *store,
                      bool *did, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct comparing *at = arena_new(arena, struct comparing);
    struct store_compare_due due;
    char scoring[SHA256_HEX] = "";
    struct fault trouble = { 0 };
    if (!store_compare_due(store, arena, &due, did, why) || !*did)
        return !*did && !why->text[0];
    at->arena = arena;
    at->grader = grader;
    at->loaded = loaded;
    at->store = store;
    at->task = course_task_find(&loaded->course, due.task);
    if (at->task)
        scoring_digest(loaded, at->task, scoring);
    struct store_compare_of of = { due.team, due.task, scoring,
                                   loaded->course.board.release == COURSE_RELEASE_LADDER };
    if (!due_compare(at, &of, &trouble)) {
        if (trouble.blame == BLAME_PASSING) {
            *why = trouble;
            return false;
        }
        grader_log(grader, "warning", "event=compare team=%s task=%s fault=\"%s\"", due.team.at,
                   due.task.at, trouble.text);
        at->row_count = 0;
    }
    return store_compare_set(store, &due, &of, at->rows, at->row_count, why);
}

void *comparisons_thread(void *at)
{
    struct grader *grader = at;
    struct store *store;
    uint64_t seen = 0;
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* of this thread alone */
    if (!grader_open(grader, &store, NULL))
        return NULL;
    while (!grader_stopping(grader)) {
        const struct loaded *loaded = loaded_take(grader->loaded);
        struct fault why = { 0 };
        bool did = false;
        pthread_rwlock_rdlock(&grader->rows);
        bool turned = comparisons_turn(grader, loaded, store, &did, &why);
        pthread_rwlock_unlock(&grader->rows);
        if (!turned) {
            grader_log(grader, "warning", "event=compare fault=\"%s\"", why.text);
            did = false;
        }
        loaded_give(grader->loaded, loaded);
        if (!did)
            grader_idle(grader, &seen, IDLE_MS);
    }
    store_close(store);
    return NULL;
}
