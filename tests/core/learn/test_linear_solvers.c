/* What must hold for every solver of linear models, whatever the data. */
#include "core/learn/learner.h"
#include "core/learn/linear_model.h"
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

/* Learners and settings whose every path is to have the same properties. */
static const struct setting {
    const char *learner, *settings[4];
    enum target_kind target;
    bool sparse; /* the last columns come as a sparse part */
} all[] = {
    { "linear", { NULL }, TARGET_NUMBER, true },
    { "ridge", { "alpha=3", NULL }, TARGET_NUMBER, false },
    { "lasso", { "alpha=0.05", "tol=1e-13", NULL }, TARGET_NUMBER, true },
    { "elastic_net", { "alpha=0.05", "tol=1e-13", NULL }, TARGET_NUMBER, false },
    { "logistic", { "tol=1e-11", NULL }, TARGET_TWO_CLASSES, true },
    { "logistic", { "tol=1e-11", "penalty=l1", NULL }, TARGET_TWO_CLASSES, true },
    { "logistic", { "tol=1e-11", "solver=lbfgs", NULL }, TARGET_TWO_CLASSES, true },
    { "logistic",
      { "tol=1e-11", "penalty=elasticnet", "solver=coordinate_descent", NULL },
      TARGET_TWO_CLASSES,
      true },
    { "logistic", { "tol=1e-11", NULL }, TARGET_CLASSES, true },
    { "logistic", { "tol=1e-9", "penalty=l1", "C=0.5", NULL }, TARGET_CLASSES, true },
    { "logistic", { "tol=1e-9", "solver=coordinate_descent", NULL }, TARGET_CLASSES, true },
    { "text_classifier", { "tol=1e-11", "class_weight=balanced", NULL }, TARGET_TWO_CLASSES, true },
};

/* The last `columns` of the dense part as a sparse one. */
static void to_sparse(struct arena *arena, struct inputs *in, size_t columns)
{
    size_t rows = in->dense.rows, kept = in->dense.columns - columns, count = 0;
    size_t *starts = arena_array(arena, size_t, rows + 1);
    uint32_t *at = arena_array(arena, uint32_t, rows * columns);
    double *values = arena_array(arena, double, rows *columns);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++)
            if (matrix_row(in->dense, i)[kept + j] != 0) {
                at[count] = (uint32_t)j;
                values[count++] = matrix_row(in->dense, i)[kept + j];
            }
        starts[i + 1] = count;
    }
    struct csr *sparse = arena_new(arena, struct csr);
    *sparse = (struct csr){ rows, columns, starts, at, values };
    in->sparse = sparse;
    in->dense.columns = kept;
}

/* As make, with zeros in the last two columns, and with three classes where asked for. */
static struct examples make_for(struct arena *arena, const struct setting *setting, size_t rows)
{
    struct examples examples = make(arena, rows, 6, TARGET_NUMBER);
    for (size_t i = 0; i < rows; i++) {
        double *x = matrix_row(examples.in.dense, i), *y = (double *)&examples.y[i];
        x[4] = x[4] > 0.5 ? x[4] : 0;
        x[5] = x[5] > 0.5 ? 1 : 0;
        if (setting->target == TARGET_TWO_CLASSES)
            *y = *y > 0.3;
        else if (setting->target == TARGET_CLASSES)
            *y = *y > 0.8 ? 2 : *y > -0.8;
    }
    examples.target = setting->target;
    examples.class_count = setting->target == TARGET_CLASSES       ? 3
                           : setting->target == TARGET_TWO_CLASSES ? 2
                                                                   : 0;
    if (setting->sparse)
        to_sparse(arena, &examples.in, 2);
    return examples;
}

static const struct linear_model *fit_for(struct arena *arena, const struct setting *setting,
                                          const struct examples *examples)
{
    return fit(arena, setting->learner, examples, setting->settings);
}

static void near_models(const struct linear_model *a, const struct linear_model *b,
                        double tolerance, const char *what)
{
    size_t columns = a->weights.dense + a->weights.sparse;
    for (size_t k = 0; k < a->weights.width; k++) {
        for (size_t j = 0; j < columns; j++)
            near(*linear_weight(a->weights, k, j), *linear_weight(b->weights, k, j), tolerance,
                 what);
        near(linear_intercepts(a->weights)[k], linear_intercepts(b->weights)[k], tolerance, what);
    }
}

