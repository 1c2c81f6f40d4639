/* libholdout beyond two classes: kinds, groups, calibration, folds, Shapley values, rows. */
#include "core/holdout.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define ROWS 150

static struct holdout_error error;

static void *must(void *handle)
{
    if (!handle)
        fail_msg("%s", error.text);
    return handle;
}

/* Three classes along a; z is 0 or 1, y a number, g a group. */
static struct holdout_table *made(void)
{
    struct holdout_table *table = must(holdout_table_new(ROWS, &error));
    double a[ROWS], b[ROWS], z[ROWS], y[ROWS], g[ROWS];
    const char *class[ROWS], *id[ROWS];
    static char ids[ROWS][8];
    for (size_t i = 0; i < ROWS; i++) {
        a[i] = (double)(i * 37 % ROWS) / ROWS;
        b[i] = (double)(i * 11 % 17);
        z[i] = a[i] + (double)(i % 5) / 10 > 0.7;
        y[i] = 2 * a[i] - b[i] / 10;
        g[i] = (double)(i % 10);
        class[i] = a[i] < 0.33 ? "low" : a[i] < 0.66 ? "middle" : "top";
        snprintf(ids[i], sizeof ids[i], "r%zu", i);
        id[i] = ids[i];
    }
    assert_true(holdout_table_add_texts(table, "id", id, &error));
    assert_true(holdout_table_add_numbers(table, "a", a, &error));
    assert_true(holdout_table_add_numbers(table, "b", b, &error));
    assert_true(holdout_table_add_numbers(table, "z", z, &error));
    assert_true(holdout_table_add_numbers(table, "y", y, &error));
    assert_true(holdout_table_add_numbers(table, "g", g, &error));
    assert_true(holdout_table_add_texts(table, "class", class, &error));
    return table;
}

static const char *const but_class[] = { "z", "y", "g", NULL }, *const but_z[] = { "class", "y",
                                                                                   "g", NULL };

static void three_classes_have_a_column_each(void **state)
{
    (void)state;
    struct holdout_table *table = made();
    struct holdout_training how = {
        .size = sizeof how, .target = "class", .learner = "logistic", .drop = but_class
    };
    struct holdout_model *model = must(holdout_train(table, &how, &error));
    assert_int_equal(holdout_model_outputs(model), 3);
    assert_string_equal(holdout_model_class(model, 1), "middle");
    assert_null(holdout_model_class(model, 3));
    assert_int_equal(holdout_model_features(model), 2);
    assert_string_equal(holdout_model_feature(model, 0), "a");
    double out[3 * ROWS], again[3 * ROWS];
    assert_true(holdout_predict(model, table, out, ROWS, &error));
    holdout_model_set_threads(model, 3);
    assert_true(holdout_predict(model, table, again, ROWS, &error));
    assert_memory_equal(out, again, sizeof out);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(fabs(out[3 * i] + out[3 * i + 1] + out[3 * i + 2] - 1) < 1e-9);
    char path[] = "/tmp/holdout-public-XXXXXX", line[64];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    if (!holdout_model_predictions_write(model, table, out, ROWS, path, &error))
        fail_msg("%s", error.text);
    close(fd);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "id,low,middle,top\n");
    fclose(file);
    unlink(path);
    holdout_model_free(model);
    holdout_table_free(table);
}

