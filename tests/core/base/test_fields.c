/* Fields: a map into a struct, and one line for each thing that is wrong. */
#include "core/base/fields.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct row {
    struct str name;
    int64_t size;
    int line;
};
struct inner {
    double share;
};
struct all {
    struct str text, id, path;
    int word;
    bool yes;
    int64_t number, moment;
    double ratio;
    struct str_list texts;
    unsigned flags;
    struct str_pairs pairs;
    struct number_list numbers;
    struct number_pairs points;
    struct inner inner;
    struct row *rows;
    size_t row_count;
    struct row *named;
    size_t named_count;
};

#define AT(member) offsetof(struct all, member)
static const char *const colours[] = { "red", "green", "blue", NULL };
static const struct field inner_fields[] = {
    { .key = "share", .kind = FIELD_NUMBER, .low = 0, .high = 1, .required = true },
};
static const struct field_table inner_table = { .fields = inner_fields, .count = 1 };
static const struct field row_fields[] = {
    { .kind = FIELD_LINE, .offset = offsetof(struct row, line) },
    { .key = "name", .kind = FIELD_TEXT, .offset = offsetof(struct row, name), .required = true },
    { .key = "size", .kind = FIELD_INT, .offset = offsetof(struct row, size) },
};
static const struct row row_defaults = { .size = 7 };
static const struct field_table row_table = { row_fields, 3, sizeof(struct row), &row_defaults };
static const struct field named_fields[] = {
    { .kind = FIELD_NAME, .offset = offsetof(struct row, name) },
    { .key = "size", .kind = FIELD_INT, .offset = offsetof(struct row, size) },
};
static const struct field_table named_table = { named_fields, 2, sizeof(struct row), NULL };

static const struct field fields[] = {
    { .key = "text", .kind = FIELD_TEXT, .offset = AT(text), .high = 10 },
    { .key = "id", .kind = FIELD_ID, .offset = AT(id) },
    { .key = "path", .kind = FIELD_PATH, .offset = AT(path) },
    { .key = "colour", .kind = FIELD_WORD, .offset = AT(word), .words = colours },
    { .key = "yes", .kind = FIELD_BOOL, .offset = AT(yes) },
    { .key = "number", .kind = FIELD_INT, .offset = AT(number), .low = 1, .high = 10 },
    { .key = "moment", .kind = FIELD_TIME, .offset = AT(moment) },
    { .key = "ratio", .kind = FIELD_NUMBER, .offset = AT(ratio) },
    { .key = "texts", .kind = FIELD_TEXTS, .offset = AT(texts) },
    { .key = "flags", .kind = FIELD_FLAGS, .offset = AT(flags), .words = colours },
    { .key = "pairs", .kind = FIELD_PAIRS, .offset = AT(pairs) },
    { .key = "numbers", .kind = FIELD_NUMBERS, .offset = AT(numbers), .high = 2 },
    { .key = "points", .kind = FIELD_NUMBER_PAIRS, .offset = AT(points), .low = 2 },
    { .key = "inner", .kind = FIELD_TABLE, .offset = AT(inner), .table = &inner_table },
    { .key = "rows", .kind = FIELD_ROWS, .offset = AT(rows), .table = &row_table },
    { .key = "named", .kind = FIELD_NAMED_ROWS, .offset = AT(named), .table = &named_table },
};
static const struct field_table table = { .fields = fields,
                                          .count = sizeof fields / sizeof *fields };

static const char *complaints_of(struct arena *arena, const char *yaml, struct all *out)
{
    struct complaints to = { .arena = arena };
    struct field_source from = { arena, "f", &to };
    struct text lines = { .arena = arena };
    const struct yaml *root = yaml_parse(arena, "f", str_of(yaml), &to);
    *out = (struct all){ .number = -1 };
    bool fine = root && fields_read(&from, root, &table, out);
    assert_true(fine == (to.count == 0));
    text_add(&lines, S(""));
    for (size_t i = 0; i < to.kept; i++)
        text_print(&lines, "%s%s", i ? "\n" : "", to.lines[i].at);
    return lines.at;
}

static void every_kind_is_read(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct all all;
    const char *yaml = "text: a b\nid: x-1\npath: ./p/q.md\ncolour: blue\nyes: true\nnumber: 10\n"
                       "moment: 1970-01-01T01:00:01+01:00\nratio: -2.5e-1\ntexts: [p, q]\n"
                       "flags: [blue, red]\npairs: {k: 1.50, l: \"x\"}\nnumbers: [1, 2]\n"
                       "points: [[0, 0], [1, 0.5]]\ninner: {share: 0.25}\n"
                       "rows:\n  - {name: a}\n  - {name: b, size: 8}\nnamed: {n1: {size: 3}}\n";
    assert_string_equal(complaints_of(arena, yaml, &all), "");
    assert_string_equal(all.text.at, "a b");
    assert_string_equal(all.id.at, "x-1");
    assert_string_equal(all.path.at, "p/q.md");
    assert_int_equal(all.word, 2);
    assert_true(all.yes);
    assert_int_equal(all.number, 10);
    assert_int_equal(all.moment, 1000);
    assert_true(all.ratio == -0.25);
    assert_int_equal(all.texts.count, 2);
    assert_string_equal(all.texts.at[1].at, "q");
    assert_int_equal(all.flags, 5);
    assert_string_equal(all.pairs.at[0].value.at, "1.50");
    assert_true(all.numbers.at[1] == 2);
    assert_true(all.points.at[1].x == 1 && all.points.at[1].y == 0.5);
    assert_true(all.inner.share == 0.25);
    assert_int_equal(all.row_count, 2);
    assert_int_equal(all.rows[0].size, 7);
    assert_int_equal(all.rows[1].size, 8);
    assert_int_equal(all.rows[1].line, 17);
    assert_string_equal(all.named[0].name.at, "n1");
}

