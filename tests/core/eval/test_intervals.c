/* Intervals, resampling of rows, clusters and blocks, the jackknife. */
#include "core/eval/interval.h"
#include "core/eval/ranking.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include "tests/core/eval/vectors.h"

static void check_interval(struct interval got, const struct json *expected, double tolerance)
{
    assert_near(got.low, expected->members[0].number, tolerance);
    assert_near(got.high, expected->members[1].number, tolerance);
}

struct numbers {
    const double *x;
};

static double mean_at(void *at, const uint32_t *rows, size_t n)
{
    const struct numbers *numbers = at;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += numbers->x[rows[i]];
    return sum / (double)n;
}

static void bootstrap_intervals_are_the_published_ones(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "bootstrap.json"), "mean20");
    size_t n, count = 2000;
    struct numbers numbers = { vectors_numbers(arena, json_get(map, "x"), &n) };
    double *means = arena_array(arena, double, count), mean = mean_of(numbers.x, n);
    bootstrap_means(numbers.x, n, 2024, means, count);
    check_interval(interval_percentile(means, count), json_get(map, "percentile"), 1e-12);
    check_interval(interval_basic(mean, means, count), json_get(map, "basic"), 1e-12);
    struct resampling rows = resample_rows(n, 2024);
    struct statistic statistic = { mean_at, &numbers };
    check_interval(interval_resampled(arena, &rows, &statistic, count), json_get(map, "bca"),
                   1e-12);
}

static void shares_are_those_of_r(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *rows = json_get(vectors_load(arena, "bootstrap.json"), "binomial");
    for (size_t i = 0; i < rows->count; i++)
        check_interval(interval_clopper_pearson(json_get_double(&rows->members[i], "k", 0),
                                                json_get_double(&rows->members[i], "n", 0)),
                       json_get(&rows->members[i], "clopper_pearson"), 1e-10);
    double x[40];
    uint32_t alone[40], twins[40];
    for (uint32_t i = 0; i < 40; i++) {
        x[i] = i / 2 % 3 == 0;
        alone[i] = i;
        twins[i] = i / 2;
    }
    struct interval wilson = interval_wilson(14, 40), half = interval_wilson(7, 20);
    struct resampling how = resample_clusters(arena, alone, 40, 0);
    struct interval got = interval_share(arena, &how, x);
    assert_near(got.low, wilson.low, 0.002); /* n / (n - 1) in the design effect */
    how = resample_clusters(arena, twins, 40, 0);
    got = interval_share(arena, &how, x);
    assert_near(got.low, half.low, 0.008); /* twins say nothing new */
    assert_near(got.high, half.high, 0.008);
}

/* Every replicate of each kind, as rows and as weights: the same rows. */
static void check_draws(struct arena *arena, const struct resampling *how)
{
    uint32_t *rows = arena_array(arena, uint32_t, how->rows_most);
    uint32_t *weight = arena_array(arena, uint32_t, how->n);
    for (size_t b = 0; b < 50; b++) {
        size_t count = resample_draw(how, b, rows);
        assert_true(count <= how->rows_most);
        resample_weights(how, b, weight);
        for (size_t i = 0; i < count; i++) {
            assert_true(rows[i] < how->n && weight[rows[i]] > 0);
            weight[rows[i]]--;
        }
        for (size_t i = 0; i < how->n; i++)
            assert_int_equal(weight[i], 0);
    }
}

