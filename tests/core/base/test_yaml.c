/* YAML: what is read, with which lines, and what is refused with one line. */
#include "core/base/fault.h"
#include "core/base/yaml.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* A node as text: scalars as they are (quoted ones in quotes), maps in {}, lists in []. */
static void node_print(struct text *out, const struct yaml *node)
{
    if (node->kind == YAML_SCALAR) {
        text_print(out, node->quoted ? "'%s'" : "%s", node->text.at);
        return;
    }
    bool map = node->kind == YAML_MAP;
    text_char(out, map ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *member = &node->members[i];
        text_print(out, "%s", i ? " " : "");
        if (map)
            text_print(out, "%s@%d:", member->key.at, member->key_line);
        node_print(out, member);
    }
    text_char(out, map ? '}' : ']');
}

static const char *read_text(struct arena *arena, struct str bytes)
{
    struct complaints to = { .arena = arena };
    struct text out = { .arena = arena };
    const struct yaml *root = yaml_parse(arena, "f.yaml", bytes, &to);
    assert_true(root || to.count > 0);
    if (root)
        node_print(&out, root);
    for (size_t i = 0; i < to.kept; i++)
        text_print(&out, "%s%s", i || root ? "\n" : "", to.lines[i].at);
    return out.at;
}

static void check_all(const char *const (*rows)[2], size_t count)
{
    scoped_arena arena = arena_open(NULL);
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        const char *got = read_text(arena, str_of(rows[i][0]));
        if (strcmp(got, rows[i][1]) == 0)
            continue;
        print_error("%s:%d: row %zu: got %s, expected %s\n", __FILE__, __LINE__, i, got,
                    rows[i][1]);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

#define CHECK(rows) check_all(rows, sizeof(rows) / sizeof *(rows))

static void values_are_read_with_their_lines(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "a: 1\nb: two words\n", "{a@1:1 b@2:two words}" },
        { "a:\n  - x\n  - y: 1\n    z: 2\n", "{a@1:[x {y@3:1 z@4:2}]}" },
        { "{a: [1, 'two', \"three\\n\"], b: {c: d}}", "{a@1:[1 'two' 'three\n'] b@1:{c@1:d}}" },
        { "# comment\n\na: ~\nb:\nc: null\nd: \"null\"\ne: ''\n",
          "{a@3: b@4: c@5: d@6:'null' e@7:''}" },
        { "a: |\n  x\n  y\nb: >\n  p\n  q\n", "{a@1:'x\ny\n' b@4:'p q\n'}" },
        { "a: 1\r\nb: 2\r\n", "{a@1:1 b@2:2}" },
        { "\xef\xbb\xbf"
          "a: 1\n",
          "{a@1:1}" },
        { "\"a b\": 1", "{a b@1:1}" },
        { "---\na: 1\n...\n", "{a@2:1}" },
        { "a: 2026-02-10T18:00:00+01:00", "{a@1:2026-02-10T18:00:00+01:00}" },
        { "- Gr\xc3\xbc\xc3\x9f"
          "e",
          "[Gr\xc3\xbc\xc3\x9f"
          "e]" },
        { "[[[[[[[[1]]]]]]]]", "[[[[[[[[1]]]]]]]]" },
    };
    CHECK(rows);
}

static void what_could_surprise_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "a: 1\nb: &x 2\n",
          "f.yaml:2: found an anchor (&name): write the value out at each place" },
        { "a: &x [1]\n", "f.yaml:1: found an anchor (&name): write the value out at each place" },
        { "a: &x {b: 1}\n",
          "f.yaml:1: found an anchor (&name): write the value out at each place" },
        { "a:\n  - *x\n", "f.yaml:2: found an alias (*name): write the value out at each place" },
        { "&k a: 1\n", "f.yaml:1: found an anchor (&name): write the value out at each place" },
        { "a: !!int 3\n", "f.yaml:1: found a tag (!name): plain values only" },
        { "a: !x [3]\n", "f.yaml:1: found a tag (!name): plain values only" },
        { "!!map\na: 1\n", "f.yaml:2: found a tag (!name): plain values only" },
        { "a: 1\n---\nb: 2\n", "f.yaml:2: found a second document (---): one file holds one" },
        { "", "f.yaml: the file was empty" },
        { "# nothing\n", "f.yaml: the file was empty" },
        { "? [a]\n: 1\n", "f.yaml:1: found a key that is not a word" },
        { "? {a: 1}\n: 1\n", "f.yaml:1: found a key that is not a word" },
        { "'': 1\n", "f.yaml:1: found an empty key" },
        { "[[[[[[[[[1]]]]]]]]]", "f.yaml:1: nested deeper than 8 levels" },
        { "a: \"x\\0y\"\n", "f.yaml:1: found a zero byte in a text" },
        { "a: 1\nb: \x01\n", "f.yaml:2: found a control character (0x01)" },
        { "a: \xff\n", "f.yaml: found bytes that are not UTF-8 text" },
    };
    CHECK(rows);
}

static void a_doubled_key_keeps_its_first_value(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "a: 1\nb:\n  c: 1\n  d: 2\n  c: [3, {x: 1}]\n  e: 4\nf: 5\n",
          "{a@1:1 b@2:{c@3:1 d@4:2 e@6:4} f@7:5}\n"
          "f.yaml:5: key \"c\" was given twice, first in line 3" },
        { "{a: 1, \"a\": 2}", "{a@1:1}\nf.yaml:1: key \"a\" was given twice, first in line 1" },
        { "a: 1\na: 2\n\na: 3\n", "{a@1:1}\nf.yaml:2: key \"a\" was given twice, first in line 1\n"
                                  "f.yaml:4: key \"a\" was given twice, first in line 1" },
        { "a: 1\na: *x\n", "f.yaml:2: key \"a\" was given twice, first in line 1\n"
                           "f.yaml:2: found an alias (*name): write the value out at each place" },
    };
    CHECK(rows);
}

