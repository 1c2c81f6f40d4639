/* When versions were pushed as lateness is judged, debounce, and the state at due times. */
#include "core/base/file.h"
#include "grader/store/db.h"
#include "grader/store/store.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define MAIN "refs/heads/main"

static struct {
    char dir[64];
    struct store *store;
    struct arena *arena;
    struct clock clock;
    int64_t seq;
} f;

static int open_fixture(void **state)
{
    (void)state;
    struct fault why = { 0 };
    snprintf(f.dir, sizeof f.dir, "/tmp/holdout-watch-XXXXXX");
    assert_non_null(mkdtemp(f.dir));
    scoped(fd) int dir = open(f.dir, O_RDONLY | O_DIRECTORY);
    assert_true(dir_make(dir, "sealed", 0700, &why));
    f.arena = arena_open(NULL);
    f.clock = clock_system();
    f.seq = 0;
    f.store = store_open(f.dir, true, &f.clock, &why);
    assert_non_null(f.store);
    struct store_team teams[] = {
        { .id = "ada", .name = "A", .pseudonym = "A", .repository = "" },
        { .id = "bob", .name = "B", .pseudonym = "B", .repository = "" }
    };
    struct store_course course = {
        .about = "{}", .version = "v", .files = "[]", .teams = teams, .team_count = 2
    };
    assert_true(store_course_set(f.store, &course, &why));
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    store_close(f.store);
    arena_drop(f.arena);
    dir_remove(AT_FDCWD, f.dir, NULL);
    return 0;
}

struct seen {
    int64_t at_ms, not_seen_ms, debounce_ms;
    const char *commit, *source, *note;
};

static void push(struct seen seen)
{
    struct fault why = { 0 };
    bool hand = seen.source && seen.source[0] == 'h';
    struct store_push push = { .id = arena_print(f.arena, "event %lld", (long long)f.seq),
                               .seq = ++f.seq,
                               .at_ms = seen.at_ms,
                               .not_seen_ms = seen.not_seen_ms,
                               .team = "ada",
                               .task = "",
                               .ref = MAIN,
                               .commit = seen.commit,
                               .source = seen.source ? seen.source : "poll",
                               .grade = !seen.note,
                               .note = seen.note,
                               .supersede = !hand,
                               .debounce_ms = seen.debounce_ms };
    if (!store_push(f.store, &push, &why))
        fail_msg("%s", why.text);
}

static bool hook(const char *commit, int64_t pushed_ms, int64_t at_ms)
{
    struct fault why = { 0 };
    bool known;
    struct store_hook hook = { .seq = ++f.seq,
                               .at_ms = at_ms,
                               .pushed_ms = pushed_ms,
                               .team = "ada",
                               .forge = "github",
                               .ref = MAIN,
                               .commit = commit };
    if (!store_hook(f.store, &hook, &known, &why))
        fail_msg("%s", why.text);
    return known;
}

static int64_t number(const char *sql)
{
    char path[128];
    struct fault why = { 0 };
    struct query query = { sql };
    snprintf(path, sizeof path, "%s/store.db", f.dir);
    struct db *db = db_open(
        &(struct db_options){ .path = path, .mode = DB_READ, .queries = &query, .query_count = 1 },
        &why);
    if (!db)
        fail_msg("%s", why.text);
    struct row *row = db_start(db, 0, "");
    int64_t found = row_next(row, &why) ? row_int(row, 0) : -1;
    row_end(row, &why);
    db_close(db);
    return found;
}

static int64_t judged(const char *commit)
{
    return number(arena_print(f.arena,
                              "SELECT judged_ms FROM submission WHERE commit_id = '%s'"
                              " ORDER BY event_seq DESC LIMIT 1",
                              commit));
}

static void without_a_webhook_our_last_look_without_it_judges(void **state)
{
    (void)state;
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    assert_int_equal(judged("aaa"), 4000);
}

static void a_push_time_between_our_two_looks_judges(void **state)
{
    (void)state;
    hook("aaa", 4500, 4600);
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    assert_int_equal(judged("aaa"), 4500);
    assert_int_equal(number("SELECT pushed_ms FROM submission"), 4500);
    assert_int_equal(number("SELECT received_ms FROM submission"), 5000);
}

static void a_webhook_that_comes_after_the_look_gives_the_same(void **state)
{
    (void)state;
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    hook("aaa", 4500, 5600);
    assert_int_equal(judged("aaa"), 4500);
}

static void a_push_time_outside_is_not_believed(void **state)
{
    (void)state;
    hook("aaa", 4000, 4600); /* we looked then and it was not there */
    hook("aaa", 5001, 4700); /* we had it by then */
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    hook("aaa", 3999, 6000);
    hook("aaa", 9000, 6001);
    hook("aaa", 0, 6002);
    assert_int_equal(judged("aaa"), 4000);
    assert_int_equal(number("SELECT pushed_ms FROM submission"), 0);
}

static void a_redelivery_keeps_the_first_receipt(void **state)
{
    (void)state;
    assert_false(hook("aaa", 4500, 4600));
    assert_false(hook("aaa", 4500, 999000));
    assert_int_equal(number("SELECT received_ms FROM hook"), 4600);
    assert_int_equal(number("SELECT count(*) FROM hook"), 1);
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    assert_true(hook("aaa", 4500, 999001)); /* nothing to look for any more */
}

