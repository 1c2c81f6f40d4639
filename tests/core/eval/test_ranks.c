/* Intervals, paired tests and ranks against other implementations' numbers. */
#include "core/eval/interval.h"
#include "core/eval/multiplicity.h"
#include "core/eval/normal.h"
#include "core/eval/paired.h"
#include "core/eval/ranking.h"
#include "core/eval/ranks.h"
#include "core/math/order.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

static void check_interval(struct interval got, const struct json *expected, double tolerance)
{
    assert_near(got.low, expected->members[0].number, tolerance);
    assert_near(got.high, expected->members[1].number, tolerance);
}

static void the_bootstrap_draws_as_published(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "bootstrap.json"), "mean20");
    size_t n, count = 2000;
    double *x = vectors_numbers(arena, json_get(map, "x"), &n);
    double *means = arena_array(arena, double, count);
    bootstrap_means(x, n, 2024, means, count);
    const struct json *first = json_get(map, "boot_first5");
    for (size_t i = 0; i < 5; i++)
        assert_near(means[i], first->members[i].number, 1e-14);
    assert_near(acceleration_of(x, n), json_get_double(map, "a", 0), 1e-12);
    check_interval(interval_of_mean(arena, x, n, 2024), json_get(map, "bca"), 1e-12);
    sort_numbers(means, count);
    assert_near(quantile_sorted(means, count, 0.025), 0.131845625, 1e-12);
}

static void wilson_intervals_are_those_of_r(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *rows = json_get(vectors_load(arena, "bootstrap.json"), "binomial");
    for (size_t i = 0; i < rows->count; i++)
        check_interval(interval_wilson(json_get_double(&rows->members[i], "k", 0),
                                       json_get_double(&rows->members[i], "n", 0)),
                       json_get(&rows->members[i], "wilson"), 1e-14);
}

static void normal_and_coin_chances(void **state)
{
    (void)state;
    assert_near(normal_quantile(0.975), NORMAL_975, 1e-14);
    assert_near(normal_quantile(0.5), 0, 1e-15);
    assert_true(isinf(normal_quantile(1)) && isinf(normal_quantile(0)) &&
                isnan(normal_quantile(2)));
    for (double share = 1e-12; share < 1; share = share < 0.01 ? share * 7 : share + 0.013)
        assert_near(normal_below(normal_quantile(share)) / share, 1, 1e-12);
    for (size_t n = 0; n < 40; n++) {
        double all = 0;
        for (size_t k = 0; k <= n; k++) {
            all += coin_exactly(k, n);
            assert_near(coin_at_most(k, n), all, 1e-13);
        }
        assert_near(all, 1, 1e-13);
    }
}

static void mcnemar_is_exact(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *cases = json_get(vectors_load(arena, "mcnemar.json"), "cases");
    assert_true(cases->count >= 10);
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *one = &cases->members[i];
        double got =
            mcnemar_exact((size_t)json_get_int(one, "b", 0), (size_t)json_get_int(one, "c", 0));
        double expected = json_get_double(one, "p_exact", NAN);
        assert_near(got / expected, 1, 1e-11);
    }
}

static void signs_are_flipped_as_published(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "permutation.json");
    size_t n;
    double *d = vectors_numbers(arena, json_get(json_get(map, "darwin"), "d"), &n);
    assert_near(sign_flip_exact(arena, d, n), 1726.0 / 32768, 1e-15);
    const struct json *draws = json_get(map, "mc");
    for (size_t i = 0; i < draws->count; i++)
        assert_near(sign_flip_random(d, n, (size_t)json_get_int(&draws->members[i], "B", 0),
                                     (uint64_t)json_get_int(&draws->members[i], "seed", 0)),
                    json_get_double(&draws->members[i], "p", NAN), 1e-15);
    double *a = vectors_numbers(arena, json_get(json_get(map, "paired7"), "a"), &n);
    double *b = vectors_numbers(arena, json_get(json_get(map, "paired7"), "b"), &n);
    for (size_t i = 0; i < n; i++)
        a[i] -= b[i];
    assert_near(sign_flip_exact(arena, a, n), 0.03125, 1e-15);
    assert_near(sign_flip_exact(arena, (double[]){ 1e-15, 2e-15, -5e-16 }, 3), 0.5, 1e-15);
}

