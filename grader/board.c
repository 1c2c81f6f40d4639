/* Making a board: released scores in order, rank ranges by paired tests on the Public rows. */
#include "grader/board.h"
#include "core/eval/metrics.h"
#include "core/eval/ranks.h"
#include "grader/steps/judged_rows.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

/* One board at a time: a slower, older view must not be written over a newer one. */
static pthread_mutex_t board_lock = PTHREAD_MUTEX_INITIALIZER;

bool board_public_rows(const struct grader *grader, const struct course_task *task, int64_t *rows,
                       double *scale, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct truth truth;
    if (!rows_truth(grader, task, arena, &truth, why))
        return false;
    *rows = (int64_t)truth.public_count;
    double sum = 0;
    for (size_t i = 0; i < truth.row_count; i++)
        sum += fabs(truth.target[i]);
    *scale = truth.row_count ? sum / (double)truth.row_count : 1;
    return true;
}

/*
 * The entry's first seed beside the Public truth; false: its predictions belong to another
 * version's rows.
 */
static bool entry_rows(const struct grader *grader, struct store *store, struct arena *arena,
                       const struct truth *truth, const struct course_task *task,
                       const struct board_entry *entry, struct scored *out, struct fault *why)
{
    struct str sha256[1], csv;
    size_t count;
    struct predictions predictions;
    struct fault other = { 0 };
    struct prediction_form form = rows_form(task);
    form.id_column = S("id");
    if (!store_predictions(store, arena, entry->run.at, sha256, 1, &count, why) || count == 0 ||
        !artifacts_load(&grader->sealed, sha256[0].at, arena, PREDICTION_BYTES_MOST, &csv, why) ||
        !predictions_parse(arena, csv, truth, &form, &predictions, NULL, &other))
        return false;
    scored_rows(arena, truth, &predictions, USAGE_PUBLIC, out);
    return true;
}

static const struct metric *order_metric; /* of the board being sorted, under the lock */

static int order_of(const void *a, const void *b)
{
    const struct board_entry *left = a, *right = b;
    if (metric_better(order_metric, left->score, right->score))
        return -1;
    if (metric_better(order_metric, right->score, left->score))
        return 1;
    if (left->rank_low != right->rank_low)
        return left->rank_low - right->rank_low;
    return (left->submitted_ms > right->submitted_ms) - (left->submitted_ms < right->submitted_ms);
}

static bool entries_rank(const struct grader *grader, struct store *store, struct arena *arena,
                         const struct course_task *task, const struct metric *metric,
                         struct board_entry *entries, size_t count, struct fault *why)
{
    struct truth truth;
    struct scored *rows = arena_array(arena, struct scored, count);
    size_t *at = arena_array(arena, size_t, count), tested = 0;
    if (!rows_truth(grader, task, arena, &truth, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        entries[i].rank_low = 1;
        entries[i].rank_high = (int)count;
        if (entry_rows(grader, store, arena, &truth, task, &entries[i], &rows[tested], why))
            at[tested++] = i;
    }
    struct metric_options options = { .clip = METRIC_CLIP_PUBLIC, .without_interval = true };
    struct ranks ranks;
    ranks_make(arena, metric, rows, tested, &options, &ranks);
    for (size_t i = 0; i < tested; i++) {
        entries[at[i]].rank_low = (int)ranks.at[i].low;
        entries[at[i]].rank_high = (int)ranks.at[i].high + (int)(count - tested);
    }
    return true;
}

static bool make(const struct grader *grader, struct store *store, const struct course_task *task,
                 struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct board_entry *entries;
    size_t count;
    const struct metric *metric = metric_find(task->metrics[task->primary_at].key);
    if (!metric)
        return fault_set(why, BLAME_COURSE, "task %s has no known primary metric", task->id.at);
    if (!store_board_source(store, arena, task->id.at, &entries, &count, why) ||
        (count > 0 && !entries_rank(grader, store, arena, task, metric, entries, count, why)))
        return false;
    order_metric = metric;
    qsort(entries, count, sizeof *entries, order_of);
    return store_board_set(store, task->id.at, entries, count, why);
}

bool board_make(const struct grader *grader, struct store *store, const struct course_task *task,
                struct fault *why)
{
    pthread_mutex_lock(&board_lock);
    bool ok = make(grader, store, task, why);
    pthread_mutex_unlock(&board_lock);
    return ok;
}
