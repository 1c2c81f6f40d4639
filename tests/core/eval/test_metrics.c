/* Metrics: other implementations' values, edges, properties, and how often intervals cover. */
#include "core/eval/metric_name.h"
#include "core/eval/metrics.h"
#include "core/eval/ranking.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include "tests/core/eval/vectors.h"

static struct metric_value measure(struct arena *arena, const char *name, struct scored rows)
{
    const struct metric *metric = metric_find(str_of(name));
    assert_non_null(metric);
    /* fewer resamples where they are metric by metric the same code */
    struct metric_options options = { .bootstrap_count = metric->measure ? 0 : 300 };
    return metric_measure(arena, metric, &rows, &options);
}

static void compare(struct arena *arena, const struct json *values, struct scored rows)
{
    size_t compared = 0;
    for (size_t i = 0; i < values->count; i++) {
        struct str name = values->members[i].key;
        if (!metric_find(name))
            continue;
        struct metric_value got = measure(arena, name.at, rows);
        if (!(fabs(got.value - values->members[i].number) <= 1e-12 * fmax(1, fabs(got.value))))
            fail_msg("%s: %.17g, expected %.17g", name.at, got.value, values->members[i].number);
        if (!(got.low < got.value && got.value < got.high) || *got.note)
            fail_msg("%s: [%g, %g] about %g %s", name.at, got.low, got.high, got.value, got.note);
        compared++;
    }
    assert_true(compared >= 2);
}

static void values_are_those_of_scikit_learn(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "binary_breast_cancer.json");
    compare(arena, json_get(map, "values"), vectors_binary(arena, map, "p"));
    compare(arena, json_get(map, "values_ties"), vectors_binary(arena, map, "p_ties"));
    map = vectors_load(arena, "regression_diabetes.json");
    struct scored rows = vectors_binary(arena, map, "p");
    rows.kind = TRUTH_NUMBER;
    compare(arena, json_get(map, "values"), rows);
    map = vectors_load(arena, "multiclass_digits.json");
    rows = vectors_binary(arena, map, "p");
    rows.kind = TRUTH_CLASSES;
    rows.class_count = rows.width = 10;
    compare(arena, json_get(map, "values"), rows);
    rows.width = 1; /* names of classes instead of probabilities */
    rows.prediction = vectors_numbers(arena, json_get(map, "label"), NULL);
    assert_near(measure(arena, "accuracy", rows).value, 0.9527777777777777, 1e-12);
    assert_string_equal(measure(arena, "log_loss", rows).note,
                        "a probability for each class is needed");
}

struct edge {
    const char *metric;
    double truth[4], prediction[4];
    size_t n;
    double value;
    const char *note;
};

