/* The window out: a team's versions compared with its best, the one that counts, and baselines. */
#include "grader/view/view_sql.h"
#include <stdlib.h>

/* One row of the store: `verdict` is that of run, the newer one. */
struct pair {
    struct str run, other, verdict;
    double score, other_score;
    struct str baseline; /* its name; empty: other is a version */
};
struct pairs {
    struct pair *at;
    size_t count;
};

static bool pairs_load(struct view *view, struct arena *arena, const struct view_compare_of *of,
                       struct pairs *out, struct fault *why)
{
    struct row *row = db_start(view->db, VIEW_COMPARED, "ttz", of->task->id, of->slug,
                               of->ladder ? "ladder" : "rounded");
    while (row_next(row, why)) {
        bool baseline = row_int(row, 5) != 0;
        *MORE(arena, out->at, out->count) =
            (struct pair){ .run = row_text(row, 0, arena),
                           .other = row_text(row, 1, arena),
                           .verdict = row_text(row, 2, arena),
                           .score = row_double(row, 3),
                           .other_score = row_double(row, 4),
                           .baseline = baseline ? row_text(row, 6, arena) : S("") };
    }
    return row_end(row, why);
}

static void version_add(struct arena *arena, struct view_team_state *out, size_t from,
                        const struct view_compare_of *of, struct str run, double score)
{
    for (size_t i = from; i < out->compared_count; i++)
        if (str_equal(out->compared[i].run, run))
            return;
    struct view_compared one = { .task = of->task->id, .run = run, .score = score };
    for (size_t i = 0; i < of->number_count; i++)
        if (str_equal(of->numbers[i].run, run))
            one.number = of->numbers[i].number;
    for (size_t i = 0; i < out->version_count; i++)
        if (str_equal(out->versions[i].run, run))
            one.counts = out->versions[i].counts_for.len > 0;
    *MORE(arena, out->compared, out->compared_count) = one;
}

static int by_number(const void *a, const void *b)
{
    int64_t left = ((const struct view_compared *)a)->number;
    int64_t right = ((const struct view_compared *)b)->number;
    return (right > left) - (right < left);
}

/* Of equal scores the first one handed in. */
static void best_mark(struct view_compared *at, size_t count, bool higher_is_better)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (higher_is_better ? at[i].score >= at[best].score : at[i].score <= at[best].score)
            best = i;
    if (count)
        at[best].best = true;
}

static struct str turned(struct str verdict)
{
    return str_is(verdict, "better")  ? S("worse")
           : str_is(verdict, "worse") ? S("better")
                                      : verdict;
}

/* Against a version of reference, whichever of the two is newer. */
static void against_version(struct arena *arena, const struct pairs *pairs,
                            struct view_compared *one, const struct view_compared *other)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->at[i];
        bool same = str_equal(pair->run, one->run) && str_equal(pair->other, other->run);
        if (!same && !(str_equal(pair->run, other->run) && str_equal(pair->other, one->run)))
            continue;
        *MORE(arena, one->against, one->against_count) =
            (struct view_against){ .number = other->number,
                                   .run = other->run,
                                   .baseline = S(""),
                                   .best = other->best,
                                   .counts = other->counts,
                                   .difference = one->score - other->score,
                                   .verdict = same ? pair->verdict : turned(pair->verdict) };
    }
}

static void against_baselines(struct arena *arena, const struct pairs *pairs,
                              struct view_compared *one)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->at[i].baseline.len && str_equal(pairs->at[i].run, one->run))
            *MORE(arena, one->against, one->against_count) =
                (struct view_against){ .run = S(""),
                                       .baseline = pairs->at[i].baseline,
                                       .difference = one->score - pairs->at[i].other_score,
                                       .verdict = pairs->at[i].verdict };
}

static bool task_compare(struct view *view, struct arena *arena, const struct view_compare_of *of,
                         struct view_team_state *out, struct fault *why)
{
    struct pairs pairs = { 0 };
    size_t from = out->compared_count;
    if (!pairs_load(view, arena, of, &pairs, why))
        return false;
    for (size_t i = 0; i < pairs.count; i++) {
        version_add(arena, out, from, of, pairs.at[i].run, pairs.at[i].score);
        if (!pairs.at[i].baseline.len)
            version_add(arena, out, from, of, pairs.at[i].other, pairs.at[i].other_score);
    }
    struct view_compared *at = out->compared + from;
    size_t count = out->compared_count - from;
    if (!count)
        return true;
    qsort(at, count, sizeof *at, by_number);
    best_mark(at, count, of->task->higher_is_better);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++)
            if (k != i && (at[k].best || at[k].counts))
                against_version(arena, &pairs, &at[i], &at[k]);
        against_baselines(arena, &pairs, &at[i]);
    }
    return true;
}

static bool numbers_load(struct view *view, struct arena *arena, struct view_compare_of *of,
                         const struct view_team_state *state, struct fault *why)
{
    for (size_t i = 0; i < state->version_count; i++)
        *MORE(arena, of->numbers, of->number_count) =
            (struct view_number){ state->versions[i].run, state->versions[i].number };
    if (state->version_count) /* else they are hidden */
        return true;
    struct row *row = db_start(view->db, VIEW_VERSIONS, "t", of->slug);
    while (row_next(row, why))
        *MORE(arena, of->numbers, of->number_count) =
            (struct view_number){ row_text(row, 1, arena), row_int(row, 10) };
    return row_end(row, why);
}

/* Who knows a masked version's id knows its millisecond. */
static void runs_hide(struct view_team_state *out)
{
    for (size_t i = 0; i < out->compared_count; i++) {
        out->compared[i].run = S("");
        for (size_t k = 0; k < out->compared[i].against_count; k++)
            out->compared[i].against[k].run = S("");
    }
}

bool view_compared_load(struct view *view, struct arena *arena, const struct view_rules *rules,
                        struct str slug, struct view_team_state *out, struct fault *why)
{
    struct view_tasks tasks;
    struct view_compare_of of = { .slug = slug, .ladder = rules->ladder };
    if (!rules->scores)
        return true;
    if (!view_tasks(view, arena, &tasks, why) || !numbers_load(view, arena, &of, out, why))
        return false;
    for (size_t i = 0; i < tasks.count; i++) {
        of.task = &tasks.at[i];
        if (!task_compare(view, arena, &of, out, why))
            return false;
    }
    if (rules->masked)
        runs_hide(out);
    return true;
}
