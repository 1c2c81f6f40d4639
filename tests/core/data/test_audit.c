/* Audits: drift, duplicates across a split, leaks. */
#include "core/base/json.h"
#include "core/data/csv.h"
#include "core/data/drift.h"
#include "core/data/duplicates.h"
#include "core/data/leak.h"
#include "core/math/random.h"
#include "tests/cases.h"
#include <math.h>

static void check_near(const char *what, double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance * fmax(fabs(expected), 1e-12)))
        fail_msg("%s: %.17g, expected %.17g", what, got, expected);
}

static struct table table_of(struct arena *arena, const char *csv)
{
    struct table table;
    struct fault why;
    if (!csv_parse(arena, str_of(csv), NULL, &table, &why))
        fail_msg("%s", why.text);
    return table;
}

static struct column numbers_of(struct arena *arena, const struct json *list)
{
    struct column column;
    struct fault why;
    double *values = arena_array(arena, double, list->count);
    for (size_t i = 0; i < list->count; i++)
        values[i] = list->members[i].number;
    assert_true(column_of_numbers(arena, S("x"), values, list->count, &column, &why));
    return column;
}

/* So many rows of each level. */
static struct column levels_of(struct arena *arena, const struct json *list, size_t *rows)
{
    struct column column;
    struct str *texts = arena_array(arena, struct str, 10000);
    *rows = 0;
    for (size_t i = 0; i < list->count; i++)
        for (int64_t k = 0; k < list->members[i].integer; k++)
            texts[(*rows)++] = str_of(arena_print(arena, "level %zu", i));
    column_of_texts(arena, S("x"), texts, *rows, &column);
    return column;
}

static void drift_agrees_with_others(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *all;
    struct fault why;
    assert_true(json_parse(arena, cases_load(arena, "tests/core/data/drift.json"), &all, &why));
    const struct json *numbers = json_get(all, "numbers"), *levels = json_get(all, "levels");
    struct drift drift;
    for (size_t i = 0; i < numbers->count; i++) {
        const struct json *one = &numbers->members[i], *a = json_get(one, "before"),
                          *b = json_get(one, "after");
        struct column before = numbers_of(arena, a), after = numbers_of(arena, b);
        column_drift(arena, &before, a->count, &after, b->count, &drift);
        check_near("psi", drift.psi, json_get_double(one, "psi", NAN), 1e-12);
        check_near("ks", drift.ks, json_get_double(one, "ks", NAN), 1e-12);
        check_near("ks_p", drift.ks_p, json_get_double(one, "ks_p", NAN), 1e-9);
    }
    for (size_t i = 0; i < levels->count; i++) {
        const struct json *one = &levels->members[i];
        size_t n, m;
        struct column before = levels_of(arena, json_get(one, "before"), &n);
        struct column after = levels_of(arena, json_get(one, "after"), &m);
        column_drift(arena, &before, n, &after, m, &drift);
        check_near("psi", drift.psi, json_get_double(one, "psi", NAN), 1e-12);
        check_near("chi2", drift.chi2, json_get_double(one, "chi2", NAN), 1e-12);
        check_near("chi2_p", drift.chi2_p, json_get_double(one, "chi2_p", NAN), 1e-10);
    }
}

static void drift_has_edges(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table a = table_of(arena, "n,c,e\n1,x,\n1,x,\n1,y,\n,,\n");
    struct table b = table_of(arena, "n,c,e\n1,x,2\n,z,2\n1,z,2\n");
    struct drift d;
    column_drift(arena, &a.columns[0], 4, &a.columns[0], 4, &d);
    assert_true(d.psi == 0 && d.ks == 0 && d.ks_p == 1 && d.missing_before == 0.25);
    column_drift(arena, &a.columns[1], 4, &b.columns[1], 3, &d);
    assert_int_equal(d.unseen_rows, 2);
    assert_true(d.psi > 1 && isnan(d.ks));
    column_drift(arena, &a.columns[2], 4, &b.columns[2], 3, &d);
    assert_true(isnan(d.psi) && isnan(d.ks_p) && d.missing_before == 1 && d.missing_after == 0);
    /* beyond the exact way: the limit's own table */
    assert_true(isnan(ks_above(arena, 0.1, 0, 5)));
    check_near("limit", ks_above(arena, 1.3580986 / sqrt(5000), 10000, 10000), 0.05, 0.02);
    /* near the change from one way to the other both agree */
    check_near("both", ks_above(arena, 0.02, 4400, 4500), ks_above(arena, 0.02, 4500, 4500), 0.05);
}

