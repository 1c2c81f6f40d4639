/* Calibration against scikit-learn's, and models that are calibrated or made of others. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/learn/calibration.h"
#include "core/learn/model.h"
#include "core/math/random.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct json *load(struct arena *arena)
{
    struct str bytes;
    const struct json *map = NULL;
    struct fault why = { 0 };
    if (!file_load(arena, AT_FDCWD, "tests/core/learn/calibration.json", 1 << 20, &bytes, &why) ||
        !json_parse(arena, bytes, &map, &why))
        fail_msg("%s", why.text);
    return map;
}

static double *numbers(struct arena *arena, const struct json *map, const char *key, size_t *count)
{
    const struct json *list = json_get(map, key);
    double *out = arena_array(arena, double, list->count);
    for (size_t i = 0; i < list->count; i++)
        out[i] = list->members[i].number;
    *count = list->count;
    return out;
}

static void curves_are_those_of_scikit_learn(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena);
    size_t n, count;
    const double *p = numbers(arena, map, "p", &n), *y = numbers(arena, map, "y", &n);
    const double *weight = numbers(arena, map, "weight", &n);
    const struct {
        enum calibration_kind kind;
        bool weighted;
        const char *at, *expected;
        double bound;
    } cases[] = { { CALIBRATION_ISOTONIC, false, "new", "isotonic", 1e-12 },
                  { CALIBRATION_ISOTONIC, true, "new", "isotonic_weighted", 1e-12 },
                  { CALIBRATION_PLATT, false, "inside", "platt", 1e-5 } }; /* theirs stops early */
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct calibration calibration;
        struct fault why = { 0 };
        double *at = numbers(arena, map, cases[c].at, &count);
        const double *expected = numbers(arena, map, cases[c].expected, &count);
        assert_true(calibration_fit(arena, cases[c].kind, 1, n, p, y,
                                    cases[c].weighted ? weight : NULL, &calibration, &why));
        calibration_apply(&calibration, at, count);
        for (size_t i = 0; i < count; i++)
            if (!(fabs(at[i] - expected[i]) <= cases[c].bound))
                fail_msg("%s %zu: got %.15g, expected %.15g", cases[c].expected, i, at[i],
                         expected[i]);
    }
}

static void a_row_of_weight_two_counts_as_two(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const double p[] = { 0.2, 0.3, 0.6, 0.7, 0.7, 0.9 }, y[] = { 0, 1, 0, 1, 1, 1 };
    const double twice_p[] = { 0.2, 0.3, 0.6, 0.7, 0.9 }, twice_y[] = { 0, 1, 0, 1, 1 };
    const double weight[] = { 1, 1, 1, 2, 1 };
    for (int kind = CALIBRATION_PLATT; kind <= CALIBRATION_ISOTONIC; kind++) {
        struct calibration a, b;
        struct fault why = { 0 };
        double one[] = { 0.1, 0.5, 0.65, 0.95 }, two[] = { 0.1, 0.5, 0.65, 0.95 };
        assert_true(
            calibration_fit(arena, (enum calibration_kind)kind, 1, 6, p, y, NULL, &a, &why));
        assert_true(calibration_fit(arena, (enum calibration_kind)kind, 1, 5, twice_p, twice_y,
                                    weight, &b, &why));
        calibration_apply(&a, one, 4);
        calibration_apply(&b, two, 4);
        for (size_t i = 0; i < 4; i++)
            assert_true(fabs(one[i] - two[i]) < 1e-9);
    }
}

static void one_class_cannot_be_calibrated(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const double p[] = { 0.2, 0.3 }, y[] = { 1, 1 };
    struct calibration calibration;
    struct fault why = { 0 };
    assert_false(calibration_fit(arena, CALIBRATION_PLATT, 1, 2, p, y, NULL, &calibration, &why));
}

/* A table whose class z follows a, and number y too. */
static struct table made(struct arena *arena, size_t rows)
{
    struct column *columns = arena_array(arena, struct column, 4);
    struct random random = { 11 };
    struct fault why;
    double *values[4];
    static const char *const names[] = { "a", "b", "y", "z" };
    for (size_t k = 0; k < 4; k++)
        values[k] = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++) {
        values[0][i] = random_normal(&random);
        values[1][i] = random_normal(&random);
        values[2][i] = values[0][i] - values[1][i] + 0.3 * random_normal(&random);
        values[3][i] = values[0][i] + random_normal(&random) > 0;
    }
    for (size_t k = 0; k < 4; k++)
        column_of_numbers(arena, str_of(names[k]), values[k], rows, &columns[k], &why);
    return (struct table){ rows, 4, columns };
}

