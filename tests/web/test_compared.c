/* Versions compared on a team's page and in its document: who is beside whom, and by which rule. */
#include "tests/web/fixture.h"
#include "core/base/json.h"

#define TEAM "/courses/demo-2026/teams/cholesky"
#define DOCUMENT "/api/v1" TEAM

/* Version 2 has the best score, version 3 is the newest. */
static int compared_setup(void **state)
{
    fixture_setup(state);
    fixture_sql(*state,
                "INSERT INTO scored SELECT e.run, e.task, e.team, 'now', 'd', 'v', '', '' FROM"
                " release e WHERE e.task = 'credit'");
    fixture_sql(*state, "INSERT INTO comparison (run, other, scoring, verdict, release) VALUES"
                        " ('01JD0000000000000000000C03', '01JD0000000000000000000C02', 'now',"
                        "  'unclear', 'rounded'),"
                        " ('01JD0000000000000000000C03', '01JD0000000000000000000C01', 'now',"
                        "  'better', 'rounded'),"
                        " ('01JD0000000000000000000C02', '01JD0000000000000000000C01', 'now',"
                        "  'better', 'rounded'),"
                        " ('01JD0000000000000000000C01', '01JD0000000000000000000G01', 'now',"
                        "  'worse', 'rounded'),"
                        " ('01JD0000000000000000000C02', '01JD0000000000000000000G01', 'now',"
                        "  'unknown', 'rounded')");
    fixture_sql(*state, "UPDATE release SET score = CASE run WHEN '01JD0000000000000000000C01' THEN"
                        " 0.8 WHEN '01JD0000000000000000000C02' THEN 0.832 WHEN"
                        " '01JD0000000000000000000C03' THEN 0.829 ELSE score END");
    return 0;
}

static const struct json *compared(struct fixture *f, const char *path)
{
    const struct json *json;
    struct fault why = { 0 };
    if (!json_parse(f->arena, fixture_get(f, path), &json, &why))
        fail_msg("%s", why.text);
    return json_get(json, "compared");
}

static void each_version_stands_beside_the_best_and_the_baselines(void **state)
{
    const struct json *all = compared(*state, DOCUMENT);
    assert_int_equal(all->count, 3);
    static const struct {
        int version;
        size_t against;
        const char *verdict;
    } rows[] = { { 3, 1, "unclear" }, { 2, 1, "unknown" }, { 1, 2, "worse" } };
    for (size_t i = 0; i < 3; i++) {
        const struct json *against = json_get(&all->members[i], "against");
        assert_int_equal(json_get_int(&all->members[i], "version", 0), rows[i].version);
        assert_int_equal(json_get_bool(&all->members[i], "best", false), rows[i].version == 2);
        assert_int_equal(against->count, rows[i].against);
        assert_true(str_is(json_get_text(&against->members[0], "verdict", ""), rows[i].verdict));
    }
    const struct json *last = json_get(&all->members[2], "against");
    assert_true(json_get_bool(&last->members[0], "best", false));
    assert_float_equal(json_get_double(&last->members[0], "difference", 0), -0.032, 1e-9);
    assert_true(str_is(json_get_text(&last->members[1], "baseline", ""), "gbdt"));
}

static void the_page_says_it_in_words(void **state)
{
    struct str page = fixture_get(*state, TEAM);
    static const char *const parts[] = { "Versions compared",
                                         "no difference can be shown",
                                         ">worse<",
                                         "cannot be tested",
                                         "−0.032",
                                         "scope=\"rowgroup\"",
                                         "the best" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_holds(page, parts[i]);
}

static void nothing_is_compared_behind_a_hidden_board(void **state)
{
    fixture_show(*state, "staff");
    assert_lacks(fixture_get(*state, TEAM), "Versions compared");
    assert_int_equal(compared(*state, DOCUMENT)->count, 0);
}

static void under_pseudonyms_versions_have_no_ids(void **state)
{
    fixture_show(*state, "pseudonym");
    const struct json *all = compared(*state, "/api/v1/courses/demo-2026/teams/Amber%20Heron");
    assert_int_equal(all->count, 3);
    for (size_t i = 0; i < all->count; i++)
        assert_int_equal(json_get(&all->members[i], "run")->kind, JSON_NOTHING);
    assert_lacks(fixture_get(*state, "/courses/demo-2026/teams/Amber%20Heron"), "01JD");
}

static void what_was_compared_by_another_rule_or_scored_anew_is_not_shown(void **state)
{
    fixture_sql(*state, "UPDATE scored SET scoring = 'later' WHERE run LIKE '%C03'");
    assert_int_equal(compared(*state, DOCUMENT)->count, 2);
    fixture_sql(*state, "UPDATE meta SET value = json_set(value, '$.release', 'ladder')"
                        " WHERE name = 'course'");
    assert_int_equal(compared(*state, DOCUMENT)->count, 0);
    fixture_sql(*state, "UPDATE comparison SET release = 'ladder' WHERE run LIKE '%C02'");
    assert_holds(fixture_get(*state, TEAM), "Only versions that have moved the score");
}

#define with_compared(test)                                                                        \
    cmocka_unit_test_setup_teardown((test), compared_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_compared(each_version_stands_beside_the_best_and_the_baselines),
        with_compared(the_page_says_it_in_words),
        with_compared(nothing_is_compared_behind_a_hidden_board),
        with_compared(under_pseudonyms_versions_have_no_ids),
        with_compared(what_was_compared_by_another_rule_or_scored_anew_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
