/* Metrics: rows that weigh, rows in groups, and the fast ways of sorting, adding and checking. */
#include "core/eval/metrics.h"
#include "core/eval/ranking_sort.h"
#include "core/eval/rows_check.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

static struct scored made_up(struct arena *arena, size_t n, uint64_t seed, enum truth_kind kind)
{
    struct random random = { seed };
    size_t width = kind == TRUTH_CLASSES ? 3 : 1;
    double *truth = arena_array(arena, double, n);
    double *prediction = arena_array(arena, double, n *width);
    uint32_t *attribute = arena_array(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        double signal = random_normal(&random);
        attribute[i] = (uint32_t)random_below(&random, 2);
        if (kind == TRUTH_NUMBER) {
            truth[i] = round(4 * (8 + signal + random_normal(&random))) / 4 + 1;
            prediction[i] = fmax(0.25, round(4 * (8 + signal)) / 4);
        } else if (kind == TRUTH_BINARY) {
            truth[i] = random_unit(&random) < 1 / (1 + exp(-signal));
            prediction[i] = (1 + round(98 / (1 + exp(-signal)))) / 100;
        } else {
            double p = 1 / (1 + exp(-signal)), parts[3] = { p, (1 - p) * 0.6, (1 - p) * 0.4 };
            double unit = random_unit(&random);
            memcpy(prediction + 3 * i, parts, sizeof parts);
            truth[i] = unit < p ? 0 : unit < p + parts[1] ? 1 : 2;
        }
    }
    return (struct scored){ .kind = kind,
                            .n = n,
                            .class_count = kind == TRUTH_NUMBER   ? 0
                                           : kind == TRUTH_BINARY ? 2
                                                                  : 3,
                            .width = width,
                            .truth = truth,
                            .prediction = prediction,
                            .attribute = attribute,
                            .attribute_count = 2 };
}

/* Row i weight[i] times. */
static struct scored repeated(struct arena *arena, struct scored rows, const uint32_t *weight)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < rows.n; i++)
        n += weight[i];
    double *truth = arena_array(arena, double, n);
    double *prediction = arena_array(arena, double, n *rows.width);
    uint32_t *attribute = arena_array(arena, uint32_t, n);
    for (size_t i = 0; i < rows.n; i++)
        for (uint32_t k = 0; k < weight[i]; k++, at++) {
            truth[at] = rows.truth[i];
            attribute[at] = rows.attribute[i];
            memcpy(prediction + at * rows.width, rows.prediction + i * rows.width,
                   rows.width * sizeof *prediction);
        }
    rows.n = n;
    rows.truth = truth;
    rows.prediction = prediction;
    rows.attribute = attribute;
    return rows;
}

static struct metric_options rich(void)
{
    return (struct metric_options){ .gain_tp = 5,
                                    .gain_fp = -2,
                                    .gain_fn = -3,
                                    .features = 2,
                                    .costs = (const double[]){ 0, 1, 2, 0, 0, 1, 3, 1, 0 },
                                    .cost_classes = 3 };
}

static void a_weight_is_that_many_rows(void **state)
{
    (void)state;
    static const enum truth_kind kinds[] = { TRUTH_BINARY, TRUTH_CLASSES, TRUTH_NUMBER };
    size_t checked = 0;
    for (size_t k = 0; k < 3; k++) {
        scoped_arena arena = arena_open(NULL);
        struct scored rows = made_up(arena, 120, 5 + k, kinds[k]);
        uint32_t *weight = arena_array(arena, uint32_t, rows.n);
        struct random random = { 9 };
        for (size_t i = 0; i < rows.n; i++)
            weight[i] = (uint32_t)random_below(&random, 4);
        struct scored many = repeated(arena, rows, weight);
        struct metric_options options = rich();
        metric_options_fill(&options);
        const struct metric *metric;
        for (size_t i = 0; (metric = metric_at(i)); i++) {
            const char *note = "";
            if (!(metric->kinds & kinds[k]) || !metric->value)
                continue;
            double got =
                metric->value(metric->prepare(arena, &rows, &options, &note), weight, &note);
            double wanted =
                metric->value(metric->prepare(arena, &many, &options, &note), NULL, &note);
            if (!(fabs(got - wanted) <= 1e-11 * fmax(1, fabs(wanted))))
                fail_msg("%s: %.17g, expected %.17g", metric->name, got, wanted);
            checked++;
        }
    }
    assert_true(checked > 90);
}

