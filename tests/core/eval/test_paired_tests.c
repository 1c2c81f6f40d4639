/* Paired tests and Friedman's against other implementations' numbers. */
#include "core/eval/friedman.h"
#include "core/eval/paired_tests.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

static void check(struct test_result got, const struct json *map, const char *statistic,
                  const char *p)
{
    assert_near(got.statistic, json_get_double(map, statistic, NAN), 1e-10);
    assert_near(got.p, json_get_double(map, p, NAN), 1e-10);
}

static void mcnemar_in_all_its_forms(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "mcnemar.json"), *cases = json_get(map, "cases");
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *one = &cases->members[i];
        struct mcnemar got =
            mcnemar_all((size_t)json_get_int(one, "b", 0), (size_t)json_get_int(one, "c", 0));
        assert_near(got.p_exact, json_get_double(one, "p_exact", NAN), 1e-11);
        assert_near(got.p_mid, json_get_double(one, "p_mid", NAN), 1e-11);
        assert_near(got.chi2, json_get_double(one, "chi2", 0), 1e-11);
        assert_near(got.p, json_get_double(one, "p", 1), 1e-11);
        assert_near(got.chi2_corrected, json_get_double(one, "chi2_cc", 0), 1e-11);
        assert_near(got.p_corrected, json_get_double(one, "p_cc", 1), 1e-11);
    }
    const struct json *intervals = json_get(map, "diff_ci");
    assert_true(intervals->count > 1);
    for (size_t i = 0; i < intervals->count; i++) {
        const struct json *table = json_get(&intervals->members[i], "table");
        const struct json *expected = json_get(&intervals->members[i], "diff_ci");
        size_t cell[4], n = 0;
        for (size_t k = 0; k < 4; k++)
            n += cell[k] = (size_t)table->members[k].integer;
        struct interval got = accuracy_difference(cell[1], cell[2], n);
        double sign = (double)cell[1] - (double)cell[2] < 0 ? -1 : 1;
        assert_near(fabs(((double)cell[1] - (double)cell[2]) / (double)n) * sign,
                    expected->members[0].number, 1e-12);
        assert_near(got.low, expected->members[1].number, 1e-12);
        assert_near(got.high, expected->members[2].number, 1e-12);
    }
}

static void cochran_is_that_of_statsmodels(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "mcnemar.json"), "cochran");
    size_t n;
    double *correct = vectors_numbers(arena, json_get(map, "correct"), &n);
    check(cochran_q(correct, n, 3), map, "Q", "p");
    assert_near(cochran_q((double[]){ 1, 1, 0, 0 }, 2, 2).p, 1, 0); /* all agree */
    for (size_t i = 0; i < n; i++) /* of two it is McNemar's without correction */
        correct[2 * i] = correct[3 * i], correct[2 * i + 1] = correct[3 * i + 1];
    size_t b = 0, c = 0;
    for (size_t i = 0; i < n; i++) {
        b += correct[2 * i] > correct[2 * i + 1];
        c += correct[2 * i] < correct[2 * i + 1];
    }
    assert_near(cochran_q(correct, n, 2).p, mcnemar_all(b, c).p, 1e-12);
}

static void unpaired_permutations(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "permutation.json"), "unpaired");
    size_t n, m;
    double *a = vectors_numbers(arena, json_get(map, "t"), &n);
    double *b = vectors_numbers(arena, json_get(map, "c"), &m);
    struct permutation got = permutation_exact(a, n, b, m);
    assert_near(got.difference, json_get_double(map, "diff", NAN), 1e-13);
    assert_near(got.p_greater, json_get_double(map, "p_greater", NAN), 1e-13);
    assert_near(got.p_two_sided, json_get_double(map, "p_two", NAN), 1e-13);
}

static void the_paired_bootstrap_is_the_published_one(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *expected = json_get(vectors_load(arena, "bootstrap.json"), "paired_acc");
    const struct json *cancer = json_get(vectors_load(arena, "delong.json"), "breast_cancer");
    struct scored a = vectors_binary(arena, cancer, "a"), b = vectors_binary(arena, cancer, "b");
    double *d = arena_array(arena, double, a.n);
    for (size_t i = 0; i < a.n; i++)
        d[i] = (double)((a.prediction[i] >= 0.5) == (a.truth[i] > 0)) -
               (double)((b.prediction[i] >= 0.5) == (b.truth[i] > 0));
    struct resampling how = resample_rows(a.n, 7);
    struct bootstrap_test got = bootstrap_test(arena, &how, d, 4000);
    assert_near(got.p, json_get_double(expected, "p_boot", NAN), 1e-13);
    assert_near(got.error, json_get_double(expected, "se", NAN), 1e-12);
    assert_near(got.interval.low, json_get(expected, "percentile")->members[0].number, 1e-12);
    assert_near(got.interval.high, json_get(expected, "percentile")->members[1].number, 1e-12);
}

static void resampled_differences_need_the_correction(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "corrected_t.json");
    const struct json *moons = json_get(map, "sklearn_doc"), *small = json_get(map, "small");
    const struct json *five = json_get(map, "five2");
    size_t n;
    double *d = vectors_numbers(arena, json_get(moons, "d"), &n);
    check(corrected_t(d, n, 90, 10), moons, "t", "p_two");
    assert_near(paired_t(d, n).statistic, json_get_double(moons, "t_uncorrected", NAN), 1e-10);
    assert_near(paired_t(d, n).p / 2, json_get_double(moons, "p_right_uncorrected", NAN), 1e-10);
    d = vectors_numbers(arena, json_get(small, "d"), &n);
    check(corrected_t(d, n, 900, 100), small, "t", "p");
    assert_near(paired_t(d, n).p, json_get(small, "plain")->members[1].number, 1e-10);
    d = vectors_numbers(arena, json_get(five, "d"), &n);
    check(five_by_two_t(d), five, "t", "p_t");
    check(five_by_two_f(d), five, "F", "p_F");
    double same[10] = { 0 };
    assert_true(five_by_two_f(same).p == 1 && five_by_two_t(same).p == 1);
    assert_true(paired_t(same, 10).p == 1 && isnan(paired_t(same, 1).p));
    for (size_t i = 0; i < 10; i++)
        same[i] = 1;
    assert_true(five_by_two_f(same).p == 0 && corrected_t(same, 10, 9, 1).p == 0);
}