static void duplicates_are_found(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table train =
        table_of(arena, "id,a,b,y\n1,1.5,x,0\n2,2,y z,1\n3,1.5,x,1\n4,,,0\n5,3,q,0\n");
    struct table test =
        table_of(arena, "b,id,a\n Y  Z,7,2.0000001\nx,8,1.5\nw,9,1.5\n,10,\nq,11,3.0001\n");
    struct str out[] = { S("id"), S("y") };
    struct duplicates_form form = { out, 2, false };
    struct duplicates found;
    duplicates_within(arena, &train, &form, &found);
    assert_int_equal(found.count, 1);
    assert_true(found.row[0] == 2 && found.first_row[0] == 0);
    duplicates_across(arena, &train, &test, &form, &found);
    assert_int_equal(found.count, 2);
    assert_true(found.row[0] == 1 && found.first_row[0] == 0 && found.row[1] == 3 &&
                found.first_row[1] == 3);
    form.near = true;
    duplicates_across(arena, &train, &test, &form, &found);
    assert_int_equal(found.count, 3);
    assert_true(found.row[0] == 0 && found.first_row[0] == 1);
    struct str all[] = { S("id"), S("y"), S("a"), S("b") };
    form = (struct duplicates_form){ all, 4, false };
    duplicates_within(arena, &train, &form, &found);
    assert_int_equal(found.count, 0);
    struct table apart = table_of(arena, "b\nyz\n"), joined = table_of(arena, "b\ny z\n");
    form = (struct duplicates_form){ .near = true };
    duplicates_across(arena, &apart, &joined, &form, &found);
    assert_int_equal(found.count, 0);
    /* a column of numbers here and of texts there */
    struct table texts = table_of(arena, "a\n7\nx\n"), values = table_of(arena, "a\n8\n7\n");
    form = (struct duplicates_form){ 0 };
    duplicates_across(arena, &texts, &values, &form, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.row[0], 1);
}

/* id, noise, x (tells the target), copy, text (tells it), y */
static struct table leaky(struct arena *arena, int kind)
{
    struct text csv = { .arena = arena };
    struct random random = { 12 };
    text_add(&csv, S("id,noise,x,copy,word,some,y\n"));
    for (int i = 0; i < 2000; i++) {
        double u = random_unit(&random), noise = random_normal(&random);
        int class = kind == 2 ? (int)(u * 4) : u > 0.7;
        char y[40];
        snprintf(y, sizeof y,
                 kind == 0   ? "%g"
                 : kind == 1 ? "%.0f"
                             : "c%.0f",
                 kind == 0 ? u : class);
        text_print(&csv, "r%04d,%g,%g,%s,w%d%d,%d,%s\n", (int)(random_next(&random) % 10000), noise,
                   kind == 0    ? exp(3 * u)
                   : class == 1 ? 5 + u
                                : u,
                   y, kind == 0 ? (int)(u * 40) : class, (int)(random_next(&random) % 3),
                   random_unit(&random) < u ? 1 : 0, y);
    }
    return table_of(arena, csv.at);
}

static void leaks_are_found(void **state)
{
    (void)state;
    static const enum leak_kind expected[][7] = {
        { LEAK_NONE, LEAK_NONE, LEAK_STRONG, LEAK_EQUAL, LEAK_STRONG, LEAK_NONE, LEAK_NONE },
        { LEAK_NONE, LEAK_NONE, LEAK_STRONG, LEAK_EQUAL, LEAK_STRONG, LEAK_NONE, LEAK_NONE },
        { LEAK_NONE, LEAK_NONE, LEAK_STRONG, LEAK_EQUAL, LEAK_STRONG, LEAK_NONE, LEAK_NONE },
    };
    for (int kind = 0; kind < 3; kind++) {
        scoped_arena arena = arena_open(NULL);
        struct table table = leaky(arena, kind);
        struct leak leaks[7];
        struct fault why;
        assert_true(leaks_find(arena, &table, S("y"), S("id"), leaks, &why));
        for (size_t i = 0; i < 7; i++) {
            if (leaks[i].kind != expected[kind][i])
                fail_msg("kind %d: column %zu \"%s\" (%g)", kind, i, leak_text(leaks[i].kind),
                         leaks[i].strength);
            assert_true(leaks[i].strength >= 0 && leaks[i].strength <= 1);
        }
        assert_true(leaks[1].strength < 0.2 && leaks[0].strength < LEAK_STRENGTH_ID);
    }
}

