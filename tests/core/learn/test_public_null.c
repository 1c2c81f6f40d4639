/* libholdout: a pointer that is not there is an error, never a crash. */
#include "core/holdout.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define ROWS 40

static struct holdout_error error;
static struct holdout_table *table;
static struct holdout_model *model;
static struct holdout_features *features;
static double numbers[ROWS];
static struct holdout_value value;
static const struct holdout_training ridge = { .size = sizeof ridge,
                                               .target = "y",
                                               .learner = "ridge" };

static int setup(void **state)
{
    (void)state;
    double y[ROWS];
    char texts[ROWS][8];
    const char *ids[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        numbers[i] = (double)(i * 7 % ROWS);
        y[i] = 3 * numbers[i] + (double)(i % 3);
        snprintf(texts[i], sizeof texts[i], "r%zu", i);
        ids[i] = texts[i];
    }
    table = holdout_table_new(ROWS, &error);
    if (!table || !holdout_table_add_texts(table, "id", ids, &error) ||
        !holdout_table_add_numbers(table, "a", numbers, &error) ||
        !holdout_table_add_numbers(table, "y", y, &error))
        return -1;
    model = holdout_train(table, &ridge, &error);
    features = holdout_features_fit(table, &ridge, NULL, &error);
    return model && features ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    holdout_features_free(features);
    holdout_model_free(model);
    holdout_table_free(table);
    return 0;
}

static struct holdout_rows rows_without(bool truth, bool prediction, bool features_too)
{
    return (struct holdout_rows){ .size = sizeof(struct holdout_rows),
                                  .n = ROWS,
                                  .truth = truth ? NULL : numbers,
                                  .prediction = prediction ? NULL : numbers,
                                  .feature_count = features_too ? 2 : 0 };
}

/* The call must fail, saying that no `what` was given; and must do so without *error. */
#define REFUSED(what, call)                                                                        \
    do {                                                                                           \
        struct holdout_error *to = &error;                                                         \
        memset(&error, 0, sizeof error);                                                           \
        assert_true(!(call));                                                                      \
        assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);                                        \
        assert_string_equal(error.text, "no " what " was given");                                  \
        to = NULL;                                                                                 \
        assert_true(!(call));                                                                      \
    } while (0)

