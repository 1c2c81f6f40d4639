/* libholdout: tables are read with a schema, threads, from packed files and JSON lines. */
#include "core/holdout.h"
#include "core/base/file.h"
#include "tests/cases.h"
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

static void tables_are_read_as_told(void **state)
{
    (void)state;
    char dir[] = "/tmp/test_public_table.XXXXXX", data[64], schema[64], out[64];
    assert_non_null(mkdtemp(dir));
    snprintf(data, sizeof data, "%s/a.jsonl", dir);
    snprintf(schema, sizeof schema, "%s/s.yaml", dir);
    snprintf(out, sizeof out, "%s/out.jsonl", dir);
    struct fault why;
    assert_true(
        file_save(AT_FDCWD, data, S("{\"key\":7,\"t\":\"1.2.1970\",\"w\":3}\n"), 0600, &why));
    assert_true(file_save(AT_FDCWD, schema,
                          S("columns:\n- {name: t, kind: time, format: \"%d.%m.%Y\"}\n"
                            "- {name: w, kind: category}\n"),
                          0600, &why));
    struct holdout_error error;
    struct holdout_reading how = {
        .size = sizeof how, .id = "key", .schema = schema, .threads = 2
    };
    struct holdout_table *table = holdout_table_read_as(data, &how, &error);
    if (!table)
        fail_msg("%s", error.text);
    assert_int_equal(holdout_table_kind(table, 0), HOLDOUT_CATEGORY);
    assert_string_equal(holdout_table_text(table, 0, 0), "7");
    assert_true(holdout_table_numbers(table, 1)[0] == 31 * 86400);
    assert_string_equal(holdout_table_text(table, 2, 0), "3");
    assert_true(holdout_table_write(table, out, &error));
    holdout_table_free(table);
    table = holdout_table_read(out, &error);
    assert_non_null(table);
    assert_true(holdout_table_numbers(table, 1)[0] == 31 * 86400);
    holdout_table_free(table);
    how.size = 3;
    assert_null(holdout_table_read_as(data, &how, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    how = (struct holdout_reading){ .size = sizeof how, .schema = data };
    assert_null(holdout_table_read_as(data, &how, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    how.schema = "/nowhere.yaml";
    assert_null(holdout_table_read_as(data, &how, &error));
    assert_int_equal(error.code, HOLDOUT_MISSING);
    assert_true(dir_remove(AT_FDCWD, dir, &why));
}

static struct holdout_table *kinds_read(void)
{
    char path[] = "/tmp/test_public_table.XXXXXX";
    struct fault why;
    struct text csv = { .arena = arena_open(NULL) };
    struct holdout_error error;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    text_add(&csv, S("n,c,i,t,w\n"));
    for (int i = 0; i < 100; i++)
        text_print(&csv, "%d.5,%s,%d,2024-01-%02d,word %d\n", i, i % 2 ? "a" : "b", i, i % 28 + 1,
                   i);
    assert_true(file_save(AT_FDCWD, path, text_str(&csv), 0600, &why));
    struct holdout_table *table = holdout_table_read(path, &error);
    if (!table)
        fail_msg("%s", error.text);
    arena_drop(csv.arena);
    unlink(path);
    return table;
}

static void columns_mean_one_of_five_things(void **state)
{
    (void)state;
    static const enum holdout_meaning expected[] = { HOLDOUT_MEANS_NUMBER,  HOLDOUT_MEANS_CATEGORY,
                                                     HOLDOUT_MEANS_INTEGER, HOLDOUT_MEANS_TIME,
                                                     HOLDOUT_MEANS_TEXT,    HOLDOUT_MEANS_NOTHING };
    struct holdout_table *table = kinds_read();
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(holdout_table_meaning(table, i), expected[i]);
    assert_int_equal(holdout_table_kind(table, 3), HOLDOUT_NUMBER);
    assert_int_equal(holdout_table_kind(table, 4), HOLDOUT_CATEGORY);
    assert_int_equal(holdout_table_meaning(NULL, 0), HOLDOUT_MEANS_NOTHING);
    holdout_table_free(table);
}

static void what_a_column_means_can_be_said_where_it_fits(void **state)
{
    (void)state;
    enum { N, C, I, T, W };
    static const struct {
        size_t column;
        int meaning;
        enum holdout_code code;
        const char *text;
    } rows[] = {
        { I, HOLDOUT_MEANS_TIME, HOLDOUT_OK, "" },
        { I, HOLDOUT_MEANS_NUMBER, HOLDOUT_OK, "" },
        { I, HOLDOUT_MEANS_INTEGER, HOLDOUT_OK, "" },
        { W, HOLDOUT_MEANS_CATEGORY, HOLDOUT_OK, "" },
        { C, HOLDOUT_MEANS_TEXT, HOLDOUT_OK, "" },
        { N, HOLDOUT_MEANS_INTEGER, HOLDOUT_BAD_DATA, "was 0.5 in row 0, which is no integer" },
        { N, HOLDOUT_MEANS_TEXT, HOLDOUT_BAD_ARGUMENT, "holds numbers, which cannot mean text" },
        { C, HOLDOUT_MEANS_TIME, HOLDOUT_BAD_ARGUMENT, "holds texts, which cannot mean time" },
        { C, HOLDOUT_MEANS_NOTHING, HOLDOUT_BAD_ARGUMENT, "cannot mean this" },
        { C, 99, HOLDOUT_BAD_ARGUMENT, "cannot mean this" },
        { 9, HOLDOUT_MEANS_TIME, HOLDOUT_BAD_ARGUMENT, "there is no column 9" },
    };
    struct holdout_table *table = kinds_read();
    struct holdout_error error;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum holdout_meaning meaning = (enum holdout_meaning)rows[i].meaning;
        bool done = holdout_table_set_meaning(table, rows[i].column, meaning, &error);
        if (done != (rows[i].code == HOLDOUT_OK) || error.code != rows[i].code ||
            !strstr(error.text, rows[i].text))
            fail_msg("row %zu: %d %s", i, error.code, error.text);
        if (done)
            assert_int_equal(holdout_table_meaning(table, rows[i].column), meaning);
    }
    static double far[100];
    far[50] = 1e15;
    assert_true(holdout_table_add_numbers(table, "far", far, &error));
    assert_false(holdout_table_set_meaning(table, 5, HOLDOUT_MEANS_TIME, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_DATA);
    assert_false(holdout_table_set_meaning(NULL, 5, HOLDOUT_MEANS_TIME, &error));
    assert_int_equal(error.code, HOLDOUT_BAD_ARGUMENT);
    holdout_table_free(table);
}

static void a_time_that_was_said_is_taken_apart_by_dates(void **state)
{
    (void)state;
    enum { ROWS = 60 };
    double when[ROWS], y[ROWS];
    struct holdout_error error;
    for (int i = 0; i < ROWS; i++) {
        when[i] = i * 43200.0;
        y[i] = i % 14 < 7;
    }
    struct holdout_training how = { .size = sizeof how, .target = "y", .learner = "linear" };
    size_t features[2];
    for (int said = 0; said < 2; said++) {
        struct holdout_table *table = holdout_table_new(ROWS, &error);
        assert_true(holdout_table_add_numbers(table, "when", when, &error));
        assert_true(holdout_table_add_numbers(table, "y", y, &error));
        if (said)
            assert_true(holdout_table_set_meaning(table, 0, HOLDOUT_MEANS_TIME, &error));
        struct holdout_model *model = holdout_train(table, &how, &error);
        if (!model)
            fail_msg("%s", error.text);
        features[said] = holdout_model_features(model);
        holdout_model_free(model);
        holdout_table_free(table);
    }
    assert_int_equal(features[0], 1);
    assert_true(features[1] > 1);
}

static void a_fault_about_a_cell_names_file_and_line(void **state)
{
    (void)state;
    char path[] = "/tmp/test_public_table.XXXXXX", expected[100];
    struct fault why;
    struct holdout_error error;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_true(file_save(AT_FDCWD, path, S("x,y\n1,2\n\n\"a\nb\",3\n4,\n"), 0600, &why));
    struct holdout_table *table = holdout_table_read(path, &error);
    assert_non_null(table);
    struct holdout_training how = { .size = sizeof how, .target = "y", .learner = "linear" };
    assert_null(holdout_train(table, &how, &error));
    snprintf(expected, sizeof expected, "%s:6: the target \"y\" was empty", path);
    assert_string_equal(error.text, expected);
    unlink(path);
    assert_null(holdout_train(table, &how, &error)); /* the file is gone */
    assert_string_equal(error.text, "row 3: the target \"y\" was empty");
    holdout_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_read_as_told),
        cmocka_unit_test(columns_mean_one_of_five_things),
        cmocka_unit_test(what_a_column_means_can_be_said_where_it_fits),
        cmocka_unit_test(a_time_that_was_said_is_taken_apart_by_dates),
        cmocka_unit_test(a_fault_about_a_cell_names_file_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
