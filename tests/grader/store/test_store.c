/*
 * The queue: claims are fenced, nothing ends twice, swept runs come back, the least recently served
 * team is next.
 */
#include "tests/grader/store/stage.h"

static void a_run_ends_once(void **state)
{
    struct fixture *f = *state;
    struct claim c, again;
    push(f, "ada", "1111", "poll");
    assert_true(claim(f, &c));
    assert_string_equal(c.commit.at, "1111");
    assert_false(claim(f, &again));
    assert_true(finish(f, &c));
    assert_false(finish(f, &c));
}

static void a_swept_run_comes_back_and_the_old_holder_is_lost(void **state)
{
    struct fixture *f = *state;
    struct claim old, fresh;
    struct fault why = { 0 };
    bool lost;
    push(f, "ada", "1111", "poll");
    assert_true(claim(f, &old));
    assert_true(store_sweep(f->store, false, &why));
    assert_false(claim(f, &fresh)); /* the lease still holds */
    assert_true(store_sweep(f->store, true, &why));
    assert_true(claim(f, &fresh));
    assert_int_equal(fresh.attempt, 2);
    assert_true(store_heartbeat(f->store, &old, &lost, &why));
    assert_true(lost);
    assert_false(finish(f, &old));
    assert_true(finish(f, &fresh));
}

static void a_silent_holder_loses_its_lease(void **state)
{
    struct fixture *f = *state;
    struct claim c, fresh;
    struct fault why = { 0 };
    push(f, "ada", "1111", "poll");
    assert_true(claim(f, &c));
    store_close(f->store);
    f->clock.shift_ms = LEASE_MS + 1;
    f->store = store_open(f->dir, false, &f->clock, &why);
    assert_non_null(f->store);
    assert_true(store_sweep(f->store, false, &why));
    assert_true(claim(f, &fresh));
}

static void a_newer_push_supersedes_queued_ones_but_not_hands(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    push(f, "ada", "1111", "poll");
    push(f, "ada", "2222", "hand");
    push(f, "ada", "3333", "poll");
    assert_true(claim(f, &c));
    assert_string_equal(c.commit.at, "3333"); /* in the place of 1111 */
    assert_true(finish(f, &c));
    assert_true(claim(f, &c));
    assert_string_equal(c.commit.at, "2222");
    assert_true(finish(f, &c));
    assert_false(claim(f, &c));
}

static void the_least_recently_served_team_is_next(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    push(f, "ada", "1111", "hand");
    push(f, "ada", "2222", "hand");
    push(f, "bob", "3333", "hand");
    assert_true(claim(f, &c));
    assert_string_equal(c.team.at, "ada");
    assert_true(finish(f, &c));
    usleep(2000);
    assert_true(claim(f, &c));
    assert_string_equal(c.team.at, "bob");
    assert_true(finish(f, &c));
}

static void a_run_tried_too_often_is_ours_to_mend(void **state)
{
    struct fixture *f = *state;
    struct fault why = { 0 };
    struct claim c;
    push(f, "ada", "1111", "poll");
    for (int i = 0; i < ATTEMPTS_MOST; i++) {
        assert_true(claim(f, &c));
        struct release release = { .message = "again", .detail = "crash" };
        assert_true(store_release(f->store, &c, &release, &why));
    }
    assert_false(claim(f, &c));
    struct run_end end;
    assert_true(store_ended(f->store, f->arena, 1, &end, &why));
    assert_string_equal(end.state.at, "failed_ours");
}

static void a_run_that_only_waits_is_never_given_up(void **state)
{
    struct fixture *f = *state;
    struct fault why = { 0 };
    struct claim c;
    push(f, "ada", "1111", "poll");
    for (int i = 0; i < 3 * ATTEMPTS_MOST; i++) {
        assert_true(claim(f, &c));
        struct release release = { .waits = true, .message = "waits", .detail = "disk full" };
        assert_true(store_release(f->store, &c, &release, &why));
    }
    assert_true(claim(f, &c));
    assert_true(finish(f, &c));
}

static void the_board_takes_the_newest_graded_version(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    struct fault why = { 0 };
    struct board_entry *entries;
    size_t count;
    push(f, "ada", "1111", "poll");
    assert_true(claim(f, &c) && finish(f, &c));
    usleep(2000);
    push(f, "ada", "2222", "poll");
    assert_true(claim(f, &c) && finish(f, &c));
    assert_true(store_board_source(f->store, f->arena, "credit", &entries, &count, &why));
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].commit.at, "2222");
    assert_int_equal(entries[0].entries, 2);
    struct store_board board = { "credit", "abc", entries, count, 0 };
    bool is;
    assert_true(store_board_is_made(f->store, "credit", "abc", &is, &why) && !is);
    assert_true(store_board_set(f->store, &board, &why));
    assert_true(store_board_set(f->store, &board, &why));
    assert_true(store_board_is_made(f->store, "credit", "abc", &is, &why) && is);
    assert_true(store_board_is_made(f->store, "credit", "abd", &is, &why) && !is);
    assert_true(store_board_is_made(f->store, "houses", "abc", &is, &why) && !is);
}

