/* Splits by time: what is tested on is later than what is trained on. */
#include "core/data/split.h"
#include "core/math/order.h"
#include <math.h>
#include <stdlib.h>

struct moment {
    double time;
    size_t row;
};

static int earliest_first(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static struct moment *moments_make(struct arena *arena, const double *times, size_t n,
                                   struct fault *why)
{
    struct moment *moments = arena_array(arena, struct moment, n);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(times[i])) {
            fault_set(why, BLAME_OPEN, "row %zu has no time", i + 1);
            return NULL;
        }
        moments[i] = (struct moment){ times[i], i };
    }
    qsort(moments, n, sizeof *moments, earliest_first);
    return moments;
}

/* Not before `at`, and where a time begins. */
static size_t boundary(const struct moment *moments, size_t n, size_t at)
{
    while (at > 0 && at < n && moments[at].time == moments[at - 1].time)
        at++;
    return at;
}

static const size_t *rows_of(struct arena *arena, const struct moment *moments, size_t count)
{
    size_t *rows = arena_array(arena, size_t, count);
    for (size_t i = 0; i < count; i++)
        rows[i] = moments[i].row;
    sort_indexes(rows, count);
    return rows;
}

/* Test on the moments [from, to), train on what is before them by more than the gap. */
static bool split_at(struct arena *arena, const struct moment *moments, size_t from, size_t to,
                     double gap, struct split *out, struct fault *why)
{
    if (from >= to)
        return fault_set(why, BLAME_OPEN, "too few different times for so many parts");
    size_t before = from;
    while (gap > 0 && before > 0 && moments[before - 1].time >= moments[from].time - gap)
        before--;
    if (before == 0)
        return fault_set(why, BLAME_OPEN, "no row is earlier than the first part%s",
                         gap > 0 ? " by more than the gap" : "");
    *out = (struct split){ .train = rows_of(arena, moments, before),
                           .train_count = before,
                           .test = rows_of(arena, moments + from, to - from),
                           .test_count = to - from };
    return true;
}

static bool gap_check(double gap, struct fault *why)
{
    return (isfinite(gap) && gap >= 0) || fault_set(why, BLAME_OPEN, "a gap of %g", gap);
}

bool split_time(struct arena *arena, const double *times, size_t n, size_t k, double gap,
                struct splits *out, struct fault *why)
{
    if (k < 1 || k > SPLIT_FOLDS_MOST || n < k + 1)
        return fault_set(why, BLAME_OPEN, "%zu splits by time of %zu rows", k, n);
    struct moment *moments = gap_check(gap, why) ? moments_make(arena, times, n, why) : NULL;
    if (!moments)
        return false;
    struct split *splits = arena_array(arena, struct split, k);
    size_t size = n / (k + 1);
    for (size_t i = 0; i < k; i++) {
        size_t from = boundary(moments, n, n - (k - i) * size);
        size_t to = boundary(moments, n, n - (k - i - 1) * size);
        if (!split_at(arena, moments, from, to, gap, &splits[i], why))
            return false;
    }
    *out = (struct splits){ k, splits };
    return true;
}

bool split_holdout_time(struct arena *arena, const double *times, size_t n, double share,
                        double gap, struct split *out, struct fault *why)
{
    if (!(share > 0 && share < 1) || n < 2)
        return fault_set(why, BLAME_OPEN, "a share of %g of %zu rows", share, n);
    struct moment *moments = gap_check(gap, why) ? moments_make(arena, times, n, why) : NULL;
    if (!moments)
        return false;
    size_t count = (size_t)llround(share * (double)n);
    count = count < 1 ? 1 : count > n - 1 ? n - 1 : count;
    return split_at(arena, moments, boundary(moments, n, n - count), n, gap, out, why);
}