static struct pair_test compared(struct arena *arena, const char *metric, struct scored a,
                                 struct scored b)
{
    struct contender at[2];
    const struct metric *found = metric_find(str_of(metric));
    contender_make(arena, found, &a, NULL, &at[0]);
    contender_make(arena, found, &b, NULL, &at[1]);
    return pair_test(arena, found, &at[0], &at[1], NULL);
}

static void check_delong(struct arena *arena, const struct json *expected, struct scored a,
                         struct scored b)
{
    struct pair_test test = compared(arena, "roc_auc", a, b);
    const struct json *auc = json_get(expected, "auc");
    assert_string_equal(test.name, "delong");
    assert_near(test.difference, auc->members[0].number - auc->members[1].number, 1e-13);
    assert_near(test.p, json_get_double(expected, "p", NAN), 1e-11);
    struct ranking ranking;
    ranking_make(arena, &a, false, &ranking);
    assert_near(ranking_auc_variance(&ranking),
                json_get(expected, "cov")->members[0].members[0].number, 1e-13);
}

static void delong_is_that_of_r(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "delong.json"), *asah = json_get(map, "asah");
    const struct json *hand = json_get(map, "hand"), *cancer = json_get(map, "breast_cancer");
    check_delong(arena, hand, vectors_binary(arena, hand, "a"), vectors_binary(arena, hand, "b"));
    check_delong(arena, cancer, vectors_binary(arena, cancer, "a"),
                 vectors_binary(arena, cancer, "b"));
    static const char *const pairs[][3] = { { "wfns-s100b", "wfns", "s100b" },
                                            { "wfns-ndka", "wfns", "ndka" },
                                            { "s100b-ndka", "s100b", "ndka" } };
    struct scored one[2];
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 2; k++) {
            one[k] = (struct scored){ .kind = TRUTH_BINARY, .class_count = 2, .width = 1 };
            one[k].truth = vectors_numbers(arena, json_get(asah, "y"), &one[k].n);
            one[k].prediction =
                vectors_numbers(arena, json_get(json_get(asah, "scores"), pairs[i][k + 1]), NULL);
        }
        check_delong(arena, json_get(json_get(asah, "pairs"), pairs[i][0]), one[0], one[1]);
        if (i == 0) {
            struct metric_value got = metric_measure(arena, metric_find(S("roc_auc")), one, NULL);
            assert_near(got.low, json_get(asah, "ci95_wfns")->members[0].number, 1e-9);
            assert_near(got.high, json_get(asah, "ci95_wfns")->members[2].number, 1e-9);
        }
    }
    assert_near(compared(arena, "roc_auc", one[0], one[0]).p, 1, 0);
    struct scored perfect = one[0], reversed = one[0];
    double *against = arena_array(arena, double, perfect.n);
    for (size_t i = 0; i < perfect.n; i++)
        against[i] = -perfect.truth[i];
    perfect.prediction = perfect.truth;
    reversed.prediction = against;
    assert_near(compared(arena, "roc_auc", perfect, reversed).p, 0, 0);
}

static void roc_auc_near_1_stays_below_1(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows =
        vectors_binary(arena, vectors_load(arena, "binary_breast_cancer.json"), "p");
    struct metric_value got = metric_measure(arena, metric_find(S("roc_auc")), &rows, NULL);
    assert_true(got.low > 0.97 && got.low < got.value && got.value < got.high && got.high < 1);
    rows.prediction = rows.truth;
    got = metric_measure(arena, metric_find(S("roc_auc")), &rows, NULL);
    assert_true(got.value == 1 && got.high == 1 && got.low > 0.9 && got.low < 0.95);
}

