/* Metrics of how predicted and true numbers go together. */
#include "core/eval/moments.h"
#include "core/eval/ranking.h"
#include <math.h>

#define CONSTANT "the truth or the prediction is the same in all rows"

static double correlation(double both, double x, double y, const char **note)
{
    if (x > 0 && y > 0)
        return fmax(-1, fmin(1, both / sqrt(x) / sqrt(y)));
    *note = CONSTANT;
    return NAN;
}

/* Below what rounding makes of numbers that are all the same: nothing. */
static double spread_of(double squares, double sum, const struct moments *m, double size)
{
    double out = squares - sum * sum / m->n;
    return out > m->n * 1e-28 * size * size ? out : 0;
}

static double pearson_value(VALUE_PARTS)
{
    const struct moments *m = moments_count(prepared, weight);
    double size = m->truth_size / m->n, y = spread_of(m->yy, m->y, m, size);
    double p = spread_of(m->pp, m->p, m, size + fabs(m->apart));
    return correlation(m->yp - m->y * m->p / m->n, p, y, note);
}

/* Lin (1989): twice the covariance over the variances and the squared distance of the means. */
static double concordance_value(VALUE_PARTS)
{
    const struct moments *m = moments_count(prepared, weight);
    double size = m->truth_size / m->n, y = spread_of(m->yy, m->y, m, size);
    double p = spread_of(m->pp, m->p, m, size + fabs(m->apart));
    double apart = m->apart + (m->p - m->y) / m->n;
    if (y > 0 || p > 0)
        return 2 * (m->yp - m->y * m->p / m->n) / (y + p + m->n * apart * apart);
    *note = CONSTANT;
    return NAN;
}

/* Both columns' groups of equal numbers. */
struct two_orders {
    size_t n, truth_count, said_count;
    uint32_t *truth, *said; /* [n] group, 0 the highest */
    uint32_t *order;        /* [n] rows by truth, the highest first */
    double *truth_rank, *said_rank;
    int64_t *tree; /* [said_count + 1] */
};

static void *orders_prepare(PREPARE_PARTS)
{
    struct two_orders *out = arena_new(arena, struct two_orders);
    size_t n = rows->n;
    (void)options, (void)note;
    *out = (struct two_orders){ .n = n,
                                .truth = arena_array(arena, uint32_t, n),
                                .said = arena_array(arena, uint32_t, n),
                                .order = arena_array(arena, uint32_t, n) };
    /* the order of predictions is not kept: the truth's comes after it */
    out->said_count = ranking_groups(arena, rows->prediction, n, out->said, out->order);
    out->truth_count = ranking_groups(arena, rows->truth, n, out->truth, out->order);
    out->truth_rank = arena_array(arena, double, out->truth_count);
    out->said_rank = arena_array(arena, double, out->said_count);
    out->tree = arena_array(arena, int64_t, out->said_count + 1);
    return out;
}

/* Rows of each group; gives how many pairs of rows are in one group. */
static double group_rows(const uint32_t *group, const uint32_t *weight, size_t n, double *rows,
                         size_t count)
{
    double pairs = 0;
    for (size_t g = 0; g < count; g++)
        rows[g] = 0;
    for (size_t i = 0; i < n; i++)
        rows[group[i]] += weight ? weight[i] : 1;
    for (size_t g = 0; g < count; g++)
        pairs += rows[g] * (rows[g] - 1) / 2;
    return pairs;
}

/* From rows to middle ranks about their mean; gives the number of rows. */
static double ranks_set(double *rows, size_t count)
{
    double before = 0;
    for (size_t g = 0; g < count; g++) {
        double here = rows[g];
        rows[g] = before + (here + 1) / 2;
        before += here;
    }
    for (size_t g = 0; g < count; g++)
        rows[g] -= (before + 1) / 2;
    return before;
}

