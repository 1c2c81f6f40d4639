/* Metrics: the values of scikit-learn, scipy and numpy for every one, edges, options, words. */
#include "core/eval/fairness.h"
#include "core/eval/metrics.h"
#include "core/eval/profit.h"
#include "tests/core/eval/vectors.h"

static struct scored case_rows(struct arena *arena, const struct json *map)
{
    struct scored rows = vectors_binary(arena, map, "p");
    struct str kind = json_get(map, "kind")->text;
    const struct json *attribute = json_get(map, "attribute");
    if (str_is(kind, "regression")) {
        rows.kind = TRUTH_NUMBER;
        rows.class_count = 0;
    } else if (str_is(kind, "multiclass")) {
        rows.kind = TRUTH_CLASSES;
        rows.class_count = rows.width = 10;
    }
    if (attribute) {
        uint32_t *levels = arena_array(arena, uint32_t, rows.n);
        for (size_t i = 0; i < rows.n; i++)
            levels[i] = (uint32_t)attribute->members[i].number;
        rows.attribute = levels;
        rows.attribute_count = 3;
    }
    return rows;
}

static struct metric_options case_options(struct arena *arena, const struct json *map)
{
    struct metric_options out = { 0 };
    struct fault why;
    for (size_t i = 0; i < map->count; i++)
        if (!metric_option_set(arena, &out, map->members[i].key, map->members[i].text, &why))
            fail_msg("%s", why.text);
    return out;
}

