/* Every page: complete, well-formed, escaped; errors in words; a course without a store. */
#include "tests/web/fixture.h"

static bool is_void(struct str name)
{
    static const char *const names[] = { "meta", "link", "img", "br", "!doctype" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

/* Tags open and close as they should, attributes are quoted; SVG's short form closes itself. */
static void assert_well_formed(const char *path, struct str page)
{
    struct str open[64];
    size_t depth = 0, from, to;
    while (str_find(page, '<', &from)) {
        page = str_from(page, from + 1);
        if (!str_find(page, '>', &to))
            fail_msg("%s: a tag does not end", path);
        struct str tag = str_until(page, to);
        bool closes = str_starts(tag, S("/"));
        bool short_form = str_ends(tag, S("/"));
        struct str name = closes ? str_from(tag, 1) : tag;
        size_t blank;
        if (str_find(name, ' ', &blank))
            name = str_until(name, blank);
        if (closes) {
            if (!depth || !str_equal(open[depth - 1], name))
                fail_msg("%s: </%.*s> closes <%.*s>", path, STR_ARGS(name),
                         depth ? (int)open[depth - 1].len : 0, depth ? open[depth - 1].at : "");
            depth--;
        } else if (!short_form && !is_void(name)) {
            assert_true(depth < 64);
            open[depth++] = name;
        }
        assert_null(memmem(tag.at, tag.len, "<", 1));
        page = str_from(page, to + 1);
    }
    if (depth)
        fail_msg("%s: <%.*s> stays open", path, STR_ARGS(open[depth - 1]));
}

static void pages_are_well_formed(void **state)
{
    for (size_t i = 0; i < FIXTURE_PATH_COUNT; i++) {
        struct http_response response = fixture_ask(*state, HTTP_GET, fixture_paths[i]);
        assert_int_equal(response.status, 200);
        assert_non_null(response.etag);
        if (strcmp(response.type, "text/html; charset=utf-8") != 0)
            continue;
        assert_well_formed(fixture_paths[i], response.body);
        assert_holds(response.body, "<main id=\"main\"");
        assert_holds(response.body, "</html>");
    }
    assert_well_formed("team", fixture_get(*state, "/courses/demo-2026/teams/cholesky"));
    assert_well_formed("team", fixture_get(*state, "/courses/demo-2026/teams/lost"));
    assert_well_formed("team", fixture_get(*state, "/courses/demo-2026/teams/evil"));
}

static void pages_have_no_inline_script_or_style(void **state)
{
    static const char *const banned[] = { "<script>", "=&quot;",     " style=\"",  "<style",
                                          " onclick", " onerror=\"", "javascript:" };
    for (size_t i = 0; i < FIXTURE_PATH_COUNT; i++)
        for (size_t k = 0; k < sizeof banned / sizeof *banned; k++)
            if (fixture_paths[i][1] != 'a') /* in JSON they are text */
                assert_lacks(fixture_get(*state, fixture_paths[i]), banned[k]);
}

static void foreign_text_is_shown_and_not_run(void **state)
{
    struct str run = fixture_get(*state, "/courses/demo-2026/runs/01JD0000000000000000000E01");
    assert_holds(run, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;sons&#39;");
    assert_holds(run, "&lt;img src=x onerror=alert(1)&gt;");
    assert_holds(run, "&lt;/pre&gt;&lt;script&gt;alert(2)&lt;/script&gt;");
    assert_holds(run, "NUL\xe2\x90\x81red\xe2\x90\x87"); /* \1, colours gone, \a */
    assert_holds(fixture_get(*state, "/courses/demo-2026/teams/evil"),
                 "ml/&quot;&gt;&lt;img&gt;.git");
}

static void bytes_that_are_no_text_are_shown_as_such(void **state)
{
    fixture_sql(*state, "UPDATE step SET tail = CAST(x'61ff00c3283c' AS TEXT) WHERE run = "
                        "'01JD0000000000000000000C03' AND position = 3");
    struct str run = fixture_get(*state, "/courses/demo-2026/runs/01JD0000000000000000000C03");
    assert_holds(run, "a\xef\xbf\xbd\xe2\x90\x80\xef\xbf\xbd(&lt;");
    assert_null(memchr(run.at, 0, run.len));
    struct str json =
        fixture_get(*state, "/api/v1/courses/demo-2026/runs/01JD0000000000000000000C03");
    assert_true(str_is_utf8(json));
}

static void a_verdict_stands_in_large_clear_words(void **state)
{
    static const struct {
        const char *run, *words;
    } table[] = {
        { "F01", "A program ended with an error" },
        { "F02", "Used more processor time than allowed" },
        { "F03", "Needed more memory than allowed" },
        { "F04", "The prediction file was not accepted" },
        { "C03", "Graded" },
        { "K01", "Training…" },
        { "Q02", "Waiting: next in line" },
        { "Q01", "Waiting: 1 ahead" },
        { "X01", "Replaced by a newer push" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct str page = fixture_get(f, arena_print(f->arena,
                                                     "/courses/demo-2026/runs/01JD00000000"
                                                     "00000000000%s",
                                                     table[i].run));
        assert_holds(page, arena_print(f->arena, "<p class=\"big\">%s</p>", table[i].words));
    }
}

static void a_board_says_that_newer_results_are_being_worked_in(void **state)
{
    const char *path = "/courses/demo-2026/tasks/credit";
    assert_null(strstr(fixture_get(*state, path).at, "being worked in"));
    fixture_sql(*state, "INSERT INTO board_due (task) VALUES ('credit')");
    assert_holds(fixture_get(*state, path), "A newer result is being worked in.");
    fixture_sql(*state, "INSERT INTO board_due (task) VALUES ('credit'), ('houses')");
    assert_holds(fixture_get(*state, path), "2 newer results are being worked in.");
}

static void a_board_says_what_is_tied_and_what_is_a_baseline(void **state)
{
    struct str page = fixture_get(*state, "/courses/demo-2026/tasks/credit");
    assert_holds(page, ">1–2</td>");
    assert_holds(page, "<b>Rank.</b>");
    assert_holds(page, "<tr data-key=\"boehm\" class=\"apart\">");
    assert_holds(page, "<tr data-key=\"stumps\">");
    assert_lacks(fixture_get(*state, "/courses/demo-2026/tasks/houses"), "class=\"apart\"");
    assert_holds(page, "class=\"baseline\"");
    assert_holds(page, "aria-label=\"95 % interval 0.801 to 0.861\"");
    assert_holds(page, "the newest graded version of each team");
    assert_lacks(fixture_get(*state, "/courses/demo-2026/tasks/houses"), "<b>Rank.</b>");
    assert_holds(fixture_get(*state, "/courses/demo-2026/tasks/quiet"), "No submissions yet");
}

static void a_tie_is_a_tie_on_every_page(void **state)
{
    struct str course = fixture_get(*state, "/courses/demo-2026");
    assert_holds(course, "<span class=\"place\">1–2</span><bdi>Cholesky Crew</bdi>");
    assert_holds(course, "<span class=\"place\">1–2</span><bdi>No Code Required</bdi>");
    assert_holds(course, "<span class=\"place\">1</span><bdi>Blueprint</bdi>");
    struct str home = fixture_get(*state, "/");
    assert_holds(home, "2 teams share the lead");
    assert_lacks(home, "Cholesky Crew");
    assert_holds(home, "<bdi>Blueprint</bdi>");
}

static void a_repository_that_cannot_be_read_stands_in_the_overview(void **state)
{
    struct str page = fixture_get(*state, "/courses/demo-2026");
    assert_holds(
        page, "<span class=\"state bad\">repository unreachable</span>"
              "<small class=\"why\">the host git.example.org did not answer within 20 s</small>");
    assert_lacks(page, "repository empty");
    fixture_sql(*state, "UPDATE team SET state = 'empty', message = '' WHERE id = 'lost'");
    page = fixture_get(*state, "/courses/demo-2026");
    assert_holds(page, "repository empty</span><small class=\"why\">The repository is empty.<");
    assert_lacks(page, "nothing yet");
    fixture_sql(*state, "UPDATE team SET state = 'denied', message = 'the login was refused'"
                        " WHERE id = 'cholesky'");
    page = fixture_get(*state, "/courses/demo-2026");
    assert_holds(page, "<bdi>Cholesky Crew</bdi></a><div class=\"trouble\">"
                       "<span class=\"state bad\">repository denied</span>"
                       "<small class=\"why\">the login was refused</small>");
    assert_holds(fixture_get(*state, "/api/v1/courses/demo-2026"),
                 "\"repository_state\":\"denied\","
                 "\"repository_message\":\"the login was refused\"");
}

static void what_is_not_there_is_said(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *words;
    } table[] = {
        { "/nope", 404, "There is nothing at this address." },
        { "/courses/none", 404, "There is no such course here." },
        { "/courses/", 404, "There is nothing at this address." },
        { "/api/v1/courses/demo-2026/", 404, "There is nothing at this address." },
        { "/courses/demo-2026/events/", 404, "There is nothing at this address." },
        { "//courses.example/", 404, "There is nothing at this address." },
        { "/courses/demo-2026/tasks/none", 404, "This course has no such task." },
        { "/courses/demo-2026/runs/none", 404, "This course has no such run." },
        { "/courses/demo-2026/teams/none", 404, "This course has no such team." },
        { "/courses/demo-2026/teams/%00", 400, "The address holds a broken escape." },
        { "/courses/demo-2026/teams/%zz", 400, "The address holds a broken escape." },
        { "/courses/demo-2026/teams/%4", 400, "The address holds a broken escape." },
        { "/courses/%2e%2e%2f%2e%2e", 404, "There is no such course here." },
        { "/static/../app.css", 404, "There is nothing at this address." },
        { "/static/", 404, "There is nothing at this address." },
        { "*", 400, "The address does not begin with a slash." },
        { "/api/v1/none", 404,
          "{\"error\":{\"status\":404,\"message\":\"There is nothing at this" },
        { "/api/v1/courses/none", 404, "{\"error\":{\"status\":404," },
        { "/api/v1/courses/demo-2026/runs/x", 404, "{\"error\":{\"status\":404," },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct http_response response = fixture_ask(*state, HTTP_GET, table[i].path);
        if (response.status != table[i].status)
            fail_msg("%s: got %d, expected %d", table[i].path, response.status, table[i].status);
        assert_holds(response.body, table[i].words);
        assert_null(response.etag);
    }
}

static void a_slash_at_the_end_leads_to_the_page(void **state)
{
    static const char *const table[][2] = {
        { "//", "/" },
        { "/courses/demo-2026/", "/courses/demo-2026" },
        { "/courses/demo-2026//", "/courses/demo-2026" },
        { "/courses/demo-2026/tasks/credit/", "/courses/demo-2026/tasks/credit" },
        { "/courses/demo-2026/runs/x/", "/courses/demo-2026/runs/x" },
        { "/courses/demo-2026/teams/a%20b/", "/courses/demo-2026/teams/a%20b" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct http_response response = fixture_ask(*state, HTTP_GET, table[i][0]);
        assert_int_equal(response.status, 308);
        assert_string_equal(response.location, table[i][1]);
    }
    assert_null(fixture_ask(*state, HTTP_GET, "/courses/demo-2026").location);
}

static void nothing_goes_on_in_a_run_that_has_ended(void **state)
{
    static const char *const states[] = { "cancelled", "failed_ours", "failed_team" };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        assert_holds(fixture_get(f, "/courses/demo-2026/runs/01JD0000000000000000000K01"),
                     i ? "\">skipped</span>" : "Log, as it grows");
        fixture_sql(f, arena_print(f->arena,
                                   "UPDATE run SET state = '%s', ended_ms = started_ms + 1000"
                                   " WHERE id LIKE '%%K0_'",
                                   states[i]));
        static const char *const paths[] = { "/courses/demo-2026/runs/01JD0000000000000000000K01",
                                             "/courses/demo-2026/runs/01JD0000000000000000000K02" };
        for (size_t k = 0; k < 2; k++) {
            struct str page = fixture_get(f, paths[k]);
            assert_lacks(page, "as it grows");
            assert_lacks(page, ">to come<");
            assert_lacks(page, ">running<");
            struct str json = fixture_get(f, arena_print(f->arena, "/api/v1%s", paths[k]));
            assert_lacks(json, "\"state\":\"running\"");
            assert_lacks(json, "\"state\":\"waiting\"");
            assert_holds(json, "\"state\":\"skipped\"");
        }
    }
}

static void only_reading_is_allowed(void **state)
{
    struct http_response response = fixture_ask(*state, HTTP_OTHER, "/courses/demo-2026");
    assert_int_equal(response.status, 405);
    assert_string_equal(response.allow, "GET, HEAD");
    response = fixture_ask(*state, HTTP_OTHER, "/api/v1/courses");
    assert_int_equal(response.status, 405);
    assert_string_equal(response.type, "application/json");
}

static void an_etag_changes_with_the_page(void **state)
{
    const char *path = "/api/v1/courses/demo-2026/tasks/credit/leaderboard";
    const char *one = fixture_ask(*state, HTTP_GET, path).etag;
    assert_string_equal(fixture_ask(*state, HTTP_GET, path).etag, one);
    fixture_sql(*state, "UPDATE board SET score = 0.833 WHERE task = 'credit' AND position = 1");
    assert_string_not_equal(fixture_ask(*state, HTTP_GET, path).etag, one);
}

static void files_carry_their_digest(void **state)
{
    for (enum asset_id id = 0; id < ASSET_COUNT; id++) {
        struct http_response response = fixture_ask(*state, HTTP_GET, assets_get(id)->path);
        assert_int_equal(response.status, 200);
        assert_true(response.body.len > 100);
    }
    struct str css = assets_get(ASSET_CSS)->bytes;
    assert_lacks(css, "url(inter");
    assert_holds(css, assets_get(ASSET_FONT)->path);
    assert_holds(css, assets_get(ASSET_FONT_EXT)->path);
    struct http_response style = fixture_ask(*state, HTTP_GET, assets_get(ASSET_CSS)->path);
    assert_holds(str_of(style.cache), "immutable");
}

static void a_course_without_a_store_is_being_prepared_and_then_there(void **state)
{
    (void)state;
    struct fixture f;
    fixture_start(&f);
    const char *name = strrchr(f.dir, '/') + 1;
    const char *course = arena_print(f.arena, "/courses/%s", name);
    assert_holds(fixture_get(&f, course), "This course is being prepared");
    assert_holds(fixture_get(&f, "/"), "is being prepared");
    const char *api = arena_print(f.arena, "/api/v1/courses/%s", name);
    assert_int_equal(fixture_ask(&f, HTTP_GET, api).status, 404);
    assert_holds(fixture_get(&f, "/api/v1/courses"), "\"ready\":false");
    fixture_store(&f, false);
    assert_holds(fixture_get(&f, course), "This course is being prepared");
    fixture_sql(&f, "INSERT INTO meta VALUES ('course', '{\"id\":\"now\",\"title\":\"Here\"}')");
    assert_holds(fixture_get(&f, "/courses/now"), "<h1>Here</h1>");
    assert_holds(fixture_get(&f, "/courses/now"), "No teams yet");
    fixture_end(&f);
}

/* Two teams of a term: one has three times as many versions as the other. */
static void term_fill(struct fixture *f)
{
    fixture_sql(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
                   " 400) INSERT INTO submission (id, team, task, deliverable, commit_id, ref,"
                   " source, received_ms, pushed_ms, event_seq) SELECT printf('ST%d', i),"
                   " CASE i % 4 WHEN 0 THEN 'stumps' ELSE 'cholesky' END, 'quiet', '', '', '',"
                   " 'poll', i, 0, 10000 + i FROM n");
    fixture_sql(f, "INSERT INTO run (id, submission, state, verdict, step, message, detail,"
                   " priority, created_ms, not_before_ms, started_ms, ended_ms, version,"
                   " attempt, fence, lease_boot_ms, boot_id, deadline_boot_ms, receipt) SELECT"
                   " 'R' || id, id, 'done', 'ok', '', '', '', 0, received_ms, 0, 1, 2, '', 1,"
                   " '', 0, '', 0, '' FROM submission WHERE id LIKE 'ST%'");
    fixture_sql(f, "INSERT INTO release SELECT 'R' || id, 'quiet', team, received_ms > 160,"
                   " 0.1, 0.9, received_ms, received_ms FROM submission WHERE id LIKE 'ST%'");
    fixture_sql(f, "INSERT INTO board SELECT 'quiet', 1, 'cholesky', 'RST399', 1, 2, 1, 0.1,"
                   " 0.9, 399, '', 300, 0 UNION ALL SELECT 'quiet', 2, 'stumps', 'RST400', 1,"
                   " 2, 1, 0.1, 0.9, 400, '', 100, 0");
}

static void histories_are_as_long_as_their_drawings(void **state)
{
    term_fill(*state);
    struct str board = fixture_get(*state, "/courses/demo-2026/tasks/quiet");
    const char *first = strstr(board.at, "the newest 60 released scores");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "the newest 60 released scores"));
    /* all alike: those that were otherwise are older than the sixty */
    assert_holds(board, "points=\"4.00,12.00 ");
    struct str team = fixture_get(*state, "/courses/demo-2026");
    assert_holds(team, "RST399");
    assert_holds(team, "RST400");
    assert_lacks(team, "RST398");
}

static void versions_come_a_hundred_a_page(void **state)
{
    struct fixture *f = *state;
    term_fill(f);
    const char *path = "/courses/demo-2026/teams/cholesky";
    struct str first_page = fixture_get(*state, path);
    assert_holds(first_page, "History of scores");
    assert_holds(first_page, "/courses/demo-2026/teams/cholesky/page/2\">older versions</a>");
    assert_lacks(first_page, "newer versions");
    assert_well_formed(path, fixture_get(*state, "/courses/demo-2026/teams/cholesky/page/2"));
    struct str last_page = fixture_get(*state, "/courses/demo-2026/teams/cholesky/page/4");
    assert_holds(last_page, "/courses/demo-2026/teams/cholesky/page/3\">newer versions</a>");
    assert_lacks(last_page, "older versions");
    assert_lacks(last_page, "What counts");
    static const char *const none[] = { "5", "1", "x", "-2", "99999999999999999999" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(
            fixture_ask(*state, HTTP_GET, arena_print(f->arena, "%s/page/%s", path, none[i]))
                .status,
            404);
}

static void a_broken_store_is_our_fault_in_words(void **state)
{
    fixture_get(*state, "/courses/demo-2026");
    fixture_sql(*state, "UPDATE meta SET value = '{broken' WHERE name = 'course'");
    struct http_response response = fixture_ask(*state, HTTP_GET, "/courses/demo-2026");
    assert_int_equal(response.status, 500);
    assert_holds(response.body, "The fault is ours and has been logged.");
    assert_holds(fixture_get(*state, "/"), "cannot be read at the moment");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(pages_are_well_formed),
        with_fixture(pages_have_no_inline_script_or_style),
        with_fixture(foreign_text_is_shown_and_not_run),
        with_fixture(bytes_that_are_no_text_are_shown_as_such),
        with_fixture(a_verdict_stands_in_large_clear_words),
        with_fixture(a_board_says_that_newer_results_are_being_worked_in),
        with_fixture(a_board_says_what_is_tied_and_what_is_a_baseline),
        with_fixture(a_tie_is_a_tie_on_every_page),
        with_fixture(a_repository_that_cannot_be_read_stands_in_the_overview),
        with_fixture(what_is_not_there_is_said),
        with_fixture(a_slash_at_the_end_leads_to_the_page),
        with_fixture(nothing_goes_on_in_a_run_that_has_ended),
        with_fixture(only_reading_is_allowed),
        with_fixture(an_etag_changes_with_the_page),
        with_fixture(files_carry_their_digest),
        with_fixture(histories_are_as_long_as_their_drawings),
        with_fixture(versions_come_a_hundred_a_page),
        with_fixture(a_broken_store_is_our_fault_in_words),
        cmocka_unit_test(a_course_without_a_store_is_being_prepared_and_then_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
