/* Curves: their areas are the metrics', their bins hold all rows, counts add up. */
#include "core/eval/curves.h"
#include "core/eval/metrics.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct scored made(struct arena *arena, size_t n, double step)
{
    double *truth = arena_array(arena, double, n), *score = arena_array(arena, double, n);
    struct random random = { 9 };
    for (size_t i = 0; i < n; i++) {
        double p = random_unit(&random);
        truth[i] = random_unit(&random) < p;
        score[i] = step > 0 ? floor(p / step) * step : p;
    }
    return (struct scored){ .kind = TRUTH_BINARY,
                            .n = n,
                            .class_count = 2,
                            .width = 1,
                            .truth = truth,
                            .prediction = score };
}

static double measured(struct arena *arena, const struct scored *rows, struct str name)
{
    struct metric_options options = { .without_interval = true };
    return metric_measure(arena, metric_find(name), rows, &options).value;
}

static void the_area_below_the_roc_curve_is_roc_auc(void **state)
{
    (void)state;
    const struct {
        size_t n;
        double step, bound;
    } cases[] = { { 50, 0, 1e-12 },
                  { 300, 0.1, 1e-12 },
                  { 20000, 0, 1e-3 } }; /* the last is thinned */
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        scoped_arena arena = arena_open(NULL);
        struct scored rows = made(arena, cases[c].n, cases[c].step);
        struct curve curve;
        double area = 0;
        curve_roc(arena, &rows, &curve);
        assert_true(curve.n <= CURVE_MOST && curve.x[0] == 0 && curve.y[0] == 0);
        assert_true(curve.x[curve.n - 1] == 1 && curve.y[curve.n - 1] == 1);
        for (size_t i = 1; i < curve.n; i++) {
            assert_true(curve.x[i] >= curve.x[i - 1] && curve.y[i] >= curve.y[i - 1]);
            area += (curve.x[i] - curve.x[i - 1]) * (curve.y[i] + curve.y[i - 1]) / 2;
        }
        assert_true(fabs(area - measured(arena, &rows, S("roc_auc"))) < cases[c].bound);
    }
}

static void steps_of_precision_sum_to_average_precision(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = made(arena, 200, 0);
    struct curve curve;
    double area = 0;
    curve_precision_recall(arena, &rows, &curve);
    for (size_t i = 1; i < curve.n; i++)
        area += (curve.x[i] - curve.x[i - 1]) * curve.y[i];
    assert_true(fabs(area - measured(arena, &rows, S("average_precision"))) < 1e-12);
}

static void one_class_has_no_curve(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = made(arena, 10, 0);
    double zeros[10] = { 0 };
    struct curve curve = { .n = 7 };
    rows.truth = zeros;
    curve_roc(arena, &rows, &curve);
    assert_int_equal(curve.n, 0);
    curve_precision_recall(arena, &rows, &curve);
    assert_int_equal(curve.n, 0);
}

static void bins_hold_all_rows_and_their_shares(void **state)
{
    (void)state;
    static const double steps[] = { 0, 0.25 };
    for (size_t s = 0; s < 2; s++) {
        scoped_arena arena = arena_open(NULL);
        struct scored rows = made(arena, 1000, steps[s]);
        struct calibration_bins bins;
        size_t all = 0;
        double hits = 0, truth = 0;
        curve_calibration(arena, &rows, 10, 30, &bins);
        for (size_t i = 0; i < bins.count; i++) {
            assert_true(bins.rows[i] >= 30 && bins.low[i] <= bins.share[i] &&
                        bins.share[i] <= bins.high[i]);
            assert_true(i == 0 || bins.predicted[i] > bins.predicted[i - 1]);
            all += bins.rows[i];
            hits += bins.share[i] * (double)bins.rows[i];
        }
        for (size_t i = 0; i < rows.n; i++)
            truth += rows.truth[i];
        assert_int_equal(all, 1000);
        assert_true(fabs(hits - truth) < 1e-9);
        assert_int_equal(bins.count, s ? 4 : 10);
    }
}

static void counts_of_confusion_are_where_they_belong(void **state)
{
    (void)state;
    const double truth[] = { 0, 1, 1, 0 }, p[] = { 0.2, 0.6, 0.4, 0.5 };
    const double classes[] = { 0, 2, 1 }, each[] = { .1, .8, .1, .2, .2, .6, .1, .7, .2 };
    struct scored two = {
        .kind = TRUTH_BINARY, .n = 4, .class_count = 2, .width = 1, .truth = truth, .prediction = p
    };
    struct scored three = { .kind = TRUTH_CLASSES,
                            .n = 3,
                            .class_count = 3,
                            .width = 3,
                            .truth = classes,
                            .prediction = each };
    double counts[9];
    curve_confusion(&two, 0.5, counts);
    assert_true(counts[0] == 1 && counts[1] == 1 && counts[2] == 1 && counts[3] == 1);
    curve_confusion(&three, 0.5, counts);
    assert_true(counts[1] == 1 && counts[8] == 1 && counts[4] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_area_below_the_roc_curve_is_roc_auc),
        cmocka_unit_test(steps_of_precision_sum_to_average_precision),
        cmocka_unit_test(one_class_has_no_curve),
        cmocka_unit_test(bins_hold_all_rows_and_their_shares),
        cmocka_unit_test(counts_of_confusion_are_where_they_belong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
