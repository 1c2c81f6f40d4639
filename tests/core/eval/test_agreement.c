/* Agreement of raters: the published numbers. */
#include "core/eval/agreement.h"
#include "tests/core/eval/vectors.h"

static void kappas_are_those_of_statsmodels(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const char *const names[] = { "wiki_20_5_10_15", "wiki_45_15_25_15", "wiki_25_35_5_35",
                                         "diagnosis3" };
    const struct json *all = vectors_load(arena, "agreement.json");
    for (size_t i = 0; i < 4; i++) {
        const struct json *map = json_get(all, names[i]);
        size_t k;
        double *table = vectors_numbers(arena, json_get(map, "table"), &k);
        double kappa = cohen_kappa(table, k, KAPPA_PLAIN);
        assert_near(kappa, json_get_double(map, "kappa", NAN), 1e-12);
        assert_near(cohen_kappa(table, k, KAPPA_LINEAR), json_get_double(map, "linear", NAN),
                    1e-12);
        assert_near(cohen_kappa(table, k, KAPPA_QUADRATIC), json_get_double(map, "quadratic", NAN),
                    1e-12);
        assert_near(cohen_kappa_variance(table, k), json_get_double(map, "var_asym", NAN), 1e-12);
        struct interval got = cohen_kappa_interval(table, k);
        assert_near(got.low, json_get(map, "ci")->members[0].number, 2e-5); /* 1.96 there */
        assert_near(got.high, json_get(map, "ci")->members[1].number, 2e-5);
    }
    size_t n;
    const struct json *fleiss = json_get(all, "fleiss");
    double *table = vectors_numbers(arena, json_get(fleiss, "table"), &n);
    assert_near(fleiss_kappa(table, n, 5), json_get_double(fleiss, "kappa", NAN), 1e-12);
}

static void alpha_is_krippendorffs(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const char *const levels[] = { "nominal", "ordinal", "interval", "ratio" };
    const struct json *map = json_get(vectors_load(arena, "agreement.json"), "krippendorff");
    const struct json *data = json_get(map, "data");
    size_t units = data->members[0].count;
    double *rating = arena_array(arena, double, data->count *units);
    for (size_t r = 0; r < data->count; r++)
        for (size_t u = 0; u < units; u++) {
            const struct json *cell = &data->members[r].members[u];
            rating[r * units + u] = cell->kind == JSON_NOTHING ? NAN : cell->number;
        }
    for (enum level level = LEVEL_NOMINAL; level <= LEVEL_RATIO; level++)
        assert_near(krippendorff_alpha(arena, rating, data->count, units, level),
                    json_get_double(map, levels[level], NAN), 1e-12);
}

static void intraclass_correlations_are_shrouts_and_fleiss(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "agreement.json"), "icc_shrout_fleiss");
    size_t n;
    double *rating = vectors_numbers(arena, json_get(map, "data"), &n);
    struct icc got = intraclass(rating, n, 4);
    assert_near(got.icc11, json_get_double(map, "ICC11", NAN), 1e-12);
    assert_near(got.icc21, json_get_double(map, "ICC21", NAN), 1e-12);
    assert_near(got.icc31, json_get_double(map, "ICC31", NAN), 1e-12);
    assert_near(got.icc1k, json_get_double(map, "ICC1k", NAN), 1e-12);
    assert_near(got.icc2k, json_get_double(map, "ICC2k", NAN), 1e-12);
    assert_near(got.icc3k, json_get_double(map, "ICC3k", NAN), 1e-12);
}

static void what_follows_and_what_cannot_be_said(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double all[] = { 12, 0, 0, 7 }, one[] = { 9, 0, 0, 0 }, swapped[] = { 15, 10, 5, 20 },
           table[] = { 20, 5, 10, 15 };
    assert_near(cohen_kappa(all, 2, KAPPA_PLAIN), 1, 1e-15);
    assert_near(cohen_kappa_variance(all, 2), 0, 1e-15);
    assert_true(isnan(cohen_kappa(one, 2, KAPPA_PLAIN)) && isnan(cohen_kappa_variance(one, 2)));
    assert_near(cohen_kappa(swapped, 2, KAPPA_PLAIN), cohen_kappa(table, 2, KAPPA_PLAIN), 1e-14);
    assert_true(isnan(fleiss_kappa((double[]){ 3, 0, 3, 0 }, 2, 2)));
    assert_near(fleiss_kappa((double[]){ 3, 0, 0, 3 }, 2, 2), 1, 1e-15);
    assert_true(isnan(fleiss_kappa(table, 0, 2)));
    double same[] = { 1, 2, 3, 1, 2, 3 }, empty[] = { NAN, NAN };
    assert_near(krippendorff_alpha(arena, same, 2, 3, LEVEL_INTERVAL), 1, 1e-15);
    assert_true(isnan(krippendorff_alpha(arena, empty, 1, 2, LEVEL_NOMINAL)));
    assert_true(isnan(intraclass(same, 1, 6).icc11));
    assert_near(intraclass((double[]){ 1, 1, 2, 2, 5, 5 }, 3, 2).icc11, 1, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kappas_are_those_of_statsmodels),
        cmocka_unit_test(alpha_is_krippendorffs),
        cmocka_unit_test(intraclass_correlations_are_shrouts_and_fleiss),
        cmocka_unit_test(what_follows_and_what_cannot_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
