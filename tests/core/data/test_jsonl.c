/* JSON lines: what is accepted, what is refused and where; files of all kinds. */
#include "core/data/jsonl.h"
#include "core/data/table_load.h"
#include "core/base/file.h"
#include "tests/cases.h"
#include <fcntl.h>
#include <math.h>
#include <zlib.h>
#include <zstd.h>

static struct str described(struct arena *arena, const struct table *table)
{
    struct text out = { .arena = arena };
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        text_print(&out, "%s%s:%s[%zu]=", i ? " " : "", column->name.at, kind_name(column->kind),
                   column->missing_count);
        for (size_t row = 0; row < table->rows; row++)
            text_print(&out, "%s%s", row ? "|" : "", column_text(arena, column, row).at);
    }
    return text_str(&out);
}

static struct str parsed(struct arena *arena, struct str lines, const struct csv_options *how)
{
    struct table table;
    struct fault why = { 0 };
    if (!jsonl_parse(arena, lines, how, &table, &why))
        return str_keep(arena, str_of(why.text));
    return described(arena, &table);
}

struct row {
    const char *lines, *expected;
};

static void check(const struct row *rows, size_t count, const struct csv_options *how)
{
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < count; i++) {
        struct str got = parsed(arena, str_of(rows[i].lines), how);
        if (!str_is(got, rows[i].expected))
            fail_msg("%s\ngot      %.*s\nexpected %s", rows[i].lines, STR_ARGS(got),
                     rows[i].expected);
    }
}
#define CHECK(rows, how) check(rows, sizeof rows / sizeof *rows, how)

static void lines_become_columns(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"a\":2}\n", "a:integer[0]=1|2 b:category[0]=x|y" },
        { "{\"a\":1}\n\n{\"b\":2.5}\r\n", "a:integer[1]=1| b:number[1]=|2.5" },
        { " { \"a\" : null , \"b\" : \"\" } \n{\"a\":-1e2}", "a:number[1]=|-100 b:number[2]=|" },
        { "{\"a\":true}\n{\"a\":false}\n", "a:category[0]=true|false" },
        { "{\"a\":1.50}\n{\"a\":\"x\"}\n", "a:category[0]=1.50|x" },
        { "{\"a\":\"5\"}\n", "a:category[0]=5" },
        { "{\"t\":\"2024-02-29T01:02:03Z\"}\n{\"t\":null}\n", "t:time[1]=2024-02-29T01:02:03Z|" },
        { "{\"t\":\"2024-02-29\"}\n{\"t\":3}\n", "t:category[0]=2024-02-29|3" },
        { "{\"a\":9007199254740993}\n", "a:number[0]=9007199254740992" },
        { "{\"a\":123456789012345678901234567890}\n", "a:number[0]=1.2345678901234568e+29" },
        { "{\"a\":0.1}\n{\"a\":17e-1}\n", "a:number[0]=0.1|1.7" },
        { "{\"k\\u00e9\":\"\\ud83d\\ude00\\n\\\"\\\\\\/\\u20ac\"}\n{\"k\xC3\xA9\":\"b\"}\n",
          "k\xC3\xA9:category[0]=\xF0\x9F\x98\x80\n\"\\/\xE2\x82\xAC|b" },
        { "\xEF\xBB\xBF{\"a\":1}\n", "a:integer[0]=1" },
        { "{\"a\":1}\n{}\n", "a:integer[1]=1|" },
    };
    CHECK(rows, NULL);
}

