/* The order of a board, and its ranges in line with it. */
#include "grader/board.h"
#include <stdlib.h>

static int score_order(const struct metric *metric, double a, double b)
{
    int order = (a > b) - (a < b);
    return metric->higher_is_better ? -order : order;
}

static int tie_order(const struct board_entry *a, const struct board_entry *b)
{
    if (a->submitted_ms != b->submitted_ms)
        return a->submitted_ms < b->submitted_ms ? -1 : 1;
    return str_order(a->team, b->team);
}

/* The tested by score, in front of the others. */
static int by_score(const void *a, const void *b, void *metric)
{
    const struct board_entry *left = a, *right = b;
    if (!left->rank_low != !right->rank_low)
        return left->rank_low ? -1 : 1;
    int order = score_order(metric, left->score, right->score);
    return order ? order : tie_order(left, right);
}

static int by_rank(const void *a, const void *b, void *metric)
{
    const struct board_entry *left = a, *right = b;
    if (left->rank_low != right->rank_low)
        return left->rank_low - right->rank_low;
    int order = score_order(metric, left->score, right->score);
    return order ? order : tie_order(left, right);
}

/*
 * Tests need not be transitive, nor agree with the order of the rounded scores: a row that stands
 * higher gets the best rank of the rows below it, one that stands lower the worst of those above.
 */
void board_order(const struct metric *metric, struct board_entry *entries, size_t count)
{
    size_t tested = 0;
    qsort_r(entries, count, sizeof *entries, by_score, (void *)metric);
    while (tested < count && entries[tested].rank_low)
        tested++;
    for (size_t i = tested; i-- > 1;)
        if (entries[i].rank_low < entries[i - 1].rank_low)
            entries[i - 1].rank_low = entries[i].rank_low;
    for (size_t i = 1; i < tested; i++)
        if (entries[i].rank_high < entries[i - 1].rank_high)
            entries[i].rank_high = entries[i - 1].rank_high;
    for (size_t i = 0; i < count; i++) {
        entries[i].rank_low = i < tested ? entries[i].rank_low : 1;
        entries[i].rank_high =
            i < tested ? entries[i].rank_high + (int)(count - tested) : (int)count;
    }
    qsort_r(entries, count, sizeof *entries, by_rank, (void *)metric);
}

/* Baselines have no rank; each stands below the rows whose scores are no worse than its own. */
void baselines_place(const struct metric *metric, struct board_entry *entries, size_t teams,
                     size_t count)
{
    for (size_t i = teams; i < count; i++) {
        struct board_entry baseline = entries[i];
        size_t at = 0;
        baseline.rank_low = baseline.rank_high = 0;
        while (at < i && score_order(metric, entries[at].score, baseline.score) <= 0)
            at++;
        memmove(entries + at + 1, entries + at, (i - at) * sizeof baseline);
        entries[at] = baseline;
    }
}