static void a_table_function_says_what_is_missing(void **state)
{
    (void)state;
    const char *texts[ROWS] = { NULL };
    const size_t at[1] = { 0 };
    REFUSED("path", holdout_table_read(NULL, to));
    REFUSED("path", holdout_table_read_as(NULL, NULL, to));
    REFUSED("table", holdout_table_select(NULL, at, 1, to));
    REFUSED("row", holdout_table_select(table, NULL, 1, to));
    REFUSED("table", holdout_table_add_numbers(NULL, "n", numbers, to));
    REFUSED("values", holdout_table_add_numbers(table, "n", NULL, to));
    REFUSED("table", holdout_table_add_texts(NULL, "n", texts, to));
    REFUSED("texts", holdout_table_add_texts(table, "n", NULL, to));
    assert_false(holdout_table_add_numbers(table, NULL, numbers, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    assert_false(holdout_table_add_texts(table, NULL, texts, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    REFUSED("table", holdout_table_drop(NULL, "a", to));
    REFUSED("name", holdout_table_drop(table, NULL, to));
    REFUSED("table", holdout_table_write(NULL, "none.csv", to));
    REFUSED("path", holdout_table_write(table, NULL, to));
}

static void a_model_function_says_what_is_missing(void **state)
{
    (void)state;
    double out[2 * ROWS];
    REFUSED("table", holdout_train(NULL, &ridge, to));
    assert_null(holdout_train(table, NULL, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    REFUSED("model", holdout_model_save(NULL, "none.holdout", to));
    REFUSED("path", holdout_model_save(model, NULL, to));
    REFUSED("path", holdout_model_load(NULL, to));
    REFUSED("model", holdout_predict(NULL, table, out, ROWS, to));
    REFUSED("table", holdout_predict(model, NULL, out, ROWS, to));
    REFUSED("array to fill", holdout_predict(model, table, NULL, ROWS, to));
    REFUSED("model", holdout_explain(NULL, table, out, ROWS, to));
    REFUSED("table", holdout_explain(model, NULL, out, ROWS, to));
    REFUSED("array to fill", holdout_explain(model, table, NULL, ROWS, to));
    REFUSED("table", holdout_predictions_write(NULL, NULL, out, ROWS, "none.csv", to));
    REFUSED("prediction", holdout_predictions_write(table, NULL, NULL, ROWS, "none.csv", to));
    REFUSED("path", holdout_predictions_write(table, NULL, out, ROWS, NULL, to));
    REFUSED("model", holdout_model_predictions_write(NULL, table, out, ROWS, "none.csv", to));
    REFUSED("table", holdout_model_predictions_write(model, NULL, out, ROWS, "none.csv", to));
    REFUSED("path", holdout_model_predictions_write(model, table, out, ROWS, NULL, to));
    REFUSED("table", holdout_features_fit(NULL, &ridge, NULL, to));
    REFUSED("features", holdout_transform(NULL, table, to));
    REFUSED("table", holdout_transform(features, NULL, to));
    REFUSED("table", holdout_cross_validate(NULL, &ridge, 5, NULL, &value, to));
    REFUSED("value to fill", holdout_cross_validate(table, &ridge, 5, NULL, NULL, to));
}

static void a_metric_says_what_is_missing(void **state)
{
    (void)state;
    const struct holdout_rows truthless = rows_without(true, false, false);
    const struct holdout_rows guessless = rows_without(false, true, false);
    const struct holdout_rows pointless = rows_without(false, false, true);
    REFUSED("metric", holdout_measure(NULL, numbers, numbers, ROWS, &value, to));
    REFUSED("truth", holdout_measure("rmse", NULL, numbers, ROWS, &value, to));
    REFUSED("prediction", holdout_measure("rmse", numbers, NULL, ROWS, &value, to));
    REFUSED("value to fill", holdout_measure("rmse", numbers, numbers, ROWS, NULL, to));
    REFUSED("truth", holdout_measure_rows("rmse", &truthless, &value, to));
    REFUSED("prediction", holdout_measure_rows("rmse", &guessless, &value, to));
    REFUSED("features", holdout_measure_rows("silhouette", &pointless, &value, to));
    assert_false(holdout_measure_rows("rmse", NULL, &value, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    REFUSED("truth_path", holdout_evaluate(NULL, "p.csv", "rmse", &value, NULL, to));
    REFUSED("prediction_path", holdout_evaluate("t.csv", NULL, "rmse", &value, NULL, to));
    REFUSED("metric", holdout_evaluate("t.csv", "p.csv", NULL, &value, NULL, to));
    REFUSED("value to fill", holdout_evaluate("t.csv", "p.csv", "rmse", NULL, NULL, to));
    assert_false(holdout_evaluate("t.csv", "p.csv", "", &value, NULL, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
}

static void what_cannot_fail_gives_nothing_for_no_handle(void **state)
{
    (void)state;
    size_t count = 1;
    const size_t *starts = &count;
    const uint32_t *columns_at;
    holdout_table_free(NULL);
    holdout_model_free(NULL);
    holdout_features_free(NULL);
    holdout_matrix_free(NULL);
    holdout_model_set_threads(NULL, 2);
    assert_int_equal(holdout_table_rows(NULL), 0);
    assert_int_equal(holdout_table_columns(NULL), 0);
    assert_null(holdout_table_name(NULL, 0));
    assert_int_equal(holdout_table_find(NULL, "a"), -1);
    assert_int_equal(holdout_table_find(table, NULL), -1);
    assert_int_equal(holdout_table_kind(NULL, 0), HOLDOUT_NO_COLUMN);
    assert_null(holdout_table_numbers(NULL, 0));
    assert_null(holdout_table_text(NULL, 0, 0));
    assert_null(holdout_table_level(NULL, 0, 0));
    assert_null(holdout_table_codes(NULL, 0, &count));
    assert_int_equal(count, 0);
    assert_null(holdout_model_describe(NULL));
    assert_int_equal(holdout_model_outputs(NULL), 0);
    assert_null(holdout_model_class(NULL, 0));
    assert_int_equal(holdout_model_features(NULL), 0);
    assert_null(holdout_model_feature(NULL, 0));
    assert_null(holdout_features_name(NULL, 0));
    assert_int_equal(holdout_matrix_rows(NULL), 0);
    assert_int_equal(holdout_matrix_columns(NULL), 0);
    count = 1;
    assert_null(holdout_matrix_dense(NULL, &count));
    assert_int_equal(count, 0);
    assert_null(holdout_matrix_sparse(NULL, &starts, &columns_at));
    assert_null(starts);
    assert_null(columns_at);
    struct holdout_matrix *matrix = holdout_transform(features, table, &error);
    assert_non_null(matrix);
    assert_non_null(holdout_matrix_dense(matrix, NULL));
    assert_null(holdout_matrix_sparse(matrix, NULL, NULL));
    holdout_matrix_free(matrix);
}

static void an_array_of_no_elements_may_be_missing(void **state)
{
    (void)state;
    struct holdout_table *empty = holdout_table_select(table, NULL, 0, &error);
    assert_non_null(empty);
    assert_int_equal(holdout_table_rows(empty), 0);
    assert_int_equal(holdout_table_columns(empty), 3);
    assert_true(holdout_table_add_numbers(empty, "n", NULL, &error));
    assert_true(holdout_table_add_texts(empty, "t", NULL, &error));
    holdout_table_free(empty);
}

static void any_number_of_threads_gives_the_same_numbers(void **state)
{
    (void)state;
    double one[ROWS], many[ROWS];
    struct holdout_training how = ridge;
    how.threads = 100000;
    struct holdout_model *other = holdout_train(table, &how, &error);
    assert_non_null(other);
    holdout_model_set_threads(other, 4000000000u);
    assert_true(holdout_predict(other, table, many, ROWS, &error));
    assert_true(holdout_predict(model, table, one, ROWS, &error));
    assert_memory_equal(one, many, sizeof one);
    holdout_model_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_function_says_what_is_missing),
        cmocka_unit_test(a_model_function_says_what_is_missing),
        cmocka_unit_test(a_metric_says_what_is_missing),
        cmocka_unit_test(what_cannot_fail_gives_nothing_for_no_handle),
        cmocka_unit_test(an_array_of_no_elements_may_be_missing),
        cmocka_unit_test(any_number_of_threads_gives_the_same_numbers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
