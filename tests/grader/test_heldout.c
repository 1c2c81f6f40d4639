/*
 * Held-out rows as a box sees them: other ids, other order, the same cells; the same key gives the
 * same file.
 */
#include "core/base/digest.h"
#include "grader/heldout.h"
#include "grader/verdict.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char plain[] = "id,a,b\nx1,1,\"q, \"\"r\"\"\nnext\"\nx2,2,\nx3,3,c\n";

static struct heldout draw(struct arena *arena, const char *csv, const char *key)
{
    struct heldout out;
    struct fault why = { 0 };
    if (!heldout_draw(arena, str_of(csv), &(struct heldout_form){ "id", .key = str_of(key) }, &out,
                      &why))
        fail_msg("%s", why.text);
    return out;
}

static void ids_and_order_change_but_cells_do_not(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct heldout out = draw(arena, plain, "k1");
    assert_int_equal(out.row_count, 3);
    assert_true(str_is(out.ids[1], "x2"));
    assert_null(strstr(out.csv.at, "x1"));
    assert_non_null(strstr(out.csv.at, ",1,\"q, \"\"r\"\"\nnext\"\n"));
    assert_true(str_starts(out.csv, S("id,a,b\n")));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(out.new_ids[i].len, 9);
        assert_non_null(strstr(out.csv.at, out.new_ids[i].at));
    }
}

static void the_same_key_gives_the_same_file_and_another_another(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text many = { .arena = arena };
    text_add(&many, S("id,a\n"));
    for (int i = 0; i < 500; i++)
        text_print(&many, "row%d,%d\n", i, i);
    struct heldout a = draw(arena, many.at, "k1"), b = draw(arena, many.at, "k1"),
                   c = draw(arena, many.at, "k2");
    assert_true(str_equal(a.csv, b.csv));
    assert_false(str_equal(a.csv, c.csv));
    int same = 0;
    for (size_t i = 0; i < 500; i++)
        same += str_equal(a.new_ids[i], c.new_ids[i]);
    assert_int_equal(same, 0);
}

static void the_order_says_nothing_of_the_place_in_the_file(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text many = { .arena = arena };
    text_add(&many, S("id,a\n"));
    for (int i = 0; i < 1000; i++)
        text_print(&many, "r%d,%d\n", i, i);
    struct heldout out = draw(arena, many.at, "key");
    struct str rest = out.csv, line;
    double moved = 0;
    str_cut(&rest, '\n', &line);
    for (int at = 0; str_cut(&rest, '\n', &line) && line.len; at++) {
        int64_t was;
        assert_true(str_to_int(str_from(line, 10), &was));
        moved += abs((int)was - at);
    }
    assert_true(moved / 1000 > 250 && moved / 1000 < 420); /* a third of the length is expected */
}

static struct heldout form_draw(struct arena *arena, const char *csv, struct heldout_form form)
{
    struct heldout out;
    struct fault why = { 0 };
    form.key = S("k");
    if (!heldout_draw(arena, str_of(csv), &form, &out, &why))
        fail_msg("%s", why.text);
    return out;
}

static void items_keep_their_names_and_share_their_query(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct heldout out =
        form_draw(arena, "item,query,a\n\"x, \"\"1\"\"\",q1,5\ny,q1,6\ny,q2,7\n",
                  (struct heldout_form){ .id_column = "query", .item_column = "item" });
    assert_int_equal(out.row_count, 3);
    assert_true(str_equal(out.ids[0], (struct str){ "q1\0x, \"1\"", 9 }));
    assert_true(str_equal(str_from(out.new_ids[0], 9), (struct str){ "\0x, \"1\"", 7 }));
    assert_true(str_equal(str_until(out.new_ids[0], 9), str_until(out.new_ids[1], 9)));
    assert_false(str_equal(str_until(out.new_ids[0], 9), str_until(out.new_ids[2], 9)));
    const char *row = arena_print(arena, "\"x, \"\"1\"\"\",%.9s,5\n", out.new_ids[0].at);
    assert_non_null(strstr(out.csv.at, row));
}

static void rows_of_an_image_stay_together_under_one_id(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct heldout out = form_draw(arena, "id,y\nb,0\na,0\nb,1\na,1\nc,0\nb,2\n",
                                   (struct heldout_form){ .id_column = "id", .repeats = true });
    assert_int_equal(out.row_count, 3);
    assert_true(str_is(out.ids[0], "b") && str_is(out.ids[2], "c"));
    const char *b = out.new_ids[0].at;
    assert_non_null(strstr(out.csv.at, arena_print(arena, "%s,0\n%s,1\n%s,2\n", b, b, b)));
    assert_int_equal(out.csv.len, 5 + 6 * 12);
}

static void bad_files_are_the_courses_fault(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *says;
    } cases[] = {
        { "", "empty" },
        { "a,b\n1,2\n", "no column \"id\"" },
        { "a,id\n1,2\n3\n", "record 2 has no id" },
        { "id,a\nx,1\nx,2\n", "same id twice" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scoped_arena arena = arena_open(NULL);
        struct heldout out;
        struct fault why = { 0 };
        assert_false(heldout_draw(arena, str_of(cases[i].csv),
                                  &(struct heldout_form){ "id", .key = S("k") }, &out, &why));
        assert_int_equal(why.blame, BLAME_COURSE);
        assert_non_null(strstr(why.text, cases[i].says));
    }
}

static void heldout_steps_tell_no_number_that_the_team_chose(void **state)
{
    (void)state;
    static const char *const verdicts[] = {
        "exit", "signal",    "cpu",    "wall",     "memory",
        "disk", "processes", "output", "artifact", "forbidden"
    };
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        scoped_arena arena = arena_open(NULL);
        struct verdict a = { .kind = "predict",
                             .verdict = verdicts[i],
                             .exit_code = 41,
                             .signal = 11,
                             .command = "./predict",
                             .limit_s = 7,
                             .memory_mb = 7,
                             .processes = 7,
                             .disk_mb = 7,
                             .output_kb = 7 };
        struct verdict b = a;
        b.exit_code = 42;
        b.signal = 6;
        assert_string_equal(verdict_words(arena, &a), verdict_words(arena, &b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_order_change_but_cells_do_not),
        cmocka_unit_test(the_same_key_gives_the_same_file_and_another_another),
        cmocka_unit_test(the_order_says_nothing_of_the_place_in_the_file),
        cmocka_unit_test(items_keep_their_names_and_share_their_query),
        cmocka_unit_test(rows_of_an_image_stay_together_under_one_id),
        cmocka_unit_test(bad_files_are_the_courses_fault),
        cmocka_unit_test(heldout_steps_tell_no_number_that_the_team_chose),
    };
    return cmocka_run_group_tests_name("heldout", tests, NULL, NULL);
}