static void edges_follow_the_policy(void **state)
{
    (void)state;
    static const struct edge edges[] = {
        { "roc_auc", { 1, 1, 1 }, { .1, .2, .3 }, 3, NAN, "the rows are all of class 1" },
        { "roc_auc", { 0, 1, 0, 1 }, { .5, .5, .5, .5 }, 4, 0.5, "" },
        { "roc_auc", { 0, 1 }, { -0.0, 0.0 }, 2, 0.5, "too few rows for an interval" },
        { "average_precision", { 0, 0, 0 }, { .1, .2, .3 }, 3, NAN, "the rows are all of class 0" },
        { "average_precision", { 0, 1, 0, 1 }, { .5, .5, .5, .5 }, 4, 0.5, "" },
        { "f1", { 0, 0 }, { 0, 0 }, 2, 0, "no row is or was said to be 1: set to 0" },
        { "precision", { 0, 1 }, { 0, 0 }, 2, 0, "no row was said to be 1: set to 0" },
        { "recall", { 0, 0 }, { 0, 1 }, 2, 0, "no row is of class 1: set to 0" },
        { "log_loss", { 1, 0 }, { 0, 0 }, 2, 17.269388197455342, "" },
        { "log_loss", { 1, 1 }, { .9, .8 }, 2, 0.16425203348601802, "" },
        { "accuracy", { 1, 0 }, { .5, .5 }, 2, 0.5, "" },
        { "r2", { 2, 2, 2 }, { 2, 2, 2 }, 3, NAN, "the truth is the same in all rows" },
        { "r2", { 2 }, { 2 }, 1, NAN, "the truth is the same in all rows" },
        { "mae", { 1 }, { 3 }, 1, 2, "too few rows for an interval" },
        { "mae", { 0 }, { 0 }, 0, NAN, "there are no rows" },
        { "rmse", { 1, 2 }, { 1, 2 }, 2, 0, "" },
        { "medae", { 1, 2, 3, 4 }, { 2, 2, 3, 7 }, 4, 0.5, "too few rows for an interval" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        const struct edge *edge = &edges[i];
        bool number = metric_find(str_of(edge->metric))->kinds == TRUTH_NUMBER;
        struct scored rows = { .kind = number ? TRUTH_NUMBER : TRUTH_BINARY,
                               .class_count = number ? 0 : 2,
                               .width = 1,
                               .n = edge->n,
                               .truth = edge->truth,
                               .prediction = edge->prediction };
        struct metric_value got = measure(arena, edge->metric, rows);
        bool same = isnan(edge->value) ? isnan(got.value) : fabs(got.value - edge->value) < 1e-12;
        if (!same || strcmp(got.note, edge->note) != 0)
            fail_msg("%zu %s: %.17g \"%s\", expected %.17g \"%s\"", i, edge->metric, got.value,
                     got.note, edge->value, edge->note);
        if (!isnan(got.low) && !(got.low <= got.value && got.value <= got.high))
            fail_msg("%zu %s: [%g, %g] about %g", i, edge->metric, got.low, got.high, got.value);
    }
}

/* The same edges as scikit-learn, but where it raises or divides by nothing. */
static void edges_that_scikit_learn_defines_agree(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "edge_cases.json");
    assert_near(json_get_double(json_get(map, "roc_auc_all_ties"), "value", NAN), 0.5, 0);
    assert_near(json_get_double(json_get(map, "ap_all_ties"), "value", NAN), 0.5, 0);
    assert_near(json_get_double(json_get(map, "f1_no_pred_no_pos"), "value", NAN), 0, 0);
    assert_near(json_get_double(json_get(map, "precision_no_pred"), "value", NAN), 0, 0);
    /* scikit-learn clips at 2.2e-16, we at 1e-15 */
    double theirs = json_get_double(json_get(map, "log_loss_zero_prob"), "value", NAN);
    assert_near(theirs - log(1e-15 / 0x1p-52) / 2, 17.269388197455342, 1e-12);
}

static struct scored made_up(struct arena *arena, size_t n, uint64_t seed, bool number)
{
    struct random random = { seed };
    double *truth = arena_array(arena, double, n), *prediction = arena_array(arena, double, n);
    for (size_t i = 0; i < n; i++) {
        double signal = random_normal(&random);
        truth[i] = number ? signal + random_normal(&random)
                          : random_unit(&random) < 1 / (1 + exp(1 - signal));
        prediction[i] = number ? signal : round(1000 / (1 + exp(1 - signal))) / 1000;
    }
    return (struct scored){ .kind = number ? TRUTH_NUMBER : TRUTH_BINARY,
                            .class_count = number ? 0 : 2,
                            .width = 1,
                            .n = n,
                            .truth = truth,
                            .prediction = prediction };
}

