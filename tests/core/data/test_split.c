/* Splits: every row once, nothing on both sides, classes and groups as promised. */
#include "core/data/split.h"
#include "core/math/random.h"
#include "tests/cases.h"
#include <math.h>

#define N 103

struct made {
    int32_t classes[N], groups[N];
    double times[N];
};

static struct made make(void)
{
    struct made made;
    struct random random = { 7 };
    for (size_t i = 0; i < N; i++) {
        made.classes[i] = (int32_t)random_below(&random, 10) < 7 ? 0 : i % 11 == 0 ? -1 : 1;
        made.groups[i] = i % 19 == 0 ? -1 : (int32_t)random_below(&random, 12);
        made.times[i] = (double)random_below(&random, 40);
    }
    return made;
}

static void check_apart(const struct split *split, bool all)
{
    int seen[N] = { 0 };
    for (size_t i = 0; i < split->train_count; i++) {
        assert_true(i == 0 || split->train[i - 1] < split->train[i]);
        seen[split->train[i]]++;
    }
    for (size_t i = 0; i < split->test_count; i++) {
        assert_true(i == 0 || split->test[i - 1] < split->test[i]);
        seen[split->test[i]]++;
    }
    for (size_t i = 0; i < N; i++)
        assert_true(seen[i] == 1 || (!all && seen[i] == 0));
    assert_true(split->train_count > 0 && split->test_count > 0);
}

