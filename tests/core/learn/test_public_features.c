/* libholdout: transforms by themselves, as a student's program uses them. */
#include "core/holdout.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PEOPLE "tests/core/learn/people.csv"

static void transforms_are_fitted_and_applied(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = holdout_table_read(PEOPLE, &error);
    const size_t at[] = { 5, 3 };
    struct holdout_table *some = holdout_table_select(table, at, 2, &error);
    const char *const steps[] = { "impute:add_indicator=false", "standard", "one_hot", NULL };
    const char *const drop[] = { "late", "spent", NULL };
    struct holdout_training how = { .size = sizeof how, .transforms = steps, .drop = drop };
    struct holdout_matrix *matrix = NULL;
    struct holdout_features *features = holdout_features_fit(table, &how, &matrix, &error);
    if (!features)
        fail_msg("%s", error.text);
    struct holdout_matrix *part = holdout_transform(features, some, &error);
    size_t columns, part_columns;
    const size_t *starts;
    const uint32_t *columns_at;
    const double *x = holdout_matrix_dense(matrix, &columns);
    const double *y = holdout_matrix_dense(part, &part_columns);
    assert_true(columns == part_columns && columns == holdout_matrix_columns(matrix));
    assert_int_equal(holdout_matrix_rows(matrix), 110);
    assert_memory_equal(y, x + 5 * columns, columns * sizeof *x);
    assert_memory_equal(y + columns, x + 3 * columns, columns * sizeof *x);
    holdout_matrix_sparse(matrix, &starts, &columns_at);
    assert_true(starts[110] == 0); /* few one-hot columns stay dense */
    assert_string_equal(holdout_features_name(features, 0), "age");
    assert_null(holdout_features_name(features, columns));
    double mean = 0;
    for (size_t i = 0; i < 110; i++)
        mean += x[i * columns] / 110;
    assert_true(fabs(mean) < 1e-12);
    holdout_matrix_free(matrix);
    holdout_matrix_free(part);
    holdout_features_free(features);
    holdout_features_free(NULL);
    holdout_matrix_free(NULL);
    holdout_table_free(some);
    holdout_table_free(table);
}

static void texts_become_sparse_columns(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = holdout_table_new(3, &error);
    const char *const texts[] = { "red dog", "red red cat", NULL };
    const char *const steps[] = { "tfidf:columns=t,use_idf=false,norm=none", NULL };
    struct holdout_training how = { .size = sizeof how, .transforms = steps };
    struct holdout_matrix *matrix = NULL;
    assert_true(holdout_table_add_texts(table, "t", texts, &error));
    struct holdout_features *features = holdout_features_fit(table, &how, &matrix, &error);
    if (!features)
        fail_msg("%s", error.text);
    const size_t *starts;
    const uint32_t *columns_at;
    const double *values = holdout_matrix_sparse(matrix, &starts, &columns_at);
    assert_int_equal(holdout_matrix_columns(matrix), 3); /* cat, dog, red */
    assert_true(starts[0] == 0 && starts[1] == 2 && starts[2] == 4 && starts[3] == 4);
    assert_true(columns_at[0] == 1 && columns_at[1] == 2 && columns_at[2] == 0);
    assert_true(values[3] == 2);
    assert_string_equal(holdout_features_name(features, 2), "t:red");
    holdout_matrix_free(matrix);
    holdout_features_free(features);
    holdout_table_free(table);
}

static void mistakes_are_errors(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = holdout_table_read(PEOPLE, &error);
    const char *const unknown[] = { "standrd", NULL }, *const encode[] = { "target_encode", NULL };
    struct holdout_training how = { .size = sizeof how, .transforms = unknown };
    assert_null(holdout_features_fit(table, &how, NULL, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    assert_non_null(strstr(error.text, "did you mean \"standard\""));
    how.transforms = encode;
    assert_null(holdout_features_fit(table, &how, NULL, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    how.size = 1;
    assert_null(holdout_features_fit(table, &how, NULL, NULL));
    holdout_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_are_fitted_and_applied),
        cmocka_unit_test(texts_become_sparse_columns),
        cmocka_unit_test(mistakes_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