static void ranks_of_eight_teams(void **state)
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
    struct ranks ranks;
    ranks_make(arena, metric_find(S("accuracy")), rows, 8, NULL, &ranks);
    const struct json *ranges = json_get(map, "rank_ranges"), *pairs = json_get(map, "pairs");
    for (size_t k = 0; k < 8; k++) {
        assert_near(ranks.at[k].value, json_get(map, "acc")->members[k].number, 1e-15);
        assert_int_equal(ranks.at[k].low, ranges->members[k].members[0].integer);
        assert_int_equal(ranks.at[k].high, ranges->members[k].members[1].integer);
        size_t place = ranks.at[k].place;
        assert_int_equal(json_get(map, "order")->members[place].integer, k);
        assert_string_equal(
            ranks.at[k].letters,
            json_get_text(json_get(map, "letters"), (char[]){ (char)('0' + k), 0 }, "").at);
        const struct json *cluster = &json_get(map, "clusters")->members[ranks.at[k].cluster - 1];
        bool is_member = false;
        for (size_t i = 0; i < cluster->count; i++)
            is_member |= cluster->members[i].integer == (int64_t)k;
        assert_true(is_member);
    }
    assert_int_equal(pairs->count, 28);
    for (size_t k = 0; k < pairs->count; k++) {
        size_t i = (size_t)json_get_int(&pairs->members[k], "i", 0);
        size_t j = (size_t)json_get_int(&pairs->members[k], "j", 0);
        double holm_p = json_get_double(&pairs->members[k], "holm", NAN);
        assert_near(ranks.p[i * 8 + j], holm_p, 1e-11);
        assert_near(ranks.p[j * 8 + i], holm_p, 1e-11);
        assert_string_equal(ranks.test[i * 8 + j], "mcnemar_exact");
    }
}

static void holm_is_that_of_r(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const double p[] = { 1,      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298,
                                0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590 };
    static const double expected[] = { 1, 0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278 };
    double adjusted[15];
    holm(arena, p, 15, adjusted);
    for (size_t i = 0; i < 7; i++)
        assert_near(adjusted[i], expected[i], 1e-12);
}

static struct scored classes(enum truth_kind kind, size_t n, const double *truth,
                             const double *said)
{
    return (struct scored){ .kind = kind,
                            .n = n,
                            .class_count = kind == TRUTH_BINARY ? 2 : 3,
                            .width = 1,
                            .truth = truth,
                            .prediction = said };
}

/* Three equal contenders, one clearly better, one clearly worse, one without a value. */
static void every_metric_ranks(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const double noise[] = { 1, 1, 0.1, 1, 5 };
    size_t n = 1200;
    static const char *const names[] = {
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "accuracy",
        "f1",
        "precision",
        "recall",
        "rmse",
        "mae",
        "medae",
        "r2",
        "cohen_kappa",
        "fbeta",
        "balanced_accuracy",
        "spearman",
    };
    for (size_t m = 0; m < sizeof names / sizeof *names; m++) {
        const struct metric *metric = metric_find(str_of(names[m]));
        bool number = metric->kinds == TRUTH_NUMBER;
        struct random random = { 40 };
        double *truth = arena_array(arena, double, n);
        struct scored rows[5];
        for (size_t i = 0; i < n; i++)
            truth[i] = number ? 3 * random_normal(&random) : random_unit(&random) < 0.4;
        for (size_t k = 0; k < 5; k++) {
            double *said = arena_array(arena, double, n);
            for (size_t i = 0; i < n; i++) {
                double x = truth[i] + noise[k] * random_normal(&random);
                said[i] = number ? x : 1 / (1 + exp(1 - 2 * x));
            }
            rows[k] = (struct scored){ .kind = number ? TRUTH_NUMBER : TRUTH_BINARY,
                                       .class_count = number ? 0 : 2,
                                       .width = 1,
                                       .n = n,
                                       .truth = truth,
                                       .prediction = said };
        }
        struct ranks ranks;
        ranks_make(arena, metric, rows, 5, NULL, &ranks);
        assert_true(ranks.at[2].place == 0 && ranks.at[4].place == 4);
        for (size_t k = 0; k < 5; k++) {
            size_t low = k == 2 ? 1 : k == 4 ? 5 : 2, high = k == 2 ? 1 : k == 4 ? 5 : 4;
            if (ranks.at[k].low != low || ranks.at[k].high != high)
                fail_msg("%s: contender %zu is %zu to %zu, expected %zu to %zu (%s)", metric->name,
                         k, ranks.at[k].low, ranks.at[k].high, low, high, ranks.test[1]);
        }
    }
}