static double spearman_value(VALUE_PARTS)
{
    struct two_orders *at = prepared;
    double both = 0, x = 0, y = 0;
    group_rows(at->truth, weight, at->n, at->truth_rank, at->truth_count);
    group_rows(at->said, weight, at->n, at->said_rank, at->said_count);
    ranks_set(at->truth_rank, at->truth_count);
    ranks_set(at->said_rank, at->said_count);
    for (size_t i = 0; i < at->n; i++) {
        double w = weight ? weight[i] : 1;
        double truth = at->truth_rank[at->truth[i]], said = at->said_rank[at->said[i]];
        both += w * truth * said;
        x += w * truth * truth;
        y += w * said * said;
    }
    return correlation(both, x, y, note);
}

static void tree_add(int64_t *tree, size_t count, size_t at, int64_t rows)
{
    for (size_t i = at + 1; i <= count; i += i & (0 - i))
        tree[i] += rows;
}

/* Rows in the groups 0 .. at - 1. */
static int64_t tree_before(const int64_t *tree, size_t at)
{
    int64_t rows = 0;
    for (size_t i = at; i > 0; i -= i & (0 - i))
        rows += tree[i];
    return rows;
}

/* Pairs in one order less pairs in opposite ones: rows from the highest truth down, each against
 * those of higher truth by a tree over the predictions (Knight 1966 with weights). */
static double pairs_in_order(struct two_orders *at, const uint32_t *weight)
{
    double sum = 0;
    int64_t seen = 0;
    for (size_t g = 0; g <= at->said_count; g++)
        at->tree[g] = 0;
    for (size_t i = 0, end; i < at->n; i = end) {
        uint32_t truth = at->truth[at->order[i]];
        for (end = i; end < at->n && at->truth[at->order[end]] == truth; end++) {
            size_t row = at->order[end], said = at->said[row];
            int64_t higher = tree_before(at->tree, said);
            int64_t lower = seen - tree_before(at->tree, said + 1);
            sum += (double)(weight ? weight[row] : 1) * (double)(higher - lower);
        }
        for (size_t k = i; k < end; k++) {
            size_t row = at->order[k];
            int64_t rows = weight ? weight[row] : 1;
            tree_add(at->tree, at->said_count, at->said[row], rows);
            seen += rows;
        }
    }
    return sum;
}

static double kendall_value(VALUE_PARTS)
{
    struct two_orders *at = prepared;
    double truth = group_rows(at->truth, weight, at->n, at->truth_rank, at->truth_count);
    double said = group_rows(at->said, weight, at->n, at->said_rank, at->said_count);
    double n = ranks_set(at->truth_rank, at->truth_count), pairs = n * (n - 1) / 2;
    return correlation(pairs_in_order(at, weight), pairs - truth, pairs - said, note);
}

#define ROW(word, how, value_)                                                                     \
    .name = (word), .kinds = TRUTH_NUMBER, .higher_is_better = true, .least = -1, .most = 1,       \
    .interval = METRIC_BCA, .prepare = (how), .value = (value_),                                   \
    .edges = "not defined where the truth or the prediction is the same in all rows"

static const struct metric correlations[] = {
    { ROW("pearson", moments_prepare, pearson_value), .title = "Pearson correlation",
      .definition = "Pearson's correlation of prediction and truth" },
    { ROW("spearman", orders_prepare, spearman_value), .title = "Spearman rank correlation",
      .definition = "Pearson's correlation of the ranks, equal numbers with their middle rank" },
    { ROW("kendall", orders_prepare, kendall_value), .title = "Kendall's tau",
      .definition = "Kendall's tau-b: (pairs in order - pairs in opposite order) / root of the "
                    "pairs untied in the truth times those untied in the prediction" },
    { ROW("concordance", moments_prepare, concordance_value), .title = "concordance correlation",
      .definition = "Lin's concordance: correlation that falls with a bias of mean or scale" },
};
const struct metric_family metrics_correlation = METRIC_FAMILY("correlation", correlations);
