/* Learning curves: the same folds, trained on more and more of their rows. */
#include "core/learn/explain.h"
#include "core/math/order.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include <math.h>

#define ROWS_LEAST 20 /* to train on */

/* The first `count` of a fold's training rows in an order drawn once, so that smaller parts lie
   within larger ones; in time, the latest ones. */
static void part_of(struct arena *arena, const struct split *whole, size_t count, uint64_t seed,
                    bool by_time, struct split *out)
{
    size_t *rows = arena_array(arena, size_t, whole->train_count);
    struct random random = { seed };
    memcpy(rows, whole->train, whole->train_count * sizeof *rows);
    if (!by_time)
        random_shuffle(&random, rows, whole->train_count);
    sort_indexes(rows, count);
    *out = *whole;
    out->train = rows;
    out->train_count = count;
}

/* One point: the mean over the folds. */
static bool point_measure(struct arena *arena, const struct validator *whole,
                          const struct recipe *recipe, double share, size_t at,
                          struct learning_curve *out, struct fault *why)
{
    size_t folds = whole->splits.count;
    struct split *parts = arena_array(arena, struct split, folds);
    double *values = arena_array(arena, double, folds), *train = arena_array(arena, double, folds);
    double rows = 0;
    struct validator v = *whole, seen = *whole;
    struct split *again = arena_array(arena, struct split, folds);
    for (size_t f = 0; f < folds; f++) {
        size_t all = whole->splits.at[f].train_count;
        size_t count = (size_t)round(share * (double)all);
        count = count < ROWS_LEAST ? (all < ROWS_LEAST ? all : ROWS_LEAST) : count;
        part_of(arena, &whole->splits.at[f], count, recipe->seed + f, recipe->time.len > 0,
                &parts[f]);
        again[f] = (struct split){ parts[f].train, parts[f].train, count, count };
        rows += (double)count / (double)folds;
    }
    v.splits = (struct splits){ folds, parts };
    seen.splits = (struct splits){ folds, again };
    for (size_t f = 0; f < folds; f++)
        if (!validator_fold(arena, &v, recipe, f, NULL, &values[f], why) ||
            !validator_fold(arena, &seen, recipe, f, NULL, &train[f], why))
            return false;
    struct validated result;
    validated_of(&v, values, &result);
    out->rows[at] = rows;
    out->train[at] = mean_of(train, folds);
    out->validation[at] = result.mean;
    out->low[at] = result.low;
    out->high[at] = result.high;
    return true;
}

bool learning_curve_measure(struct arena *arena, const struct table *table,
                            const struct recipe *recipe, const struct validation *how,
                            struct learning_curve *out, struct fault *why)
{
    struct validator v;
    if (!validator_open(arena, table, recipe, how, &v, why))
        return false;
    *out = (struct learning_curve){ .metric = v.metric };
    for (size_t k = 0; k < CURVE_POINTS; k++) {
        double share = 1 / (double)((size_t)1 << (CURVE_POINTS - 1 - k));
        if (share * (double)v.splits.at[0].train_count < ROWS_LEAST && k + 1 < CURVE_POINTS)
            continue;
        if (!point_measure(arena, &v, recipe, share, out->count, out, why))
            return false;
        out->count++;
    }
    return true;
}
