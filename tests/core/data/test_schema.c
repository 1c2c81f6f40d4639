/* Schema files: they pin kinds, what is wrong is said with its line, what is printed reads back. */
#include "core/data/schema.h"
#include "tests/cases.h"

static void a_schema_pins_kinds(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct complaints to = { .arena = arena };
    struct schema schema;
    struct table table;
    struct fault why;
    assert_true(
        schema_parse(arena, "schema.yaml",
                     S("columns:\n"
                       "- {name: code, kind: text}\n"
                       "- {name: \"the day\", kind: time, format: \"%d.%m.%Y\", missing: [\"-\"]}\n"
                       "- {name: id, kind: integer}\n"
                       "- {name: size, kind: number, missing: [\"-1\", none]}\n"),
                     &schema, &to));
    struct csv_pin pin = { S("id"), COLUMN_CATEGORY };
    struct csv_options how = { .file = S("t.csv"), .pins = &pin, .pin_count = 1 };
    schema_apply(arena, &schema, &how);
    assert_int_equal(how.pin_count, 4);
    assert_true(csv_parse(arena, S("id,code,the day,size,more\n007,1,1.2.2024,-1,5\n8,NA,-,2,6\n"),
                          &how, &table, &why));
    static const enum column_kind kinds[] = { COLUMN_CATEGORY, COLUMN_TEXT, COLUMN_TIME,
                                              COLUMN_NUMBER, COLUMN_INTEGER };
    static const size_t missing[] = { 0, 0, 1, 1, 0 };
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(table.columns[i].kind, kinds[i]);
        assert_int_equal(table.columns[i].missing_count, missing[i]);
    }
    assert_string_equal(column_text(arena, &table.columns[2], 0).at, "2024-02-01");
    struct csv_pin time = { S("the day"), COLUMN_TIME };
    struct csv_options model = { .pins = &time, .pin_count = 1 };
    schema_apply(arena, &schema, &model);
    assert_true(csv_parse(arena, S("the day\n-\n1.2.2024\n"), &model, &table, &why));
    assert_int_equal(table.columns[0].kind, COLUMN_TIME);
    assert_int_equal(table.columns[0].missing_count, 1);
    assert_false(csv_parse(arena, S("id,size\n1,NA\n"), &how, &table, &why));
    assert_string_equal(why.text, "t.csv:2: column 2 (\"size\") held \"NA\", a number is needed");
}

static void mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *complaint;
    } rows[] = {
        { "columns:\n- {name: a, kind: numbr}\n",
          "schema.yaml:2: unknown kind \"numbr\", did you mean \"number\"" },
        { "columns:\n- {name: a, kind: time, format: \"%Y\"}\n",
          "schema.yaml:2: format \"%Y\" has no year, month and day, or more than "
          "%Y %y %m %d %H %M %S %f %z" },
        { "columns:\n- {name: a, kind: text, format: \"%Y-%m-%d\"}\n",
          "schema.yaml:2: format is for kind time, \"a\" is of kind text" },
        { "columns:\n- {name: a, kind: text}\n- {name: a, kind: text}\n",
          "schema.yaml:3: column \"a\" stands there twice" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scoped_arena arena = arena_open(NULL);
        struct complaints to = { .arena = arena };
        struct schema schema;
        assert_false(schema_parse(arena, "schema.yaml", str_of(rows[i].yaml), &schema, &to));
        assert_int_equal(to.count, 1);
        assert_string_equal(to.lines[0].at, rows[i].complaint);
    }
    scoped_arena arena = arena_open(NULL);
    struct complaints to = { .arena = arena };
    struct schema schema;
    assert_false(schema_parse(arena, "schema.yaml",
                              S("columns:\n- {kind: text}\n- {name: b}\nx: 1\n"), &schema, &to));
    assert_int_equal(to.count, 3);
}

static void what_is_printed_reads_back(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct complaints to = { .arena = arena };
    struct text text = { .arena = arena };
    struct schema schema;
    struct table table;
    struct fault why;
    assert_true(csv_parse(arena,
                          S("\"a \"\"b\"\"\",\\,\"x\ny\",\xC3\xA9,null\n1,2.5,a,2024-01-01,\n"),
                          NULL, &table, &why));
    schema_print(&text, &table);
    if (!schema_parse(arena, "schema.yaml", text_str(&text), &schema, &to))
        fail_msg("%s", to.lines[0].at);
    assert_int_equal(schema.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(str_equal(schema.pins[i].column, table.columns[i].name));
        assert_int_equal(schema.pins[i].kind, table.columns[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_pins_kinds),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(what_is_printed_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