static void bits_are_equal_for_every_solver_at_any_number_of_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = { 1, 2, 3, 7 };
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        scoped_arena arena = arena_open(NULL);
        bool slow = all[n].target == TARGET_CLASSES && all[n].settings[1];
        size_t rows = slow ? 5000 : 24000;
        struct examples examples = make_for(arena, &all[n], rows);
        const struct linear_model *first = NULL;
        double *outs[2] = { arena_array(arena, double, 24000 * 3),
                            arena_array(arena, double, 24000 * 3) };
        for (size_t t = 0; t < 4; t++) {
            examples.threads = threads[t];
            const struct linear_model *model = fit_for(arena, &all[n], &examples);
            first = first ? first : model;
            assert_memory_equal(model->weights.at, first->weights.at,
                                linear_weights_count(model->weights) * sizeof(double));
            linear_model_predict(arena, model, &examples.in, threads[t], outs[t > 0]);
            assert_memory_equal(outs[0], outs[t > 0], rows * sizeof(double));
        }
    }
}

static void a_row_of_weight_two_counts_as_two(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        scoped_arena arena = arena_open(NULL);
        struct setting dense = all[n];
        dense.sparse = false;
        struct examples once = make_for(arena, &dense, ROWS), twice = once;
        double *weight = arena_array(arena, double, ROWS),
               *y = arena_array(arena, double, 2 * ROWS);
        size_t count = 0;
        twice.in.dense = matrix_new(arena, (size_t)2 * ROWS, 6);
        for (size_t i = 0; i < ROWS; i++) {
            weight[i] = (double)(i % 3);
            for (size_t copy = 0; copy < i % 3; copy++, count++) {
                memcpy(matrix_row(twice.in.dense, count), matrix_row(once.in.dense, i),
                       6 * sizeof(double));
                y[count] = once.y[i];
            }
        }
        twice.in.dense.rows = count;
        twice.y = y;
        once.weight = weight;
        near_models(fit_for(arena, &all[n], &once), fit_for(arena, &all[n], &twice), 1e-6,
                    all[n].learner);
    }
}

static void sparse_columns_count_as_dense_ones(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        scoped_arena arena = arena_open(NULL);
        struct setting dense = all[n], sparse = all[n];
        dense.sparse = false;
        sparse.sparse = true;
        struct examples a = make_for(arena, &dense, 500), b = make_for(arena, &sparse, 500);
        near_models(fit_for(arena, &all[n], &a), fit_for(arena, &all[n], &b), 1e-6, all[n].learner);
    }
}

/* Other units: y as it was, coefficients turned round; without a penalty, which feels units. */
static void units_of_features_do_not_matter(void **state)
{
    (void)state;
    static const struct setting free[] = {
        { "linear", { NULL }, TARGET_NUMBER, false },
        { "logistic", { "penalty=none", "tol=1e-11", NULL }, TARGET_TWO_CLASSES, false },
    };
    for (size_t n = 0; n < 2; n++) {
        scoped_arena arena = arena_open(NULL);
        struct examples a = make_for(arena, &free[n], 500), b = make_for(arena, &free[n], 500);
        double outs[2][500];
        for (size_t i = 0; i < 500; i++)
            for (size_t j = 0; j < 6; j++)
                matrix_row(b.in.dense, i)[j] =
                    matrix_row(b.in.dense, i)[j] * (j % 2 ? 40 : -0.1) + 7;
        linear_model_predict(arena, fit_for(arena, &free[n], &a), &a.in, 1, outs[0]);
        linear_model_predict(arena, fit_for(arena, &free[n], &b), &b.in, 1, outs[1]);
        for (size_t i = 0; i < 500; i++)
            near(outs[0][i], outs[1][i], 1e-7, free[n].learner);
    }
}

static void explanations_sum_up_to_the_score(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        scoped_arena arena = arena_open(NULL);
        struct examples examples = make_for(arena, &all[n], 300);
        const struct linear_model *model = fit_for(arena, &all[n], &examples);
        size_t width = model->weights.width;
        double *out = arena_array(arena, double, 300 * width * 7), moved[3 * 6] = { 0 };
        double *z = arena_array(arena, double, 300 * width);
        linear_model_explain(arena, model, &examples.in, 2, out);
        linear_scores(&examples.in, 0, 300, model->weights, z);
        for (size_t i = 0; i < 300 * width; i++) {
            double sum = 0;
            for (size_t j = 0; j < 7; j++)
                sum += out[i * 7 + j];
            near(sum, z[i], 1e-10, all[n].learner);
            for (size_t j = 0; j < 6; j++)
                moved[(i % width) * 6 + j] += out[i * 7 + j];
        }
        for (size_t j = 0; j < 6 * width; j++)
            near(moved[j], 0, 1e-8, "explanations around the mean row");
    }
}