static void a_value_that_comes_back_is_judged_anew(void **state)
{
    (void)state;
    hook("aaa", 1500, 1600);
    push((struct seen){ .at_ms = 2000, .not_seen_ms = 1000, .commit = "aaa" });
    push((struct seen){ .at_ms = 3000, .not_seen_ms = 2500, .commit = "bbb" });
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    assert_int_equal(judged("aaa"), 4000); /* the first push time is long past */
    hook("aaa", 4700, 5001);
    assert_int_equal(judged("aaa"), 4700);
    assert_int_equal(number("SELECT judged_ms FROM submission WHERE received_ms = 2000"), 1500);
}

static void a_version_asked_for_by_hand_is_judged_by_when_it_was_pushed(void **state)
{
    (void)state;
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    push((struct seen){ .at_ms = 90000, .not_seen_ms = 80000, .commit = "aaa", .source = "hand" });
    assert_int_equal(judged("aaa"), 4000);
    assert_int_equal(number("SELECT not_seen_ms FROM ref"), 4000);
}

static void pushes_in_a_row_are_one_run_in_the_place_of_the_first(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        push((struct seen){ .at_ms = 1000 + 1000 * i,
                            .not_seen_ms = 500 + 1000 * i,
                            .debounce_ms = 10000,
                            .commit = arena_print(f.arena, "c%d", i) });
    assert_int_equal(number("SELECT count(*) FROM run WHERE state = 'queued'"), 1);
    assert_int_equal(number("SELECT count(*) FROM run WHERE state = 'superseded'"), 4);
    assert_int_equal(number("SELECT created_ms FROM run WHERE state = 'queued'"), 1000);
    assert_int_equal(number("SELECT not_before_ms FROM run WHERE state = 'queued'"), 11000);
    assert_int_equal(judged("c4"), 4500); /* the run waits like the first, the version is its own */
    assert_int_equal(number("SELECT s.received_ms FROM run r JOIN submission s ON s.id ="
                            " r.submission WHERE r.state = 'queued' AND s.commit_id = 'c4'"),
                     5000);
}

static void a_push_that_is_not_graded_leaves_a_sentence_until_the_next(void **state)
{
    (void)state;
    push((struct seen){ .at_ms = 1000, .commit = "aaa", .note = "by a bot" });
    assert_int_equal(number("SELECT count(*) FROM run"), 0);
    assert_int_equal(number("SELECT note = 'by a bot' AND note_ms = 1000 FROM intake"), 1);
    assert_int_equal(number("SELECT count(*) FROM ref WHERE commit_id = 'aaa'"), 1);
    push((struct seen){ .at_ms = 2000, .commit = "bbb" });
    assert_int_equal(number("SELECT note = '' AND note_ms = 0 FROM intake"), 1);
}

static bool counts(void *at, struct str ref)
{
    (void)at;
    return str_starts(ref, S("refs/heads/"));
}

static void the_first_good_look_after_a_due_time_stays(void **state)
{
    (void)state;
    struct fault why = { 0 };
    struct store_deadline deadline = {
        .due_ms = 6000, .looked_ms = 6100, .team = "ada", .counts = counts
    };
    push((struct seen){ .at_ms = 5000, .not_seen_ms = 4000, .commit = "aaa" });
    deadline.seq = ++f.seq;
    assert_true(store_deadline(f.store, &deadline, &why));
    push((struct seen){ .at_ms = 7000, .not_seen_ms = 6500, .commit = "bbb" });
    deadline.seq = ++f.seq;
    deadline.looked_ms = 7100;
    assert_true(store_deadline(f.store, &deadline, &why));
    assert_int_equal(number("SELECT count(*) FROM deadline"), 1);
    assert_int_equal(number("SELECT commit_id = 'aaa' AND looked_ms = 6100 FROM deadline"), 1);
    deadline.team = "bob";
    deadline.seq = ++f.seq;
    assert_true(store_deadline(f.store, &deadline, &why));
    assert_int_equal(number("SELECT ref = '' FROM deadline WHERE team = 'bob'"), 1);
}

static void looks_that_found_nothing_new_are_noted_together(void **state)
{
    (void)state;
    struct fault why = { 0 };
    struct store_look *list;
    size_t count;
    assert_true(store_team_look(f.store, "ada", "ok", "moved", 100, &why));
    assert_true(store_team_seen(f.store, "ada", "d1", &why));
    struct store_look looks[] = { { .team = S("ada"), .looked_ms = 500 },
                                  { .team = S("bob"), .looked_ms = 600 } };
    assert_true(store_looked(f.store, looks, 2, &why));
    assert_true(store_look_list(f.store, f.arena, &list, &count, &why));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].team.at, "ada");
    assert_string_equal(list[0].seen.at, "d1");
    assert_int_equal(list[0].looked_ms, 500);
    assert_int_equal(list[1].looked_ms, 600);
    assert_int_equal(list[1].seen.len, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_a_webhook_our_last_look_without_it_judges),
        CASE(a_push_time_between_our_two_looks_judges),
        CASE(a_webhook_that_comes_after_the_look_gives_the_same),
        CASE(a_push_time_outside_is_not_believed),
        CASE(a_redelivery_keeps_the_first_receipt),
        CASE(a_value_that_comes_back_is_judged_anew),
        CASE(a_version_asked_for_by_hand_is_judged_by_when_it_was_pushed),
        CASE(pushes_in_a_row_are_one_run_in_the_place_of_the_first),
        CASE(a_push_that_is_not_graded_leaves_a_sentence_until_the_next),
        CASE(the_first_good_look_after_a_due_time_stays),
        CASE(looks_that_found_nothing_new_are_noted_together),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
