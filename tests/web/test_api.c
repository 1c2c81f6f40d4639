/* The documents that other programs rely on, literally. */
#include "tests/web/fixture.h"
#include "core/base/json.h"

#define COURSE "/api/v1/courses/demo-2026"

static const struct json *parse(struct fixture *f, struct str text)
{
    const struct json *json;
    struct fault why = { 0 };
    if (!json_parse(f->arena, text, &json, &why))
        fail_msg("%s in %.*s", why.text, STR_ARGS(text));
    return json;
}

static void assert_keys(const struct json *map, const char *const *keys, size_t count)
{
    assert_non_null(map);
    assert_int_equal(map->count, count);
    for (size_t i = 0; i < count; i++)
        if (!str_is(map->members[i].key, keys[i]))
            fail_msg("key %zu: got %.*s, expected %s", i, STR_ARGS(map->members[i].key), keys[i]);
}

static const char *const row_keys[] = { "rank_low", "rank_high",    "team",   "score",   "low",
                                        "high",     "submitted_at", "commit", "baseline" };

static void a_leaderboard_has_its_literal_form(void **state)
{
    struct fixture *f = *state;
    const struct json *board = parse(f, fixture_get(f, COURSE "/tasks/credit/leaderboard"));
    static const char *const keys[] = { "task", "metric", "rows" };
    assert_keys(board, keys, 3);
    assert_true(str_is(json_get_text(board, "metric", ""), "roc_auc"));
    const struct json *rows = json_get(board, "rows");
    assert_int_equal(rows->count, 8);
    for (size_t i = 0; i < rows->count; i++)
        assert_keys(&rows->members[i], row_keys, 9);
    const struct json *first = &rows->members[0], *third = &rows->members[2];
    assert_true(str_is(json_get_text(first, "team", ""), "cholesky"));
    assert_int_equal(json_get_int(first, "rank_low", 0), 1);
    assert_int_equal(json_get_int(first, "rank_high", 0), 2);
    assert_true(json_get_double(first, "score", 0) == 0.832);
    assert_int_equal(json_get_text(first, "commit", "").len, 40);
    assert_true(str_ends(json_get_text(first, "submitted_at", ""), S("Z")));
    assert_true(json_get_bool(third, "baseline", false));
    assert_int_equal(json_get(third, "rank_low")->kind, JSON_NOTHING);
}

static void an_empty_board_has_no_rows(void **state)
{
    const struct json *board =
        parse(*state, fixture_get(*state, COURSE "/tasks/quiet/leaderboard"));
    assert_int_equal(json_get(board, "rows")->count, 0);
}

static void a_run_tells_states_steps_facts_and_points(void **state)
{
    struct fixture *f = *state;
    const struct json *run = parse(f, fixture_get(f, COURSE "/runs/01JD0000000000000000000C03"));
    assert_true(str_is(json_get_text(run, "state", ""), "done"));
    assert_true(str_is(json_get_text(run, "verdict", ""), "ok"));
    assert_true(str_is(json_get_text(run, "team", ""), "cholesky"));
    assert_int_equal(json_get(run, "steps")->count, 11);
    assert_int_equal(json_get(run, "facts")->count, 5);
    assert_int_equal(json_get(run, "points")->count, 5);
    const struct json *human = &json_get(run, "points")->members[3];
    assert_int_equal(json_get(human, "points")->kind, JSON_NOTHING);
    assert_true(str_is(json_get_text(human, "state", ""), "human_needed"));
}

static void a_waiting_run_tells_how_many_are_ahead(void **state)
{
    struct fixture *f = *state; /* stumps was served before Ada's Orbit */
    assert_int_equal(
        json_get_int(parse(f, fixture_get(f, COURSE "/runs/01JD0000000000000000000Q02")), "ahead",
                     -1),
        0);
    assert_int_equal(
        json_get_int(parse(f, fixture_get(f, COURSE "/runs/01JD0000000000000000000Q01")), "ahead",
                     -1),
        1);
    fixture_sql(f, "UPDATE run SET priority = 5 WHERE id = '01JD0000000000000000000Q02'");
    assert_int_equal(
        json_get_int(parse(f, fixture_get(f, COURSE "/runs/01JD0000000000000000000Q01")), "ahead",
                     -1),
        0);
    assert_int_equal(
        json_get(parse(f, fixture_get(f, COURSE "/runs/01JD0000000000000000000C03")), "ahead")
            ->kind,
        JSON_NOTHING);
}