/* Ten rows of each patient, alike: the interval must be wider than that of as many patients. */
static void groups_widen_intervals(void **state)
{
    (void)state;
    static const char *const names[] = { "roc_auc",
                                         "log_loss",
                                         "accuracy",
                                         "f1",
                                         "gini",
                                         "rmse",
                                         "r2",
                                         "spearman",
                                         "medae",
                                         "mape",
                                         "average_precision",
                                         "phm08_score_mean",
                                         "recall" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scoped_arena arena = arena_open(NULL);
        const struct metric *metric = metric_find(str_of(names[i]));
        struct scored rows =
            made_up(arena, 100, 3, metric->kinds & TRUTH_NUMBER ? TRUTH_NUMBER : TRUTH_BINARY);
        uint32_t ten[100], *group = arena_array(arena, uint32_t, 1000);
        for (size_t k = 0; k < 100; k++)
            ten[k] = 10;
        for (size_t k = 0; k < 1000; k++)
            group[k] = (uint32_t)k / 10;
        struct scored many = repeated(arena, rows, ten), grouped = many;
        grouped.group = group;
        grouped.group_count = 100;
        struct metric_value one = metric_measure(arena, metric, &rows, NULL);
        struct metric_value plain = metric_measure(arena, metric, &many, NULL);
        struct metric_value drawn = metric_measure(arena, metric, &grouped, NULL);
        double ratio = (drawn.high - drawn.low) / (one.high - one.low);
        if (drawn.value != plain.value && fabs(drawn.value - plain.value) > 1e-12)
            fail_msg("%s: %.17g, with groups %.17g", names[i], plain.value, drawn.value);
        if (!(ratio > 0.75 && ratio < 1.35) ||
            !(drawn.high - drawn.low > 2 * (plain.high - plain.low)))
            fail_msg("%s: [%g, %g] of groups, [%g, %g] of rows, [%g, %g] of a tenth", names[i],
                     drawn.low, drawn.high, plain.low, plain.high, one.low, one.high);
    }
}

/* Errors that last for ten rows: blocks of neighbours are drawn, and intervals are wider. */
static void neighbours_in_time_widen_intervals(void **state)
{
    (void)state;
    static const char *const names[] = { "mae", "rmse", "explained_variance", "bias" };
    scoped_arena arena = arena_open(NULL);
    size_t n = 1000;
    struct random random = { 6 };
    double *time = arena_array(arena, double, n), *truth = arena_array(arena, double, n);
    double *said = arena_array(arena, double, n), error = 0;
    for (size_t i = 0; i < n; i++) {
        error = 0.9 * error + random_normal(&random);
        time[i] = (double)i;
        truth[i] = 10 * random_normal(&random);
        said[i] = truth[i] + error;
    }
    struct scored rows = {
        .kind = TRUTH_NUMBER, .n = n, .width = 1, .truth = truth, .prediction = said
    };
    struct scored series = rows;
    series.time = time;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct metric *metric = metric_find(str_of(names[i]));
        struct metric_value plain = metric_measure(arena, metric, &rows, NULL);
        struct metric_value drawn = metric_measure(arena, metric, &series, NULL);
        assert_true(drawn.value == plain.value);
        if (!(drawn.high - drawn.low > 1.5 * (plain.high - plain.low)))
            fail_msg("%s: [%g, %g] of blocks, [%g, %g] of rows", names[i], drawn.low, drawn.high,
                     plain.low, plain.high);
    }
}

static void resamples_of_the_area_agree_with_delong(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = made_up(arena, 3000, 8, TRUTH_BINARY);
    const struct metric *auc = metric_find(S("roc_auc"));
    struct metric_value delong = metric_measure(arena, auc, &rows, NULL);
    struct metric_options many = { .bootstrap_count = 4000 };
    struct metric_value drawn = metric_measure(arena, auc, &rows, &many);
    double width = delong.high - delong.low;
    assert_true(drawn.value == delong.value);
    assert_true(fabs(drawn.low - delong.low) < 0.06 * width);
    assert_true(fabs(drawn.high - delong.high) < 0.06 * width);
    struct metric_value again = metric_measure(arena, auc, &rows, &many);
    assert_memory_equal(&again.low, &drawn.low, sizeof drawn.low);
}