/* Of 3 x 300 tables of 80 rows of noise, by the rule 1 in 1000 at most a column. */
static void few_rows_of_noise_are_no_leak(void **state)
{
    (void)state;
    struct random random = { 17 };
    size_t found[3] = { 0 };
    for (int t = 0; t < 900; t++) {
        scoped_arena arena = arena_open(NULL);
        struct text csv = { .arena = arena };
        struct leak leaks[3];
        struct fault why;
        text_add(&csv, S("id,x,y\n"));
        for (int i = 0; i < 80; i++) {
            double x = random_unit(&random), u = random_unit(&random);
            text_print(&csv, "%d,%g,%s%.4g\n", i, x, t % 3 == 2 ? "c" : "",
                       t % 3 == 0   ? u
                       : t % 3 == 1 ? (double)(u < 0.3)
                                    : floor(u * 4));
        }
        struct table table = table_of(arena, csv.at);
        assert_true(leaks_find(arena, &table, S("y"), S("id"), leaks, &why));
        for (size_t i = 0; i < 3; i++)
            found[i] += leaks[i].kind != LEAK_NONE;
    }
    assert_in_range(found[0], 0, 3);
    assert_int_equal(found[1], 0);
    assert_in_range(found[2], 0, 3);
}

static void few_sorted_rows_are_a_leak(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        scoped_arena arena = arena_open(NULL);
        struct text csv = { .arena = arena };
        struct leak leaks[2];
        struct fault why;
        text_add(&csv, S("id,y\n"));
        for (int i = 0; i < 80; i++)
            text_print(&csv, "%d,%s%d\n", i, kind == 2 ? "c" : "",
                       kind == 0   ? i * i
                       : kind == 1 ? i > 40
                                   : i / 20);
        struct table table = table_of(arena, csv.at);
        assert_true(leaks_find(arena, &table, S("y"), S("id"), leaks, &why));
        assert_int_equal(leaks[0].kind, LEAK_ID);
        assert_int_equal(leaks[1].kind, LEAK_ORDER);
    }
}

static void ids_and_order_should_tell_nothing(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct text csv = { .arena = arena };
    struct random random = { 13 };
    struct leak leaks[2];
    struct fault why;
    text_add(&csv, S("id,y\n"));
    for (int i = 0; i < 1000; i++)
        text_print(&csv, "row-%d,%s\n", 5000 - i, random_unit(&random) < i / 1000.0 ? "b" : "a");
    struct table table = table_of(arena, csv.at);
    assert_true(leaks_find(arena, &table, S("y"), S("id"), leaks, &why));
    assert_int_equal(leaks[0].kind, LEAK_ID);
    assert_int_equal(leaks[1].kind, LEAK_ORDER);
    check_near("ids", leaks[0].strength, leaks[1].strength, 1e-12);
    assert_false(leaks_find(arena, &table, S("z"), S("id"), leaks, &why));
    assert_string_equal(why.text, "the target \"z\" is no column");
    assert_false(leaks_find(arena, &table, S("id"), S("y"), leaks, &why));
    assert_string_equal(why.text, "the target \"id\" has 1000 classes, allowed are 100");
    table = table_of(arena, "a,y\n1,\n2,\n");
    assert_false(leaks_find(arena, &table, S("y"), S(""), leaks, &why));
    assert_string_equal(why.text, "the target \"y\" has no value");
    table = table_of(arena, "a,y\n1,7\n");
    assert_true(leaks_find(arena, &table, S("y"), S(""), leaks, &why));
    assert_int_equal(leaks[0].kind, LEAK_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drift_agrees_with_others),
        cmocka_unit_test(drift_has_edges),
        cmocka_unit_test(duplicates_are_found),
        cmocka_unit_test(leaks_are_found),
        cmocka_unit_test(few_rows_of_noise_are_no_leak),
        cmocka_unit_test(few_sorted_rows_are_a_leak),
        cmocka_unit_test(ids_and_order_should_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