static struct model train(struct arena *arena, const struct table *table, const char *target,
                          const char *learner, const char *param, enum calibration_kind kind)
{
    struct recipe recipe = recipe_default();
    struct model model;
    struct fault why = { 0 };
    struct str *drop = arena_array(arena, struct str, 1);
    *drop = strcmp(target, "y") == 0 ? S("z") : S("y");
    recipe.drop = drop;
    recipe.drop_count = 1;
    recipe.target = str_of(target);
    recipe.calibration = kind;
    if (!recipe_set_learner(&recipe, str_of(learner), &why) ||
        (param && !recipe_set_param(&recipe, str_of(param), &why)) ||
        !recipe_check(&recipe, &why) || !model_train(arena, table, &recipe, &model, &why))
        fail_msg("%s", why.text);
    return model;
}

static void assert_file_keeps(struct arena *arena, const struct model *model,
                              const struct table *table)
{
    struct model again;
    struct fault why = { 0 };
    struct str bytes = model_print(arena, model);
    double *a = arena_array(arena, double, table->rows),
           *b = arena_array(arena, double, table->rows);
    if (!model_parse(arena, bytes, &again, &why))
        fail_msg("%s", why.text);
    assert_true(model_predict(arena, model, table, 1, a, &why));
    assert_true(model_predict(arena, &again, table, 3, b, &why));
    assert_memory_equal(a, b, table->rows * sizeof *a);
    assert_true(str_equal(model_print(arena, &again), bytes));
}

static void a_calibrated_model_keeps_its_order_and_its_file(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 400);
    struct model plain = train(arena, &table, "z", "logistic", NULL, CALIBRATION_NONE);
    struct model platt = train(arena, &table, "z", "logistic", NULL, CALIBRATION_PLATT);
    struct model isotonic = train(arena, &table, "z", "logistic", NULL, CALIBRATION_ISOTONIC);
    struct fault why = { 0 };
    double a[400], b[400];
    assert_true(model_predict(arena, &plain, &table, 1, a, &why));
    assert_true(model_predict(arena, &platt, &table, 1, b, &why));
    size_t changed = 0;
    for (size_t i = 1; i < 400; i++) {
        assert_true((a[i] < a[0]) == (b[i] < b[0]));
        changed += a[i] != b[i];
    }
    assert_true(changed > 300);
    assert_file_keeps(arena, &platt, &table);
    assert_file_keeps(arena, &isotonic, &table);
    struct recipe recipe = recipe_default();
    struct model model;
    recipe.target = S("y");
    recipe.calibration = CALIBRATION_PLATT;
    assert_true(recipe_set_learner(&recipe, S("ridge"), &why));
    assert_false(model_train(arena, &table, &recipe, &model, &why));
}

static double squares(struct arena *arena, const struct model *model, const struct table *table)
{
    double out[200], sum = 0;
    struct fault why = { 0 };
    assert_true(model_predict(arena, model, table, 1, out, &why));
    for (size_t i = 0; i < table->rows; i++) {
        double error = out[i] - table->columns[2].numbers[i];
        sum += error * error;
    }
    return sum;
}

static void models_of_models_learn_and_keep_their_files(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena, 200);
    struct model mean = train(arena, &table, "y", "mean", NULL, CALIBRATION_NONE);
    struct model ridge = train(arena, &table, "y", "ridge", NULL, CALIBRATION_NONE);
    struct model average =
        train(arena, &table, "y", "averaging", "models=ridge, mean", CALIBRATION_NONE);
    struct model stack =
        train(arena, &table, "y", "stacking", "models=mean,ridge", CALIBRATION_NONE);
    double m = squares(arena, &mean, &table), r = squares(arena, &ridge, &table);
    assert_true(squares(arena, &average, &table) < m && squares(arena, &average, &table) > r);
    assert_true(fabs(squares(arena, &stack, &table) - r) < 0.05 * r); /* the mean adds nothing */
    assert_file_keeps(arena, &average, &table);
    assert_file_keeps(arena, &stack, &table);
    struct model classes =
        train(arena, &table, "z", "stacking", "models=majority,logistic", CALIBRATION_NONE);
    assert_file_keeps(arena, &classes, &table);
}

static void what_stacking_cannot_use_is_named(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "models=ridge", "two models or more" },
        { "models=ridge,rigde", "did you mean \"ridge\"" },
        { "models=ridge,stacking", "cannot use stacking within" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recipe recipe = recipe_default();
        struct fault why = { 0 };
        assert_true(recipe_set_learner(&recipe, S("stacking"), &why));
        assert_true(recipe_set_param(&recipe, str_of(rows[i][0]), &why));
        assert_false(recipe_check(&recipe, &why));
        if (!strstr(why.text, rows[i][1]))
            fail_msg("%s: got %s", rows[i][0], why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_those_of_scikit_learn),
        cmocka_unit_test(a_row_of_weight_two_counts_as_two),
        cmocka_unit_test(one_class_cannot_be_calibrated),
        cmocka_unit_test(a_calibrated_model_keeps_its_order_and_its_file),
        cmocka_unit_test(models_of_models_learn_and_keep_their_files),
        cmocka_unit_test(what_stacking_cannot_use_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