static void faults_name_line_and_key(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "", "t.jsonl:1: no row with a value" },
        { "{}\n", "t.jsonl:1: no row with a value" },
        { "{\"a\":1}\n{\"a\":{\"b\":1}}\n", "t.jsonl:2: key \"a\" held a nested value" },
        { "{\"a\":[]}\n", "t.jsonl:1: key \"a\" held a nested value" },
        { "{\"a\":1,\"a\":2}\n", "t.jsonl:1: key \"a\" stands there twice" },
        { "{\"a\":NaN}\n", "t.jsonl:1: a value was expected at byte 6" },
        { "{\"a\":-Infinity}\n", "t.jsonl:1: a digit was expected at byte 7" },
        { "\n{\"a\":1e999}\n", "t.jsonl:2: key \"a\" held a number that is not finite" },
        { "{\"a\":01}\n", "t.jsonl:1: a digit was expected at byte 8" },
        { "{\"a\":1.}\n", "t.jsonl:1: a digit was expected at byte 8" },
        { "{\"a\":1", "t.jsonl:1: a comma or } was expected at byte 7" },
        { "{\"a\":1} x\n", "t.jsonl:1: the end of the line was expected at byte 9" },
        { "[1]\n", "t.jsonl:1: an object such as {\"age\": 7} was expected at byte 1" },
        { "{a:1}\n", "t.jsonl:1: a key in quotes was expected at byte 2" },
        { "{\"a\":1,}\n", "t.jsonl:1: a key in quotes was expected at byte 8" },
        { "{\"a\" 1}\n", "t.jsonl:1: a colon was expected at byte 6" },
        { "{\"a\":\"x}\n", "t.jsonl:1: a quote was opened and never closed" },
        { "{\"a\":\"x\ty\"}\n", "t.jsonl:1: a control character in a text at byte 8" },
        { "{\"a\":\"\\x\"}\n", "t.jsonl:1: an escape such as \\n was expected at byte 7" },
        { "{\"a\":\"\\ud800\"}\n", "t.jsonl:1: an escape \\u that stands for no character" },
        { "{\"a\":\"\\u0000\"}\n", "t.jsonl:1: an escape \\u that stands for no character" },
        { "{\"\":1}\n", "t.jsonl:1: a key of 0 bytes, allowed are 1 to 256" },
        { "{\"a\":1}\n{\"a\":\"\xE9\"}\n", "t.jsonl:2: text that is not UTF-8" },
        { "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n", "t.jsonl:4: more than 3 rows" },
    };
    struct csv_options how = { .file = S("t.jsonl"), .rows_most = 3 };
    CHECK(rows, &how);
}

static void pinned_columns_keep_their_kind(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "{\"id\":1,\"n\":2,\"t\":\"1/2/2024\"}\n",
          "id:category[0]=1 n:number[0]=2 t:time[0]=2024-02-01" },
        { "{\"n\":\"x\"}\n", "t.jsonl:1: key \"n\" held \"x\", a number is needed" },
        { "{\"n\":-9}\n{\"n\":1}\n", "n:number[1]=|1" },
        { "{\"t\":1}\n", "t.jsonl:1: key \"t\" held \"1\", a time is needed" },
        { "{\"i\":1.5}\n", "t.jsonl:1: key \"i\" held \"1.5\", a whole number is needed" },
    };
    static const struct str nine[] = { { "-9", 2 } };
    struct csv_pin pins[] = { { S("id"), COLUMN_CATEGORY },
                              { S("n"), COLUMN_NUMBER },
                              { S("t"), COLUMN_TIME },
                              { S("i"), COLUMN_INTEGER } };
    struct csv_pin_more more[] = {
        { 0 }, { .missing = nine, .missing_count = 1 }, { .format = S("%d/%m/%Y") }, { 0 }
    };
    struct csv_options how = { .file = S("t.jsonl"), .pins = pins, .more = more, .pin_count = 4 };
    CHECK(rows, &how);
}

static void hostile_lines_are_refused_in_little_memory(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text lines = { .arena = arena };
    struct csv_options how = { .file = S("t.jsonl") };
    for (int i = 0; i < 20000; i++)
        text_print(&lines, "{\"k%d\":1}\n", i);
    size_t before = arena_bytes(arena);
    assert_string_equal(parsed(arena, text_str(&lines), &how).at,
                        "t.jsonl:20000: 20000 rows of 20000 columns: too sparse for a table");
    assert_true(arena_bytes(arena) - before < (64 << 20));
    lines.len = 0;
    text_add(&lines, S("{\"a\":\""));
    for (int i = 0; i < 17 << 17; i++)
        text_add(&lines, S("long long"));
    assert_string_equal(parsed(arena, text_str(&lines), &how).at,
                        "t.jsonl:1: a line of more than 16777216 bytes");
}

