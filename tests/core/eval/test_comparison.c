/* Contenders compared: on the same rows, on several data sets, on folds. */
#include "core/eval/comparison.h"
#include "core/eval/paired_tests.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

static void eight_teams_are_compared_as_published(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "ranks.json"), *teams = json_get(map, "teams");
    size_t n = teams->members[0].text.len;
    double *truth = arena_array(arena, double, n);
    struct scored rows[8];
    for (size_t k = 0; k < 8; k++) { /* the truth is all 0: right is 0, wrong is 1 */
        double *said = arena_array(arena, double, n);
        for (size_t i = 0; i < n; i++)
            said[i] = teams->members[k].text.at[i] == '0';
        rows[k] = (struct scored){ .kind = TRUTH_BINARY,
                                   .class_count = 2,
                                   .width = 1,
                                   .n = n,
                                   .truth = truth,
                                   .prediction = said };
    }
    const struct metric *accuracy = metric_find(S("accuracy"));
    struct comparison got = comparison_make(arena, accuracy, rows, 8, NULL);
    const struct json *pairs = json_get(map, "pairs");
    assert_int_equal(got.pair_count, 28);
    for (size_t i = 0; i < 28; i++) {
        const struct json *one = &pairs->members[i];
        const struct compared_pair *pair = &got.pairs[i];
        size_t b = (size_t)json_get_int(one, "b", 0), c = (size_t)json_get_int(one, "c", 0);
        struct interval of = accuracy_difference(b, c, n);
        assert_int_equal(pair->a, json_get_int(one, "i", 0));
        assert_int_equal(pair->b, json_get_int(one, "j", 0));
        assert_near(pair->p, json_get_double(one, "p", NAN), 1e-11);
        assert_near(pair->adjusted, json_get_double(one, "holm", NAN), 1e-11);
        assert_near(pair->low, of.low, 1e-12);
        assert_near(pair->high, of.high, 1e-12);
        assert_int_equal(pair->better, pair->adjusted > 0.05 ? 0 : b > c ? -1 : 1);
    }
    for (size_t k = 0; k < 8; k++) {
        const struct json *range = &json_get(map, "rank_ranges")->members[k];
        assert_int_equal(got.at[k].low, range->members[0].integer);
        assert_int_equal(got.at[k].high, range->members[1].integer);
        assert_string_equal(
            got.at[k].letters,
            json_get_text(json_get(map, "letters"), arena_print(arena, "%zu", k), "").at);
    }
}

/* Each contender: the truth and noise of its own and of all. */
static void contenders_draw(struct arena *arena, const struct metric *metric, size_t n,
                            struct scored rows[3])
{
    static const double noise[] = { 0.6, 1, 1 };
    bool number = metric->kinds == TRUTH_NUMBER;
    struct random random = { 40 };
    double *truth = arena_array(arena, double, n), *shared = arena_array(arena, double, n);
    for (size_t i = 0; i < n; i++) {
        truth[i] = number ? 3 * random_normal(&random) : random_unit(&random) < 0.4;
        shared[i] = random_normal(&random);
    }
    for (size_t k = 0; k < 3; k++) {
        double *said = arena_array(arena, double, n);
        for (size_t i = 0; i < n; i++) {
            double x = truth[i] + 0.5 * shared[i] + noise[k] * random_normal(&random);
            said[i] = number ? x : 1 / (1 + exp(1 - 2 * x));
        }
        rows[k] = (struct scored){ .kind = number ? TRUTH_NUMBER : TRUTH_BINARY,
                                   .class_count = number ? 0 : 2,
                                   .width = 1,
                                   .n = n,
                                   .truth = truth,
                                   .prediction = said };
    }
}

static void intervals_of_differences_agree_with_the_tests(void **state)
{
    (void)state;
    static const char *const names[] = { "accuracy", "roc_auc", "brier",    "log_loss",
                                         "f1",       "recall",  "rmse",     "mae",
                                         "r2",       "medae",   "precision" };
    static const size_t sizes[] = { 120, 900 };
    for (size_t m = 0; m < sizeof names / sizeof *names * 2; m++) {
        scoped_arena arena = arena_open(NULL);
        const struct metric *metric = metric_find(str_of(names[m / 2]));
        struct scored rows[3];
        contenders_draw(arena, metric, sizes[m % 2], rows);
        struct comparison got = comparison_make(arena, metric, rows, 3, NULL);
        for (size_t i = 0; i < 3; i++) {
            const struct compared_pair *pair = &got.pairs[i];
            double a = got.values[pair->a].value, b = got.values[pair->b].value;
            assert_near(pair->difference, a - b, 1e-12);
            if (!(pair->low < pair->difference && pair->difference < pair->high))
                fail_msg("%s: %g in [%g, %g]", metric->name, pair->difference, pair->low,
                         pair->high);
            bool apart = pair->low > 0 || pair->high < 0;
            if ((pair->p < 0.03 && !apart) || (pair->p > 0.08 && apart))
                fail_msg("%s: p %g, [%g, %g]", metric->name, pair->p, pair->low, pair->high);
        }
        if (m / 2 < 4) /* the others depend on a threshold, or are of numbers */
            assert_int_equal(got.at[0].place, 0);
    }
}