static int rising(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Few, many, alike, far apart, and such that differ in their last digits alone. */
static void keys_are_sorted(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 2, 24, 25, 100, 3000, 40000 };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int form = 0; form < 5; form++) {
            scoped_arena arena = arena_open(NULL);
            size_t n = sizes[s];
            struct random random = { n };
            uint64_t *keys = arena_array(arena, uint64_t, n),
                     *other = arena_array(arena, uint64_t, n);
            uint64_t *wanted = arena_array(arena, uint64_t, n);
            struct keyed *rows = arena_array(arena, struct keyed, n);
            struct keyed *scratch = arena_array(arena, struct keyed, n);
            for (size_t i = 0; i < n; i++) {
                uint64_t x = random_next(&random);
                keys[i] = form == 0   ? x
                          : form == 1 ? x % 7 << 60
                          : form == 2 ? (x % 3 << 62) + (x >> 8 & 63)
                          : form == 3 ? (i % 1000 ? x >> 50 : x)
                                      : 1;
                rows[i] = (struct keyed){ keys[i], (uint32_t)i };
            }
            memcpy(wanted, keys, n * sizeof *keys);
            qsort(wanted, n, sizeof *wanted, rising);
            sort_keys(keys, other, n);
            sort_keyed(rows, scratch, n);
            assert_memory_equal(keys, wanted, n * sizeof *keys);
            for (size_t i = 0; i < n; i++) {
                assert_true(rows[i].key == wanted[i]);
                assert_true(i == 0 || rows[i].key != rows[i - 1].key ||
                            rows[i].row > rows[i - 1].row);
            }
        }
}

static void log_loss_is_that_of_exact_logarithms(void **state)
{
    (void)state;
    const struct metric *metric = metric_find(S("log_loss"));
    for (int form = 0; form < 4; form++) {
        scoped_arena arena = arena_open(NULL);
        size_t n = 1000;
        struct random random = { (uint64_t)form };
        double *truth = arena_array(arena, double, n), *said = arena_array(arena, double, n);
        long double sum = 0;
        for (size_t i = 0; i < n; i++) {
            double u = random_unit(&random);
            truth[i] = i % 3 == 0;
            said[i] = form == 0   ? u
                      : form == 1 ? (truth[i] != 0 ? 1 - 1e-9 * u : 1e-9 * u)
                      : form == 2 ? (double)(i % 2)
                                  : 1e-300 * u;
            long double p = fmin(fmax(said[i], 1e-15), 1 - 1e-15);
            sum -= truth[i] != 0 ? logl(p) : log1pl(-p);
        }
        struct scored rows = { .kind = TRUTH_BINARY,
                               .n = n,
                               .class_count = 2,
                               .width = 1,
                               .truth = truth,
                               .prediction = said };
        assert_near(metric_measure(arena, metric, &rows, NULL).value /
                        (double)(sum / (long double)n),
                    1, 1e-13);
    }
}

static void rows_are_checked_at_once(void **state)
{
    (void)state;
    double x[5000] = { 0 };
    for (size_t n = 0; n < 5000; n = 2 * n + 1)
        for (size_t bad = 0; bad <= n; bad += 1 + n / 5) {
            for (size_t i = 0; i < n; i++)
                x[i] = (double)(i % 2);
            assert_true(numbers_binary(x, n) && numbers_finite(x, n) && numbers_within(x, n, 0, 1));
            static const double wrong[] = { NAN, INFINITY, -INFINITY, 0.5, 1e308 };
            for (size_t w = 0; w < 5 && bad < n; w++) {
                x[bad] = wrong[w];
                assert_false(numbers_binary(x, n));
                assert_int_equal(numbers_finite(x, n), w > 2);
                assert_int_equal(numbers_within(x, n, 0, 1), w == 3);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weight_is_that_many_rows),
        cmocka_unit_test(groups_widen_intervals),
        cmocka_unit_test(neighbours_in_time_widen_intervals),
        cmocka_unit_test(resamples_of_the_area_agree_with_delong),
        cmocka_unit_test(keys_are_sorted),
        cmocka_unit_test(log_loss_is_that_of_exact_logarithms),
        cmocka_unit_test(rows_are_checked_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
