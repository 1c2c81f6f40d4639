/* Cross-validation and search: folds, out-of-fold predictions, grids, TPE, giving up, YAML. */
#include "core/base/yaml.h"
#include "core/learn/search.h"
#include "core/learn/search_draw.h"
#include "core/learn/table_file.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* y depends on a and b; three classes in c; h is a group; t a time. */
static struct table made(struct arena *arena, size_t rows)
{
    struct column *columns = arena_array(arena, struct column, 7);
    struct fault why;
    double *values[6];
    struct random random = { 7 };
    for (size_t k = 0; k < 6; k++)
        values[k] = arena_array(arena, double, rows);
    struct str *class = arena_array(arena, struct str, rows);
    const struct str classes[] = { S("low"), S("middle"), S("top") };
    for (size_t i = 0; i < rows; i++) {
        double a = random_normal(&random), b = random_normal(&random);
        values[0][i] = a;
        values[1][i] = b;
        values[2][i] = 2 * a - b + 0.5 * random_normal(&random);
        values[3][i] = a + 0.7 * random_normal(&random) > 0.3;
        values[4][i] = (double)(i % 7);
        values[5][i] = (double)(1000 - i);
        class[i] = classes[a < -0.4 ? 0 : a < 0.6 ? 1 : 2];
    }
    const struct str names[] = { S("a"), S("b"), S("y"), S("z"), S("h"), S("t") };
    for (size_t k = 0; k < 6; k++)
        column_of_numbers(arena, names[k], values[k], rows, &columns[k], &why);
    column_of_texts(arena, S("c"), class, rows, &columns[6]);
    return (struct table){ rows, 7, columns };
}

static struct recipe recipe_for(struct arena *arena, const char *target, const char *learner)
{
    static const char *const all[] = { "y", "z", "c", "h", "t" };
    struct recipe recipe = recipe_default();
    struct str *drop = arena_array(arena, struct str, 5);
    struct fault why;
    recipe.target = str_of(target);
    for (size_t i = 0; i < 5; i++)
        if (strcmp(all[i], target) != 0)
            drop[recipe.drop_count++] = str_of(all[i]);
    recipe.drop = drop;
    if (!recipe_set_learner(&recipe, str_of(learner), &why))
        fail_msg("%s", why.text);
    return recipe;
}

static void each_row_is_predicted_by_a_model_that_did_not_see_it(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 120);
    struct recipe recipe = recipe_for(arena, "y", "ridge");
    struct validation how = { .folds = 4 };
    struct validator v;
    struct validated result;
    struct fault why = { 0 };
    double *seen = arena_array(arena, double, 120), once[60];
    if (!validator_open(arena, &table, &recipe, &how, &v, &why) ||
        !validator_run(arena, &v, &recipe, seen, &result, &why))
        fail_msg("%s", why.text);
    assert_int_equal(result.count, 4);
    assert_string_equal(v.metric->name, "rmse");
    for (size_t f = 0; f < 4; f++) {
        const struct split *split = &v.splits.at[f];
        struct table train, test;
        struct model model;
        table_select(arena, &table, split->train, split->train_count, &train);
        table_select(arena, &table, split->test, split->test_count, &test);
        assert_true(model_train(arena, &train, &recipe, &model, &why));
        assert_true(model_predict(arena, &model, &test, 1, once, &why));
        double squares = 0;
        for (size_t i = 0; i < split->test_count; i++) {
            assert_true(seen[split->test[i]] == once[i]);
            double error = once[i] - v.target.y[split->test[i]];
            squares += error * error;
        }
        assert_true(fabs(result.values[f] - sqrt(squares / (double)split->test_count)) < 1e-12);
    }
    assert_true(result.low < result.mean && result.mean < result.high);
    assert_true(result.mean < 0.6 && result.mean > 0.4);
}