static void absent_keys_leave_the_struct_alone(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct all all;
    assert_string_equal(complaints_of(arena, "text: x", &all), "");
    assert_int_equal(all.number, -1);
}

static void each_mistake_is_one_line(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "nubmer: 3", "f:1: unknown key \"nubmer\", did you mean \"number\"" },
        { "inner: {shar: 1}", "f:1: unknown key \"shar\" in inner, did you mean \"share\"\n"
                              "f:1: missing key \"share\" in inner" },
        { "inner: {banana: 1, share: 1}",
          "f:1: unknown key \"banana\" in inner, allowed is share" },
        { "number: 11", "f:1: number was \"11\", allowed is a whole number from 1 to 10" },
        { "number: 1.5", "f:1: number was \"1.5\", allowed is a whole number from 1 to 10" },
        { "number: \"3\"",
          "f:1: number was the text \"3\", allowed is a whole number from 1 to 10" },
        { "number:", "f:1: number was empty, allowed is a whole number from 1 to 10" },
        { "number: [3]", "f:1: number was a list, allowed is a whole number from 1 to 10" },
        { "ratio: nan", "f:1: ratio was \"nan\", allowed is a number" },
        { "ratio: 1e999", "f:1: ratio was \"1e999\", allowed is a number" },
        { "yes: on", "f:1: yes was \"on\", allowed is true or false" },
        { "colour: gren", "f:1: unknown colour \"gren\", did you mean \"green\"" },
        { "colour: mauve", "f:1: unknown colour \"mauve\", allowed are red, green, blue" },
        { "text: 12345678901",
          "f:1: text was \"12345678901\", allowed is a text of at most 10 bytes" },
        { "id: a b",
          "f:1: id was \"a b\", allowed is a name of letters, digits, _ . - (63 at most, "
          "no blanks)" },
        { "path: ../x",
          "f:1: path was \"../x\", allowed is a relative path that stays inside, without . and "
          ".." },
        { "moment: 2026-02-10",
          "f:1: moment was \"2026-02-10\", allowed is a time with its offset, as in "
          "2026-02-10T18:00:00+01:00" },
        { "texts: x", "f:1: texts was \"x\", allowed is a list: [a, b]" },
        { "texts: [a, a]", "f:1: texts names \"a\" twice" },
        { "texts: [[a]]", "f:1: texts was a list, allowed is a list of short texts" },
        { "flags: [red, blu]", "f:1: unknown word \"blu\" in flags, did you mean \"blue\"" },
        { "pairs: {a: [1]}", "f:1: pairs.a was a list, allowed is one value" },
        { "numbers: [1]", "f:1: numbers was a list, allowed is a list of 2 numbers" },
        { "points: [[1, 2]]",
          "f:1: points was a list, allowed is a list of at least 2 pairs: [[0.5, 0], [0.8, 1]]" },
        { "rows:\n  - {size: 1}\n  - x\n",
          "f:2: missing key \"name\" in rows\nf:3: rows was one value, allowed is a map of keys" },
        { "named: {\"a b\": {}}",
          "f:1: the name \"a b\" was not made of letters, digits, _ . - (63 at most)" },
        { "[1]", "f:1: the file was a list, allowed is a map of keys" },
        { "number: 0\ncolour: x\nnumbre: 1\n",
          "f:3: unknown key \"numbre\", did you mean \"number\"\n"
          "f:2: unknown colour \"x\", allowed are red, green, blue\n"
          "f:1: number was \"0\", allowed is a whole number from 1 to 10" },
    };
    scoped_arena arena = arena_open(NULL);
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct all all;
        const char *got = complaints_of(arena, rows[i][0], &all);
        if (strcmp(got, rows[i][1]) == 0)
            continue;
        print_error("%s: got\n%s\nexpected\n%s\n", rows[i][0], got, rows[i][1]);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void paths_stay_inside(void **state)
{
    (void)state;
    static const char *const bad[] = { "",   "/a", "..",   "a/../b", "a//b",
                                       "./", "a/", "a\\b", "a\nb",   "." };
    static const char *const good[] = { "a", "a/b.md", ".hidden", "..a", "a b/c:d.md" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (path_check(str_of(bad[i])))
            fail_msg("\"%s\" passed", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!path_check(str_of(good[i])))
            fail_msg("\"%s\" was refused", good[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(absent_keys_leave_the_struct_alone),
        cmocka_unit_test(each_mistake_is_one_line),
        cmocka_unit_test(paths_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
