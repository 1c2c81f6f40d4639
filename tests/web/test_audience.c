/* Who sees what: held-out steps, facts and points, pseudonyms, hidden boards. */
#include "tests/web/fixture.h"
#include "core/base/json.h"
#include <math.h>

#define BOARD "/api/v1/courses/demo-2026/tasks/credit/leaderboard"
#define RUN "/api/v1/courses/demo-2026/runs/"

static const struct json *get_json(struct fixture *f, const char *path)
{
    const struct json *json;
    struct fault why = { 0 };
    if (!json_parse(f->arena, fixture_get(f, path), &json, &why))
        fail_msg("%s: %s", path, why.text);
    return json;
}

static const struct json *step(const struct json *run, const char *name)
{
    const struct json *steps = json_get(run, "steps");
    for (size_t i = 0; i < steps->count; i++)
        if (str_is(json_get_text(&steps->members[i], "name", ""), name))
            return &steps->members[i];
    fail_msg("no step %s", name);
    return NULL;
}

static void staff_words_reach_no_page(void **state)
{
    static const char *const secrets[] = { "STAFFONLY", "HELDOUTONLY", "similarity", "0.98765",
                                           "integrity.copied" };
    for (size_t i = 0; i < FIXTURE_PATH_COUNT; i++)
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
            assert_lacks(fixture_get(*state, fixture_paths[i]), secrets[k]);
}

static void private_facts_reach_no_page(void **state)
{
    static const char *const secrets[] = { "0.79987", "0.7999", "0.7612",      "0.8381",
                                           "0.45678", "0.4568", "\"private\"", "private part" };
    for (size_t i = 0; i < FIXTURE_PATH_COUNT; i++)
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
            assert_lacks(fixture_get(*state, fixture_paths[i]), secrets[k]);
}

static void a_heldout_step_tells_nothing_while_the_run_goes_on(void **state)
{
    const struct json *run = get_json(*state, RUN "01JD0000000000000000000K02");
    const struct json *predict = step(run, "predict");
    assert_true(str_is(json_get_text(predict, "state", ""), "running")); /* it failed already */
    assert_true(str_is(json_get_text(predict, "verdict", "x"), ""));
    assert_false(json_get_bool(predict, "cached", true));
    static const char *const numbers[] = { "wall_us", "cpu_us", "memory_peak_bytes", "started_at" };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(json_get(predict, numbers[i])->kind, JSON_NOTHING);
    assert_int_equal(json_get(step(run, "evaluate"), "started_at")->kind, JSON_NOTHING);
    assert_int_equal(json_get(step(run, "train"), "started_at")->kind, JSON_TEXT);
    struct str page = fixture_get(*state, "/courses/demo-2026/runs/01JD0000000000000000000K02");
    assert_lacks(page, "770 ms");
    assert_lacks(page, "660 ms");
    assert_lacks(page, "529 MB");
}

static void a_heldout_step_tells_verdict_and_numbers_once_the_run_has_ended(void **state)
{
    fixture_sql(*state, "UPDATE run SET state = 'failed_team', verdict = 'memory', ended_ms = 1 "
                        "WHERE id = '01JD0000000000000000000K02'");
    const struct json *run = get_json(*state, RUN "01JD0000000000000000000K02");
    const struct json *predict = step(run, "predict");
    assert_true(str_is(json_get_text(predict, "verdict", ""), "memory"));
    assert_int_equal(json_get_int(predict, "wall_us", 0), 770000);
    assert_int_equal(json_get_int(predict, "memory_peak_bytes", 0), 555000000);
    assert_true(str_is(json_get_text(predict, "log_tail", "x"), ""));
    assert_true(str_is(json_get_text(predict, "message", "x"), ""));
    assert_int_equal(json_get(predict, "started_at")->kind, JSON_NOTHING);
}

static void times_of_a_run_are_whole_seconds(void **state)
{
    const struct json *run = get_json(*state, RUN "01JD0000000000000000000C03");
    struct str ended = json_get_text(run, "ended_at", "");
    assert_int_equal(ended.len, strlen("2026-02-10T18:00:00Z"));
}

static void the_public_may_see_public_facts_only(void **state)
{
    struct fixture *f = *state;
    fixture_sql(f, "UPDATE fact SET audience = 'public' WHERE name = 'train.cpu_s'");
    scoped(view) struct view *view = view_open(f->state, NULL);
    static const struct {
        enum viewer viewer;
        size_t facts, points;
        bool detail;
    } table[] = { { VIEWER_PUBLIC, 1, 0, false },
                  { VIEWER_TEAM, 5, 5, false },
                  { VIEWER_STAFF, 8, 6, false } };
    for (size_t i = 0; i < 3; i++) {
        struct view_page page;
        bool found;
        assert_true(view_run(view, f->arena, table[i].viewer, S("01JD0000000000000000000C03"),
                             &page, &found, NULL));
        assert_int_equal(page.fact_count, table[i].facts);
        assert_int_equal(page.point_count, table[i].points);
    }
    struct view_page page;
    bool found;
    view_run(view, f->arena, VIEWER_STAFF, S("01JD0000000000000000000F01"), &page, &found, NULL);
    assert_holds(page.detail, "STAFFONLY");
    view_run(view, f->arena, VIEWER_TEAM, S("01JD0000000000000000000F01"), &page, &found, NULL);
    assert_int_equal(page.detail.len, 0);
}