static void what_is_printed_reads_back(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table, back;
    struct fault why;
    assert_true(csv_parse(arena,
                          S("n,\"w \"\"q\"\"\",t,i\n1.5,\"a\nb\t\x01\",2024-01-01 10:00,1\n"
                            ",\\,,\n1e-300,\xE2\x82\xAC,1969-12-31 23:59:59.5,-7\n"),
                          NULL, &table, &why));
    struct text text = { .arena = arena };
    jsonl_print(&text, &table);
    assert_string_equal(
        text.at,
        "{\"n\":1.5,\"w \\\"q\\\"\":\"a\\nb\\t\\u0001\",\"t\":\"2024-01-01 10:00:00\",\"i\":1}\n"
        "{\"n\":null,\"w \\\"q\\\"\":\"\\\\\",\"t\":null,\"i\":null}\n"
        "{\"n\":1e-300,\"w \\\"q\\\"\":\"\xE2\x82\xAC\",\"t\":\"1969-12-31 23:59:59.5\","
        "\"i\":-7}\n");
    assert_true(jsonl_parse(arena, text_str(&text), NULL, &back, &why));
    assert_true(str_equal(described(arena, &table), described(arena, &back)));
}

static void save(int dir, const char *name, struct str bytes)
{
    struct fault why;
    assert_true(file_save(dir, name, bytes, 0600, &why));
}

static void files_of_all_kinds_are_loaded(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    char dir[] = "/tmp/test_jsonl.XXXXXX", packed[200];
    assert_non_null(mkdtemp(dir));
    scoped(fd) int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct table table;
    struct fault why = { 0 };
    size_t len = ZSTD_compress(packed, sizeof packed, "a,b\n3,z\n", 8, 3);
    save(at, "c.csv.zst", (struct str){ packed, len });
    assert_true(file_exists(at, "c.csv.zst"));
    save(at, "short.bin", (struct str){ packed, len - 2 });
    char *path = arena_print(arena, "%s/b.csv.gz", dir);
    gzFile gz = gzopen(path, "wb");
    assert_int_equal(gzwrite(gz, "a,b\n2,y\n", 8), 8);
    gzclose(gz);
    save(at, "a.jsonl", S("{\"a\":1,\"b\":\"x\"}\n"));
    save(at, ".hidden.csv", S("x\n"));
    save(at, "notes.txt", S("x\n"));
    assert_true(table_load(arena, AT_FDCWD, dir, NULL, &table, &why));
    assert_string_equal(described(arena, &table).at, "a:integer[0]=1|2|3 b:category[0]=x|y|z");
    assert_true(table_load(arena, at, "b.csv.gz", NULL, &table, &why));
    assert_string_equal(described(arena, &table).at, "a:integer[0]=2 b:category[0]=y");
    assert_false(table_load(arena, at, "short.bin", NULL, &table, &why));
    assert_string_equal(why.text, "short.bin: the zstd data ended too early");
    assert_false(table_load(arena, at, "gone.csv", NULL, &table, &why));
    assert_string_equal(why.text, "gone.csv: No such file or directory");
    struct csv_options small = { .bytes_most = 7 };
    assert_false(table_load(arena, at, "c.csv.zst", &small, &table, &why));
    assert_string_equal(why.text, "c.csv.zst: was over 7 bytes");
    assert_true(table_write(arena, at, "out.jsonl", &table, 2, &why));
    assert_true(table_load(arena, at, "out.jsonl", NULL, &table, &why));
    assert_string_equal(described(arena, &table).at, "a:integer[0]=2 b:category[0]=y");
    assert_true(table_write(arena, at, "out.csv", &table, 2, &why));
    struct str bytes;
    assert_true(file_load(arena, at, "out.csv", 100, &bytes, &why));
    assert_string_equal(bytes.at, "a,b\n2,y\n");
    assert_true(dir_remove(AT_FDCWD, dir, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_columns),
        cmocka_unit_test(faults_name_line_and_key),
        cmocka_unit_test(pinned_columns_keep_their_kind),
        cmocka_unit_test(hostile_lines_are_refused_in_little_memory),
        cmocka_unit_test(what_is_printed_reads_back),
        cmocka_unit_test(files_of_all_kinds_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