/* Copies of rows under one group are no new evidence: p must not fall. */
static void copies_in_groups_tell_nothing_new(void **state)
{
    (void)state;
    static const char *const names[] = { "brier", "accuracy", "f1", "roc_auc" };
    static const char *const tests[] = { "cluster_normal", "cluster_normal", "paired_bootstrap",
                                         "paired_bootstrap" };
    for (size_t m = 0; m < 4; m++) {
        scoped_arena arena = arena_open(NULL);
        const struct metric *metric = metric_find(str_of(names[m]));
        enum { N = 240, COPIES = 6 };
        struct scored rows[3], copied[2];
        uint32_t *group = arena_array(arena, uint32_t, N * COPIES);
        contenders_draw(arena, metric, N, rows);
        for (size_t k = 0; k < 2; k++) {
            double *truth = arena_array(arena, double, N *COPIES);
            double *said = arena_array(arena, double, N *COPIES);
            for (size_t i = 0; i < (size_t)N * COPIES; i++) {
                truth[i] = rows[k + 1].truth[i / COPIES];
                said[i] = rows[k + 1].prediction[i / COPIES];
                group[i] = (uint32_t)(i / COPIES);
            }
            copied[k] = rows[k + 1];
            copied[k].n = (size_t)N * COPIES;
            copied[k].truth = truth;
            copied[k].prediction = said;
        }
        double once = comparison_make(arena, metric, rows + 1, 2, NULL).pairs[0].p;
        double twice = comparison_make(arena, metric, copied, 2, NULL).pairs[0].p;
        copied[0].group = copied[1].group = group;
        copied[0].group_count = copied[1].group_count = N;
        struct comparison grouped = comparison_make(arena, metric, copied, 2, NULL);
        assert_string_equal(grouped.pairs[0].test, tests[m]);
        assert_true(twice < 0.7 * once);
        if (fabs(grouped.pairs[0].p - once) > 0.12)
            fail_msg("%s: p %g, in groups %g", names[m], once, grouped.pairs[0].p);
    }
}

static void nobody_and_those_without_a_value(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows[3];
    contenders_draw(arena, metric_find(S("brier")), 50, rows);
    assert_int_equal(comparison_make(arena, metric_find(S("brier")), rows, 0, NULL).pair_count, 0);
    struct comparison got = comparison_make(arena, metric_find(S("rmse")), rows, 2, NULL);
    assert_true(isnan(got.values[0].value) && got.pairs[0].better == 0);
    rows[1] = rows[0];
    got = comparison_make(arena, metric_find(S("brier")), rows, 2, NULL);
    assert_true(got.pairs[0].p == 1 && got.pairs[0].low == 0 && got.pairs[0].high == 0);
}

static void several_data_sets_are_ranked_as_demsar_says(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "friedman.json"), "hollander_wolfe");
    struct sets_design at = { .contenders = 3 };
    at.value = vectors_numbers(arena, json_get(map, "data"), &at.sets);
    struct sets_comparison got = sets_compare(arena, &at);
    assert_near(got.friedman.p, json_get_double(map, "p", NAN), 1e-10);
    assert_near(got.nemenyi, 2.343700586 * sqrt(12 / (6.0 * 22)), 1e-7);
    for (size_t i = 0; i < 3; i++) {
        const struct compared_pair *pair = &got.pairs[i];
        double apart = got.friedman.mean_ranks[pair->a] - got.friedman.mean_ranks[pair->b];
        assert_int_equal(pair->better, fabs(apart) < got.nemenyi ? 0 : apart < 0 ? -1 : 1);
        assert_int_equal(pair->adjusted <= 0.05, fabs(apart) >= got.nemenyi);
    }
    assert_int_equal(got.pairs[1].better, 1); /* rounding out and wide angle, as in the book */
    assert_string_equal(got.at[2].letters, "a");
    const struct json *depression =
        json_get(vectors_load(arena, "friedman.json"), "wilcoxon_hollander_depression");
    size_t n;
    double *x = vectors_numbers(arena, json_get(depression, "x"), &n), two[18];
    double *y = vectors_numbers(arena, json_get(depression, "y"), NULL);
    for (size_t i = 0; i < n; i++) {
        two[2 * i] = x[i];
        two[2 * i + 1] = y[i];
    }
    got = sets_compare(arena, &(struct sets_design){ .value = two, .sets = n, .contenders = 2 });
    assert_near(got.pairs[0].p, 2 * 0.01953125, 1e-13);
    assert_true(isnan(got.nemenyi) && got.pairs[0].better == 1);
}

static void folds_overlap(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "corrected_t.json"), "small");
    size_t n;
    double *d = vectors_numbers(arena, json_get(map, "d"), &n), value[20];
    for (size_t i = 0; i < n; i++) {
        value[2 * i] = 0.8 + d[i];
        value[2 * i + 1] = 0.8;
    }
    struct sets_design at = { .value = value,
                              .sets = n,
                              .contenders = 2,
                              .higher_is_better = true,
                              .train_rows = 900,
                              .test_rows = 100 };
    struct sets_comparison got = sets_compare(arena, &at);
    assert_string_equal(got.pairs[0].test, "corrected_t");
    assert_near(got.pairs[0].p, json_get_double(map, "p", NAN), 1e-9);
    assert_int_equal(got.pairs[0].better, -1);
    assert_true(got.pairs[0].low > 0 && got.pairs[0].low < 0.001); /* p is 0.049 */
    at.higher_is_better = false;
    assert_int_equal(sets_compare(arena, &at).pairs[0].better, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_teams_are_compared_as_published),
        cmocka_unit_test(intervals_of_differences_agree_with_the_tests),
        cmocka_unit_test(copies_in_groups_tell_nothing_new),
        cmocka_unit_test(nobody_and_those_without_a_value),
        cmocka_unit_test(several_data_sets_are_ranked_as_demsar_says),
        cmocka_unit_test(folds_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