static struct scored permuted(struct arena *arena, struct scored rows, uint64_t seed)
{
    size_t *at = arena_array(arena, size_t, rows.n);
    double *truth = arena_array(arena, double, rows.n);
    double *prediction = arena_array(arena, double, rows.n);
    double *time = arena_array(arena, double, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        at[i] = i;
    random_shuffle(&(struct random){ seed }, at, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        truth[i] = rows.truth[at[i]];
        prediction[i] = rows.prediction[at[i]];
        time[i] = (double)at[i];
    }
    rows.time = time; /* what forecasts go by instead */
    rows.truth = truth;
    rows.prediction = prediction;
    return rows;
}

static void assert_same(const char *name, double a, double b, double tolerance)
{
    if (!(isnan(a) && isnan(b)) && !(fabs(a - b) <= tolerance * fmax(1, fabs(a))))
        fail_msg("%s: %.17g and %.17g", name, a, b);
}

static void the_order_of_rows_does_not_matter(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++) {
        struct scored rows = made_up(arena, 500, 7, metric->kinds == TRUTH_NUMBER);
        if (!(metric->kinds & rows.kind) || strcmp(metric->name, "normalized_gini") == 0)
            continue; /* the latter is defined by the order */
        struct metric_value a = measure(arena, metric->name, rows);
        struct metric_value b = measure(arena, metric->name, permuted(arena, rows, 1));
        assert_same(metric->name, a.value, b.value, 1e-12);
        assert_same(metric->name, a.low, b.low, fmax(0.02, (a.high - a.low) / 2)); /* other draws */
        assert_same(metric->name, a.high, b.high, fmax(0.02, (a.high - a.low) / 2));
        struct metric_value again = measure(arena, metric->name, rows);
        assert_memory_equal(&again.low, &a.low, sizeof a.low);
        assert_memory_equal(&again.high, &a.high, sizeof a.high);
    }
}

static void ranks_alone_make_roc_auc(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = made_up(arena, 2000, 8, false), other = rows;
    double *bent = arena_array(arena, double, rows.n),
           *swapped = arena_array(arena, double, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        bent[i] = exp(5 * rows.prediction[i]) - 40;
        swapped[i] = 1 - rows.truth[i];
    }
    double auc = measure(arena, "roc_auc", rows).value;
    other.prediction = bent;
    assert_true(measure(arena, "roc_auc", other).value == auc);
    assert_true(measure(arena, "average_precision", other).value ==
                measure(arena, "average_precision", rows).value);
    other.truth = swapped;
    assert_near(measure(arena, "roc_auc", other).value, 1 - auc, 1e-14);
}

static void both_ways_of_sorting_make_the_same_groups(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t n = 1; n < 4000; n = n * 3 + 1) {
        struct scored rows = made_up(arena, n, 11, false);
        double *scores = arena_array(arena, double, n);
        for (size_t i = 0; i < n; i++) /* of both signs, huge, tiny, and zeros of both signs */
            scores[i] = i % 5 == 0 ? -0.0
                        : i % 7 == 0
                            ? 0.0
                            : (rows.prediction[i] - 0.3) * pow(10, (double)(i % 600) - 300);
        rows.prediction = scores;
        struct ranking a, b;
        ranking_make(arena, &rows, false, &a);
        ranking_make(arena, &rows, true, &b);
        assert_int_equal(a.group_count, b.group_count);
        assert_int_equal(a.positive_count, b.positive_count);
        assert_memory_equal(a.positives, b.positives, a.group_count * sizeof *a.positives);
        assert_memory_equal(a.negatives, b.negatives, a.group_count * sizeof *a.negatives);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j += 97)
                assert_int_equal(scores[i] > scores[j], b.group[i] < b.group[j]);
    }
}

/* By its definition: all pairs. */
static void roc_auc_is_the_share_of_ordered_pairs(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t n = 2; n < 300; n += 37) {
        struct scored rows = made_up(arena, n, n, false);
        double *truth = arena_array(arena, double, n), pairs = 0, won = 0;
        for (size_t i = 0; i < n; i++)
            truth[i] = i % 3 == 0;
        rows.truth = truth;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if (truth[i] > truth[j]) {
                    pairs++;
                    won += rows.prediction[i] > rows.prediction[j];
                    won += 0.5 * (rows.prediction[i] == rows.prediction[j]);
                }
        assert_near(measure(arena, "roc_auc", rows).value, won / pairs, 1e-14);
    }
}