/* The value of what logistic regression minimises, by its definition. */
static double value_of(const struct examples *examples, struct linear_weights w, double C,
                       double l1)
{
    size_t rows = inputs_rows(&examples->in);
    double value = 0, z[8];
    for (size_t i = 0; i < rows; i++) {
        double weight = examples->weight ? examples->weight[i] : 1, sum = 0;
        linear_scores(&examples->in, i, 1, w, z);
        for (size_t k = 0; k < w.width; k++)
            sum += exp(z[k]);
        value += weight * C *
                 (w.width == 1 ? log1p(exp(examples->y[i] > 0 ? -z[0] : z[0]))
                               : log(sum) - z[(size_t)examples->y[i]]);
    }
    for (size_t j = 0; j < w.width * (w.dense + w.sparse); j++)
        value += l1 > 0 ? fabs(w.at[j]) : w.at[j] * w.at[j] / 2;
    return value;
}

static void no_small_step_makes_the_objective_less(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        const char *const *words = all[n].settings;
        bool l1 = words[1] && !strcmp(words[1], "penalty=l1");
        if (strcmp(all[n].learner, "logistic") != 0 || (words[2] && !l1))
            continue;
        scoped_arena arena = arena_open(NULL);
        struct examples examples = make_for(arena, &all[n], 300);
        const struct linear_model *model = fit_for(arena, &all[n], &examples);
        struct linear_weights w = model->weights;
        double C = words[2] ? 0.5 : 1, least = value_of(&examples, w, C, l1);
        for (size_t j = 0; j < linear_weights_count(w); j++)
            for (int sign = -1; sign <= 1; sign += 2) {
                w.at[j] += sign * 1e-4;
                assert_true(value_of(&examples, w, C, l1) > least - 1e-9);
                w.at[j] -= sign * 1e-4;
            }
    }
}

static void a_hundred_thousand_sparse_columns_are_learned(void **state)
{
    (void)state;
    static const struct setting wide[] = {
        { "text_classifier", { NULL }, TARGET_TWO_CLASSES, true },
        { "logistic", { "penalty=l1", "C=10", NULL }, TARGET_TWO_CLASSES, true },
        { "ridge", { NULL }, TARGET_NUMBER, true },
        { "lasso", { "alpha=0.01", NULL }, TARGET_NUMBER, true },
    };
    enum { ROWS = 400, EACH = 20, COLUMNS = 100000 };
    scoped_arena arena = arena_open(NULL);
    size_t *starts = arena_array(arena, size_t, ROWS + 1);
    uint32_t *at = arena_array(arena, uint32_t, ROWS * EACH);
    double *values = arena_array(arena, double, ROWS *EACH), y[ROWS], out[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        struct random random = random_stream(5, i);
        y[i] = (double)(i % 2);
        starts[i + 1] = starts[i] + EACH;
        for (size_t e = 0; e < EACH; e++) {
            at[i * EACH + e] =
                (uint32_t)(COLUMNS / EACH * e + random_below(&random, COLUMNS / EACH));
            values[i * EACH + e] = 0.2;
        }
        at[i * EACH] = (uint32_t)(i % 2); /* the first word tells the class */
    }
    struct csr sparse = { ROWS, COLUMNS, starts, at, values };
    struct examples examples = { .in = { .dense = { NULL, ROWS, 0, 0 }, .sparse = &sparse },
                                 .y = y };
    for (size_t n = 0; n < 4; n++) {
        examples.target = wide[n].target;
        examples.class_count = wide[n].target == TARGET_NUMBER ? 0 : 2;
        const struct linear_model *model = fit_for(arena, &wide[n], &examples);
        assert_true(model->converged);
        linear_model_predict(arena, model, &examples.in, 1, out);
        for (size_t i = 0; i < ROWS; i++)
            assert_true((out[i] > 0.5) == (i % 2 == 1));
    }
}