static void folds_follow_classes_groups_and_time(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 140);
    struct validator v;
    struct fault why = { 0 };
    struct validation how = { .folds = 5 };
    struct recipe recipe = recipe_for(arena, "z", "logistic");
    assert_true(validator_open(arena, &table, &recipe, &how, &v, &why));
    double share = 0;
    for (size_t i = 0; i < 140; i++)
        share += v.target.y[i] / 140;
    for (size_t f = 0; f < 5; f++) {
        double ones = 0;
        for (size_t i = 0; i < v.splits.at[f].test_count; i++)
            ones += v.target.y[v.splits.at[f].test[i]];
        assert_true(fabs(ones - share * (double)v.splits.at[f].test_count) <= 1);
    }
    recipe.group = S("h");
    assert_true(validator_open(arena, &table, &recipe, &how, &v, &why));
    for (size_t f = 0; f < 5; f++)
        for (size_t i = 0; i < v.splits.at[f].test_count; i++)
            for (size_t k = 0; k < v.splits.at[f].train_count; k++)
                assert_true(v.splits.at[f].test[i] % 7 != v.splits.at[f].train[k] % 7);
    recipe.time = S("t");
    assert_true(validator_open(arena, &table, &recipe, &how, &v, &why));
    for (size_t f = 0; f < 5; f++) /* t falls with the row */
        assert_true(v.splits.at[f].train[0] > v.splits.at[f].test[v.splits.at[f].test_count - 1]);
    recipe.time = S("c");
    assert_false(validator_open(arena, &table, &recipe, &how, &v, &why));
    assert_true(strstr(why.text, "holds text") != NULL);
}

static void what_cannot_be_validated_is_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 40);
    struct validator v;
    struct fault why = { 0 };
    struct recipe recipe = recipe_for(arena, "y", "ridge");
    struct validation how = { .metric = metric_find(S("roc_auc")) };
    assert_false(validator_open(arena, &table, &recipe, &how, &v, &why));
    assert_true(strstr(why.text, "roc_auc") != NULL);
    how = (struct validation){ .folds = 50 };
    assert_false(validator_open(arena, &table, &recipe, &how, &v, &why));
}

static struct search_result search_with(struct arena *arena, const struct table *table,
                                        const struct recipe *recipe, const struct search *search)
{
    struct search_result result;
    struct fault why = { 0 };
    if (!search_run(arena, table, recipe, search, NULL, &result, &why))
        fail_msg("%s", why.text);
    return result;
}

static void a_grid_has_every_combination_once(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 90);
    struct recipe recipe = recipe_for(arena, "z", "logistic");
    struct search search = search_default();
    struct fault why = { 0 };
    search.method = SEARCH_GRID;
    search.folds = 3;
    assert_true(search_add(arena, &search, &recipe, S("C=0.01,1,100"), &why));
    assert_true(search_add(arena, &search, &recipe, S("class_weight=none,balanced"), &why));
    struct search_result result = search_with(arena, &table, &recipe, &search);
    assert_int_equal(result.count, 6);
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < a; b++)
            assert_false(str_equal(result.trials[a].values[0], result.trials[b].values[0]) &&
                         str_equal(result.trials[a].values[1], result.trials[b].values[1]));
    const struct trial *best = &result.trials[result.best];
    for (size_t t = 0; t < 6; t++)
        assert_true(result.trials[t].pruned || !(result.trials[t].value > best->value + 1e-12));
    double c;
    assert_true(str_to_double(best->values[0], &c));
    assert_true(param_number(&result.params, "C") == c);
}

static void trials_are_the_same_again_and_with_any_number_of_threads(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 90);
    struct recipe recipe = recipe_for(arena, "y", "ridge");
    struct search search = search_default();
    struct fault why = { 0 };
    search.trials = 16;
    search.folds = 3;
    assert_true(search_add(arena, &search, &recipe, S("alpha=0.001..1000:log"), &why));
    struct search_result one = search_with(arena, &table, &recipe, &search);
    recipe.threads = 3;
    struct search_result two = search_with(arena, &table, &recipe, &search);
    assert_int_equal(one.count, 16);
    assert_int_equal(one.best, two.best);
    for (size_t t = 0; t < 16; t++) {
        assert_true(str_equal(one.trials[t].values[0], two.trials[t].values[0]));
        assert_true(one.trials[t].value == two.trials[t].value);
    }
    recipe.seed = 1;
    struct search_result other = search_with(arena, &table, &recipe, &search);
    assert_false(str_equal(one.trials[0].values[0], other.trials[0].values[0]));
}

static void patience_ends_a_search(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 60);
    struct recipe recipe = recipe_for(arena, "y", "ridge");
    struct search search = search_default();
    struct fault why = { 0 };
    search.method = SEARCH_GRID;
    search.folds = 3;
    search.prune = false;
    search.patience = 2;
    assert_true(search_add(arena, &search, &recipe, S("alpha=0.1,1e4,1e5,1e6,1e7"), &why));
    assert_int_equal(search_with(arena, &table, &recipe, &search).count, 3);
}