static void what_is_on_its_way_is_found_and_graded_once(void **state)
{
    struct fixture *f = *state;
    struct claim c, again;
    struct fault why = { 0 };
    struct store_wanted wanted = { S("ada"), S("refs/heads/main"), S("1111") };
    struct str run;
    assert_true(store_on_its_way(f->store, f->arena, &wanted, &run, &why) && !run.len);
    push(f, "ada", "1111", "hand");
    assert_true(store_on_its_way(f->store, f->arena, &wanted, &run, &why) && run.len);
    push(f, "ada", "1111", "poll"); /* seen while the request was answered */
    assert_true(claim(f, &c));
    assert_string_equal(c.run, run.at);
    assert_true(store_on_its_way(f->store, f->arena, &wanted, &run, &why));
    assert_string_equal(c.run, run.at);
    wanted.ref = S("refs/tags/submit/first"); /* a tag says what it is for */
    assert_true(store_on_its_way(f->store, f->arena, &wanted, &run, &why) && !run.len);
    wanted.ref = S("refs/heads/main");
    assert_true(finish(f, &c));
    assert_true(store_on_its_way(f->store, f->arena, &wanted, &run, &why) && !run.len);
    assert_false(claim(f, &again));
    push(f, "ada", "1111", "hand"); /* asked for once more */
    assert_true(claim(f, &again));
}

static void a_result_is_due_until_a_board_was_made_with_it(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    struct fault why = { 0 };
    int64_t first, second, now;
    assert_true(store_board_due(f->store, "credit", &now, &why) && now == 0);
    push(f, "ada", "1111", "poll");
    assert_true(claim(f, &c) && finish(f, &c));
    assert_true(store_board_due(f->store, "credit", &first, &why) && first > 0);
    assert_true(store_board_due(f->store, "houses", &now, &why) && now == 0);
    push(f, "bob", "2222", "poll");
    assert_true(claim(f, &c) && finish(f, &c)); /* while a board is made with the first */
    struct store_board board = { .task = "credit", .source = "abc", .due_seq = first };
    assert_true(store_board_set(f->store, &board, &why));
    assert_true(store_board_due(f->store, "credit", &second, &why) && second > first);
    board.due_seq = second;
    assert_true(store_board_set(f->store, &board, &why));
    assert_true(store_board_due(f->store, "credit", &now, &why) && now == 0);
    push(f, "ada", "3333", "poll");
    assert_true(claim(f, &c) && finish(f, &c)); /* a board that stands as it is covers it, too */
    assert_true(store_board_due(f->store, "credit", &now, &why) && now > second);
    assert_true(store_board_due_done(f->store, "credit", now, &why));
    assert_true(store_board_due(f->store, "credit", &now, &why) && now == 0);
}

static void the_audit_log_and_the_inbox_cannot_be_rewritten(void **state)
{
    struct fixture *f = *state;
    char command[400];
    struct fault why = { 0 };
    struct inbox *inbox = inbox_open(f->dir, true, &why);
    assert_non_null(inbox);
    int64_t seq, twice;
    struct event_new event = {
        .kind = "push", .actor = "poll", .once = "x", .body = S("{}"), .at_ms = 1
    };
    assert_true(inbox_append(inbox, &event, &seq, &why));
    assert_true(inbox_append(inbox, &event, &twice, &why));
    assert_int_equal(seq, 1);
    assert_int_equal(twice, 0);
    inbox_close(inbox);
    snprintf(
        command, sizeof command,
        "python3 -c \"import sqlite3,sys\nfor db,t in (('store','audit'),('inbox','event')):\n"
        " try:\n  c=sqlite3.connect('%s/'+db+'.db'); c.execute('DELETE FROM '+t); sys.exit(1)\n"
        " except sqlite3.IntegrityError: pass\"",
        f->dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
        TEST(a_run_ends_once),
        TEST(a_swept_run_comes_back_and_the_old_holder_is_lost),
        TEST(a_silent_holder_loses_its_lease),
        TEST(a_newer_push_supersedes_queued_ones_but_not_hands),
        TEST(the_least_recently_served_team_is_next),
        TEST(a_run_tried_too_often_is_ours_to_mend),
        TEST(a_run_that_only_waits_is_never_given_up),
        TEST(the_board_takes_the_newest_graded_version),
        TEST(what_is_on_its_way_is_found_and_graded_once),
        TEST(a_result_is_due_until_a_board_was_made_with_it),
        TEST(the_audit_log_and_the_inbox_cannot_be_rewritten),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
