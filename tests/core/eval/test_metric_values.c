/* Metrics: the values of scikit-learn, scipy and numpy for every one, and what weights and groups do. */
#include "core/eval/fairness.h"
#include "core/eval/metrics.h"
#include "core/eval/profit.h"
#include "tests/core/eval/vectors.h"

static struct scored case_rows(struct arena *arena, const struct json *map)
{
    struct scored rows = vectors_binary(arena, map, "p");
    struct str kind = json_get(map, "kind")->text;
    const struct json *attribute = json_get(map, "attribute");
    if (str_is(kind, "regression")) {
        rows.kind = TRUTH_NUMBER;
        rows.class_count = 0;
    } else if (str_is(kind, "multiclass")) {
        rows.kind = TRUTH_CLASSES;
        rows.class_count = rows.width = 10;
    }
    if (attribute) {
        uint32_t *levels = arena_array(arena, uint32_t, rows.n);
        for (size_t i = 0; i < rows.n; i++)
            levels[i] = (uint32_t)attribute->members[i].number;
        rows.attribute = levels;
        rows.attribute_count = 3;
    }
    return rows;
}

static struct metric_options case_options(struct arena *arena, const struct json *map)
{
    struct metric_options out = { 0 };
    struct fault why;
    for (size_t i = 0; i < map->count; i++)
        if (!metric_option_set(arena, &out, map->members[i].key, map->members[i].text, &why))
            fail_msg("%s", why.text);
    return out;
}

static void value_check(struct arena *arena, const struct json *value, const struct scored *rows)
{
    struct str name = json_get(value, "metric")->text;
    const struct metric *metric = metric_find(name);
    struct metric_options options = case_options(arena, json_get(value, "options"));
    double expected = json_get(value, "value")->number;
    if (!metric)
        fail_msg("no metric %s", name.at);
    struct metric_value got = metric_measure(arena, metric, rows, &options);
    if (!(fabs(got.value - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%s: %.17g, expected %.17g (%s)", name.at, got.value, expected, got.note);
    bool within = got.low <= got.value && got.value <= got.high && got.low < got.high &&
                  got.low >= metric->least && got.high <= metric->most;
    if (metric->interval && !within && !*got.note)
        fail_msg("%s: [%g, %g] about %g %s", name.at, got.low, got.high, got.value, got.note);
    options.without_interval = true;
    struct metric_value bare = metric_measure(arena, metric, rows, &options);
    if (bare.value != got.value || !isnan(bare.low))
        fail_msg("%s: %.17g without interval, %.17g with it", name.at, bare.value, got.value);
}

static void values_are_those_of_other_implementations(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *cases = json_get(vectors_load(arena, "metrics.json"), "cases");
    size_t checked = 0;
    for (size_t c = 0; c < cases->count; c++) {
        scoped_arena scratch = arena_open(NULL);
        struct scored rows = case_rows(scratch, &cases->members[c]);
        const struct json *values = json_get(&cases->members[c], "values");
        for (size_t i = 0; i < values->count; i++, checked++)
            value_check(scratch, &values->members[i], &rows);
    }
    assert_int_equal(checked, 348);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_other_implementations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
