/* Summaries of columns. */
#include "core/data/csv.h"
#include "core/data/summary.h"
#include "tests/cases.h"
#include <math.h>

static void numbers_and_texts_are_summed_up(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    struct table table;
    struct fault why;
    struct summary s;
    text_add(&csv, S("n,w\n"));
    for (int i = 1; i <= 101; i++)
        text_print(&csv, "%d,%s\n", i == 50 ? 49 : i,
                   i % 10 == 0  ? ""
                   : i % 3 == 0 ? "three"
                   : i % 7 == 0 ? "x"
                                : "one");
    assert_true(csv_parse(arena, text_str(&csv), NULL, &table, &why));
    column_summary(arena, &table.columns[0], table.rows, &s);
    assert_int_equal(s.count, 101);
    assert_int_equal(s.distinct, 100);
    assert_true(s.least == 1 && s.most == 101 && s.quantiles[0] == 2 && s.quantiles[3] == 51);
    assert_float_equal(s.mean, 50.99009900990099, 1e-12);
    assert_float_equal(s.deviation, 29.3006808963563, 1e-10);
    column_summary(arena, &table.columns[1], table.rows, &s);
    assert_int_equal(s.count, 91);
    assert_int_equal(s.distinct, 3);
    assert_int_equal(s.top_count, 3);
    assert_string_equal(table.columns[1].levels[s.top[0]].at, "one");
    assert_string_equal(table.columns[1].levels[s.top[2]].at, "x");
    assert_int_equal(s.top_rows[0] + s.top_rows[1] + s.top_rows[2], 91);
    assert_int_equal(s.bytes_most, 5);
}

static void nothing_is_summed_up_too(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct column numbers, texts;
    struct fault why;
    struct summary s;
    double one[] = { NAN, 3 };
    assert_true(column_of_numbers(arena, S("n"), one, 2, &numbers, &why));
    column_summary(arena, &numbers, 2, &s);
    assert_true(s.count == 1 && s.mean == 3 && isnan(s.deviation) && s.quantiles[6] == 3);
    column_summary(arena, &numbers, 1, &s);
    assert_true(s.count == 0 && isnan(s.mean) && isnan(s.least) && isnan(s.quantiles[0]));
    column_of_texts(arena, S("t"), (struct str[]){ { 0 } }, 1, &texts);
    column_summary(arena, &texts, 1, &s);
    assert_true(s.count == 0 && s.top_count == 0 && isnan(s.bytes_mean));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts_are_summed_up),
        cmocka_unit_test(nothing_is_summed_up_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