static void contenders_without_a_value_are_last(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double truth[6] = { 0, 0, 0, 1, 1, 1 }, said[6] = { 0, 0, 0, 1, 1, 1 };
    struct scored rows[3];
    for (size_t k = 0; k < 3; k++)
        rows[k] = classes(TRUTH_BINARY, 6, truth, said);
    struct ranks ranks;
    ranks_make(arena, metric_find(S("rmse")), rows, 3, NULL, &ranks); /* not for binary targets */
    assert_true(isnan(ranks.at[0].value));
    assert_true(ranks.at[0].low == 1 && ranks.at[0].high == 3 && ranks.at[2].place == 2);
    double each[18] = { 0 };
    for (size_t i = 0; i < 6; i++)
        each[i * 3 + (size_t)truth[i]] = 1;
    for (size_t k = 0; k < 3; k++)
        rows[k] = classes(TRUTH_CLASSES, 6, truth, said); /* names alone */
    rows[1].width = 3;
    rows[1].prediction = each;
    ranks_make(arena, metric_find(S("log_loss")), rows, 3, NULL, &ranks);
    assert_true(ranks.at[1].place == 0 && ranks.at[0].place == 1 && ranks.at[2].place == 2);
    assert_true(ranks.at[1].low == 1 && ranks.at[1].high == 1);
    assert_true(ranks.at[0].low == 2 && ranks.at[0].high == 3);
    for (size_t k = 0; k < 3; k++)
        rows[k] = classes(TRUTH_BINARY, 6, truth, said);
    ranks_make(arena, metric_find(S("roc_auc")), rows, 1, NULL, &ranks);
    assert_true(ranks.at[0].low == 1 && ranks.at[0].high == 1);
    ranks_make(arena, metric_find(S("roc_auc")), rows, 0, NULL, &ranks);
    assert_int_equal(ranks.count, 0);
}

/* Under no difference few p-values are small: each test keeps its level. */
static void tests_keep_their_level(void **state)
{
    (void)state;
    static const struct {
        const char *metric, *test;
        size_t n;
    } rows[] = { { "accuracy", "mcnemar_exact", 300 },
                 { "roc_auc", "delong", 300 },
                 { "brier", "sign_flip_exact", 12 },
                 { "brier", "sign_flip", 60 },
                 { "brier", "paired_normal", 400 },
                 { "f1", "paired_bootstrap", 300 },
                 { "average_precision", "paired_bootstrap", 300 },
                 { "balanced_accuracy", "paired_bootstrap", 300 } };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct random random = { 77 };
        int small = 0, times = 200;
        for (int t = 0; t < times; t++) {
            scoped_arena arena = arena_open(NULL);
            double *truth = arena_array(arena, double, rows[r].n), *said[2];
            for (size_t k = 0; k < 2; k++)
                said[k] = arena_array(arena, double, rows[r].n);
            for (size_t i = 0; i < rows[r].n; i++) {
                truth[i] = random_unit(&random) < 0.4;
                double shared = truth[i] + random_normal(&random);
                for (size_t k = 0; k < 2; k++)
                    said[k][i] = 1 / (1 + exp(0.5 - shared - random_normal(&random)));
            }
            struct scored a = classes(TRUTH_BINARY, rows[r].n, truth, said[0]), b = a;
            b.prediction = said[1];
            struct pair_test test = compared(arena, rows[r].metric, a, b);
            assert_string_equal(test.name, rows[r].test);
            small += test.p <= 0.05;
        }
        if (small > 21) /* 10 expected, 3.6 deviations more */
            fail_msg("%s %s: %d of %d p-values are small", rows[r].metric, rows[r].test, small,
                     times);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bootstrap_draws_as_published),
        cmocka_unit_test(wilson_intervals_are_those_of_r),
        cmocka_unit_test(normal_and_coin_chances),
        cmocka_unit_test(mcnemar_is_exact),
        cmocka_unit_test(signs_are_flipped_as_published),
        cmocka_unit_test(delong_is_that_of_r),
        cmocka_unit_test(roc_auc_near_1_stays_below_1),
        cmocka_unit_test(ranks_of_eight_teams),
        cmocka_unit_test(holm_is_that_of_r),
        cmocka_unit_test(every_metric_ranks),
        cmocka_unit_test(contenders_without_a_value_are_last),
        cmocka_unit_test(tests_keep_their_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
