/* Making a board: released scores in order, rank ranges by paired tests on the Public rows. */
#include "grader/board.h"
#include "core/eval/paired.h"
#include "core/eval/ranks.h"
#include "grader/board_memo.h"
#include "grader/board_rule.h"
#include "grader/course/scoring.h"
#include "grader/run.h"
#include "grader/steps/judged_rows.h"
#include "grader/steps/surroundings.h"
#include "grader/store/rescore.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

/* One board at a time: a slower, older view must not be written over a newer one. */
static pthread_mutex_t board_lock = PTHREAD_MUTEX_INITIALIZER;

bool board_public_rows(const struct grader *grader, const struct loaded *loaded,
                       const struct course_task *task, int64_t *rows, double *scale,
                       struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct truth truth;
    if (!rows_truth(grader, loaded, task, arena, &truth, why))
        return false;
    *rows = (int64_t)truth.public_count;
    double sum = 0;
    bool numbers = truth.kind == TRUTH_NUMBER || truth.kind == TRUTH_RANKING;
    for (size_t i = 0; numbers && i < truth.row_count; i++)
        sum += fabs(truth.target[i]);
    *scale = numbers ? sum / (double)truth.row_count : 1;
    return true;
}

/* What making a board needs to know. */
struct making {
    const struct grader *grader;
    const struct loaded *loaded;
    struct store *store;
    struct arena *arena;
    const struct course_task *task;
    struct judged_metric metric; /* the primary one */
    const char *digest;          /* of the task's version */
    char rule[SHA256_HEX];       /* scoring_board_digest */
    const char *batch;           /* a rescore whose results are in place; NULL: what is released */
    struct truth truth;
};

/* Numbers and probabilities have a mean; names of classes and clusters, and boxes, have none. */
static bool has_mean(const struct scored *first, const struct scored *other)
{
    bool names = (first->kind == TRUTH_CLASSES && first->width == 1) ||
                 first->kind == TRUTH_CLUSTERS || first->kind == TRUTH_BOXES;
    size_t bytes = first->quantile_count * sizeof *first->quantile_levels;
    return !names && first->width == other->width &&
           first->quantile_count == other->quantile_count &&
           (!bytes || memcmp(first->quantile_levels, other->quantile_levels, bytes) == 0);
}

/* mean += (more - mean) / count, cell by cell. */
static void cells_add(double *mean, const double *more, size_t cells, size_t count)
{
    for (size_t i = 0; i < cells; i++)
        mean[i] += (more[i] - mean[i]) / (double)count;
}

/* The mean of seeds, cell by cell; it starts as a copy of the first. */
static void mean_start(struct arena *arena, const struct scored *first, struct scored *mean)
{
    size_t cells = first->n * first->width, quantiles = first->n * first->quantile_count;
    double *values = arena_array(arena, double, cells);
    double *levels = arena_array(arena, double, quantiles);
    if (cells)
        memcpy(values, first->prediction, cells * sizeof *values);
    if (quantiles)
        memcpy(levels, first->quantiles, quantiles * sizeof *levels);
    *mean = *first;
    mean->prediction = values;
    mean->quantiles = quantiles ? levels : NULL;
}

static void mean_add(struct scored *mean, const struct scored *more, size_t count)
{
    cells_add((double *)mean->prediction, more->prediction, more->n * more->width, count);
    cells_add((double *)mean->quantiles, more->quantiles, more->n * more->quantile_count, count);
}

/*
 * The run whose predictions are tested. On a ladder it is the one that the released score comes
 * from: a version that was not better must not show in the ranks either.
 */
static bool tested_run(const struct making *making, const struct board_entry *entry,
                       struct str *run, struct fault *why)
{
    struct store_ladder reached;
    bool found = false;
    *run = entry->run;
    struct store_ladder_key key = { making->task->id, entry->team, making->metric.key,
                                    making->rule };
    if (making->loaded->course.board.release != COURSE_RELEASE_LADDER)
        return true;
    if (making->batch && !store_batch_ladder_find(making->store, making->arena, making->batch, &key,
                                                  &reached, &found, why))
        return false;
    if (!found && !store_ladder_find(making->store, making->arena, &key, &reached, &found, why))
        return false;
    if (found)
        *run = reached.run;
    return true;
}