static void scaling_scales_errors(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = made_up(arena, 400, 9, true), other = rows;
    double *truth = arena_array(arena, double, rows.n);
    double *prediction = arena_array(arena, double, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        truth[i] = 8 * rows.truth[i] + 5;
        prediction[i] = 8 * rows.prediction[i] + 5;
    }
    other.truth = truth;
    other.prediction = prediction;
    static const char *const scaled[] = { "rmse", "mae", "medae" };
    for (size_t i = 0; i < 3; i++) {
        struct metric_value a = measure(arena, scaled[i], rows);
        struct metric_value b = measure(arena, scaled[i], other);
        assert_near(b.value, 8 * a.value, 1e-12);
        assert_near(b.low, 8 * a.low, 1e-9);
        assert_near(b.high, 8 * a.high, 1e-9);
    }
    assert_near(measure(arena, "r2", other).value, measure(arena, "r2", rows).value, 1e-12);
}

static void a_published_log_loss_is_clipped(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = { .kind = TRUTH_BINARY,
                           .class_count = 2,
                           .width = 1,
                           .n = 2,
                           .truth = (double[]){ 1, 0 },
                           .prediction = (double[]){ 0, 0 } };
    struct metric_options clipped = { .clip = METRIC_CLIP_PUBLIC };
    const struct metric *metric = metric_find(S("log_loss"));
    double expected = -(log(0.01) + log(0.99)) / 2;
    assert_near(metric_measure(arena, metric, &rows, &clipped).value, expected, 1e-12);
}

/* n rows of a population, `ones` of them of class 1 as in a stratified split; SIZE_MAX: any. */
static struct scored sampled(struct arena *arena, const struct scored *many, size_t n, size_t ones,
                             uint64_t seed)
{
    struct random random = { seed };
    double *truth = arena_array(arena, double, n), *prediction = arena_array(arena, double, n);
    size_t left[2] = { ones == SIZE_MAX ? n : n - ones, ones }, count = 0;
    while (count < n) {
        size_t at = (size_t)random_below(&random, many->n), class = many->truth[at] == 1;
        if (left[class] == 0)
            continue;
        left[class]--;
        truth[count] = many->truth[at];
        prediction[count++] = many->prediction[at];
    }
    struct scored out = *many;
    out.n = n;
    out.truth = truth;
    out.prediction = prediction;
    return out;
}

/* Intervals of each making. */
static const char *const thorough[] = {
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
    "gini",
    "fbeta",
    "cohen_kappa",
    "specificity",
    "d2_log_loss",
    "f1_macro",
    "spearman",
    "explained_variance",
    "balanced_accuracy",
    "partial_roc_auc",
    "d2_absolute_error",
    "bias",
};
#define THOROUGH (sizeof thorough / sizeof *thorough)

/* 20000 rows are the population, drawn from with replacement. */
static void intervals_cover_about_95_percent(void **state)
{
    (void)state;
    scoped_arena all = arena_open(NULL);
    for (size_t i = 0; i < THOROUGH; i++) {
        const struct metric *metric = metric_find(str_of(thorough[i]));
        bool number = metric->kinds == TRUTH_NUMBER;
        struct scored many = made_up(all, 20000, 1, number);
        struct metric_options plain = { .without_interval = true };
        double truth = metric_measure(all, metric, &many, &plain).value;
        int covered = 0, below = 0, times = 100;
        const char *how = metric->interval;
        size_t ones = SIZE_MAX;
        if (strstr(how, "by class") || strstr(how, "DeLong")) /* the classes' shares stay */
            ones = (size_t)round(300 * mean_of(many.truth, many.n));
        for (int k = 0; k < times; k++) {
            scoped_arena arena = arena_open(NULL);
            struct scored rows = sampled(arena, &many, 300, ones, (uint64_t)k);
            struct metric_value got = measure(arena, metric->name, rows);
            covered += got.low <= truth && truth <= got.high;
            below += got.high < truth;
        }
        if (covered < 88 || covered == times) /* 95 expected, 3.2 deviations fewer */
            fail_msg("%s: %d of %d intervals hold %g, %d lie below", metric->name, covered, times,
                     truth, below);
    }
}

