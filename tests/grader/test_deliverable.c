/* Lateness and what counts: vectors of an independent implementation, and the rules one by one. */
#include "core/base/json.h"
#include "grader/course/deliverable.h"
#include "tests/cases.h"
#include <math.h>

#define DAY ((int64_t)86400000)
#define DUE ((int64_t)1000 * DAY)

static const struct json *vectors(struct arena *arena, const char *key)
{
    const struct json *all;
    struct fault why = { 0 };
    if (!json_parse(arena, cases_load(arena, "tests/grader/deliverable.json"), &all, &why))
        fail_msg("%s", why.text);
    const struct json *rows = json_get(all, key);
    assert_true(rows && rows->count > 3);
    return rows;
}

static void started_days_are_counted_behind_the_grace(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *rows = vectors(arena, "late_days");
    for (size_t i = 0; i < rows->count; i++) {
        const struct json *row = &rows->members[i];
        int64_t got = late_days(json_get_int(row, "seconds_late", 0) * 1000,
                                json_get_int(row, "grace", 0) * 1000);
        assert_int_equal(got, json_get_int(row, "days", -1));
    }
}

static void late_days_are_charged_within_cap_and_budget(void **state)
{
    (void)state;
    static const char *const words[] = { "good", "late", "bad" };
    scoped_arena arena = arena_open(NULL);
    const struct json *rows = vectors(arena, "charge");
    for (size_t i = 0; i < rows->count; i++) {
        const struct json *args = json_get(&rows->members[i], "args");
        const struct json *result = json_get(&rows->members[i], "result");
        int64_t a[4]; /* days late, days of extension, cap, left */
        for (size_t j = 0; j < 4; j++)
            a[j] = (int64_t)args->members[j].number;
        struct late_terms terms = { .rule = LATE_DAYS, .days_most = a[2], .per_ms = DAY };
        struct lateness late = late_find(&terms, DUE + a[1] * DAY, DUE + a[0] * DAY, a[3]);
        assert_string_equal(words[late.state], result->members[0].text.at);
        assert_int_equal(late.days, (int64_t)result->members[1].number);
    }
}

static void a_percentage_stops_at_the_floor(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *rows = vectors(arena, "canvas");
    for (size_t i = 0; i < rows->count; i++) {
        const struct json *row = &rows->members[i];
        double got =
            late_points(json_get_double(row, "raw", 0), json_get_double(row, "possible", 0),
                        json_get_int(row, "intervals", 0), json_get_double(row, "pct", 0),
                        json_get_double(row, "minpct", 0));
        assert_true(fabs(got - json_get_double(row, "score", -1)) < 1e-9);
    }
}

static struct deliver_version versions[] = {
    { .judged_ms = DUE - 2 * DAY, .score = 0.8, .graded = true, .belongs = true },
    { .judged_ms = DUE - DAY, .score = 0.9, .graded = true, .belongs = true },
    { .judged_ms = DUE - 1000, .score = 0.7, .graded = true, .belongs = true },
    { .judged_ms = DUE - 500, .score = NAN, .graded = false, .belongs = true },
    { .judged_ms = DUE + DAY / 2, .score = 0.95, .graded = true, .belongs = true },
    { .judged_ms = DUE - 100, .score = 0.99, .graded = true, .belongs = false },
};

static struct deliver deliver(int rule, int late)
{
    return (struct deliver){ .terms = { .rule = late,
                                        .grace_ms = 900000,
                                        .days_most = -1,
                                        .percent = 10,
                                        .per_ms = 3600000 },
                             .due_ms = DUE,
                             .rule = rule,
                             .higher_is_better = true,
                             .versions = versions,
                             .version_count = sizeof versions / sizeof *versions };
}