static void value_check(struct arena *arena, const struct json *value, const struct scored *rows)
{
    struct str name = json_get(value, "metric")->text;
    const struct metric *metric = metric_find(name);
    struct metric_options options = case_options(arena, json_get(value, "options"));
    double expected = json_get(value, "value")->number;
    if (!metric)
        fail_msg("no metric %s", name.at);
    options.bootstrap_count =
        metric->measure || metric->share ? 0 : 300; /* enough to be about it */
    struct metric_value got = metric_measure(arena, metric, rows, &options);
    if (!(fabs(got.value - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%s: %.17g, expected %.17g (%s)", name.at, got.value, expected, got.note);
    bool within = got.low <= got.value && got.value <= got.high && got.low < got.high &&
                  got.low >= metric->least && got.high <= metric->most;
    if (metric->interval && !within && !*got.note)
        fail_msg("%s: [%g, %g] about %g %s", name.at, got.low, got.high, got.value, got.note);
    options.without_interval = true;
    struct metric_value bare = metric_measure(arena, metric, rows, &options);
    if (bare.value != got.value || !isnan(bare.low))
        fail_msg("%s: %.17g without interval, %.17g with it", name.at, bare.value, got.value);
}

static void values_are_those_of_other_implementations(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *cases = json_get(vectors_load(arena, "metrics.json"), "cases");
    size_t checked = 0;
    for (size_t c = 0; c < cases->count; c++) {
        scoped_arena scratch = arena_open(NULL);
        struct scored rows = case_rows(scratch, &cases->members[c]);
        const struct json *values = json_get(&cases->members[c], "values");
        for (size_t i = 0; i < values->count; i++, checked++)
            value_check(scratch, &values->members[i], &rows);
    }
    assert_int_equal(checked, 348);
}

struct edge {
    const char *metric;
    enum truth_kind kind;
    double truth[4], prediction[4];
    size_t n;
    const char *option, *text; /* or NULL */
    double value;
    const char *note;
};

#define CONSTANT "the truth is the same in all rows"
#define EITHER "the truth or the prediction is the same in all rows"

static const struct edge edges[] = {
    { "matthews_corrcoef",
      TRUTH_BINARY,
      { 0, 1, 0 },
      { 1, 1, 1 },
      3,
      NULL,
      NULL,
      0,
      "all rows are, or are said to be, of one class: set to 0" },
    { "cohen_kappa",
      TRUTH_BINARY,
      { 1, 1, 1 },
      { 1, 1, 1 },
      3,
      NULL,
      NULL,
      NAN,
      "all rows are and are said to be of one class" },
    { "balanced_accuracy", TRUTH_CLASSES, { 0, 0, 1 }, { 0, 2, 1 }, 3, NULL, NULL, 0.75, "" },
    { "f1_macro",
      TRUTH_CLASSES,
      { 0, 0, 1 },
      { 0, 2, 1 },
      3,
      NULL,
      NULL,
      (2.0 / 3 + 1) / 3,
      "a class without rows, or that no row is said to be of, counted as 0" },
    { "jaccard",
      TRUTH_BINARY,
      { 0, 0 },
      { 0, 0 },
      2,
      NULL,
      NULL,
      0,
      "no row is or was said to be 1: set to 0" },
    { "specificity",
      TRUTH_BINARY,
      { 1, 1 },
      { 1, 0 },
      2,
      NULL,
      NULL,
      0,
      "no row is of class 0: set to 0" },
    { "precision", TRUTH_BINARY, { 1, 0 }, { .4, .3 }, 2, "threshold", "0.35", 1, "" },
    { "ks", TRUTH_BINARY, { 1, 1 }, { .4, .3 }, 2, NULL, NULL, NAN, "the rows are all of class 1" },
    { "ks", TRUTH_BINARY, { 1, 0 }, { .2, .7 }, 2, NULL, NULL, 0, "" },
    { "gini", TRUTH_BINARY, { 1, 0, 1, 0 }, { .5, .5, .5, .5 }, 4, NULL, NULL, 0, "" },
    { "d2_log_loss",
      TRUTH_BINARY,
      { 1, 1 },
      { .4, .3 },
      2,
      NULL,
      NULL,
      NAN,
      "the rows are all of one class" },
    { "mape", TRUTH_NUMBER, { 0, 1 }, { 1, 1 }, 2, NULL, NULL, NAN, "the truth is 0 in a row" },
    { "smape", TRUTH_NUMBER, { 0, 1 }, { 0, 1 }, 2, NULL, NULL, 0, "" },
    { "wape", TRUTH_NUMBER, { 0, 0 }, { 1, 1 }, 2, NULL, NULL, NAN, "every truth is 0" },
    { "msle", TRUTH_NUMBER, { 1, 2 }, { -1, 2 }, 2, NULL, NULL, NAN, "a number is negative" },
    { "poisson_deviance",
      TRUTH_NUMBER,
      { 1, 2 },
      { 0, 2 },
      2,
      NULL,
      NULL,
      NAN,
      "a prediction is not above 0" },
    { "gamma_deviance",
      TRUTH_NUMBER,
      { 0, 2 },
      { 1, 2 },
      2,
      NULL,
      NULL,
      NAN,
      "the truth is not above 0 in a row" },
    { "spearman", TRUTH_NUMBER, { 1, 2, 3 }, { 1, 1, 1 }, 3, NULL, NULL, NAN, EITHER },
    { "pearson", TRUTH_NUMBER, { .1, .1, .1 }, { 1, 2, 3 }, 3, NULL, NULL, NAN, EITHER },
    { "kendall", TRUTH_NUMBER, { 1, 2, 3 }, { 3, 2, 1 }, 3, NULL, NULL, -1, "" },
    { "explained_variance",
      TRUTH_NUMBER,
      { .1, .1, .1 },
      { 1, 2, 3 },
      3,
      NULL,
      NULL,
      NAN,
      CONSTANT },
    { "r2", TRUTH_NUMBER, { .1, .1, .1 }, { .1, .1, .1 }, 3, NULL, NULL, NAN, CONSTANT },
    { "adjusted_r2",
      TRUTH_NUMBER,
      { 1, 2, 3 },
      { 1, 2, 3 },
      3,
      NULL,
      NULL,
      NAN,
      "the option features is needed" },
    { "adjusted_r2",
      TRUTH_NUMBER,
      { 1, 2, 3 },
      { 1, 2, 3 },
      3,
      "features",
      "2",
      NAN,
      "there are fewer rows than features" },
    { "max_error", TRUTH_NUMBER, { 1, 2, 3 }, { 1, 4, 2 }, 3, NULL, NULL, 2, "" },
    { "bias", TRUTH_NUMBER, { 1, 2, 3 }, { 0, 1, 1 }, 3, NULL, NULL, 4.0 / 3, "" },
    { "phm08_score",
      TRUTH_NUMBER,
      { 0, 0 },
      { 1000, 0 },
      2,
      NULL,
      NULL,
      22025.465794806718,
      "the errors of 1 rows are beyond 100 and count as 100" },
    { "phm08_score", TRUTH_NUMBER, { 13, 0 }, { 0, 10 }, 2, NULL, NULL, 2 * (M_E - 1), "" },
    { "profit",
      TRUTH_BINARY,
      { 1, 0 },
      { 1, 0 },
      2,
      NULL,
      NULL,
      NAN,
      "the options gain_tp, gain_fp, gain_fn, gain_tn are needed" },
    { "profit_bayes",
      TRUTH_BINARY,
      { 1, 0 },
      { 1, 0 },
      2,
      "gain_fp",
      "3",
      NAN,
      "the gains are such that one answer is always better" },
    { "expected_cost",
      TRUTH_BINARY,
      { 1, 0 },
      { 1, 0 },
      2,
      "costs",
      "0,1,2,3,4,5,6,7,8",
      NAN,
      "the option costs is of another number of classes" },
    { "demographic_parity_ratio",
      TRUTH_BINARY,
      { 1, 0 },
      { 1, 0 },
      2,
      NULL,
      NULL,
      NAN,
      "an attribute that parts the rows into groups is needed" },
    { "accuracy", TRUTH_BINARY, { 1 }, { 1 }, 0, NULL, NULL, NAN, "there are no rows" },
    { "rmse",
      TRUTH_BINARY,
      { 1 },
      { 1 },
      1,
      NULL,
      NULL,
      NAN,
      "the metric does not measure this kind of target" },
};

static void edges_follow_the_policy(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        const struct edge *edge = &edges[i];
        struct scored rows = { .kind = edge->kind,
                               .n = edge->n,
                               .class_count = edge->kind == TRUTH_NUMBER    ? 0
                                              : edge->kind == TRUTH_CLASSES ? 3
                                                                            : 2,
                               .width = 1,
                               .truth = edge->truth,
                               .prediction = edge->prediction };
        struct metric_options options = { .without_interval = true };
        struct fault why;
        if (edge->option &&
            !metric_option_set(arena, &options, str_of(edge->option), str_of(edge->text), &why))
            fail_msg("%s: %s", edge->metric, why.text);
        struct metric_value got =
            metric_measure(arena, metric_find(str_of(edge->metric)), &rows, &options);
        bool same = isnan(edge->value) ? isnan(got.value) : fabs(got.value - edge->value) < 1e-12;
        if (!same || strcmp(got.note, edge->note) != 0)
            fail_msg("%s: %.17g \"%s\", expected %.17g \"%s\"", edge->metric, got.value, got.note,
                     edge->value, edge->note);
    }
}

static void options_have_ranges_and_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *fault; /* NULL: taken */
    } rows[] = {
        { "beta", "0.5", NULL },
        { "beta", "0",
          "beta was \"0\": fbeta: how much recall counts against precision, above 0; "
          "default 2" },
        { "bta", "1", "unknown option \"bta\", did you mean \"beta\"" },
        { "k", "2.5",
          "k was \"2.5\": how many of the likeliest classes (default 2) or highest "
          "scores (default 10) count" },
        { "power", "0.5",
          "power was \"0.5\": Tweedie deviance: 1 is Poisson, 2 gamma; below 0 or "
          "from 1 on; default 1.5" },
        { "alpha", "1",
          "alpha was \"1\": pinball loss: the quantile that is predicted, above 0, "
          "below 1; default 0.5" },
        { "gain_fn", "-100", NULL },
        { "costs", "0,1,2,0", NULL },
        { "costs", "0,1,2", "costs: 3 numbers make no square of truth by prediction" },
        { "costs", "0,1,x,0", "costs: \"x\" was no number" },
        { "clip", "nan",
          "clip was \"nan\": log loss: probabilities stay this far from 0 and 1, "
          "above 0 to 0.5; default 1e-15" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct metric_options options = { 0 };
        struct fault why = { 0 };
        bool ok =
            metric_option_set(arena, &options, str_of(rows[i].name), str_of(rows[i].text), &why);
        assert_int_equal(ok, !rows[i].fault);
        if (!ok)
            assert_string_equal(why.text, rows[i].fault);
    }
    const char *what;
    for (size_t i = 0; metric_option_name(i, &what); i++)
        assert_true(strlen(what) > 10);
}

static void every_metric_is_said_in_words(void **state)
{
    (void)state;
    const struct metric *metric, *other;
    const char *what;
    for (size_t i = 0; (metric = metric_at(i)); i++) {
        assert_true(metric->kinds && metric->definition && metric->least < metric->most);
        assert_true(metric->measure || metric->terms || (metric->prepare && metric->value));
        for (size_t j = 0; (other = metric_at(j)) && j < i; j++)
            assert_string_not_equal(metric->name, other->name);
        struct str rest = str_of(metric->options), word;
        while (rest.len && str_cut(&rest, ' ', &word)) {
            bool known = false;
            const char *name;
            for (size_t k = 0; (name = metric_option_name(k, &what)); k++)
                known |= str_is(word, name);
            if (!known)
                fail_msg("%s follows %.*s, which is no option", metric->name, STR_ARGS(word));
        }
    }
    assert_true(metric_count() > 120);
}

static void groups_have_rates(void **state)
{
    (void)state;
    static const double rates[3][GROUP_RATES] = {
        /* n, then selection ... base, from the vectors */
        { 0.5546218487394958, 0.8, 0.20408163265306123, 0.8484848484848485, 0.7358490566037736,
          0.7983193277310925, 0.5882352941176471 },
        { 0.3333333333333333, 0.64, 0.06896551724137931, 0.8888888888888888, 0.75,
          0.7962962962962963, 0.46296296296296297 },
        { 0.37037037037037035, 0.6666666666666666, 0.2222222222222222, 0.6, 0.8235294117647058,
          0.7407407407407407, 0.3333333333333333 },
    };
    scoped_arena arena = arena_open(NULL);
    const struct json *cases = json_get(vectors_load(arena, "metrics.json"), "cases");
    struct scored rows = case_rows(arena, &cases->members[cases->count - 1]);
    struct group_rates groups[3];
    fairness_groups(arena, &rows, NULL, groups);
    assert_true(groups[0].n == 119 && groups[1].n == 54 && groups[2].n == 27);
    for (size_t g = 0; g < 3; g++)
        for (enum group_rate r = 0; r < GROUP_RATES; r++) {
            assert_near(groups[g].rate[r], rates[g][r], 1e-12);
            assert_true(groups[g].within[r].low < rates[g][r]);
            assert_true(groups[g].within[r].high > rates[g][r]);
        }
}

static void gains_decide_thresholds(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct metric_options gains = { .gain_tp = 50, .gain_fp = -5, .gain_fn = -100 };
    assert_near(bayes_threshold(&gains), 0.03225806451612903, 1e-15);
    const struct json *cases = json_get(vectors_load(arena, "metrics.json"), "cases");
    struct scored rows = case_rows(arena, &cases->members[0]);
    double profit;
    assert_near(profit_best_threshold(arena, &rows, &gains, &profit), 0.281362, 1e-15);
    assert_near(profit * (double)rows.n, 5325, 1e-9);
    struct metric_value best = metric_measure(arena, metric_find(S("profit_best")), &rows, &gains);
    assert_near(best.at, 0.281362, 1e-15);
    struct metric_options never = { .gain_fp = -1, .gain_tp = -1 };
    assert_true(isinf(profit_best_threshold(arena, &rows, &never, &profit)) && profit == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_other_implementations),
        cmocka_unit_test(edges_follow_the_policy),
        cmocka_unit_test(options_have_ranges_and_names),
        cmocka_unit_test(every_metric_is_said_in_words),
        cmocka_unit_test(groups_have_rates),
        cmocka_unit_test(gains_decide_thresholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
