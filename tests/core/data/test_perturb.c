/* Perturbations: what changes and what must not. */
#include "core/data/perturb.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define ROWS 1000

/* id, x (real), flag (0 or 1), home (category), when (time), y (target) */
static struct table made(struct arena *arena)
{
    struct column *columns = arena_array(arena, struct column, 6);
    static const char *const homes[] = { "rent", "parents", "owner" };
    struct str *ids = arena_array(arena, struct str, ROWS);
    struct str *home = arena_array(arena, struct str, ROWS);
    double *x = arena_array(arena, double, ROWS), *flag = arena_array(arena, double, ROWS);
    double *when = arena_array(arena, double, ROWS), *y = arena_array(arena, double, ROWS);
    struct fault why;
    for (size_t i = 0; i < ROWS; i++) {
        ids[i] = str_of(arena_print(arena, "p%zu", i));
        home[i] = i % 10 == 9 ? (struct str){ NULL, 0 } : str_of(homes[i % 3]);
        x[i] = i % 20 == 0 ? NAN : (double)i / 7;
        flag[i] = (double)(i % 2);
        when[i] = (double)(i * 37 % ROWS);
        y[i] = (double)(i * 13 % 5);
    }
    column_of_texts(arena, S("id"), ids, ROWS, &columns[0]);
    assert_true(column_of_numbers(arena, S("x"), x, ROWS, &columns[1], &why));
    assert_true(column_of_numbers(arena, S("flag"), flag, ROWS, &columns[2], &why));
    column_of_texts(arena, S("home"), home, ROWS, &columns[3]);
    assert_true(column_of_numbers(arena, S("when"), when, ROWS, &columns[4], &why));
    assert_true(column_of_numbers(arena, S("y"), y, ROWS, &columns[5], &why));
    return (struct table){ ROWS, 6, columns };
}

static struct perturb_how how_of(const char *what, uint64_t seed)
{
    return (struct perturb_how){ .what = str_of(what),
                                 .target = S("y"),
                                 .id = S("id"),
                                 .time = S("when"),
                                 .until = 499,
                                 .seed = seed };
}

static bool same(const struct table *table, size_t column, const struct column *other, size_t rows)
{
    const struct column *c = &table->columns[column];
    if (c->kind != other->kind || c->missing_count != other->missing_count)
        return false;
    if (column_is_numeric(c))
        return memcmp(c->numbers, other->numbers, rows * sizeof(double)) == 0;
    for (size_t i = 0; i < rows; i++)
        if ((c->codes[i] < 0) != (other->codes[i] < 0) ||
            (c->codes[i] >= 0 &&
             !str_equal(c->levels[c->codes[i]], other->levels[other->codes[i]])))
            return false;
    return true;
}

static size_t missing_of(const struct column *column)
{
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++)
        count += column_is_missing(column, i) ? 1 : 0;
    return count;
}

/* Each one: the same again for the seed, the count of missing cells true, only its columns
   changed. */
static void each_changes_its_columns_alone(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        unsigned columns; /* bits: those that change */
    } rows[] = {
        { "units", 6 },  { "outliers", 6 }, { "blanks", 14 }, { "sentinel", 6 },
        { "text", 6 },   { "unseen", 8 },   { "range", 6 },   { "ids", 1 },
        { "jitter", 2 }, { "labels", 32 },  { "noise", 6 },   { "typos", 8 },
    };
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena), out, again, other;
    struct perturb_plan plan;
    struct fault why = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct perturb_how how = how_of(rows[i].what, 3), seeded = how_of(rows[i].what, 4);
        assert_true(perturb(arena, &table, &seeded, &other, &plan, &why));
        assert_true(perturb(arena, &table, &how, &again, &plan, &why));
        assert_true(perturb(arena, &table, &how, &out, &plan, &why));
        unsigned changed = 0, differ = 0;
        for (size_t c = 0; c < 6; c++) {
            changed |= !same(&table, c, &out.columns[c], ROWS) ? 1u << c : 0;
            differ |= !same(&out, c, &other.columns[c], ROWS) ? 1u << c : 0;
            assert_true(same(&out, c, &again.columns[c], ROWS));
            assert_int_equal(missing_of(&out.columns[c]), out.columns[c].missing_count);
            for (size_t r = 0; column_is_numeric(&out.columns[c]) && r < ROWS; r++)
                assert_true(fabs(out.columns[c].numbers[r]) < INFINITY ||
                            isnan(out.columns[c].numbers[r]));
        }
        if (changed != rows[i].columns)
            fail_msg("%s: changed %u, expected %u", rows[i].what, changed, rows[i].columns);
        assert_true(differ != 0 || strcmp(rows[i].what, "jitter") == 0 ||
                    strcmp(rows[i].what, "ids") == 0);
        assert_true(plan.count > 0 && plan.changes[0].cells > 0);
    }
}