static void signed_ranks_are_those_of_r(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map =
        json_get(vectors_load(arena, "friedman.json"), "wilcoxon_hollander_depression");
    size_t n;
    double *x = vectors_numbers(arena, json_get(map, "x"), &n);
    double *y = vectors_numbers(arena, json_get(map, "y"), &n);
    for (size_t i = 0; i < n; i++)
        x[i] -= y[i];
    struct wilcoxon got = wilcoxon_signed_rank(arena, x, n);
    assert_true(got.is_exact);
    assert_near(got.v, 40, 0);
    assert_near(got.p_greater, 0.01953125, 1e-14);
    assert_near(got.p_two_sided, 2 * 0.01953125, 1e-14);
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
    got = wilcoxon_signed_rank(arena, x, n);
    assert_near(got.v, 5, 0);
    assert_near(got.p_two_sided, 2 * 0.01953125, 1e-14);
    /* scipy.stats.wilcoxon(d, correction=True, mode="approx"): ties and a zero */
    got = wilcoxon_signed_rank(arena, (double[]){ 1, 1, -1, 2, 3, 3, 0, 4, -2, 5, 6, 7 }, 12);
    assert_false(got.is_exact);
    assert_near(got.v, 59.5, 0);
    assert_near(got.p_two_sided, 0.020418612859613723, 1e-10);
    got = wilcoxon_signed_rank(arena, (double[]){ 0, 0 }, 2);
    assert_true(got.v == 0 && got.p_two_sided == 1);
}

static void friedman_is_that_of_r(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "friedman.json"), "hollander_wolfe");
    size_t n;
    double *value = vectors_numbers(arena, json_get(map, "data"), &n);
    struct friedman got = friedman_test(arena, value, n, 3, false);
    for (size_t j = 0; j < 3; j++)
        assert_near(got.mean_ranks[j], json_get(map, "mean_ranks")->members[j].number, 1e-12);
    assert_near(got.chi2, json_get_double(map, "chi2", NAN), 1e-10);
    assert_near(got.p, json_get_double(map, "p", NAN), 1e-10);
    assert_near(got.f, json_get_double(map, "F", NAN), 1e-10);
    assert_near(got.p_f, json_get_double(map, "p_F", NAN), 1e-10);
    for (size_t i = 0; i < n * 3; i++) /* only the order counts */
        value[i] = -exp(value[i]);
    assert_near(friedman_test(arena, value, n, 3, true).p, got.p, 1e-12);
    assert_near(friedman_test(arena, value, 1, 3, true).p, 1, 0);
    double tied[6] = { 0 };
    assert_near(friedman_test(arena, tied, 2, 3, true).p, 1, 0);
    double perfect[9] = { 3, 2, 1, 6, 5, 4, 9, 8, 7 };
    got = friedman_test(arena, perfect, 3, 3, true);
    assert_true(got.mean_ranks[0] == 1 && isinf(got.f) && got.p_f == 0);
}

static void mean_ranks_apart_as_demsar_says(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *all = vectors_load(arena, "friedman.json"), *map = json_get(all, "demsar");
    struct friedman got = { .sets = 14, .contenders = 4 };
    got.mean_ranks = vectors_numbers(arena, json_get(map, "mean_ranks"), NULL);
    friedman_of_ranks(&got, 0);
    assert_near(got.chi2, json_get_double(map, "chi2", NAN), 1e-10);
    assert_near(got.f, json_get_double(map, "F", NAN), 1e-10);
    assert_near(got.p_f, json_get_double(map, "p_F", NAN), 1e-10);
    assert_near(nemenyi_difference(4, 14, 0.05), json_get_double(map, "cd05", NAN), 1e-6);
    assert_near(nemenyi_difference(4, 14, 0.1), json_get_double(map, "cd10", NAN), 1e-6);
    assert_near(nemenyi_p(nemenyi_difference(4, 14, 0.05), 4, 14), 0.05, 1e-9);
    for (size_t k = 2; k <= 50; k++) {
        const char *key = arena_print(arena, "%zu", k);
        assert_near(nemenyi_q(k, 0.05), json_get_double(json_get(all, "q05"), key, NAN), 1e-6);
        assert_near(nemenyi_q(k, 0.1), json_get_double(json_get(all, "q10"), key, NAN), 1e-6);
        const struct json *dunn = json_get(json_get(all, "bonferroni_dunn"), key);
        if (dunn)
            assert_near(bonferroni_dunn_q(k, 0.05), json_get_double(dunn, "q05", NAN), 1e-10);
    }
    assert_true(bonferroni_dunn_difference(4, 14, 0.05) < nemenyi_difference(4, 14, 0.05));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mcnemar_in_all_its_forms),
        cmocka_unit_test(cochran_is_that_of_statsmodels),
        cmocka_unit_test(unpaired_permutations),
        cmocka_unit_test(the_paired_bootstrap_is_the_published_one),
        cmocka_unit_test(resampled_differences_need_the_correction),
        cmocka_unit_test(signed_ranks_are_those_of_r),
        cmocka_unit_test(friedman_is_that_of_r),
        cmocka_unit_test(mean_ranks_apart_as_demsar_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