static void constants_twins_and_single_rows_do_no_harm(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof all / sizeof *all; n++) {
        scoped_arena arena = arena_open(NULL);
        struct setting dense = all[n];
        dense.sparse = false;
        struct examples examples = make_for(arena, &dense, 200);
        double out[600];
        for (size_t i = 0; i < 200; i++) {
            double *x = matrix_row(examples.in.dense, i);
            x[0] = 1e6;
            x[1] = x[2];
            x[3] = 0;
        }
        const struct linear_model *model = fit_for(arena, &all[n], &examples);
        linear_model_predict(arena, model, &examples.in, 1, out);
        for (size_t i = 0; i < 200 * model->weights.width; i++)
            assert_true(isfinite(out[i]));
        examples.in.dense.rows = 1;
        model = fit_for(arena, &all[n], &examples);
        linear_model_predict(arena, model, &examples.in, 1, out);
        near(out[model->weights.width > 1 ? (size_t)examples.y[0] : 0],
             model->weights.width > 1 ? 1 : examples.y[0], 1e-2, "the only row");
    }
}

/* No column's product with the residuals is over alpha; that of those with a coefficient is it. */
static void lasso_of_very_many_columns_keeps_its_conditions(void **state)
{
    (void)state;
    enum { WIDE_ROWS = 60, COLUMNS = 2100 };
    static const char *const settings[] = { "alpha=0.2", "tol=1e-13", NULL };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = make(arena, WIDE_ROWS, COLUMNS, TARGET_NUMBER);
    double *y = arena_array(arena, double, WIDE_ROWS), out[WIDE_ROWS];
    for (size_t i = 0; i < WIDE_ROWS; i++)
        y[i] = 2 * matrix_row(examples.in.dense, i)[7] - matrix_row(examples.in.dense, i)[1900] + 5;
    examples.y = y;
    const struct linear_model *model = fit(arena, "lasso", &examples, settings);
    linear_model_predict(arena, model, &examples.in, 1, out);
    size_t count = 0;
    for (size_t j = 0; j < COLUMNS; j++) {
        double product = 0, w = *linear_weight(model->weights, 0, j);
        for (size_t i = 0; i < WIDE_ROWS; i++)
            product += (y[i] - out[i]) * matrix_row(examples.in.dense, i)[j] / WIDE_ROWS;
        assert_true(fabs(product) <= 0.2 + 1e-5);
        if (w != 0)
            near(product, copysign(0.2, w), 1e-5, "product of a column that is in");
        count += w != 0;
    }
    assert_true(count >= 2 && count < 30);
}

static void a_target_in_other_units_gives_an_elastic_net_as_good(void **state)
{
    (void)state;
    enum { NET_ROWS = 400, COLUMNS = 6 };
    static const struct {
        double unit, error; /* the mean square of what is left, in squares of the unit */
    } tries[] = { { 1, 1.1 }, { 1e5, 1.1 } };
    scoped_arena arena = arena_open(NULL);
    for (size_t t = 0; t < sizeof tries / sizeof *tries; t++) {
        struct examples examples = make(arena, NET_ROWS, COLUMNS, TARGET_NUMBER);
        double *y = arena_array(arena, double, NET_ROWS), out[NET_ROWS], squares = 0;
        for (size_t i = 0; i < NET_ROWS; i++)
            y[i] = examples.y[i] * tries[t].unit;
        examples.y = y;
        const struct linear_model *model = fit(arena, "elastic_net_cv", &examples, NULL);
        linear_model_predict(arena, model, &examples.in, 1, out);
        for (size_t i = 0; i < NET_ROWS; i++)
            squares += (y[i] - out[i]) * (y[i] - out[i]) / NET_ROWS;
        assert_true(squares < tries[t].error * tries[t].unit * tries[t].unit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_equal_for_every_solver_at_any_number_of_threads),
        cmocka_unit_test(a_row_of_weight_two_counts_as_two),
        cmocka_unit_test(sparse_columns_count_as_dense_ones),
        cmocka_unit_test(units_of_features_do_not_matter),
        cmocka_unit_test(explanations_sum_up_to_the_score),
        cmocka_unit_test(no_small_step_makes_the_objective_less),
        cmocka_unit_test(a_hundred_thousand_sparse_columns_are_learned),
        cmocka_unit_test(constants_twins_and_single_rows_do_no_harm),
        cmocka_unit_test(lasso_of_very_many_columns_keeps_its_conditions),
        cmocka_unit_test(a_target_in_other_units_gives_an_elastic_net_as_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
