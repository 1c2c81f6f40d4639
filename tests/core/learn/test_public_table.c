/* libholdout: tables are read with a schema, threads, from packed files and JSON lines. */
#include "core/holdout.h"
#include "core/base/file.h"
#include "tests/cases.h"
#include <fcntl.h>
#include <math.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_read_as_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