static void units_are_an_affine_map_of_seed_and_name(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena), out;
    struct perturb_plan plan;
    struct fault why;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct perturb_how how = how_of("units", seed);
        assert_true(perturb(arena, &table, &how, &out, &plan, &why));
        double a = plan.changes[0].scale, c = plan.changes[0].offset;
        assert_true(a >= 1e-3 && a <= 1e4 && fabs(c) <= 10 * a);
        assert_true(isnan(out.columns[1].numbers[0]));
        for (size_t i = 1; i < 20; i++)
            assert_true(out.columns[1].numbers[i] == a * table.columns[1].numbers[i] + c);
        const size_t some[] = { 5, 6, 7 }; /* another table: the same units */
        struct table part, part_out;
        table_select(arena, &table, some, 3, &part);
        assert_true(perturb(arena, &part, &how, &part_out, &plan, &why));
        assert_true(part_out.columns[1].numbers[1] == out.columns[1].numbers[6]);
    }
}

static void shares_are_kept(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena), out;
    struct perturb_plan plan;
    struct fault why;
    struct perturb_how how = how_of("sentinel", 1);
    how.share = 0.2;
    how.columns = (struct str[]){ S("x") };
    how.column_count = 1;
    assert_true(perturb(arena, &table, &how, &out, &plan, &why));
    size_t hits = 0;
    for (size_t i = 0; i < ROWS; i++)
        hits += out.columns[1].numbers[i] == -999 ? 1 : 0;
    assert_int_equal(plan.count, 1);
    assert_int_equal(hits, plan.changes[0].cells);
    assert_true(hits > 160 && hits < 240);
    assert_ptr_equal(out.columns[2].numbers, table.columns[2].numbers);
    how = how_of("outliers", 1);
    how.share = 0.1;
    assert_true(perturb(arena, &table, &how, &out, &plan, &why));
    for (size_t i = 21; i < 40; i++) /* whole rows */
        assert_true((out.columns[1].numbers[i] != table.columns[1].numbers[i]) ==
                        (out.columns[2].numbers[i] == 1000) ||
                    table.columns[2].numbers[i] == 0);
}

static void rows_are_put_in_order(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena), out;
    struct perturb_plan plan;
    struct fault why;
    struct perturb_how how = how_of("sorted", 1);
    assert_true(perturb(arena, &table, &how, &out, &plan, &why));
    for (size_t i = 1; i < ROWS; i++)
        assert_true(out.columns[5].numbers[i - 1] <= out.columns[5].numbers[i]);
    how = how_of("reversed", 1);
    assert_true(perturb(arena, &table, &how, &out, &plan, &why));
    assert_true(out.columns[4].numbers[0] == table.columns[4].numbers[ROWS - 1]);
    how = how_of("shuffled", 1);
    assert_true(perturb(arena, &table, &how, &out, &plan, &why));
    assert_int_equal(out.rows, ROWS);
    assert_true(plan.changes[0].cells > ROWS / 2);
    how = how_of("truncate", 1);
    assert_true(perturb(arena, &table, &how, &out, &plan, &why));
    assert_int_equal(out.rows, 500);
    assert_int_equal(plan.changes[0].cells, 500);
    for (size_t i = 0; i < out.rows; i++)
        assert_true(out.columns[4].numbers[i] <= 499);
}

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct table table = made(arena), out;
    struct perturb_plan plan;
    struct fault why;
    struct perturb_how how = how_of("unit", 1);
    assert_false(perturb(arena, &table, &how, &out, &plan, &why));
    assert_string_equal(why.text, "unknown perturbation \"unit\", did you mean \"units\"");
    how = how_of("labels", 1);
    how.target = S("");
    assert_false(perturb(arena, &table, &how, &out, &plan, &why));
    assert_string_equal(why.text, "the perturbation labels needs the target");
    how.target = S("z");
    assert_false(perturb(arena, &table, &how, &out, &plan, &why));
    assert_string_equal(why.text, "the data does not have the column \"z\"");
    table.rows = 0;
    for (size_t i = 0; perturb_name(i, NULL, NULL); i++) {
        how = how_of(perturb_name(i, NULL, NULL), 1);
        assert_true(perturb(arena, &table, &how, &out, &plan, &why));
        assert_int_equal(out.rows, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_changes_its_columns_alone),
        cmocka_unit_test(units_are_an_affine_map_of_seed_and_name),
        cmocka_unit_test(shares_are_kept),
        cmocka_unit_test(rows_are_put_in_order),
        cmocka_unit_test(what_cannot_be_done_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
