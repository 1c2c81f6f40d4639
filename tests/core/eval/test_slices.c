/* Slices: scipy's tests of each, planted ones are found, and chance finds few. */
#include "core/eval/slices.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

static const struct str cities[] = { { "0", 1 }, { "1", 1 }, { "2", 1 } };

static struct column numbers(const char *name, const double *x)
{
    return (struct column){ .name = str_of(name), .kind = COLUMN_NUMBER, .numbers = x };
}

static struct column levels(const char *name, const int32_t *codes, const struct str *texts,
                            size_t count)
{
    return (struct column){ .name = str_of(name),
                            .kind = COLUMN_CATEGORY,
                            .codes = codes,
                            .levels = texts,
                            .level_count = count };
}

static const struct json *slice_of(const struct json *wanted, const struct slice *slice)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct json *parts = json_get(&wanted->members[i], "parts");
        if (parts->count == slice->part_count &&
            str_equal(parts->members[0].text, slice->parts[0]) &&
            (parts->count < 2 || str_equal(parts->members[1].text, slice->parts[1])))
            return &wanted->members[i];
    }
    fail_msg("no slice %s", slice->parts[0].at);
    return NULL;
}

static void slices_are_tested_as_by_scipy(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "slices.json"), *wanted = json_get(map, "slices");
    size_t n, told = 0;
    double *loss = vectors_numbers(arena, json_get(map, "loss"), &n);
    double *grade = vectors_numbers(arena, json_get(map, "grade"), NULL);
    double *city = vectors_numbers(arena, json_get(map, "city"), NULL);
    int32_t *codes = arena_array(arena, int32_t, n);
    for (size_t i = 0; i < n; i++)
        codes[i] = (int32_t)city[i];
    struct column columns[] = { levels("city", codes, cities, 3), numbers("grade", grade) };
    struct table table = { .rows = n, .column_count = 2, .columns = columns };
    struct slices found;
    slices_find(arena, &table, loss, &found);
    assert_int_equal(found.tested, wanted->count);
    assert_int_equal(found.rows_least, 60);
    for (size_t i = 0; i < found.count; i++) {
        const struct json *one = slice_of(wanted, &found.at[i]);
        assert_int_equal(found.at[i].n, (size_t)json_get(one, "rows")->number);
        assert_near(found.at[i].loss, json_get(one, "loss")->number, 1e-12);
        assert_near(found.at[i].rest, json_get(one, "rest")->number, 1e-12);
        assert_near(found.at[i].effect, json_get(one, "effect")->number, 1e-12);
        assert_near(found.at[i].p / json_get(one, "p")->number, 1, 1e-8);
        assert_near(found.at[i].adjusted / json_get(one, "adjusted")->number, 1, 1e-8);
        assert_true(i == 0 || found.at[i - 1].effect >= found.at[i].effect);
        assert_true(found.at[i].adjusted <= SLICE_LEVEL);
    }
    for (size_t i = 0; i < wanted->count; i++) {
        bool small = json_get(&wanted->members[i], "adjusted")->number <= SLICE_LEVEL;
        told += small && json_get(&wanted->members[i], "parts")->count == 1;
    }
    for (size_t i = 0; i < found.count; i++)
        told -= found.at[i].part_count == 1; /* of one column all are told */
    assert_int_equal(told, 0);
    assert_string_equal(found.at[0].parts[0].at, "city = 1");
    assert_string_equal(found.at[0].parts[1].at, "grade = 3");
}

/* Rows of an age between 30 and 40 in one of four cities, or with a missing income, are worse. */
static struct slices planted(struct arena *arena, size_t n, uint64_t seed, double worse)
{
    static const struct str names[] = { { "Bern", 4 }, { "Chur", 4 }, { "Genf", 4 }, { "Zug", 3 } };
    struct random random = { seed };
    double *age = arena_array(arena, double, n), *income = arena_array(arena, double, n);
    double *loss = arena_array(arena, double, n);
    int32_t *city = arena_array(arena, int32_t, n);
    for (size_t i = 0; i < n; i++) {
        age[i] = 20 + floor(50 * random_unit(&random));
        city[i] = (int32_t)random_below(&random, 4);
        income[i] = random_unit(&random) < 0.1 ? NAN : random_normal(&random);
        loss[i] = fabs(random_normal(&random));
        if ((age[i] >= 30 && age[i] < 40 && city[i] == 1) || isnan(income[i]))
            loss[i] += worse;
    }
    struct column *columns = arena_array(arena, struct column, 3);
    columns[0] = numbers("age", age);
    columns[1] = levels("city", city, names, 4);
    columns[2] = numbers("income", income);
    struct table table = { .rows = n, .column_count = 3, .columns = columns };
    struct slices found;
    slices_find(arena, &table, loss, &found);
    return found;
}

static void planted_slices_are_found(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct slices found = planted(arena, 20000, 3, 2);
    assert_true(found.count >= 1);
    bool missing = false;
    for (size_t i = 0; i < found.count; i++)
        missing |= found.at[i].part_count == 1 && str_is(found.at[i].parts[0], "income missing");
    assert_true(missing);
    assert_true(found.at[0].effect > 1);
}

static void chance_finds_few_slices(void **state)
{
    (void)state;
    size_t with = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        scoped_arena arena = arena_open(NULL);
        with += planted(arena, 1500, seed, 0).count > 0;
    }
    if (with > 14) /* 6 of 60 expected at most, 3.4 deviations more */
        fail_msg("%zu of 60 tables without slices gave some", with);
}

static void small_and_constant_tables_have_none(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double x[100], loss[100];
    int32_t one[100] = { 0 };
    for (size_t i = 0; i < 100; i++) {
        x[i] = (double)i;
        loss[i] = i < 50;
    }
    struct column columns[] = { numbers("x", x), levels("same", one, cities, 1) };
    struct table table = { .rows = 59, .column_count = 2, .columns = columns };
    struct slices found;
    slices_find(arena, &table, loss, &found); /* no part and its complement have 30 rows each */
    assert_int_equal(found.tested, 0);
    table.rows = 0;
    slices_find(arena, &table, loss, &found);
    assert_true(found.tested == 0 && found.count == 0);
    table.rows = 100;
    for (size_t i = 0; i < 100; i++) {
        x[i] = i < 50 ? 1 : NAN;
        loss[i] = 3;
    }
    slices_find(arena, &table, loss, &found); /* tested, but nothing is worse */
    assert_true(found.tested == 2 && found.count == 0);
    for (size_t i = 0; i < 50; i++)
        loss[i] = 4; /* wholly apart: no spread, no doubt */
    slices_find(arena, &table, loss, &found);
    assert_true(found.count == 1 && isinf(found.at[0].effect) && found.at[0].p == 0);
    assert_string_equal(found.at[0].parts[0].at, "x = 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_tested_as_by_scipy),
        cmocka_unit_test(planted_slices_are_found),
        cmocka_unit_test(chance_finds_few_slices),
        cmocka_unit_test(small_and_constant_tables_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