/* At 10000 rows the bootstrap ends and the normal approximation begins: they must agree. */
static void large_and_small_samples_meet(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < THOROUGH; i++) {
        const struct metric *metric = metric_find(str_of(thorough[i]));
        struct scored rows = made_up(arena, 10001, 5, metric->kinds == TRUTH_NUMBER);
        struct metric_value large = metric_measure(arena, metric, &rows, NULL);
        rows.n--;
        struct metric_value small = metric_measure(arena, metric, &rows, NULL);
        double width = large.high - large.low;
        if (!(width > 0 && fabs(large.low - small.low) < 0.1 * width &&
              fabs(large.high - small.high) < 0.1 * width))
            fail_msg("%s: [%g, %g] and [%g, %g]", metric->name, large.low, large.high, small.low,
                     small.high);
    }
}

static void better_has_a_direction(void **state)
{
    (void)state;
    const struct metric *auc = metric_find(S("roc_auc")), *loss = metric_find(S("log_loss"));
    assert_true(metric_better(auc, 0.8, 0.7) && !metric_better(auc, 0.7, 0.8));
    assert_true(metric_better(loss, 0.7, 0.8) && !metric_better(loss, 0.8, 0.7));
    assert_false(metric_better(auc, 0.8 + 1e-12, 0.8));
    assert_true(metric_better(auc, 0.1, NAN) && metric_better(loss, 9, NAN));
    assert_false(metric_better(auc, NAN, 0.1) || metric_better(auc, NAN, NAN));
    assert_null(metric_find(S("acuracy")));
}

static void each_metric_has_a_short_title_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);
        struct str title = str_of(metric->title);
        if (!title.len || title.len > 48 || !str_is_utf8(title) ||
            str_find(title, '_', &(size_t){ 0 }))
            fail_msg("%s: title \"%s\"", metric->name, metric->title ? metric->title : "");
        for (size_t k = 0; k < i; k++)
            if (str_equal(title, str_of(metric_at(k)->title)))
                fail_msg("%s and %s: title \"%s\"", metric->name, metric_at(k)->name,
                         metric->title);
    }
}

static void an_unknown_metric_is_answered_by_the_nearest_or_the_list(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct fault why;
    assert_null(metric_needed(arena, S("roc_acu"), &why));
    assert_string_equal(why.text, "unknown metric \"roc_acu\", did you mean \"roc_auc\"");
    assert_null(metric_needed(arena, S("zzz"), &why));
    assert_non_null(strstr(why.text, "unknown metric \"zzz\", holdout-ml metrics lists all "));
    assert_ptr_equal(metric_needed(arena, S("rmse"), &why), metric_find(S("rmse")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_scikit_learn),
        cmocka_unit_test(edges_follow_the_policy),
        cmocka_unit_test(edges_that_scikit_learn_defines_agree),
        cmocka_unit_test(the_order_of_rows_does_not_matter),
        cmocka_unit_test(ranks_alone_make_roc_auc),
        cmocka_unit_test(both_ways_of_sorting_make_the_same_groups),
        cmocka_unit_test(roc_auc_is_the_share_of_ordered_pairs),
        cmocka_unit_test(scaling_scales_errors),
        cmocka_unit_test(a_published_log_loss_is_clipped),
        cmocka_unit_test(intervals_cover_about_95_percent),
        cmocka_unit_test(large_and_small_samples_meet),
        cmocka_unit_test(better_has_a_direction),
        cmocka_unit_test(each_metric_has_a_short_title_of_its_own),
        cmocka_unit_test(an_unknown_metric_is_answered_by_the_nearest_or_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
