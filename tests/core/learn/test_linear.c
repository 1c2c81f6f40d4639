/* Linear models against scikit-learn's numbers, and what must hold for any data. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/learn/learner.h"
#include "core/learn/linear_model.h"
#include "core/math/random.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct json *load(struct arena *arena, const char *name)
{
    struct str bytes;
    const struct json *map = NULL;
    struct fault why = { 0 };
    const char *path = arena_print(arena, "tests/core/learn/%s", name);
    if (!file_load(arena, AT_FDCWD, path, 1 << 20, &bytes, &why) ||
        !json_parse(arena, bytes, &map, &why))
        fail_msg("%s", why.text);
    return map;
}

static struct matrix read_matrix(struct arena *arena, const struct json *rows)
{
    struct matrix x = matrix_new(arena, rows->count, rows->members[0].count);
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < x.columns; j++)
            matrix_row(x, i)[j] = rows->members[i].members[j].number;
    return x;
}

static double *read_numbers(struct arena *arena, const struct json *list)
{
    double *y = arena_array(arena, double, list->count);
    for (size_t i = 0; i < list->count; i++)
        y[i] = list->members[i].number;
    return y;
}

static const struct linear_model *fit(struct arena *arena, const char *name,
                                      const struct examples *examples, const char *const *settings)
{
    struct fault why = { 0 };
    const struct learner *learner = learner_find(str_of(name), &why);
    struct params params = params_default(learner->params, learner->param_count);
    void *fitted = NULL;
    for (; settings && *settings; settings++) {
        struct str whole = str_of(*settings);
        size_t at = strcspn(*settings, "=");
        if (!params_set(&params, name, str_until(whole, at), str_from(whole, at + 1), &why))
            fail_msg("%s", why.text);
    }
    if (!learner->fit(arena, examples, &params, &fitted, &why))
        fail_msg("%s", why.text);
    return fitted;
}

static void near(double got, double expected, double tolerance, const char *what)
{
    if (!(fabs(got - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s: got %.17g, expected %.17g", what, got, expected);
}

static void check(const struct linear_model *model, const struct json *expected, double tolerance)
{
    const struct json *list = json_get(expected, "coefficients");
    assert_int_equal(model->weights.dense, list->count);
    for (size_t i = 0; i < model->weights.dense; i++)
        near(model->weights.at[i], list->members[i].number, tolerance, "coefficient");
    near(*linear_intercepts(model->weights), json_get_double(expected, "intercept", NAN), tolerance,
         "intercept");
}

static void least_squares_and_ridge_give_the_peers_coefficients(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "linear.json"), *cases = json_get(map, "cases");
    struct examples examples = { .in.dense = read_matrix(arena, json_get(map, "x")),
                                 .y = read_numbers(arena, json_get(map, "y")),
                                 .target = TARGET_NUMBER };
    assert_int_equal(cases->count, 4);
    for (size_t i = 0; i < cases->count; i++) {
        double alpha = json_get_double(&cases->members[i], "alpha", -1);
        const char *const settings[] = { arena_print(arena, "alpha=%g", alpha), NULL };
        check(fit(arena, "ridge", &examples, settings), &cases->members[i], 1e-8);
    }
    check(fit(arena, "linear", &examples, NULL), &cases->members[0], 1e-8);
}

static void dependent_features_give_the_shortest_solution(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "linear.json"), *dependent = json_get(map, "dependent");
    struct examples examples = { .in.dense = read_matrix(arena, json_get(dependent, "x")),
                                 .y = read_numbers(arena, json_get(map, "y")),
                                 .target = TARGET_NUMBER };
    check(fit(arena, "linear", &examples, NULL), dependent, 1e-8);
}

static void logistic_gives_the_peers_coefficients(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "logistic.json"), *cases = json_get(map, "cases");
    struct examples examples = { .in.dense = read_matrix(arena, json_get(map, "x")),
                                 .y = read_numbers(arena, json_get(map, "y")),
                                 .target = TARGET_TWO_CLASSES,
                                 .class_count = 2 };
    assert_int_equal(cases->count, 5);
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *list = json_get(&cases->members[i], "params");
        const char *settings[8] = { "tol=1e-12" };
        for (size_t k = 0; k < list->count; k++)
            settings[k + 1] = list->members[k].text.at;
        const struct linear_model *model = fit(arena, "logistic", &examples, settings);
        assert_true(model->converged);
        check(model, &cases->members[i], 1e-6);
    }
}

/* Rows that a plane with noise made; order says which made row comes where. */
static struct examples make(struct arena *arena, size_t rows, size_t columns, const size_t *order,
                            enum target_kind target)
{
    struct matrix x = matrix_new(arena, rows, columns);
    double *y = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++) {
        struct random random = random_stream(11, order ? order[i] : i);
        double sum = 0;
        for (size_t j = 0; j < columns; j++) {
            matrix_row(x, i)[j] = random_normal(&random);
            sum += matrix_row(x, i)[j] * ((double)j - 2) / 3;
        }
        y[i] = target == TARGET_NUMBER ? sum + random_normal(&random)
                                       : random_unit(&random) < 1 / (1 + exp(-sum));
    }
    return (struct examples){ .in.dense = x,
                              .y = y,
                              .target = target,
                              .class_count = target == TARGET_NUMBER ? 0 : 2,
                              .threads = 1 };
}