static void kind_group_and_calibration_are_heard(void **state)
{
    (void)state;
    struct holdout_table *table = made();
    struct holdout_training how = { .size = sizeof how,
                                    .target = "z",
                                    .learner = "logistic",
                                    .drop = but_z,
                                    .group = "g",
                                    .calibrate = "platt" };
    static const char *const but_g[] = { "class", "y", NULL };
    how.drop = but_g;
    struct holdout_model *model = must(holdout_train(table, &how, &error));
    assert_non_null(strstr(holdout_model_describe(model), "\"calibration\":\"platt\""));
    holdout_model_free(model);
    how.kind = "regression";
    assert_null(holdout_train(table, &how, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    how.kind = "regresion";
    assert_null(holdout_train(table, &how, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    how.kind = NULL;
    how.calibrate = "plat";
    assert_null(holdout_train(table, &how, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    holdout_table_free(table);
}

static void folds_give_a_mean_with_its_interval(void **state)
{
    (void)state;
    struct holdout_table *table = made();
    struct holdout_training how = {
        .size = sizeof how, .target = "z", .learner = "logistic", .drop = but_z
    };
    struct holdout_value value;
    if (!holdout_cross_validate(table, &how, 5, NULL, &value, &error))
        fail_msg("%s", error.text);
    assert_true(value.low < value.value && value.value < value.high && value.value > 0.8);
    assert_false(holdout_cross_validate(table, &how, 5, "rmse", &value, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    assert_false(holdout_cross_validate(table, &how, 5, "rmsee", &value, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    holdout_table_free(table);
}

static void shapley_values_add_up(void **state)
{
    (void)state;
    struct holdout_table *table = made();
    struct holdout_training how = {
        .size = sizeof how, .target = "z", .learner = "logistic", .drop = but_z
    };
    struct holdout_model *model = must(holdout_train(table, &how, &error));
    double p[ROWS], shap[3 * ROWS];
    assert_true(holdout_predict(model, table, p, ROWS, &error));
    if (!holdout_explain(model, table, shap, ROWS, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(fabs(shap[3 * i] + shap[3 * i + 1] + shap[3 * i + 2] - log(p[i] / (1 - p[i]))) <
                    1e-6);
    holdout_model_free(model);
    how.learner = "majority";
    model = must(holdout_train(table, &how, &error));
    assert_false(holdout_explain(model, table, shap, ROWS, &error));
    assert_non_null(strstr(error.text, "importance"));
    holdout_model_free(model);
    holdout_table_free(table);
}

static void rows_of_any_kind_are_measured(void **state)
{
    (void)state;
    const double binary[] = { 0, 1, 1, 0 }, score[] = { 0.1, 0.9, 0.4, 0.6 };
    const double classes[] = { 0, 2, 1 }, each[] = { .8, .1, .1, .2, .2, .6, .1, .2, .7 };
    const double relevance[] = { 3, 0, 1, 2 }, rank[] = { 4, 3, 2, 1 };
    const uint32_t query[] = { 0, 0, 1, 1 }, beyond[] = { 0, 0, 1, 2 };
    struct holdout_value value;
    struct holdout_rows rows = {
        .size = sizeof rows, .n = 4, .truth = binary, .prediction = score, .without_interval = true
    };
    assert_true(holdout_measure_rows("roc_auc", &rows, &value, &error));
    assert_true(fabs(value.value - 0.75) < 1e-15 && isnan(value.low));
    rows = (struct holdout_rows){ .size = sizeof rows,
                                  .n = 3,
                                  .truth = classes,
                                  .prediction = each,
                                  .width = 3,
                                  .class_count = 3 };
    assert_true(holdout_measure_rows("log_loss", &rows, &value, &error));
    assert_true(fabs(value.value + (log(.8) + log(.6) + log(.2)) / 3) < 1e-12);
    rows.class_count = 2;
    assert_false(holdout_measure_rows("log_loss", &rows, &value, &error));
    rows = (struct holdout_rows){ .size = sizeof rows,
                                  .n = 4,
                                  .truth = relevance,
                                  .prediction = rank,
                                  .group = query,
                                  .group_count = 2 };
    if (!holdout_measure_rows("ndcg", &rows, &value, &error))
        fail_msg("%s", error.text);
    double second = (1 + 2 / log2(3)) / (2 + 1 / log2(3));
    assert_true(fabs(value.value - (1 + second) / 2) < 1e-12);
    assert_true(holdout_measure_rows("ndcg@1", &rows, &value, &error));
    assert_true(fabs(value.value - (1 + 0.5) / 2) < 1e-12);
    const double points[] = { 0, 1, 10, 11 }, clusters[] = { 0, 0, 1, 1 };
    struct holdout_rows grouped = { .size = sizeof grouped,
                                    .n = 4,
                                    .truth = clusters,
                                    .prediction = clusters,
                                    .features = points,
                                    .feature_count = 1,
                                    .without_interval = true };
    if (!holdout_measure_rows("silhouette", &grouped, &value, &error))
        fail_msg("%s", error.text);
    assert_true(fabs(value.value - (1 - 1 / 10.5 + 1 - 1 / 9.5) / 2) < 1e-12);
    rows.group = beyond;
    assert_false(holdout_measure_rows("ndcg", &rows, &value, &error));
    rows.group = NULL;
    assert_false(holdout_measure_rows("ndcg", &rows, &value, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    rows.size = 1;
    assert_false(holdout_measure_rows("ndcg", &rows, &value, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_classes_have_a_column_each),
        cmocka_unit_test(kind_group_and_calibration_are_heard),
        cmocka_unit_test(folds_give_a_mean_with_its_interval),
        cmocka_unit_test(shapley_values_add_up),
        cmocka_unit_test(rows_of_any_kind_are_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
