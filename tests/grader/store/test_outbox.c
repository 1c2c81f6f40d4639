/* The outbox: appended with what it tells, once; nothing when nobody is to be told. */
#include "grader/store/outbox.h"
#include "core/base/file.h"
#include "grader/inbox.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    char dir[64];
    struct store *store;
    struct clock clock;
    struct arena *arena;
    int64_t seq;
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct fault why = { 0 };
    snprintf(f->dir, sizeof f->dir, "/tmp/holdout-outbox-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    int dir = open(f->dir, O_RDONLY | O_DIRECTORY);
    assert_true(dir_make(dir, "sealed", 0700, &why));
    close(dir);
    f->clock = clock_system();
    f->store = store_open(f->dir, true, &f->clock, &why);
    if (!f->store)
        fail_msg("%s", why.text);
    f->arena = arena_open(NULL);
    struct store_team team = {
        .id = "ada", .name = "Ada", .pseudonym = "A", .repository = "https://github.com/uni/ada"
    };
    struct store_course course = {
        .about = "{}", .version = "v1", .files = "[]", .teams = &team, .team_count = 1
    };
    assert_true(store_course_set(f->store, &course, &why));
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    struct fault why;
    store_close(f->store);
    arena_drop(f->arena);
    dir_remove(AT_FDCWD, f->dir, &why);
    free(f);
    return 0;
}

static void wish(struct fixture *f, bool any)
{
    const struct outbox_wish wishes[] = { { "status", "" }, { "run.ended", "chat" } };
    struct fault why = { 0 };
    assert_true(outbox_wishes_set(f->store, wishes, any ? 2 : 0, &why));
}

static void push(struct fixture *f, const char *commit)
{
    struct fault why = { 0 };
    struct store_push one = { .id = arena_print(f->arena, "event %lld", (long long)f->seq),
                              .seq = ++f->seq,
                              .at_ms = clock_utc_ms(&f->clock),
                              .team = "ada",
                              .task = "credit",
                              .ref = "refs/heads/main",
                              .commit = commit,
                              .source = "poll",
                              .grade = true,
                              .supersede = true };
    if (!store_push(f->store, &one, &why))
        fail_msg("%s", why.text);
}

static struct outbox_raw *raw(struct fixture *f, size_t *count)
{
    struct outbox_raw *rows;
    struct fault why = { 0 };
    assert_true(outbox_raw(f->store, f->arena, 50, &rows, count, &why));
    return rows;
}

#define COMMIT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define COMMIT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void what_happens_is_appended_with_it(void **state)
{
    struct fixture *f = *state;
    size_t count;
    wish(f, true);
    push(f, COMMIT_A);
    push(f, COMMIT_B);
    struct outbox_raw *rows = raw(f, &count);
    assert_int_equal(count, 4); /* queued; superseded, told to both; queued */
    assert_string_equal(rows[0].run_state.at, "queued");
    int superseded = 0, ended = 0;
    for (size_t i = 0; i < count; i++) {
        superseded += str_is(rows[i].run_state, "superseded");
        ended += str_is(rows[i].event, "run.ended");
    }
    assert_int_equal(superseded, 2);
    assert_int_equal(ended, 1);
}

static void nobody_is_told_of_what_happens_while_nothing_is_wished(void **state)
{
    struct fixture *f = *state;
    size_t count;
    wish(f, false);
    push(f, COMMIT_A);
    push(f, COMMIT_B);
    raw(f, &count);
    assert_int_equal(count, 0);
    wish(f, true); /* and nothing of it afterwards */
    raw(f, &count);
    assert_int_equal(count, 0);
}

static void write_to(struct fixture *f, const struct outbox_raw *row, const char *target,
                     const char *commit)
{
    struct fault why = { 0 };
    struct outbox_written written = {
        .target = target, .task = "credit", .path = commit, .body = S("{\"state\":\"x\"}")
    };
    assert_true(outbox_write(f->store, row, &written, &why));
}

static void write_status(struct fixture *f, const struct outbox_raw *row, const char *commit)
{
    write_to(f, row, "github.com", commit);
}

static void a_newer_status_of_the_run_takes_the_place_of_what_waits(void **state)
{
    struct fixture *f = *state;
    struct fault why = { 0 };
    struct outbox_row *due;
    struct outbox_turn turn = { .most = 10 };
    size_t count;
    wish(f, true);
    push(f, COMMIT_A);
    push(f, COMMIT_B);
    struct outbox_raw *rows = raw(f, &count);
    for (size_t i = 0; i < count; i++)
        if (str_is(rows[i].event, "status"))
            write_status(f, &rows[i], i == 0 || str_equal(rows[i].run, rows[0].run) ? "a" : "b");
    assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why));
    assert_int_equal(count, 2); /* superseded of the first commit, queued of the second */
    assert_string_equal(due[0].target.at, "github.com");
}

static void a_dead_row_is_sent_again_when_asked_for_under_its_id(void **state)
{
    struct fixture *f = *state;
    struct fault why = { 0 };
    struct outbox_row *due;
    struct outbox_turn turn = { .most = 10 };
    size_t count;
    wish(f, true);
    push(f, COMMIT_A);
    struct outbox_raw *rows = raw(f, &count);
    assert_int_equal(count, 1);
    write_status(f, &rows[0], "a");
    assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 1);
    struct str id = due[0].id;
    assert_true(outbox_again(f->store, due[0].seq, clock_utc_ms(&f->clock) + 60000, "late", &why));
    assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 0);
    f->clock.shift_ms += 61000;
    store_close(f->store);
    f->store = store_open(f->dir, false, &f->clock, &why);
    assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 1);
    assert_int_equal(due[0].attempts, 1);
    assert_true(outbox_dead(f->store, due[0].seq, "status 401", &why));
    assert_true(outbox_retry(f->store, ++f->seq, "msg_other", &why));
    assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 0);
    assert_true(outbox_retry(f->store, ++f->seq, id.at, &why));
    assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 1);
    assert_true(str_equal(due[0].id, id));
    assert_true(outbox_sent(f->store, due[0].seq, &why));
    assert_true(outbox_retry(f->store, ++f->seq, "all", &why)); /* what was sent stays sent */
    assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 0);
}

static void a_target_that_had_its_turn_waits_for_the_others(void **state)
{
    struct fixture *f = *state;
    struct fault why = { 0 };
    struct outbox_row *due;
    struct outbox_turn turn = { .most = 1 };
    size_t count;
    wish(f, true);
    push(f, COMMIT_A);
    push(f, COMMIT_B);
    struct outbox_raw *rows = raw(f, &count);
    for (size_t i = 0; i < count; i++)
        if (str_is(rows[i].event, "status"))
            write_to(f, &rows[i], str_equal(rows[i].run, rows[0].run) ? "slow" : "other", "a");
    for (int i = 0; i < 4; i++) { /* nothing is sent: all stay due */
        assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 1);
        assert_string_equal(due[0].target.at, i % 2 ? "other" : "slow");
    }
    wish(f, false);
    assert_true(outbox_dead(f->store, due[0].seq, "gone", &why));
    for (int i = 0; i < 2; i++) { /* alone it need not wait */
        assert_true(outbox_due(f->store, f->arena, &turn, &due, &count, &why) && count == 1);
        assert_string_equal(due[0].target.at, "slow");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_happens_is_appended_with_it),
        TEST(nobody_is_told_of_what_happens_while_nothing_is_wished),
        TEST(a_newer_status_of_the_run_takes_the_place_of_what_waits),
        TEST(a_target_that_had_its_turn_waits_for_the_others),
        TEST(a_dead_row_is_sent_again_when_asked_for_under_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