static void environments_say_what_can_be_used_in_them(void **state)
{
    struct fixture *f = *state;
    struct str text = fixture_get(f, COURSE);
    const struct json *list = json_get(parse(f, text), "environments");
    assert_int_equal(list->count, 3);
    const struct json *usable = &list->members[0], *bad = &list->members[1];
    assert_true(str_is(json_get_text(usable, "name", ""), "default"));
    assert_int_equal(json_get_text(usable, "sha256", "").len, 64);
    assert_true(json_get_bool(usable, "usable", false));
    assert_int_equal(json_get(usable, "has")->count, 5);
    assert_true(str_is(json_get(usable, "has")->members[1].text, "C with libholdout (cc 12.2.0)"));
    assert_int_equal(json_get(bad, "usable")->kind, JSON_BOOL);
    assert_false(json_get_bool(bad, "usable", true));
    assert_int_equal(json_get(&list->members[2], "usable")->kind, JSON_NOTHING);
    assert_lacks(text, "the staff alone");
    assert_lacks(fixture_get(f, "/courses/demo-2026"), "the staff alone");
    assert_holds(fixture_get(f, "/courses/demo-2026"), "&lt;b&gt;ml&lt;/b&gt;");
}

static const struct json *status(struct fixture *f)
{
    scoped(view) struct view *view = view_open(f->state, NULL);
    assert_non_null(view);
    struct text text = { .arena = f->arena };
    assert_true(view_status_json(view, f->arena, VIEWER_STAFF, &text, NULL));
    return parse(f, text_str(&text));
}

static void status_has_its_literal_form(void **state)
{
    const struct json *document = status(*state);
    static const char *const keys[] = { "course", "pending", "course_fault", "disk_low", "tasks" };
    static const char *const task_keys[] = { "id",          "board",         "outdated", "metric",
                                             "rescore_due", "metric_coming", "runs" };
    static const char *const run_keys[] = { "team", "state", "verdict", "id" };
    assert_keys(document, keys, sizeof keys / sizeof *keys);
    assert_true(str_is(json_get_text(document, "course", ""), "demo-2026"));
    assert_int_equal(json_get_int(document, "pending", 0), 4);
    const struct json *tasks = json_get(document, "tasks");
    assert_int_equal(tasks->count, 3);
    assert_keys(&tasks->members[0], task_keys, 7);
    assert_keys(&json_get(&tasks->members[0], "board")->members[0], row_keys, 9);
    assert_keys(&json_get(&tasks->members[0], "runs")->members[0], run_keys, 4);
}

/* State of the team's run under the task, or empty. */
static struct str state_of(const struct json *document, size_t task, const char *team)
{
    const struct json *runs = json_get(&json_get(document, "tasks")->members[task], "runs");
    struct str found = S("");
    for (size_t i = 0; i < runs->count; i++)
        if (str_is(json_get_text(&runs->members[i], "team", ""), team)) {
            assert_int_equal(found.len, 0); /* one a team */
            found = json_get_text(&runs->members[i], "state", "");
        }
    return found;
}

static void status_holds_the_newest_run_of_a_team_and_task(void **state)
{
    const struct json *document = status(*state);
    assert_true(str_is(state_of(document, 0, "adas-orbit"), "queued"));
    assert_true(str_is(state_of(document, 0, "cholesky"), "done"));
    assert_true(str_is(state_of(document, 1, "blueprint"), "predicting"));
    assert_true(str_is(state_of(document, 1, "cholesky"), ""));
}

static void status_loses_no_run_whose_task_is_unknown(void **state)
{
    fixture_sql(*state, "UPDATE submission SET task = '' WHERE team = 'hoarder'");
    fixture_sql(*state, "UPDATE submission SET task = 'gone' WHERE team = 'ridgeway'");
    const struct json *document = status(*state);
    assert_true(str_is(state_of(document, 0, "hoarder"), "failed_team"));
    assert_true(str_is(state_of(document, 0, "ridgeway"), "done"));
    assert_true(str_is(state_of(document, 1, "hoarder"), ""));
}

static void numbers_read_back_as_they_were(void **state)
{
    fixture_sql(*state,
                "UPDATE board SET score = 0.1 + 0.2 WHERE task = 'credit' AND position = 1");
    struct str text = fixture_get(*state, COURSE "/tasks/credit/leaderboard");
    assert_holds(text, "\"score\":0.30000000000000004,");
}

static void changes_of_others_are_noticed(void **state)
{
    struct fixture *f = *state;
    scoped(view) struct view *view = view_open(f->state, NULL);
    int64_t before = view_changed(view);
    assert_int_equal(view_changed(view), before);
    fixture_sql(f, "UPDATE team SET looked_ms = looked_ms + 1");
    assert_true(view_changed(view) != before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_leaderboard_has_its_literal_form),
        with_fixture(an_empty_board_has_no_rows),
        with_fixture(a_run_tells_states_steps_facts_and_points),
        with_fixture(a_waiting_run_tells_how_many_are_ahead),
        with_fixture(environments_say_what_can_be_used_in_them),
        with_fixture(status_has_its_literal_form),
        with_fixture(status_holds_the_newest_run_of_a_team_and_task),
        with_fixture(status_loses_no_run_whose_task_is_unknown),
        with_fixture(numbers_read_back_as_they_were),
        with_fixture(changes_of_others_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
