/* Logistic regression over a table's columns where they lie: the same as over their matrix. */
#include "core/learn/learner.h"
#include "core/learn/linear_objective.h"
#include "core/learn/linear_table.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

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

/* Rows that a plane with noise made. */
static struct examples make(struct arena *arena, size_t rows, size_t columns,
                            enum target_kind target)
{
    struct matrix x = matrix_new(arena, rows, columns);
    double *y = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++) {
        struct random random = random_stream(11, i);
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

/* The same examples as columns of a table, in other units. */
static struct examples as_columns(struct arena *arena, const struct examples *examples,
                                  const double *shift, const double *scale)
{
    struct examples out = *examples;
    struct matrix x = examples->in.dense;
    const double **columns = arena_array(arena, const double *, x.columns);
    for (size_t j = 0; j < x.columns; j++) {
        double *column = arena_array(arena, double, x.rows);
        for (size_t i = 0; i < x.rows; i++)
            column[i] = matrix_row(x, i)[j] * scale[j] + shift[j];
        columns[j] = column;
    }
    out.in = (struct inputs){ .dense = { NULL, x.rows, x.columns, x.columns },
                              .columns = columns,
                              .shift = shift,
                              .scale = scale };
    return out;
}

static void a_look_at_columns_sees_what_one_at_their_matrix_does(void **state)
{
    (void)state;
    enum { LOOK_ROWS = 5003, COLUMNS = 6 };
    static const double shift[COLUMNS] = { 0, 3, -700, 0.01, 0, 9 };
    static const double scale[COLUMNS] = { 1, 20, 0.5, 1e-4, 1e6, 1 };
    static const double theta[COLUMNS + 1] = { 0.3, -1, 0.2, 0, 2, 0.1, 0.7 };
    scoped_arena arena = arena_open(NULL);
    for (unsigned weighed = 0; weighed < 2; weighed++) {
        struct examples examples = make(arena, LOOK_ROWS, COLUMNS, TARGET_TWO_CLASSES);
        double *weight = arena_array(arena, double, LOOK_ROWS);
        for (size_t i = 0; i < LOOK_ROWS; i++)
            weight[i] = (double)(i % 4);
        examples.weight = weighed ? weight : NULL;
        struct examples columns = as_columns(arena, &examples, shift, scale);
        struct linear_rows plain = linear_rows_new(arena, &examples, NULL);
        struct linear_rows rows = linear_rows_new(arena, &columns, NULL);
        struct linear_objective objective = linear_objective_new(arena, &plain, 1);
        struct linear_table table = linear_table_new(arena, &rows);
        double expected[COLUMNS + 1], got[COLUMNS + 1], means[2][COLUMNS];
        objective.l2 = table.l2 = 0.25;
        objective.means = means[0];
        table.means = means[1];
        double value = linear_objective_look(&objective, theta, expected);
        near(linear_table_look(&table, theta, got), value, 1e-12, "value");
        for (size_t j = 0; j <= COLUMNS; j++)
            near(got[j], expected[j], 1e-12, "gradient");
        for (size_t j = 0; j < COLUMNS; j++)
            near(means[1][j], means[0][j], 1e-12, "mean");
        struct linear_rows copied = linear_rows_copied(arena, &rows);
        for (size_t i = 0; i < LOOK_ROWS; i++)
            for (size_t j = 0; j < COLUMNS; j++)
                near(matrix_row(copied.in->dense, i)[j], matrix_row(examples.in.dense, i)[j], 1e-12,
                     "cell");
    }
}

static void columns_of_a_table_give_the_model_of_their_matrix(void **state)
{
    (void)state;
    enum { LONG_ROWS = 30011, COLUMNS = 7, WEIGHED = 1, THREE = 2 };
    static const double shift[COLUMNS] = { 0, 3, -700, 0.01, 0, 9, 1 };
    static const double far[COLUMNS] = { 0, 3, -7e7, 0.01, 0, 9, 1 };
    static const double scale[COLUMNS] = { 1, 20, 0.5, 1e-4, 1e6, 1, 3 };
    static const struct {
        const char *settings[3];
        const double *shift;
        unsigned how;
        double tolerance;
    } tries[] = {
        { { "tol=1e-11" }, shift, 0, 1e-9 },
        { { "tol=1e-11", "fit_intercept=false" }, shift, WEIGHED, 1e-9 },
        { { "tol=1e-11", "penalty=none" }, shift, WEIGHED, 1e-9 },
        { { "tol=1e-11" }, far, 0, 1e-6 },
        { { "tol=1e-11", "penalty=l1" }, shift, WEIGHED, 1e-9 },
        { { "tol=1e-11", "class_weight=balanced" }, shift, 0, 1e-9 },
        { { "tol=1e-9" }, shift, THREE, 1e-6 },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t t = 0; t < sizeof tries / sizeof *tries; t++) {
        struct examples rows = make(arena, LONG_ROWS, COLUMNS, TARGET_TWO_CLASSES);
        double *weight = arena_array(arena, double, LONG_ROWS);
        for (size_t i = 0; i < LONG_ROWS; i++)
            weight[i] = (double)(i % 4);
        rows.weight = tries[t].how == WEIGHED ? weight : NULL;
        if (tries[t].how == THREE) {
            double *y = arena_array(arena, double, LONG_ROWS);
            for (size_t i = 0; i < LONG_ROWS; i++)
                y[i] = rows.y[i] + (matrix_row(rows.in.dense, i)[0] > 0.3);
            rows.y = y;
            rows.target = TARGET_CLASSES;
            rows.class_count = 3;
        }
        struct examples columns = as_columns(arena, &rows, tries[t].shift, scale), crowd = columns;
        const struct linear_model *model = fit(arena, "logistic", &rows, tries[t].settings);
        const struct linear_model *same = fit(arena, "logistic", &columns, tries[t].settings);
        crowd.threads = 3;
        const struct linear_model *more = fit(arena, "logistic", &crowd, tries[t].settings);
        size_t count = linear_weights_count(model->weights);
        for (size_t j = 0; j < count; j++)
            near(same->weights.at[j], model->weights.at[j], tries[t].tolerance, "coefficient");
        for (size_t j = 0; j < COLUMNS; j++)
            near(same->means[j], model->means[j], tries[t].tolerance, "mean");
        assert_true(same->converged && model->converged);
        assert_memory_equal(same->weights.at, more->weights.at, count * sizeof(double));
        assert_memory_equal(same->means, more->means, COLUMNS * sizeof(double));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_at_columns_sees_what_one_at_their_matrix_does),
        cmocka_unit_test(columns_of_a_table_give_the_model_of_their_matrix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