static void under_pseudonyms_commit_and_time_are_null(void **state)
{
    fixture_show(*state, "pseudonym");
    const struct json *rows = json_get(get_json(*state, BOARD), "rows");
    assert_int_equal(rows->count, 8);
    for (size_t i = 0; i < rows->count; i++) {
        assert_int_equal(json_get(&rows->members[i], "commit")->kind, JSON_NOTHING);
        assert_int_equal(json_get(&rows->members[i], "submitted_at")->kind, JSON_NOTHING);
    }
    assert_true(str_is(json_get_text(&rows->members[0], "team", ""), "Amber Heron"));
}

static void under_pseudonyms_nothing_tells_who_is_who(void **state)
{
    fixture_show(*state, "pseudonym");
    static const char *const paths[] = {
        "/",
        "/courses/demo-2026",
        "/courses/demo-2026/tasks/credit",
        "/courses/demo-2026/teams/Amber%20Heron",
        "/courses/demo-2026/runs/01JD0000000000000000000C03",
        "/api/v1/courses/demo-2026",
        BOARD,
        RUN "01JD0000000000000000000C03",
    };
    static const char *const secrets[] = {
        "Cholesky",    "cholesky",   "k-means",    "kmeans",
        "git.example", "c0ffee5eed", "refs/heads", "Lost Remote"
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
            assert_lacks(fixture_get(*state, paths[i]), secrets[k]);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (!strstr(paths[i], "/runs/")) /* an id tells its millisecond */
            assert_lacks(fixture_get(*state, paths[i]), "01JD0");
    assert_int_equal(fixture_ask(*state, HTTP_GET, "/courses/demo-2026/teams/cholesky").status,
                     404);
}

static void under_pseudonyms_a_repository_has_a_state_and_no_address(void **state)
{
    fixture_show(*state, "pseudonym");
    static const char *const paths[] = { "/courses/demo-2026",
                                         "/courses/demo-2026/teams/Hidden%20Vole",
                                         "/api/v1/courses/demo-2026" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_holds(fixture_get(*state, paths[i]), "The repository could not be reached.");
        assert_lacks(fixture_get(*state, paths[i]), "git.example");
        assert_lacks(fixture_get(*state, paths[i]), "Lost Remote");
    }
    assert_holds(fixture_get(*state, "/courses/demo-2026"), "repository unreachable");
}

static void under_pseudonyms_teams_stand_in_the_order_of_their_pseudonyms(void **state)
{
    fixture_show(*state, "pseudonym");
    const struct json *teams = json_get(get_json(*state, "/api/v1/courses/demo-2026"), "teams");
    for (size_t i = 1; i < teams->count; i++) {
        if (json_get_bool(&teams->members[i], "baseline", false))
            break;
        assert_true(str_order(json_get_text(&teams->members[i - 1], "name", ""),
                              json_get_text(&teams->members[i], "name", "")) < 0);
    }
    const struct json *runs = json_get(get_json(*state, "/api/v1/courses/demo-2026"), "runs");
    for (size_t i = 1; i < runs->count; i++)
        assert_true(str_order(json_get_text(&runs->members[i - 1], "team", ""),
                              json_get_text(&runs->members[i], "team", "")) <= 0);
}

static void staff_see_names_under_pseudonyms(void **state)
{
    struct fixture *f = *state;
    fixture_show(f, "pseudonym");
    scoped(view) struct view *view = view_open(f->state, NULL);
    struct view_board board;
    assert_true(view_board(view, f->arena, VIEWER_STAFF, S("credit"), &board, NULL));
    assert_true(str_is(board.rows[0].team, "cholesky"));
    assert_int_equal(board.rows[0].commit.len, 40);
    assert_true(board.rows[0].submitted_ms > 0);
}

static void a_staff_board_shows_no_score_to_others(void **state)
{
    fixture_show(*state, "staff");
    assert_int_equal(fixture_ask(*state, HTTP_GET, BOARD).status, 404);
    static const char *const scores[] = { "0.832",       "0.801", "0.861", "15 823",
                                          "15\u202f823", "0.831", "0.812" };
    static const char *const paths[] = { "/", "/courses/demo-2026",
                                         "/courses/demo-2026/tasks/credit",
                                         "/courses/demo-2026/teams/cholesky" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (size_t k = 0; k < sizeof scores / sizeof *scores; k++)
            assert_lacks(fixture_get(*state, paths[i]), scores[k]);
    assert_lacks(fixture_get(*state, RUN "01JD0000000000000000000C03"), "metric.roc_auc");
    struct fixture *f = *state;
    scoped(view) struct view *view = view_open(f->state, NULL);
    struct view_board board;
    assert_true(view_board(view, f->arena, VIEWER_STAFF, S("credit"), &board, NULL));
    assert_int_equal(board.count, 8);
}

static void a_course_that_does_not_say_shows_no_board(void **state)
{
    fixture_sql(*state, "UPDATE meta SET value = json_remove(value, '$.visibility')");
    assert_int_equal(fixture_ask(*state, HTTP_GET, BOARD).status, 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(staff_words_reach_no_page),
        with_fixture(private_facts_reach_no_page),
        with_fixture(a_heldout_step_tells_nothing_while_the_run_goes_on),
        with_fixture(a_heldout_step_tells_verdict_and_numbers_once_the_run_has_ended),
        with_fixture(times_of_a_run_are_whole_seconds),
        with_fixture(the_public_may_see_public_facts_only),
        with_fixture(under_pseudonyms_commit_and_time_are_null),
        with_fixture(under_pseudonyms_nothing_tells_who_is_who),
        with_fixture(under_pseudonyms_a_repository_has_a_state_and_no_address),
        with_fixture(under_pseudonyms_teams_stand_in_the_order_of_their_pseudonyms),
        with_fixture(staff_see_names_under_pseudonyms),
        with_fixture(a_staff_board_shows_no_score_to_others),
        with_fixture(a_course_that_does_not_say_shows_no_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
