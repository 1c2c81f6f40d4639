/* The Ladder of a team and metric: does this run lead? */
#include "grader/steps/release_ladder.h"
#include "core/eval/ladder.h"
#include "grader/course/scoring.h"
#include "grader/store/rescore.h"
#include <math.h>

/* The mean of entries, one a seed. */
struct mean_entry {
    struct ladder_entry entry;
    struct resampling how;
    double *row;
    size_t count;
};

static bool mean_add(struct arena *arena, const struct judged_metric *metric,
                     const struct scored *rows, struct mean_entry *mean)
{
    struct ladder_entry one;
    struct metric_options options = judged_options(metric, USAGE_PUBLIC);
    if (!ladder_entry_make(arena, metric->metric, rows, &options, &one, &mean->how))
        return false;
    if (mean->count++ == 0)
        mean->row = arena_array(arena, double, mean->how.n);
    mean->entry.loss += (one.loss - mean->entry.loss) / (double)mean->count;
    for (size_t i = 0; i < mean->how.n; i++)
        mean->row[i] += (one.row[i] - mean->row[i]) / (double)mean->count;
    mean->entry.row = mean->row;
    return true;
}

/* Of the run itself: the seeds that its value is the mean of. */
static bool own_entry(struct run *run, const struct judged_metric *metric, struct mean_entry *out)
{
    for (size_t i = 0; i < run->evaluated.seed_count; i++) {
        const struct run_seed *seed = &run->evaluated.seeds[i];
        struct scored rows;
        if (seed->seed_at < 1 || (run->evaluated.deterministic && seed->seed_at > 1))
            continue;
        scored_rows(run->arena, &run->evaluated.truth, &seed->matched, USAGE_PUBLIC, &rows);
        if (!mean_add(run->arena, metric, &rows, out))
            return false;
    }
    return out->count > 0;
}

/* In a rescore the leader was rescored before. */
static bool leader_predictions(struct run *run, struct str leader, struct str *sha256,
                               size_t *count, struct fault *why)
{
    if (run->again.batch)
        return store_batch_predictions(run->store, run->arena, run->again.batch, leader.at, sha256,
                                       RUN_SEEDS_MOST, count, why);
    return store_predictions(run->store, run->arena, leader.at, sha256, RUN_SEEDS_MOST, count, why);
}

/* Of the leader, from what is sealed; count 0: nothing that fits is there. */
static bool leader_entry(struct run *run, const struct judged_metric *metric, struct str leader,
                         struct mean_entry *out, struct fault *why)
{
    struct str sha256[RUN_SEEDS_MOST];
    struct rows_wanted wanted = { run->grader, run->task, &run->evaluated.truth,
                                  version_task_digest(&run->loaded->version, run->task->id),
                                  USAGE_PUBLIC };
    size_t count;
    bool fits;
    if (!leader_predictions(run, leader, sha256, &count, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct scored rows;
        if (!rows_load(run->arena, &wanted, sha256[i].at, &rows, &fits, why))
            return false;
        if (fits)
            mean_add(run->arena, metric, &rows, out);
    }
    return true;
}

/* By more than noise explains? */
static bool leads(struct run *run, const struct judged_metric *metric, struct str leader, bool *yes,
                  struct fault *why)
{
    struct mean_entry own = { .count = 0 }, other = { .count = 0 };
    *yes = false;
    if (!own_entry(run, metric, &own))
        return true;
    if (!leader_entry(run, metric, leader, &other, why))
        return false;
    if (other.count && other.how.n != own.how.n)
        return fault_set(why, BLAME_SYSTEM, "the leader's rows are not the run's");
    *yes = ladder_step(run->arena, &own.how, other.count ? &other.entry : NULL, &own.entry);
    return true;
}

/* By a step of eta? */
static bool climbs(const struct judged_metric *metric, double value, double reached, double eta)
{
    double sign = metric->metric->higher_is_better ? -1 : 1, released = sign * reached;
    return ladder_fixed_step(&released, sign * value, eta);
}

static void reached_add(struct run *run, const struct judged_metric *metric,
                        const struct released *now)
{
    if (!run->evaluated.reached)
        run->evaluated.reached =
            arena_array(run->arena, struct store_ladder, run->task->metric_count);
    run->evaluated.reached[run->evaluated.reached_count++] = (struct store_ladder){
        .metric = metric->key,
        .run = str_of(run->claim.run),
        .score = now->value,
        .low = now->has_interval ? now->low : NAN,
        .high = now->has_interval ? now->high : NAN,
    };
}

static void seen_add(struct run *run, const struct judged_metric *metric, struct str leader)
{
    if (!run->evaluated.seen)
        run->evaluated.seen =
            arena_array(run->arena, struct store_ladder_seen, run->task->metric_count);
    run->evaluated.seen[run->evaluated.seen_count++] =
        (struct store_ladder_seen){ metric->key, leader };
}

static void keep(struct run *run, const struct judged_metric *metric,
                 const struct store_ladder *before, struct released *out)
{
    const char *others = run->evaluated.kept;
    out->value = before->score;
    out->has_interval = isfinite(before->low) && isfinite(before->high);
    out->low = out->has_interval ? before->low : out->value;
    out->high = out->has_interval ? before->high : out->value;
    run->evaluated.kept =
        arena_print(run->arena, "%s%s%s", others ? others : "", others ? ", " : "", metric->key);
}

bool release_ladder(struct run *run, const struct judged_metric *metric,
                    const struct metric_value *shown, struct released *out, struct fault *why)
{
    double eta = run->loaded->course.board.eta;
    bool steps = release_has_steps(metric->metric, eta), found, better = true;
    struct store_ladder before;
    char rule[SHA256_HEX];
    struct store_ladder_key key = { run->task->id, run->claim.team, metric->key, rule };
    scoring_board_digest(run->loaded, run->task, rule);
    if (steps)
        *out = release_step(metric->metric, shown, eta);
    bool known = run->again.batch
                     ? store_batch_ladder_find(run->store, run->arena, run->again.batch, &key,
                                               &before, &found, why)
                     : store_ladder_find(run->store, run->arena, &key, &before, &found, why);
    if (!known)
        return false;
    if (!run->again.batch)
        seen_add(run, metric, found ? before.run : S(""));
    if (found && steps)
        better = climbs(metric, shown->value, before.score, eta);
    else if (found && !leads(run, metric, before.run, &better, why))
        return false;
    /* what is shown of a mean over seeds need not follow its losses: it never gets worse */
    if (found && better)
        better = !metric_better(metric->metric, before.score, out->value);
    if (better)
        reached_add(run, metric, out);
    else
        keep(run, metric, &before, out);
    return true;
}