static void the_bits_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    static const char *const names[] = { "linear", "ridge", "logistic" };
    static const unsigned threads[] = { 1, 2, 3, 7 };
    scoped_arena arena = arena_open(NULL);
    for (size_t n = 0; n < 3; n++) {
        struct examples examples =
            make(arena, 30000, 9, NULL, n == 2 ? TARGET_TWO_CLASSES : TARGET_NUMBER);
        const struct linear_model *first = NULL;
        for (size_t t = 0; t < 4; t++) {
            examples.threads = threads[t];
            const struct linear_model *model = fit(arena, names[n], &examples, NULL);
            first = first ? first : model;
            assert_memory_equal(model->weights.at, first->weights.at,
                                linear_weights_count(model->weights) * sizeof(double));
        }
    }
}

static void the_order_of_the_rows_does_not_matter(void **state)
{
    (void)state;
    static const char *const names[] = { "linear", "ridge", "logistic" };
    enum { ROWS = 6000, COLUMNS = 5 };
    scoped_arena arena = arena_open(NULL);
    size_t *order = arena_array(arena, size_t, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        order[i] = i;
    random_shuffle(&(struct random){ 1 }, order, ROWS);
    for (size_t n = 0; n < 3; n++) {
        enum target_kind target = n == 2 ? TARGET_TWO_CLASSES : TARGET_NUMBER;
        struct examples straight = make(arena, ROWS, COLUMNS, NULL, target);
        struct examples mixed = make(arena, ROWS, COLUMNS, order, target);
        const struct linear_model *a = fit(arena, names[n], &straight, NULL);
        const struct linear_model *b = fit(arena, names[n], &mixed, NULL);
        for (size_t j = 0; j < COLUMNS; j++)
            near(a->weights.at[j], b->weights.at[j], 1e-9, names[n]);
        near(*linear_intercepts(a->weights), *linear_intercepts(b->weights), 1e-9, names[n]);
    }
}

static void swapped_classes_turn_the_signs(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct examples examples = make(arena, 3000, 4, NULL, TARGET_TWO_CLASSES);
    const struct linear_model *a = fit(arena, "logistic", &examples, NULL);
    double *swapped = arena_array(arena, double, 3000);
    for (size_t i = 0; i < 3000; i++)
        swapped[i] = 1 - examples.y[i];
    examples.y = swapped;
    const struct linear_model *b = fit(arena, "logistic", &examples, NULL);
    for (size_t j = 0; j < 4; j++)
        near(a->weights.at[j], -b->weights.at[j], 1e-7, "coefficient");
    near(*linear_intercepts(a->weights), -*linear_intercepts(b->weights), 1e-7, "intercept");
}

/* Without a penalty the optimum is at infinity: it must end, with the classes apart. */
static void separable_classes_end_with_finite_coefficients(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct matrix x = matrix_new(arena, 40, 2);
    double y[40], out[40];
    for (size_t i = 0; i < 40; i++) {
        matrix_row(x, i)[0] = matrix_row(x, i)[1] = (double)i;
        y[i] = i >= 20;
    }
    struct examples examples = {
        .in.dense = x, .y = y, .target = TARGET_TWO_CLASSES, .class_count = 2
    };
    const char *const settings[] = { "l2=0", NULL };
    const struct linear_model *model = fit(arena, "logistic", &examples, settings);
    learner_find(S("logistic"), NULL)->predict(arena, model, &examples.in, 1, out);
    for (size_t i = 0; i < 40; i++)
        assert_true(isfinite(out[i]) && (out[i] > 0.5) == (i >= 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_squares_and_ridge_give_the_peers_coefficients),
        cmocka_unit_test(dependent_features_give_the_shortest_solution),
        cmocka_unit_test(logistic_gives_the_peers_coefficients),
        cmocka_unit_test(the_bits_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(the_order_of_the_rows_does_not_matter),
        cmocka_unit_test(swapped_classes_turn_the_signs),
        cmocka_unit_test(separable_classes_end_with_finite_coefficients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