static bool run_predictions(const struct making *making, struct str run, struct str *sha256,
                            size_t *count, struct fault *why)
{
    *count = 0;
    if (making->batch && !store_batch_predictions(making->store, making->arena, making->batch,
                                                  run.at, sha256, RUN_SEEDS_MOST, count, why))
        return false;
    return *count > 0 || store_predictions(making->store, making->arena, run.at, sha256,
                                           RUN_SEEDS_MOST, count, why);
}

/* The mean of the run's seeds beside the truth. */
static bool run_rows(const struct making *making, struct str run, enum usage usage,
                     struct scored *out, bool *fits, struct fault *why)
{
    struct str sha256[RUN_SEEDS_MOST];
    size_t count, used = 1;
    struct rows_wanted wanted = { making->grader, making->task, &making->truth, making->digest,
                                  usage };
    *fits = false;
    if (!run_predictions(making, run, sha256, &count, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        scoped_arena own = arena_open(NULL);
        struct scored one;
        if (!rows_load(i ? own : making->arena, &wanted, sha256[i].at, &one, fits, why))
            return false;
        if (!*fits)
            return true;
        if (i == 0)
            mean_start(making->arena, &one, out);
        else if (has_mean(out, &one))
            mean_add(out, &one, ++used);
    }
    return true;
}

static bool entry_rows(const struct making *making, const struct board_entry *entry,
                       struct scored *out, bool *fits, struct fault *why)
{
    struct str run;
    return tested_run(making, entry, &run, why) &&
           run_rows(making, run, USAGE_PUBLIC, out, fits, why);
}

/* Those whose predictions are of this version, and what is known of their tests. */
struct testing {
    const struct making *making;
    struct metric_options options;
    size_t *entry;       /* which entry each of them is */
    struct scored *rows; /* filled with `contenders` */
    struct contender *contenders;
    struct board_tested before; /* what the last board has tested */
    size_t *known;              /* where in it; SIZE_MAX: it is new */
    struct board_tested now;
};

/* What the tests of an entry depend on; "" when it has no predictions. */
static bool entry_id(const struct making *making, const struct board_entry *entry,
                     char id[SHA256_HEX], struct fault *why)
{
    struct str run, sha256[RUN_SEEDS_MOST];
    struct sha256 hash;
    size_t count;
    id[0] = 0;
    if (!tested_run(making, entry, &run, why) || !run_predictions(making, run, sha256, &count, why))
        return false;
    sha256_start(&hash);
    sha256_add(&hash, making->digest, strlen(making->digest) + 1);
    sha256_add(&hash, making->metric.key, strlen(making->metric.key) + 1);
    sha256_add(&hash, run.at, run.len);
    for (size_t i = 0; i < count; i++)
        sha256_add(&hash, sha256[i].at, sha256[i].len);
    if (count)
        sha256_end(&hash, id);
    return true;
}

static bool contender_load(struct testing *t, const struct board_entry *entries, size_t at,
                           bool *fits, struct fault *why)
{
    const struct making *making = t->making;
    if (!entry_rows(making, &entries[t->entry[at]], &t->rows[at], fits, why))
        return false;
    if (*fits)
        contender_make(making->arena, making->metric.metric, &t->rows[at], &t->options,
                       &t->contenders[at]);
    return true;
}

/* Who is tested; *fresh: one of them has tests that nobody made yet. */
static bool tested_find(struct testing *t, const struct board_entry *entries, size_t count,
                        bool *fresh, struct fault *why)
{
    char(*ids)[SHA256_HEX] = (char(*)[SHA256_HEX])t->now.id;
    double *values = (double *)t->now.value;
    for (size_t i = 0; i < count; i++) {
        size_t at = t->now.count;
        bool fits = true;
        t->entry[at] = i;
        if (!entry_id(t->making, &entries[i], ids[at], why))
            return false;
        t->known[at] = board_tested_find(&t->before, ids[at]);
        if (t->known[at] != SIZE_MAX)
            values[at] = t->before.value[t->known[at]];
        else if (!contender_load(t, entries, at, &fits, why))
            return false;
        else
            values[at] = t->contenders[at].value;
        *fresh |= fits && t->known[at] == SIZE_MAX;
        t->now.count += fits;
        if (!fits)
            grader_log(t->making->grader, "warning", "event=board run=%s other_version=1",
                       entries[i].run.at);
    }
    return true;
}

/* The others, for those that are new to be tested against. */
static bool known_load(struct testing *t, const struct board_entry *entries, struct fault *why)
{
    for (size_t i = 0; i < t->now.count; i++) {
        bool fits = true;
        if (t->known[i] != SIZE_MAX && !contender_load(t, entries, i, &fits, why))
            return false;
        if (!fits)
            return fault_set(why, BLAME_SYSTEM, "sealed predictions have changed");
    }
    return true;
}

static void pairs_test(struct testing *t)
{
    size_t count = t->now.count, before = t->before.count;
    double *p = arena_array(t->making->arena, double, count *count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            size_t a = t->known[i], b = t->known[j];
            bool known = a != SIZE_MAX && b != SIZE_MAX;
            p[i * count + j] = p[j * count + i] =
                known ? t->before.p[a * before + b]
                      : pair_test(t->making->arena, t->making->metric.metric, &t->contenders[i],
                                  &t->contenders[j], &t->options)
                            .p;
        }
    t->now.p = p;
}

static void testing_open(struct testing *t, const struct making *making, size_t count)
{
    struct arena *arena = making->arena;
    const struct board_memo *memo = making->batch ? NULL : making->grader->board_memo;
    *t = (struct testing){ .making = making,
                           .options = judged_options(&making->metric, USAGE_PUBLIC),
                           .entry = arena_array(arena, size_t, count),
                           .rows = arena_array(arena, struct scored, count),
                           .contenders = arena_array(arena, struct contender, count),
                           .known = arena_array(arena, size_t, count) };
    t->now.id = (const char(*)[SHA256_HEX])arena_take_array(arena, count, SHA256_HEX);
    t->now.value = arena_array(arena, double, count);
    if (memo)
        t->before = board_memo_get(memo, making->task->id);
}

static bool entries_rank(const struct making *making, struct board_entry *entries, size_t count,
                         struct fault *why)
{
    struct testing t;
    bool fresh = false;
    testing_open(&t, making, count);
    if (!tested_find(&t, entries, count, &fresh, why) || (fresh && !known_load(&t, entries, why)))
        return false;
    pairs_test(&t);
    struct rank *ranks = arena_array(making->arena, struct rank, t.now.count);
    ranks_from_tests(making->arena, making->metric.metric, t.now.p, t.now.value, t.now.count,
                     ranks);
    for (size_t i = 0; i < count; i++)
        entries[i].rank_low = entries[i].rank_high = 0;
    for (size_t i = 0; i < t.now.count; i++) {
        entries[t.entry[i]].rank_low = (int)ranks[i].low;
        entries[t.entry[i]].rank_high = (int)ranks[i].high;
    }
    if (fresh && !making->batch && making->grader->board_memo)
        board_memo_put(making->grader->board_memo, making->task->id, &t.now);
    return true;
}

/* Gives the number of teams. */
static size_t teams_first(struct board_entry *entries, size_t count)
{
    size_t teams = 0;
    for (size_t i = 0; i < count; i++)
        if (!entries[i].baseline) {
            struct board_entry team = entries[i];
            memmove(entries + teams + 1, entries + teams, (i - teams) * sizeof team);
            entries[teams++] = team;
        }
    return teams;
}

static bool making_begin(struct making *making, struct fault *why)
{
    const struct course_task *task = making->task;
    making->digest = version_task_digest(&making->loaded->version, task->id);
    scoring_board_digest(making->loaded, task, making->rule);
    return (judged_metric_find(task->metrics[task->primary_at].key, &making->metric) &&
            making->digest) ||
           fault_set(why, BLAME_COURSE, "task %s has no known primary metric", task->id.at);
}

static bool entries_arrange(struct making *making, struct board_entry *entries, size_t count,
                            struct fault *why)
{
    size_t teams = teams_first(entries, count);
    if (teams > 0 && (!rows_truth(making->grader, making->loaded, making->task, making->arena,
                                  &making->truth, why) ||
                      !entries_rank(making, entries, teams, why)))
        return false;
    board_order(making->metric.metric, entries, teams);
    baselines_place(making->metric.metric, entries, teams, count);
    return true;
}

/* Which predictions are tested follows from the versions; what a rescore puts in their place it
 * tells the store. */
static void source_digest(const struct making *making, const struct board_entry *entries,
                          size_t count, char digest[SHA256_HEX])
{
    struct sha256 hash;
    char scoring[SHA256_HEX], build[BUILD_TEXT] = "";
    surroundings_build(build);
    scoring_digest(making->loaded, making->task, scoring);
    sha256_start(&hash);
    sha256_add(&hash, build, sizeof build);
    sha256_add(&hash, scoring, sizeof scoring);
    for (size_t i = 0; i < count; i++) {
        const struct board_entry *entry = &entries[i];
        const double score[] = { entry->score, entry->low, entry->high };
        const int64_t numbers[] = { entry->submitted_ms, entry->entries, entry->baseline };
        const struct str *texts[] = { &entry->run, &entry->team, &entry->commit };
        for (size_t k = 0; k < 3; k++)
            sha256_add(&hash, texts[k]->at, texts[k]->len + 1);
        sha256_add(&hash, score, sizeof score);
        sha256_add(&hash, numbers, sizeof numbers);
    }
    sha256_end(&hash, digest);
}

static bool make(struct making *making, bool renew, struct fault *why)
{
    char source[SHA256_HEX];
    struct board_entry *entries;
    size_t count;
    int64_t due_seq;
    bool made = false;
    const char *task = making->task->id.at;
    if (!making_begin(making, why) || !store_board_due(making->store, task, &due_seq, why) ||
        !store_board_source(making->store, making->arena, task, &entries, &count, why))
        return false;
    source_digest(making, entries, count, source);
    if (renew && !store_board_is_made(making->store, task, source, &made, why))
        return false;
    struct store_board board = { task, source, entries, count, due_seq };
    return made ? store_board_due_done(making->store, task, due_seq, why)
                : entries_arrange(making, entries, count, why) &&
                      store_board_set(making->store, &board, why);
}

bool board_preview(struct arena *arena, const struct board_with *with, struct board_entry **entries,
                   size_t *count, struct fault *why)
{
    struct making making = { .grader = with->grader,
                             .loaded = with->loaded,
                             .store = with->store,
                             .arena = arena,
                             .task = with->task,
                             .batch = with->batch };
    return making_begin(&making, why) &&
           store_batch_board_source(with->store, arena, with->task->id.at, with->batch, entries,
                                    count, why) &&
           entries_arrange(&making, *entries, *count, why);
}

bool board_rows(struct arena *arena, const struct board_with *with, const struct str *runs,
                size_t count, enum usage usage, struct scored *out, struct fault *why)
{
    struct making making = { .grader = with->grader,
                             .loaded = with->loaded,
                             .store = with->store,
                             .arena = arena,
                             .task = with->task };
    if (!making_begin(&making, why) ||
        !rows_truth(with->grader, with->loaded, with->task, arena, &making.truth, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool fits;
        if (!run_rows(&making, runs[i], usage, &out[i], &fits, why))
            return false;
        if (!fits)
            return fault_set(why, BLAME_COURSE,
                             "run %s has no predictions for this version of the task", runs[i].at);
    }
    return true;
}

/* By the version that the board's rule names, which may be an earlier one. */
static bool make_by_rule(const struct board_with *with, bool renew, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct loaded *own;
    const struct loaded *by;
    if (!board_rule_loaded(with->grader, with->loaded, with->store, with->task->id, &own, &by, why))
        return false;
    struct making making = { .grader = with->grader,
                             .loaded = by,
                             .store = with->store,
                             .arena = arena,
                             .task = by == with->loaded ? with->task : NULL };
    if (own)
        making.task = course_task_find(&own->course, with->task->id);
    bool ok = !making.task || make(&making, renew, why);
    loaded_free(own);
    return ok;
}

static bool make_alone(const struct board_with *with, bool renew, struct fault *why)
{
    pthread_rwlock_t *rows = (pthread_rwlock_t *)(uintptr_t)&with->grader->rows;
    pthread_rwlock_rdlock(rows);
    pthread_mutex_lock(&board_lock);
    bool ok = make_by_rule(with, renew, why);
    pthread_mutex_unlock(&board_lock);
    pthread_rwlock_unlock(rows);
    return ok;
}

bool board_make(const struct grader *grader, const struct loaded *loaded, struct store *store,
                const struct course_task *task, struct fault *why)
{
    return make_alone(&(struct board_with){ grader, loaded, store, task, NULL }, false, why);
}

bool board_renew(const struct grader *grader, const struct loaded *loaded, struct store *store,
                 const struct course_task *task, struct fault *why)
{
    return make_alone(&(struct board_with){ grader, loaded, store, task, NULL }, true, why);
}
