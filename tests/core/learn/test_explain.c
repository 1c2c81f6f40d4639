/* Explanation: what matters is found, and nothing else. */
#include "core/learn/explain.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define ROWS 300

/* y = 3 a + b + noise, c is noise; k has two levels that move y by 1. */
static struct table made(struct arena *arena)
{
    struct column *columns = arena_array(arena, struct column, 6);
    struct fault why;
    double *values[4];
    struct str *k = arena_array(arena, struct str, ROWS), *z = arena_array(arena, struct str, ROWS);
    struct random random = { 3 };
    for (size_t i = 0; i < 4; i++)
        values[i] = arena_array(arena, double, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        bool up = random_unit(&random) < 0.4;
        for (size_t c = 0; c < 3; c++)
            values[c][i] = random_normal(&random);
        values[3][i] = 3 * values[0][i] + values[1][i] + up + 0.1 * random_normal(&random);
        k[i] = up ? S("up") : S("down");
        z[i] = values[0][i] > 0 ? S("yes") : S("no");
    }
    const struct str names[] = { S("a"), S("b"), S("c"), S("y") };
    for (size_t i = 0; i < 4; i++)
        column_of_numbers(arena, names[i], values[i], ROWS, &columns[i], &why);
    column_of_texts(arena, S("k"), k, ROWS, &columns[4]);
    column_of_texts(arena, S("z"), z, ROWS, &columns[5]);
    return (struct table){ ROWS, 6, columns };
}

static struct model trained(struct arena *arena, const struct table *table, const char *target,
                            const char *learner, const char *drop)
{
    struct recipe recipe = recipe_default();
    struct model model;
    struct fault why;
    struct str *dropped = arena_array(arena, struct str, 1);
    *dropped = str_of(drop);
    recipe.target = str_of(target);
    recipe.drop = dropped;
    recipe.drop_count = 1;
    if (!recipe_set_learner(&recipe, str_of(learner), &why) ||
        !model_train(arena, table, &recipe, &model, &why))
        fail_msg("%s", why.text);
    return model;
}

static void importance_orders_columns_by_what_they_do(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena);
    struct model model = trained(arena, &table, "y", "ridge", "z");
    struct importance a, b;
    struct fault why = { 0 };
    assert_true(importance_measure(arena, &model, &table, NULL, 5, 1, 1, &a, &why));
    assert_true(importance_measure(arena, &model, &table, NULL, 5, 1, 3, &b, &why));
    assert_int_equal(a.count, 5); /* z is shuffled too, and does nothing */
    assert_string_equal(a.metric->name, "rmse");
    const char *const expected[] = { "a", "b", "k" };
    for (size_t i = 0; i < 3; i++)
        if (!str_is(a.columns[i], expected[i]))
            fail_msg("place %zu: got %s, expected %s", i, a.columns[i].at, expected[i]);
    assert_true(fabs(a.mean[0] - 3 * sqrt(2)) < 0.5); /* sd of 3 (a - a') */
    for (size_t i = 0; i < 5; i++) {
        assert_true(a.mean[i] == b.mean[i] && a.deviation[i] == b.deviation[i]);
        if (str_is(a.columns[i], "z"))
            assert_true(a.mean[i] == 0);
        if (str_is(a.columns[i], "c"))
            assert_true(fabs(a.mean[i]) < 0.05);
    }
}

static void dependence_is_the_slope_of_a_linear_model(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena);
    struct model model = trained(arena, &table, "y", "linear", "z");
    struct dependence d;
    struct fault why = { 0 };
    assert_true(dependence_measure(arena, &model, &table, S("a"), 1, &d, &why));
    assert_int_equal(d.count, DEPENDENCE_POINTS);
    for (size_t i = 1; i < d.count; i++) {
        double slope = (d.mean[i] - d.mean[i - 1]) / (d.x[i] - d.x[i - 1]);
        assert_true(d.x[i] > d.x[i - 1] && fabs(slope - 3) < 0.1);
    }
    assert_true(dependence_measure(arena, &model, &table, S("k"), 1, &d, &why));
    assert_int_equal(d.count, 2);
    assert_true(str_is(d.levels[0], "down") && fabs(d.mean[1] - d.mean[0] - 1) < 0.1);
    assert_false(dependence_measure(arena, &model, &table, S("kk"), 1, &d, &why));
}

static void classes_are_found_by_text_and_unknown_ones_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena);
    struct model model = trained(arena, &table, "z", "logistic", "y");
    struct importance a;
    struct fault why = { 0 };
    double y[ROWS];
    assert_true(model_truth(arena, &model, &table, y, &why));
    for (size_t i = 0; i < ROWS; i++)
        assert_true((y[i] == 1) == (table.columns[0].numbers[i] > 0));
    assert_true(importance_measure(arena, &model, &table, NULL, 3, 1, 1, &a, &why));
    assert_true(str_is(a.columns[0], "a") && a.mean[0] > 0.3);
    model.classes = (const struct str[]){ S("no"), S("maybe") };
    assert_false(model_truth(arena, &model, &table, y, &why));
    assert_true(strstr(why.text, "\"yes\", no class of the model") != NULL);
}

static void a_learning_curve_falls_with_more_rows(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena);
    struct recipe recipe = recipe_default();
    struct learning_curve curve;
    struct fault why = { 0 };
    struct validation how = { .folds = 5 };
    const struct str drop = S("z");
    recipe.target = S("y");
    recipe.drop = &drop;
    recipe.drop_count = 1;
    assert_true(recipe_set_learner(&recipe, S("linear"), &why));
    assert_true(learning_curve_measure(arena, &table, &recipe, &how, &curve, &why));
    assert_true(curve.count >= 3);
    assert_true(fabs(curve.rows[curve.count - 1] - 240) < 1);
    assert_true(curve.validation[curve.count - 1] < curve.validation[0]);
    assert_true(curve.train[0] < curve.validation[0]);
    for (size_t i = 1; i < curve.count; i++)
        assert_true(curve.rows[i] > curve.rows[i - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(importance_orders_columns_by_what_they_do),
        cmocka_unit_test(dependence_is_the_slope_of_a_linear_model),
        cmocka_unit_test(classes_are_found_by_text_and_unknown_ones_refused),
        cmocka_unit_test(a_learning_curve_falls_with_more_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