/* The loss is (x - 0.73)^2 + (choice != 2): TPE's later draws must be nearer than blind ones. */
static void tpe_draws_where_good_trials_are(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct str choices[] = { S("p"), S("q"), S("r"), S("s") };
    struct search search = { .param_count = 2,
                             .params = {
                                 { .name = S("x"), .high = 1 },
                                 { .name = S("c"), .choice_count = 4, .choices = choices } } };
    double far[2] = { 0 }, hits[2] = { 0 };
    for (size_t seed = 0; seed < 20; seed++) {
        double drawn[120], loss[60];
        for (size_t t = 0; t < 60; t++) {
            struct random random = random_stream(seed, t);
            double *at = drawn + 2 * t;
            for (size_t p = 0; p < 2; p++)
                at[p] = search_draw_any(&search.params[p], &random);
            struct search_past past = { &search, t, drawn, loss };
            if (t >= SEARCH_START)
                search_draw_tpe(arena, &past, &random, at);
            assert_true(at[0] >= 0 && at[0] <= 1 && at[1] >= 0 && at[1] < 4);
            loss[t] = (at[0] - 0.73) * (at[0] - 0.73) + (at[1] != 2);
            if (t < SEARCH_START || t >= 50) {
                far[t >= 50] += fabs(at[0] - 0.73) / 200;
                hits[t >= 50] += (at[1] == 2) / 200.0;
            }
        }
    }
    if (!(far[1] < 0.5 * far[0]) || !(hits[1] > 0.6))
        fail_msg("mean distance %g after %g, choice %g after %g", far[1], far[0], hits[1], hits[0]);
}

static void a_search_is_read_from_yaml_and_its_mistakes_are_named(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct recipe recipe = recipe_for(arena, "z", "logistic");
    struct complaints to = { .arena = arena };
    const char *fine = "method: random\ntrials: 7\nfolds: 3\nmetric: log_loss\npatience: 4\n"
                       "prune: false\nparams:\n  C: {low: 0.01, high: 10, log: true, steps: 3}\n"
                       "  class_weight: [none, balanced]\n  max_iter: {low: 10, high: 20}\n";
    struct search search;
    search_read(arena, "p.yaml", yaml_parse(arena, "p.yaml", str_of(fine), &to), &recipe, &search,
                &to);
    assert_int_equal(to.count, 0);
    assert_int_equal(search.method, SEARCH_RANDOM);
    assert_int_equal(search.trials, 7);
    assert_int_equal(search.param_count, 3);
    assert_true(search.params[0].logarithmic && search.params[0].steps == 3);
    assert_true(search.params[2].whole && !search.params[0].whole);
    const struct {
        const char *text, *complaint;
    } cases[] = {
        { "metod: grid\nparams: {C: [1]}\n", "did you mean \"method\"" },
        { "method: best\nparams: {C: [1]}\n", "tpe, random or grid" },
        { "trials: 0\nparams: {C: [1]}\n", "from 1 to 10000" },
        { "folds: 1\nparams: {C: [1]}\n", "from 2" },
        { "params: {D: [1]}\n", "has no parameter \"D\"" },
        { "params: {C: [1, x]}\n", "was \"x\"" },
        { "params: {C: {low: 2, high: 1}}\n", "below high" },
        { "params: {C: {low: 0, high: 1, log: true}}\n", "above 0" },
        { "params: {max_iter: {low: 0, high: 10}}\n", "allowed is" },
        { "params: {class_weight: {low: 0, high: 1}}\n", "no number" },
        { "params: {C: {low: a, high: 1}}\n", "must be a number" },
        { "metric: rocauc\nparams: {C: [1]}\n", "unknown metric" },
        { "trials: 5\n", "nothing to search" },
        { "[1]\n", "must be a map" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct complaints of = { .arena = arena };
        search_read(arena, "p.yaml", yaml_parse(arena, "p.yaml", str_of(cases[i].text), &of),
                    &recipe, &search, &of);
        if (!of.count || !strstr(of.lines[0].at, cases[i].complaint))
            fail_msg("%s: got %s", cases[i].text, of.count ? of.lines[0].at : "nothing");
        assert_true(str_starts(of.lines[0], S("p.yaml:")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_predicted_by_a_model_that_did_not_see_it),
        cmocka_unit_test(folds_follow_classes_groups_and_time),
        cmocka_unit_test(what_cannot_be_validated_is_refused),
        cmocka_unit_test(a_grid_has_every_combination_once),
        cmocka_unit_test(trials_are_the_same_again_and_with_any_number_of_threads),
        cmocka_unit_test(patience_ends_a_search),
        cmocka_unit_test(tpe_draws_where_good_trials_are),
        cmocka_unit_test(a_search_is_read_from_yaml_and_its_mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