static void the_latest_that_still_counts_is_taken(void **state)
{
    (void)state;
    struct deliver d = deliver(DELIVER_LATEST, LATE_DAYS);
    assert_int_equal(deliver_find(&d, 0).version, 2); /* the late one would need a late day */
    struct deliver_outcome with = deliver_find(&d, 3);
    assert_int_equal(with.version, 4);
    assert_int_equal(with.lateness.days, 1);
    d.terms.days_most = 0;
    assert_int_equal(deliver_find(&d, 3).version, 2);
    d.terms.rule = LATE_REFUSE;
    assert_int_equal(deliver_find(&d, 3).version, 2);
    d.terms.rule = LATE_ACCEPT;
    assert_int_equal(deliver_find(&d, 0).version, 4);
    d.terms.rule = LATE_PERCENT;
    assert_int_equal(deliver_find(&d, 0).lateness.intervals, 12);
    d.due_ms += DAY; /* an extension */
    assert_int_equal(deliver_find(&d, 0).lateness.state, LATE_GOOD);
}

static void the_best_is_the_first_of_equal_scores(void **state)
{
    (void)state;
    struct deliver d = deliver(DELIVER_BEST, LATE_DAYS);
    assert_int_equal(deliver_find(&d, 0).version, 1);
    assert_int_equal(deliver_find(&d, 1).version, 4);
    d.higher_is_better = false;
    assert_int_equal(deliver_find(&d, 1).version, 2);
    struct deliver_version same[] = { versions[0], versions[0] };
    d.versions = same;
    d.version_count = 2;
    assert_int_equal(deliver_find(&d, 1).version, 0);
}

static void a_pin_decides_when_it_was_made_in_time(void **state)
{
    (void)state;
    struct deliver d = deliver(DELIVER_LATEST, LATE_DAYS);
    struct deliver_pin pins[] = { { .at_ms = DUE - 50, .version = 0 },
                                  { .at_ms = DUE + 2 * DAY, .version = 1 } };
    d.pins = pins;
    d.pin_count = 2;
    assert_int_equal(deliver_find(&d, 0).version, 0); /* the second came too late */
    assert_int_equal(deliver_find(&d, 0).why, DELIVER_BY_PIN);
    assert_int_equal(deliver_find(&d, 2).version, 1); /* with two late days left it did not */
    pins[1].staff = true;
    assert_int_equal(deliver_find(&d, 0).version, 1);
    pins[1].none = true;
    assert_int_equal(deliver_find(&d, 0).why, DELIVER_BY_RULE);
    assert_int_equal(deliver_find(&d, 0).version, 2);
}

static void what_is_pinned_may_be_for_another_deliverable_but_must_be_graded_in_time(void **state)
{
    (void)state;
    struct deliver d = deliver(DELIVER_PINNED, LATE_DAYS);
    assert_int_equal(deliver_find(&d, 0).why, DELIVER_NO_PIN);
    assert_true(deliver_find(&d, 0).version == SIZE_MAX);
    static const struct {
        size_t version;
        int why;
    } rows[] = { { 5, DELIVER_BY_PIN },
                 { 3, DELIVER_PIN_WAITS },
                 { SIZE_MAX, DELIVER_PIN_WAITS },
                 { 4, DELIVER_PIN_TOO_LATE } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deliver_pin pin = { .at_ms = DUE - 1, .version = rows[i].version };
        d.pins = &pin;
        d.pin_count = 1;
        struct deliver_outcome got = deliver_find(&d, 0);
        assert_int_equal(got.why, rows[i].why);
        assert_true(got.version == (rows[i].why == DELIVER_BY_PIN ? rows[i].version : SIZE_MAX));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(started_days_are_counted_behind_the_grace),
        cmocka_unit_test(late_days_are_charged_within_cap_and_budget),
        cmocka_unit_test(a_percentage_stops_at_the_floor),
        cmocka_unit_test(the_latest_that_still_counts_is_taken),
        cmocka_unit_test(the_best_is_the_first_of_equal_scores),
        cmocka_unit_test(a_pin_decides_when_it_was_made_in_time),
        cmocka_unit_test(what_is_pinned_may_be_for_another_deliverable_but_must_be_graded_in_time),
    };
    return cmocka_run_group_tests_name("deliverable", tests, NULL, NULL);
}
