/*
 * Splits: which rows to train on and which to test on. All are functions of their arguments alone;
 * what is random comes from the seed. Row numbers are rising in each list, and no row of a split is
 * in both. A fold is the test part of a split; the folds of one k-fold split hold each row once.
 *
 * Faults: too few rows, classes, groups or times for what is asked. O(n folds) memory.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/fault.h"
#include <stdint.h>

#define SPLIT_FOLDS_MOST 1000 /* times the repeats */

struct split {
    const size_t *train, *test; /* [..._count] rows, rising */
    size_t train_count, test_count;
};

struct splits {
    size_t count;
    const struct split *at;
};

/* k folds of n shuffled rows; their sizes differ by one at most. 2 <= k <= n. */
bool split_kfold(struct arena *arena, size_t n, size_t k, uint64_t seed, struct splits *out,
                 struct fault *why);

/* The same without shuffling: folds are neighbouring rows. */
bool split_kfold_in_order(struct arena *arena, size_t n, size_t k, struct splits *out,
                          struct fault *why);

/*
 * Stratified: a class's rows in any two folds, and the sizes of any two folds, differ by one at
 * most. A class of fewer than k rows is not in every fold.
 *   classes[n]  codes from 0, or -1, which is a class too
 */
bool split_stratified(struct arena *arena, const int32_t *classes, size_t n, size_t k,
                      uint64_t seed, struct splits *out, struct fault *why);

/*
 * Grouped: the rows of a group are in one fold. Large groups first, each to the smallest fold (as
 * scikit-learn's GroupKFold); groups of equal size in random order. At least k groups.
 *   groups[n]   codes from 0; -1 is a group of its own for each row
 */
bool split_grouped(struct arena *arena, const int32_t *groups, size_t n, size_t k, uint64_t seed,
                   struct splits *out, struct fault *why);

/*
 * By time, forward chaining: the rows in order of time make k + 1 parts of about equal size; split
 * i tests on part i + 1 and trains on all rows that are earlier than its first time by more than
 * `gap`. Rows of one time are never on both sides. k >= 1.
 *   times[n]    finite, in any order and unit
 *   gap         in that unit, >= 0
 */
bool split_time(struct arena *arena, const double *times, size_t n, size_t k, double gap,
                struct splits *out, struct fault *why);

/*
 * Repeated k-fold: `repeats` k-fold splits one after the other, repeat r seeded by stream r of the
 * seed. classes: stratified, or NULL.
 */
bool split_repeated(struct arena *arena, const int32_t *classes, size_t n, size_t k, size_t repeats,
                    uint64_t seed, struct splits *out, struct fault *why);

/*
 * One split: round(share n) rows to test on, at least one, and at least one to train on.
 * 0 < share < 1.
 *   classes[n]  stratified: each class gives its share, by largest remainder; or NULL
 */
bool split_holdout(struct arena *arena, const int32_t *classes, size_t n, double share,
                   uint64_t seed, struct split *out, struct fault *why);

/*
 * Whole groups in random order until the test part has its share of the rows. Two groups or more.
 */
bool split_holdout_grouped(struct arena *arena, const int32_t *groups, size_t n, double share,
                           uint64_t seed, struct split *out, struct fault *why);

/* The latest rows are the test part; see split_time for ties and the gap. */
bool split_holdout_time(struct arena *arena, const double *times, size_t n, double share,
                        double gap, struct split *out, struct fault *why);