static void check_folds(const struct split *folds, size_t k)
{
    int tested[N] = { 0 };
    for (size_t f = 0; f < k; f++) {
        check_apart(&folds[f], true);
        for (size_t i = 0; i < folds[f].test_count; i++)
            tested[folds[f].test[i]]++;
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(tested[i], 1);
}

static void folds_hold_each_row_once(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct made made = make();
    struct splits s, again;
    struct fault why;
    for (size_t k = 2; k <= 9; k++) {
        assert_true(split_kfold(arena, N, k, 5, &s, &why));
        check_folds(s.at, k);
        for (size_t f = 0; f < k; f++)
            assert_int_equal(s.at[f].test_count, N / k + (f < N % k));
        assert_true(split_kfold_in_order(arena, N, k, &s, &why));
        check_folds(s.at, k);
        assert_int_equal(s.at[1].test[0], s.at[0].test_count);
        assert_true(split_grouped(arena, made.groups, N, k, 5, &s, &why));
        check_folds(s.at, k);
    }
    assert_true(split_repeated(arena, NULL, N, 4, 3, 9, &s, &why));
    assert_int_equal(s.count, 12);
    check_folds(s.at + 8, 4);
    assert_true(split_kfold(arena, N, 4, 9, &again, &why));
    assert_memory_equal(s.at[3].test, again.at[3].test, again.at[3].test_count * sizeof(size_t));
    assert_memory_not_equal(s.at[4].test, s.at[0].test, s.at[0].test_count * sizeof(size_t));
}

static size_t of_class(const struct split *fold, const int32_t *classes, int32_t class)
{
    size_t count = 0;
    for (size_t i = 0; i < fold->test_count; i++)
        count += classes[fold->test[i]] == class;
    return count;
}

static void strata_differ_by_one_at_most(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct made made = make();
    struct splits s;
    struct fault why;
    for (size_t k = 2; k < 8; k++) {
        assert_true(split_stratified(arena, made.classes, N, k, 3, &s, &why));
        check_folds(s.at, k);
        for (int32_t class = -1; class < 2; class ++) {
            size_t least = N, most = 0;
            for (size_t f = 0; f < k; f++) {
                size_t count = of_class(&s.at[f], made.classes, class);
                least = count < least ? count : least;
                most = count > most ? count : most;
            }
            assert_true(most - least <= 1);
        }
    }
    struct splits other;
    assert_true(split_stratified(arena, made.classes, N, 7, 4, &other, &why));
    assert_memory_not_equal(s.at[0].test, other.at[0].test, 14 * sizeof(size_t));
    struct split one;
    assert_true(split_holdout(arena, made.classes, N, 0.2, 3, &one, &why));
    check_apart(&one, true);
    assert_int_equal(one.test_count, 21);
    for (int32_t class = -1; class < 2; class ++) {
        size_t whole = 0;
        for (size_t i = 0; i < N; i++)
            whole += made.classes[i] == class;
        assert_true(fabs((double)of_class(&one, made.classes, class) - 0.2 * (double)whole) < 1.1);
    }
}

static void groups_stay_together(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct made made = make();
    struct splits s;
    struct split one;
    struct fault why;
    assert_true(split_grouped(arena, made.groups, N, 5, 1, &s, &why));
    assert_true(split_holdout_grouped(arena, made.groups, N, 0.3, 1, &one, &why));
    check_apart(&one, true);
    assert_true(one.test_count >= 31 && one.test_count < 60);
    for (size_t f = 0; f <= 5; f++) {
        const struct split *split = f < 5 ? &s.at[f] : &one;
        assert_true(f == 5 || (split->test_count > N / 5 - 6 && split->test_count < N / 5 + 6));
        for (size_t i = 0; i < split->test_count; i++)
            for (size_t j = 0; j < split->train_count; j++) {
                int32_t group = made.groups[split->test[i]];
                assert_true(group < 0 || group != made.groups[split->train[j]]);
            }
    }
}

static void tests_are_later_than_training(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct made made = make();
    struct fault why;
    for (double gap = 0; gap < 4; gap += 2) {
        struct splits s;
        struct split one;
        assert_true(split_time(arena, made.times, N, 4, gap, &s, &why));
        assert_true(split_holdout_time(arena, made.times, N, 0.25, gap, &one, &why));
        int tested[N] = { 0 };
        for (size_t f = 0; f <= 4; f++) {
            const struct split *split = f < 4 ? &s.at[f] : &one;
            check_apart(split, false);
            double last = -1, first = 99;
            for (size_t i = 0; i < split->train_count; i++)
                last = fmax(last, made.times[split->train[i]]);
            for (size_t i = 0; i < split->test_count; i++) {
                first = fmin(first, made.times[split->test[i]]);
                assert_true(tested[split->test[i]]++ == 0 || f == 4);
            }
            assert_true(last < first - gap);
        }
    }
}

static void what_cannot_be_split_is_said(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct splits s;
    struct split one;
    struct fault why;
    double same[4] = { 1, 1, 1, 1 };
    int32_t alone[4] = { 3, 3, 3, 3 };
    assert_false(split_kfold(arena, 4, 5, 0, &s, &why));
    assert_string_equal(why.text, "5 folds of 4 rows");
    assert_false(split_kfold(arena, 4, 1, 0, &s, &why));
    assert_string_equal(why.text, "folds were 1, allowed are 2 to 1000");
    assert_false(split_grouped(arena, alone, 4, 2, 0, &s, &why));
    assert_string_equal(why.text, "2 folds of 1 group");
    assert_false(split_time(arena, same, 4, 2, 0, &s, &why));
    assert_string_equal(why.text, "too few different times for so many parts");
    assert_false(split_holdout(arena, NULL, 1, 0.5, 0, &one, &why));
    assert_string_equal(why.text, "1 row cannot be split");
    assert_false(split_holdout(arena, NULL, 9, 1, 0, &one, &why));
    assert_false(split_holdout(arena, NULL, 9, NAN, 0, &one, &why));
    assert_false(split_kfold(arena, 0, 2, 0, &s, &why));
    same[2] = NAN;
    assert_false(split_holdout_time(arena, same, 4, 0.5, 0, &one, &why));
    assert_string_equal(why.text, "row 3 has no time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_hold_each_row_once),
        cmocka_unit_test(strata_differ_by_one_at_most),
        cmocka_unit_test(groups_stay_together),
        cmocka_unit_test(tests_are_later_than_training),
        cmocka_unit_test(what_cannot_be_split_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
