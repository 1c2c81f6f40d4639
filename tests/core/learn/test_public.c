/* libholdout: the public header, as a student's program uses it. */
#include "core/holdout.h"
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define PEOPLE "tests/core/learn/people.csv"

static struct holdout_table *read_people(void)
{
    struct holdout_error error;
    struct holdout_table *table = holdout_table_read(PEOPLE, &error);
    if (!table)
        fail_msg("%s", error.text);
    assert_int_equal(error.code, HOLDOUT_OK);
    assert_string_equal(error.text, "");
    return table;
}

static struct holdout_model *train(const struct holdout_table *table, unsigned threads)
{
    const char *const params[] = { "l2=0.5", NULL };
    struct holdout_training how = { .size = sizeof how,
                                    .target = "late",
                                    .learner = "logistic",
                                    .params = params,
                                    .threads = threads };
    struct holdout_error error;
    struct holdout_model *model = holdout_train(table, &how, &error);
    if (!model)
        fail_msg("%s", error.text);
    return model;
}

static void a_table_is_read_and_looked_at(void **state)
{
    (void)state;
    struct holdout_table *table = read_people();
    size_t count;
    assert_int_equal(holdout_table_rows(table), 110);
    assert_int_equal(holdout_table_columns(table), 6);
    assert_string_equal(holdout_table_name(table, 0), "id");
    assert_null(holdout_table_name(table, 6));
    ptrdiff_t age = holdout_table_find(table, "age"), home = holdout_table_find(table, "home");
    assert_true(age == 1 && home == 3 && holdout_table_find(table, "Age") == -1);
    assert_int_equal(holdout_table_kind(table, 0), HOLDOUT_CATEGORY);
    assert_int_equal(holdout_table_kind(table, 1), HOLDOUT_NUMBER);
    assert_int_equal(holdout_table_kind(table, 9), HOLDOUT_NO_COLUMN);
    assert_true(holdout_table_numbers(table, 1)[0] == 69.5);
    assert_null(holdout_table_numbers(table, 3));
    assert_string_equal(holdout_table_text(table, 3, 0), "rent");
    assert_null(holdout_table_text(table, 3, 2)); /* missing */
    assert_null(holdout_table_text(table, 3, 110));
    const int32_t *codes = holdout_table_codes(table, 3, &count);
    assert_true(codes[2] == -1);
    assert_string_equal(holdout_table_level(table, 3, (size_t)codes[0]), "rent");
    assert_null(holdout_table_level(table, 3, count));
    assert_null(holdout_table_codes(table, 1, &count));
    holdout_table_free(table);
    holdout_table_free(NULL);
}

