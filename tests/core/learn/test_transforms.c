/* Transforms against scikit-learn and pandas on real columns; what they do with odd ones. */
#include "core/base/file.h"
#include "core/learn/features.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct learner everything = {
    .name = "everything",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
    .takes = TAKES_MISSING | TAKES_LEVELS | TAKES_SPARSE,
};

static const struct json *golden(struct arena *arena)
{
    struct str bytes;
    const struct json *map = NULL;
    struct fault why;
    assert_true(
        file_load(arena, AT_FDCWD, "tests/core/learn/transforms.json", 4 << 20, &bytes, &why));
    assert_true(json_parse(arena, bytes, &map, &why));
    return map;
}

static double number_of(const struct json *value)
{
    if (value->kind == JSON_NOTHING)
        return NAN;
    return value->kind == JSON_INT ? (double)value->integer : value->number;
}

static struct column column_read(struct arena *arena, const struct json *from, size_t *rows)
{
    struct column out;
    struct fault why;
    struct str name = json_get(from, "name")->text;
    const struct json *texts = json_get(from, "texts"), *times = json_get(from, "times");
    if (texts) {
        struct str *cells = arena_array(arena, struct str, texts->count);
        for (size_t i = 0; i < texts->count; i++)
            if (texts->members[i].kind == JSON_TEXT)
                cells[i] = texts->members[i].text;
        *rows = texts->count;
        column_of_texts(arena, name, cells, *rows, &out);
        return out;
    }
    const struct json *numbers = times ? times : json_get(from, "numbers");
    double *cells = arena_array(arena, double, numbers->count);
    for (size_t i = 0; i < numbers->count; i++)
        cells[i] = number_of(&numbers->members[i]);
    *rows = numbers->count;
    assert_true(column_of_numbers(arena, name, cells, *rows, &out, &why));
    if (times)
        out.kind = COLUMN_TIME, out.time_form = 1;
    return out;
}

/* "credit" or "credit:Home,Marital": a table, or some columns of it. */
static struct table table_read(struct arena *arena, const struct json *map, struct str name)
{
    size_t colon = name.len;
    str_find(name, ':', &colon);
    const struct json *tables = json_get(map, "tables"), *from = NULL;
    for (size_t i = 0; i < tables->count; i++)
        if (str_equal(json_get(&tables->members[i], "name")->text, str_until(name, colon)))
            from = json_get(&tables->members[i], "columns");
    assert_non_null(from);
    struct column *columns = arena_array(arena, struct column, from->count);
    struct table table = { .columns = columns };
    for (size_t i = 0; i < from->count; i++) {
        struct str list = str_from(name, colon + 1), word;
        bool wanted = colon == name.len;
        while (str_cut(&list, ',', &word))
            wanted |= str_equal(word, json_get(&from->members[i], "name")->text);
        if (wanted)
            columns[table.column_count++] = column_read(arena, &from->members[i], &table.rows);
    }
    return table;
}

static struct recipe recipe_of(struct arena *arena, const struct json *transforms)
{
    struct recipe recipe = recipe_default();
    struct fault why = { 0 };
    recipe_use_learner(&recipe, &everything);
    for (size_t i = 0; i < transforms->count; i++)
        if (!recipe_add_transform(arena, &recipe, transforms->members[i].text, i, &why))
            fail_msg("%s", why.text);
    return recipe;
}

static double cell(const struct inputs *in, size_t row, size_t column)
{
    if (column < in->dense.columns)
        return matrix_row(in->dense, row)[column];
    for (size_t e = in->sparse->starts[row]; e < in->sparse->starts[row + 1]; e++)
        if (in->sparse->columns_at[e] == column - in->dense.columns)
            return in->sparse->values[e];
    return 0;
}

static void check(const struct json *one, const struct inputs *in, const char *what)
{
    const struct json *columns = json_get(one, "columns"), *every = json_get(one, "every");
    size_t step = every ? (size_t)every->integer : 1;
    size_t count = every ? (size_t)json_get(one, "count")->integer : columns->count;
    double tolerance = number_of(json_get(one, "tolerance"));
    if (inputs_columns(in) != count)
        fail_msg("%s: %zu columns, expected %zu", what, inputs_columns(in), count);
    for (size_t c = 0; c < columns->count; c++)
        for (size_t i = 0; i < columns->members[c].count; i++) {
            double expected = number_of(&columns->members[c].members[i]);
            double got = cell(in, i, c * step);
            if (isnan(got) != isnan(expected) ||
                fabs(got - expected) > (tolerance + 1e-12) * (1 + fabs(expected)))
                fail_msg("%s: column %zu, row %zu: got %.17g, expected %.17g", what, c * step, i,
                         got, expected);
        }
}

static void texts_mark(struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        ((struct column *)&table->columns[i])->kind = COLUMN_TEXT;
}

/* Encoded while training, encoded again, saved and loaded, with more threads: the same. */
static void transforms_equal_the_peers(void **state)
{
    (void)state;
    scoped_arena all = arena_open(NULL);
    const struct json *map = golden(all), *cases = json_get(map, "cases");
    assert_true(cases->count > 80);
    for (size_t i = 0; i < cases->count; i++) {
        scoped_arena arena = arena_open(NULL);
        const struct json *one = &cases->members[i], *steps = json_get(one, "transforms");
        struct str name = json_get(one, "table")->text;
        struct table table = table_read(arena, map, name);
        struct recipe recipe = recipe_of(arena, steps);
        struct features features, again;
        struct inputs in;
        struct fault why = { 0 };
        char what[200];
        snprintf(what, sizeof what, "%.*s, %.*s", STR_ARGS(name), STR_ARGS(steps->members[0].text));
        if (json_get(one, "text"))
            texts_mark(&table);
        if (str_is(name, "sales"))
            recipe.time = S("day"), recipe.group = S("shop");
        if (!features_fit(arena, &table, &recipe, NULL, &features, &why) ||
            !features_encode_training(arena, &features, &in, &why))
            fail_msg("%s: %s", what, why.text);
        check(one, &in, what);
        struct text bytes = { .arena = arena };
        features_save(&features, &bytes);
        struct bytes reader = { .arena = arena, .rest = text_str(&bytes) };
        features_load(&reader, &again);
        if (reader.failed || reader.rest.len)
            fail_msg("%s: could not be loaded", what);
        if (!features_encode_by(arena, &again, &table, 3, &in, &why))
            fail_msg("%s: %s", what, why.text);
        check(one, &in, what);
        struct text twice = { .arena = arena };
        features_save(&again, &twice);
        assert_true(str_equal(text_str(&bytes), text_str(&twice)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_equal_the_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