static void broken_text_is_one_complaint_at_its_line(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "a: [1, 2\nb: 3\n",
          "f.yaml:3: not readable as YAML: flow sequence without a closing bracket" },
        { "a: \"x\n",
          "f.yaml:1: not readable as YAML: double-quoted scalar without closing quote" },
        { "a: b: c\n",
          "f.yaml:1: not readable as YAML: invalid nested block mapping on the same line" },
        { "a:\n  - 1\n b: 2\n", "f.yaml:3: not readable as YAML: invalid indentation in mapping" },
    };
    CHECK(rows);
}

static void size_and_member_count_are_limited(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text big = { .arena = arena }, many = { .arena = arena };
    text_print(&big, "a: ");
    while (big.len < YAML_BYTES_MOST)
        text_char(&big, 'x');
    assert_true(str_starts(str_of(read_text(arena, text_str(&big))), S("{a@1:xxx")));
    text_char(&big, 'x');
    assert_string_equal(read_text(arena, text_str(&big)),
                        "f.yaml: found 65537 bytes, allowed are 65536");
    for (int i = 0; i <= 2000; i++)
        text_print(&many, "- %d\n", i);
    assert_string_equal(read_text(arena, text_str(&many)),
                        "f.yaml:2001: found more than 2000 members in one map or list");
}

/* Many members: the array is grown in steps and every member has to survive that. */
static void lists_of_any_length_keep_all_members(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t count = 0; count < 70; count++) {
        struct text list = { .arena = arena };
        struct complaints to = { .arena = arena };
        text_print(&list, "[");
        for (size_t i = 0; i < count; i++)
            text_print(&list, "%s%zu", i ? ", " : "", i);
        text_print(&list, "]");
        const struct yaml *root = yaml_parse(arena, "f.yaml", text_str(&list), &to);
        assert_non_null(root);
        assert_int_equal(root->count, count);
        for (size_t i = 0; i < count; i++)
            assert_string_equal(root->members[i].text.at, arena_print(arena, "%zu", i));
    }
}

static void members_are_found_by_key(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct complaints to = { .arena = arena };
    const struct yaml *root = yaml_parse(arena, "f.yaml", S("{a: 1, b: [2]}"), &to);
    assert_string_equal(yaml_get(root, "a")->text.at, "1");
    assert_null(yaml_get(root, "c"));
    assert_null(yaml_get(yaml_get(root, "b"), "a"));
    assert_null(yaml_get(NULL, "a"));
}

static void the_nearest_word_is_near_or_there_is_none(void **state)
{
    (void)state;
    static const char *const words[] = { "metrics", "limits", "target", "id", "C" };
    static const char *const rows[][2] = {
        { "metrcs", "metrics" },
        { "metric", "metrics" },
        { "limit", "limits" },
        { "traget", "target" },
        { "targt", "target" },
        { "ids", "id" },
        { "c", "C" },
        { "METRICS", "metrics" },
        { "x", NULL },
        { "qz", NULL },
        { "", NULL },
        { "banana", NULL },
        { "xyzzy", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = words_nearest(str_of(rows[i][0]), words, 5);
        if (!rows[i][1] && got)
            fail_msg("%s: got %s, expected none", rows[i][0], got);
        if (rows[i][1])
            assert_string_equal(got, rows[i][1]);
    }
}

static void complaints_are_counted_past_those_kept_and_are_printable(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct complaints to = { .arena = arena };
    complain(&to, "f.yaml", 3, "found \"%s\"", "a\n\x1b[31m");
    complain(&to, NULL, 0, "plain");
    complain(&to, "f.yaml", 0, "no line");
    for (int i = 0; i < 200; i++)
        complain(&to, "f.yaml", i, "again");
    assert_int_equal(to.count, 203);
    assert_int_equal(to.kept, 100);
    assert_string_equal(to.lines[0].at, "f.yaml:3: found \"a??[31m\"");
    assert_string_equal(to.lines[1].at, "plain");
    assert_string_equal(to.lines[2].at, "f.yaml: no line");
}

static void faults_are_one_line_of_whole_characters(void **state)
{
    (void)state;
    struct fault why;
    char wide[400];
    assert_false(fault_set(&why, BLAME_OPEN, "held \"%s\"", "a\n\x1b[31m\x7f\t"));
    assert_string_equal(why.text, "held \"a??[31m??\"");
    for (size_t skip = 0; skip < 4; skip++) {
        memset(wide, 'x', skip);
        for (size_t i = skip; i + 3 < sizeof wide; i += 3)
            memcpy(wide + i, "\xE2\x82\xAC", 4);
        fault_set(&why, BLAME_OPEN, "%s", wide);
        assert_true(str_is_utf8(str_of(why.text)) && strlen(why.text) > 230);
        fault_within(&why, "%s", wide);
        assert_true(str_is_utf8(str_of(why.text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_with_their_lines),
        cmocka_unit_test(what_could_surprise_is_refused_with_its_line),
        cmocka_unit_test(a_doubled_key_keeps_its_first_value),
        cmocka_unit_test(broken_text_is_one_complaint_at_its_line),
        cmocka_unit_test(size_and_member_count_are_limited),
        cmocka_unit_test(lists_of_any_length_keep_all_members),
        cmocka_unit_test(members_are_found_by_key),
        cmocka_unit_test(faults_are_one_line_of_whole_characters),
        cmocka_unit_test(the_nearest_word_is_near_or_there_is_none),
        cmocka_unit_test(complaints_are_counted_past_those_kept_and_are_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