static void columns_are_added_and_dropped(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = holdout_table_new(3, &error);
    const double numbers[] = { 1.5, NAN, -2 }, infinite[] = { 1, INFINITY, 2 };
    const char *const texts[] = { "a", NULL, "b" }, *const broken[] = { "\xff", NULL, NULL };
    char name[16];
    for (int i = 0; i < 40; i++) { /* over the room of the first columns */
        snprintf(name, sizeof name, "n%d", i);
        assert_true(holdout_table_add_numbers(table, name, numbers, &error));
    }
    assert_true(holdout_table_add_texts(table, "t", texts, &error));
    assert_int_equal(holdout_table_columns(table), 41);
    assert_true(holdout_table_numbers(table, 39)[2] == -2);
    assert_null(holdout_table_text(table, 40, 1));
    assert_false(holdout_table_add_numbers(table, "t", numbers, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    assert_string_equal(error.text, "the table has a column \"t\" already");
    assert_false(holdout_table_add_numbers(table, "x", infinite, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    assert_false(holdout_table_add_texts(table, "y", broken, &error));
    assert_false(holdout_table_add_texts(table, "", texts, NULL));
    assert_true(holdout_table_drop(table, "n0", &error));
    assert_false(holdout_table_drop(table, "n0", &error));
    assert_int_equal(holdout_table_columns(table), 40);
    assert_string_equal(holdout_table_name(table, 0), "n1");
    assert_true(holdout_table_add_numbers(table, "n0", numbers, &error)); /* free again */
    assert_false(holdout_table_add_numbers(table, "n0", numbers, &error));
    assert_false(holdout_table_add_numbers(table, "n39", numbers, &error));
    holdout_table_free(table);
}

static void a_hundred_thousand_columns_have_their_names(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = holdout_table_new(1, &error);
    const double number[] = { 1 };
    char name[16];
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_true(holdout_table_add_numbers(table, name, number, &error));
    }
    for (int i = 0; i < 100000; i += 997) {
        snprintf(name, sizeof name, "n%d", i);
        assert_false(holdout_table_add_numbers(table, name, number, &error));
    }
    assert_int_equal(holdout_table_columns(table), 100000);
    holdout_table_free(table);
}

static void selected_rows_outlive_their_table(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = read_people();
    const size_t at[] = { 3, 0, 3 }, beyond[] = { 110 };
    assert_null(holdout_table_select(table, beyond, 1, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    struct holdout_table *some = holdout_table_select(table, at, 3, &error);
    holdout_table_free(table);
    assert_int_equal(holdout_table_rows(some), 3);
    assert_string_equal(holdout_table_text(some, 0, 0), "p003");
    assert_string_equal(holdout_table_text(some, 0, 1), "p000");
    assert_true(holdout_table_numbers(some, 1)[2] == 56.5);
    assert_string_equal(holdout_table_name(some, 3), "home");
    holdout_table_free(some);
}

static void a_model_is_trained_saved_loaded_and_used(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = read_people();
    struct holdout_model *model = train(table, 1);
    char path[] = "/tmp/holdout-model-XXXXXX";
    close(mkstemp(path));
    double a[110], b[110];
    assert_true(holdout_model_save(model, path, &error));
    struct holdout_model *again = holdout_model_load(path, &error);
    assert_non_null(again);
    assert_true(holdout_predict(model, table, a, 110, &error));
    assert_true(holdout_predict(again, table, b, 110, &error));
    assert_memory_equal(a, b, sizeof a);
    assert_false(holdout_predict(again, table, b, 109, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    assert_non_null(strstr(holdout_model_describe(again), "\"learner\":\"logistic\""));
    assert_string_equal(holdout_model_describe(again), holdout_model_describe(model));
    assert_true(holdout_predictions_write(table, NULL, a, 110, path, &error));
    struct holdout_table *written = holdout_table_read(path, &error);
    assert_string_equal(holdout_table_name(written, 1), "prediction");
    assert_memory_equal(holdout_table_numbers(written, 1), a, sizeof a);
    holdout_table_free(written);
    a[5] = NAN;
    assert_false(holdout_predictions_write(table, NULL, a, 110, path, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    assert_false(holdout_predictions_write(table, NULL, b, 110, "/nowhere/at/all.csv", &error));
    assert_int_equal(error.code, HOLDOUT_SYSTEM);
    unlink(path);
    holdout_model_free(again);
    holdout_model_free(model);
    holdout_table_free(table);
}

static void mistakes_are_errors_with_a_code(void **state)
{
    (void)state;
    struct holdout_error error;
    struct holdout_table *table = read_people();
    const char *const bad[] = { "l3=1", NULL };
    struct {
        struct holdout_training how;
        enum holdout_code code;
        const char *text;
    } rows[] = {
        { { .target = "late", .learner = "logistic" }, HOLDOUT_BAD_ARGUMENT, "sizeof" },
        { { .size = 1, .learner = "logistic" }, HOLDOUT_BAD_ARGUMENT, "no target" },
        { { .size = 1, .target = "late" }, HOLDOUT_BAD_ARGUMENT, "no learner" },
        { { .size = 1, .target = "late", .learner = "logit" }, HOLDOUT_BAD_ARGUMENT, "logit" },
        { { .size = 1, .target = "lte", .learner = "logistic" }, HOLDOUT_BAD_ARGUMENT, "\"late\"" },
        { { .size = 1, .target = "late", .learner = "logistic", .params = bad },
          HOLDOUT_BAD_ARGUMENT,
          "\"l3\"" },
        { { .size = 1, .target = "late", .learner = "logistic", .transforms = bad },
          HOLDOUT_BAD_ARGUMENT,
          "l3=1" },
        { { .size = 1, .target = "late", .learner = "ridge" }, HOLDOUT_BAD_DATA, "text" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].how.size)
            rows[i].how.size = sizeof rows[i].how;
        assert_null(holdout_train(table, &rows[i].how, &error));
        if (error.code != rows[i].code || !strstr(error.text, rows[i].text))
            fail_msg("row %zu: got %d, %s", i, (int)error.code, error.text);
        assert_null(holdout_train(table, &rows[i].how, NULL));
    }
    assert_null(holdout_table_read("/nowhere.csv", &error));
    assert_int_equal(error.code, HOLDOUT_MISSING);
    assert_null(holdout_model_load("/nowhere.holdout", &error));
    assert_int_equal(error.code, HOLDOUT_MISSING);
    assert_null(holdout_model_load(PEOPLE, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    assert_null(holdout_table_read(NULL, &error));
    holdout_table_free(table);
}

static void *train_and_predict(void *table)
{
    struct holdout_model *model = train(table, 2);
    double *out = calloc(110, sizeof *out);
    assert_true(holdout_predict(model, table, out, 110, NULL));
    holdout_model_free(model);
    return out;
}

static void many_threads_may_use_one_table(void **state)
{
    (void)state;
    struct holdout_table *table = read_people();
    pthread_t threads[4];
    double *out[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, train_and_predict, table), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], (void **)&out[i]);
        assert_memory_equal(out[0], out[i], 110 * sizeof(double));
    }
    for (size_t i = 0; i < 4; i++)
        free(out[i]);
    holdout_table_free(table);
}

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
void *__libc_calloc(size_t count, size_t size);
static _Thread_local long calls_left = -1; /* negative: memory never lacks */

/* The allocator of all arenas, which fails once its calls are used up. */
void *calloc(size_t count, size_t size)
{
    if (calls_left == 0)
        return NULL;
    if (calls_left > 0)
        calls_left--;
    return __libc_calloc(count, size);
}

/* Everything that allocates; false at the first error, which then is in *error. */
static bool use_all(struct holdout_table *table, struct holdout_error *error)
{
    const size_t at[] = { 1, 2 };
    double numbers[110] = { 0 };
    const char *texts[110] = { "a" };
    struct holdout_training how = { .size = sizeof how, .target = "late", .learner = "logistic" };
    struct holdout_table *read = holdout_table_read(PEOPLE, error);
    struct holdout_table *some = read ? holdout_table_select(table, at, 2, error) : NULL;
    struct holdout_model *model = some ? holdout_train(table, &how, error) : NULL;
    bool done = model && holdout_table_add_numbers(read, "n", numbers, error) &&
                holdout_table_add_texts(read, "t", texts, error) &&
                holdout_predict(model, table, numbers, 110, error);
    holdout_model_free(model);
    holdout_table_free(some);
    holdout_table_free(read);
    return done;
}

static void a_lack_of_memory_at_any_place_is_an_error_not_the_end(void **state)
{
    (void)state;
    struct holdout_table *table = read_people();
    struct holdout_error error = { HOLDOUT_OK, "" };
    long calls = 0;
    for (bool done = false; !done; calls++) {
        calls_left = calls;
        done = use_all(table, &error);
        calls_left = -1;
        if (!done)
            assert_int_equal(error.code, HOLDOUT_NO_MEMORY);
    }
    assert_true(calls > 10);
    holdout_table_free(table);
}
#endif

static void metrics_are_measured(void **state)
{
    (void)state;
    const double truth[] = { 1, 0, 1, 0 }, prediction[] = { 0.9, 0.2, 0.4, 0.6 };
    const double numbers[] = { 1, 2, 3, 4 }, broken[] = { 1, NAN, 3, 4 };
    struct holdout_value value;
    struct holdout_error error;
    assert_true(holdout_measure("roc_auc", truth, prediction, 4, &value, &error));
    assert_true(fabs(value.value - 0.75) < 1e-15);
    assert_true(holdout_measure("rmse", numbers, numbers, 4, &value, &error));
    assert_true(value.value == 0);
    assert_true(holdout_measure("roc_auc", truth, prediction, 1, &value, &error));
    assert_true(isnan(value.value)); /* one class */
    assert_false(holdout_measure("roc_auc", numbers, prediction, 4, &value, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    assert_false(holdout_measure("rmse", numbers, broken, 4, &value, &error));
    assert_false(holdout_measure("log_loss", truth, numbers, 4, &value, &error));
    assert_false(holdout_measure("auc_roc", truth, prediction, 4, &value, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    assert_false(holdout_measure(NULL, truth, prediction, 4, &value, NULL));
}

static void save_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void files_are_evaluated(void **state)
{
    (void)state;
    char truth[] = "/tmp/holdout-truth-XXXXXX", predicted[] = "/tmp/holdout-pred-XXXXXX";
    close(mkstemp(truth));
    close(mkstemp(predicted));
    save_text(truth, "id,y\na,1\nb,0\nc,1\n");
    save_text(predicted, "id,prediction\nc,0.4\nb,0.5\na,0.6\n");
    struct holdout_value value;
    struct holdout_error error;
    size_t rows = 0;
    assert_true(holdout_evaluate(truth, predicted, "roc_auc", &value, &rows, &error));
    assert_true(rows == 3 && value.value == 0.5);
    save_text(predicted, "id,prediction\nc,0.4\nb,0.5\n");
    assert_false(holdout_evaluate(truth, predicted, "roc_auc", &value, NULL, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    unlink(predicted);
    assert_false(holdout_evaluate(truth, predicted, "roc_auc", &value, NULL, &error));
    assert_int_equal(error.code, HOLDOUT_MISSING);
    assert_false(holdout_evaluate(truth, predicted, "auc", &value, NULL, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    unlink(truth);
}

static void the_lists_end_with_null(void **state)
{
    (void)state;
    size_t count = 0;
    while (holdout_learner_name(count))
        count++;
    assert_true(count >= 5);
    assert_null(holdout_learner_name(count + 1));
    for (count = 0; holdout_metric_name(count);)
        count++;
    assert_true(count >= 9);
    assert_string_equal(holdout_version(), HOLDOUT_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_read_and_looked_at),
        cmocka_unit_test(columns_are_added_and_dropped),
        cmocka_unit_test(a_hundred_thousand_columns_have_their_names),
        cmocka_unit_test(selected_rows_outlive_their_table),
        cmocka_unit_test(a_model_is_trained_saved_loaded_and_used),
        cmocka_unit_test(mistakes_are_errors_with_a_code),
        cmocka_unit_test(many_threads_may_use_one_table),
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ /* own allocators */
        cmocka_unit_test(a_lack_of_memory_at_any_place_is_an_error_not_the_end),
#endif
        cmocka_unit_test(metrics_are_measured),
        cmocka_unit_test(files_are_evaluated),
        cmocka_unit_test(the_lists_end_with_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