static void draws_keep_to_their_units(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const uint32_t group[] = { 7, 7, 900, 2, 900, 7, 2, 2, 2, 11 };
    static const size_t size[] = { 3, 2, 4, 1 }; /* of 7, 900, 2, 11 */
    uint32_t rows[40];
    size_t n = 10;
    struct resampling how = resample_rows(n, 5);
    check_draws(arena, &how);
    how = resample_strata(arena, group, n, 5);
    check_draws(arena, &how);
    for (size_t b = 0; b < 20; b++) {
        assert_int_equal(resample_draw(&how, b, rows), n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(group[rows[i]], group[i]);
    }
    how = resample_clusters(arena, group, n, 5);
    check_draws(arena, &how);
    assert_true(how.unit_count == 4 && how.draws == 4 && how.rows_most == 16);
    for (size_t b = 0; b < 20; b++)
        for (size_t at = 0, count = resample_draw(&how, b, rows); at < count;) {
            size_t of = size[how.unit[rows[at]]];
            for (size_t k = 1; k < of; k++)
                assert_true(group[rows[at + k]] == group[rows[at]] && rows[at + k] > rows[at]);
            at += of;
        }
    how = resample_blocks(n, 4, 5);
    check_draws(arena, &how);
    for (size_t b = 0; b < 20; b++) {
        assert_int_equal(resample_draw(&how, b, rows), n);
        for (size_t i = 0; i < n; i++)
            assert_true(i % 4 == 0 || rows[i] == rows[i - 1] + 1);
    }
    assert_int_equal(resample_blocks(1000, 0, 1).block, 10);
    assert_int_equal(resample_blocks(3, 99, 1).block, 3);
}

/* As the header says: output b * draws + i of splitmix64. */
static void draws_follow_the_published_stream(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    uint32_t rows[6], group[6] = { 4, 4, 5, 5, 6, 6 };
    struct random random = { 77 };
    struct resampling how = resample_rows(6, 77), clusters = resample_clusters(arena, group, 6, 77);
    for (size_t b = 0; b < 9; b++) {
        resample_draw(&how, b, rows);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(rows[i], random_below(&random, 6));
    }
    random.state = 77;
    for (size_t b = 0; b < 9; b++) {
        resample_draw(&clusters, b, rows);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(rows[2 * i] / 2, random_below(&random, 3));
    }
}

static double spread_of_means(struct arena *arena, const struct resampling *how, const double *x)
{
    uint32_t *rows = arena_array(arena, uint32_t, how->rows_most);
    struct numbers numbers = { x };
    double means[800];
    for (size_t b = 0; b < 800; b++)
        means[b] = mean_at(&numbers, rows, resample_draw(how, b, rows));
    return sqrt(variance_of(means, 800, mean_of(means, 800)));
}

/* The formula and the resampling agree, and dependence widens both. */
static void dependent_rows_are_worth_less(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    size_t n = 600;
    double *x = arena_array(arena, double, n), *series = arena_array(arena, double, n);
    uint32_t *group = arena_array(arena, uint32_t, n), *alone = arena_array(arena, uint32_t, n);
    struct random random = { 3 };
    double level = 0, walk = 0;
    for (size_t i = 0; i < n; i++) {
        group[i] = (uint32_t)(i / 6);
        alone[i] = (uint32_t)i;
        level = i % 6 == 0 ? random_normal(&random) : level;
        x[i] = level + 0.3 * random_normal(&random);
        walk = 0.6 * walk + random_normal(&random);
        series[i] = walk;
    }
    struct resampling rows = resample_rows(n, 1), clusters = resample_clusters(arena, group, n, 1);
    double plain = resample_error_of_mean(arena, &rows, x);
    double wide = resample_error_of_mean(arena, &clusters, x);
    assert_true(wide > 2 * plain && wide < 2.7 * plain);
    assert_near(spread_of_means(arena, &rows, x) / plain, 1, 0.1);
    assert_near(spread_of_means(arena, &clusters, x) / wide, 1, 0.1);
    struct resampling single = resample_clusters(arena, alone, n, 1);
    assert_near(resample_error_of_mean(arena, &single, x), plain, 1e-12);
    plain = resample_error_of_mean(arena, &rows, series);
    struct resampling blocks = resample_blocks(n, 15, 1), ones = resample_blocks(n, 1, 1);
    wide = resample_error_of_mean(arena, &blocks, series);
    assert_true(wide > 1.5 * plain && wide < 2.1 * plain); /* 2 is true for an infinite length */
    assert_near(spread_of_means(arena, &blocks, series) / wide, 1, 0.1);
    assert_near(resample_error_of_mean(arena, &ones, series) / plain, 1, 0.002);
    for (size_t i = 0; i < n; i++)
        x[i] = group[i] % 2;
    for (size_t i = 0; i < n; i++)
        group[i] = (uint32_t)x[i];
    struct resampling strata = resample_strata(arena, group, n, 1);
    assert_near(resample_error_of_mean(arena, &strata, x), 0, 1e-15);
    assert_near(spread_of_means(arena, &strata, x), 0, 1e-12);
}

struct scores {
    const double *truth, *score;
    struct arena *arena;
};

static double auc_at(void *at, const uint32_t *rows, size_t n)
{
    const struct scores *scores = at;
    scoped_arena arena = arena_open(NULL);
    double *truth = arena_array(arena, double, n), *score = arena_array(arena, double, n);
    struct ranking ranking;
    for (size_t i = 0; i < n; i++) {
        truth[i] = scores->truth[rows[i]];
        score[i] = scores->score[rows[i]];
    }
    struct scored some = { .kind = TRUTH_BINARY,
                           .n = n,
                           .class_count = 2,
                           .width = 1,
                           .truth = truth,
                           .prediction = score };
    ranking_make(arena, &some, false, &ranking);
    return ranking_auc(&ranking);
}

static void pseudo_values_stand_for_the_area_under_the_curve(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *asah = json_get(vectors_load(arena, "delong.json"), "asah");
    const struct json *expected = json_get(vectors_load(arena, "misc.json"), "jackknife_auc");
    size_t n;
    struct scores scores = { .truth = vectors_numbers(arena, json_get(asah, "y"), &n) };
    scores.score = vectors_numbers(arena, json_get(json_get(asah, "scores"), "wfns"), NULL);
    struct statistic statistic = { auc_at, &scores };
    double *values = arena_array(arena, double, n), theta = json_get_double(expected, "theta", 0);
    jackknife(arena, &statistic, n, values);
    pseudo_values(theta, values, n, values);
    struct resampling rows = resample_rows(n, 0);
    assert_near(mean_of(values, n), theta, 1e-3);
    assert_near(resample_error_of_mean(arena, &rows, values),
                json_get_double(expected, "se_jackknife", 0), 1e-12);
    struct resampling drawn = resample_rows(n, 9);
    struct interval got = interval_resampled(arena, &drawn, &statistic, 1000);
    assert_near(got.low, 0.7485, 0.015); /* DeLong, from R; BCa is lower */
    assert_near(got.high, 0.8988, 0.015);
}

static double never(void *at, const uint32_t *rows, size_t n)
{
    (void)at;
    (void)n;
    return rows[0] % 3 ? NAN : 1;
}

static void edge_cases(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double x[2] = { 1, 1 };
    struct numbers numbers = { x };
    struct statistic statistic = { mean_at, &numbers }, none = { never, NULL };
    struct resampling how = resample_rows(0, 1);
    assert_int_equal(resample_draw(&how, 0, NULL), 0);
    assert_true(isnan(interval_resampled(arena, &how, &statistic, 10).low));
    how = resample_rows(1, 1);
    assert_true(isnan(interval_resampled(arena, &how, &statistic, 10).low));
    assert_true(isnan(resample_error_of_mean(arena, &how, x)));
    how = resample_rows(2, 1);
    assert_near(interval_resampled(arena, &how, &statistic, 10).high, 1, 0);
    assert_near(resample_error_of_mean(arena, &how, x), 0, 0);
    how = resample_clusters(arena, (uint32_t[]){ 1, 1 }, 2, 1);
    assert_true(isnan(resample_error_of_mean(arena, &how, x)));
    how = resample_rows(9, 1);
    assert_true(isnan(interval_resampled(arena, &how, &none, 100).low));
    assert_near(interval_clopper_pearson(0, 0).high, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bootstrap_intervals_are_the_published_ones),
        cmocka_unit_test(shares_are_those_of_r),
        cmocka_unit_test(draws_keep_to_their_units),
        cmocka_unit_test(draws_follow_the_published_stream),
        cmocka_unit_test(dependent_rows_are_worth_less),
        cmocka_unit_test(pseudo_values_stand_for_the_area_under_the_curve),
        cmocka_unit_test(edge_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
