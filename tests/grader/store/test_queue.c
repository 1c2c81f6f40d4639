/*
 * The order of the queue: classes, fair share, the team's cap, the slot that is kept free, pauses,
 * and that no state can be stuck.
 */
#include "grader/store/rules.h"
#include "grader/store/db.h"
#include "tests/grader/store/stage.h"

/* The store itself, for states that a service never leaves behind. */
static void sql(struct fixture *f, const char *statement)
{
    struct fault why = { 0 };
    struct query query = { statement };
    struct db *db =
        db_open(&(struct db_options){ .path = arena_print(f->arena, "%s/store.db", f->dir),
                                      .mode = DB_WRITE,
                                      .queries = &query,
                                      .query_count = 1 },
                &why);
    if (!db || !db_run(db, NULL, &why, 0, ""))
        fail_msg("%s: %s", statement, why.text);
    db_close(db);
}

/* A run that is begun when all else has its turn. */
static void push_later(struct fixture *f, const char *team, const char *commit, int64_t priority)
{
    struct fault why = { 0 };
    struct store_push push = { .id = arena_print(f->arena, "event %lld", (long long)f->seq),
                               .seq = ++f->seq,
                               .at_ms = clock_utc_ms(&f->clock),
                               .team = team,
                               .task = "credit",
                               .ref = "refs/heads/main",
                               .commit = commit,
                               .source = "hand",
                               .grade = true,
                               .priority = priority };
    if (!store_push(f->store, &push, &why))
        fail_msg("%s", why.text);
    sql(f, "UPDATE run SET purpose = 'rescore' WHERE priority >= 2");
}

static bool claim_with(struct fixture *f, int64_t slots, int64_t per_team, struct claim *out)
{
    struct fault why = { 0 };
    struct claiming how = {
        .version = "v1", .deadline_ms = 60000, .slots = slots, .per_team = per_team
    };
    bool got = store_claim(f->store, f->arena, &how, out, &why);
    if (!got && why.text[0])
        fail_msg("%s", why.text);
    return got;
}

static void rule(struct fixture *f, bool pause, const char *team, const char *task)
{
    struct fault why = { 0 };
    struct store_rule rule = {
        .seq = ++f->seq, .at_ms = 1, .by = "staff", .team = team, .task = task, .reason = ""
    };
    if (!(pause ? store_pause : store_resume)(f->store, &rule, &why))
        fail_msg("%s", why.text);
}

static void teams_come_before_baselines_and_these_before_rescoring(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    push_later(f, "ada", "3333", PRIORITY_RESCORE);
    push_later(f, "ada", "2222", 1);
    push_later(f, "bob", "1111", 0);
    const char *order[] = { "1111", "2222", "3333" };
    for (size_t i = 0; i < 3; i++) {
        assert_true(claim_with(f, 2, 1, &c));
        assert_string_equal(c.commit.at, order[i]);
        assert_true(finish(f, &c));
    }
}

static void a_slot_stays_free_of_rescoring(void **state)
{
    struct fixture *f = *state;
    struct claim first, second, other;
    push_later(f, "ada", "1111", PRIORITY_RESCORE);
    push_later(f, "bob", "2222", PRIORITY_RESCORE);
    assert_true(claim_with(f, 2, 1, &first));
    assert_false(claim_with(f, 2, 1, &second));
    assert_true(claim_with(f, 3, 1, &second)); /* of three slots two may */
    assert_true(finish(f, &second));
    push(f, "ada", "3333", "poll");
    assert_true(claim_with(f, 2, 1, &other)); /* its own re-scoring does not hold a team up */
    assert_string_equal(other.commit.at, "3333");
}

static void with_one_slot_rescoring_goes_on_when_nothing_else_waits(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    push_later(f, "ada", "1111", PRIORITY_RESCORE);
    push(f, "bob", "2222", "poll");
    assert_true(claim_with(f, 1, 1, &c));
    assert_string_equal(c.commit.at, "2222");
    assert_true(finish(f, &c));
    assert_true(claim_with(f, 1, 1, &c));
    assert_string_equal(c.commit.at, "1111");
}

static void a_team_has_no_more_under_way_than_its_cap(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    for (int i = 0; i < 3; i++)
        push(f, "ada", "1111", "hand");
    assert_true(claim_with(f, 8, 2, &c));
    assert_true(claim_with(f, 8, 2, &c));
    assert_false(claim_with(f, 8, 2, &c));
    push(f, "bob", "2222", "hand");
    assert_true(claim_with(f, 8, 2, &c));
    assert_string_equal(c.team.at, "bob");
}

static void rescoring_costs_a_team_no_turn(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    push_later(f, "ada", "1111", PRIORITY_RESCORE);
    assert_true(claim_with(f, 2, 1, &c) && finish(f, &c));
    push(f, "ada", "2222", "hand");
    usleep(2000);
    push(f, "bob", "3333", "hand");
    assert_true(claim_with(f, 2, 1, &c));
    assert_string_equal(c.team.at, "ada");
}

static void what_is_paused_is_not_begun_and_what_runs_ends(void **state)
{
    struct fixture *f = *state;
    static const char *const scopes[][2] = { { "", "" }, { "ada", "" }, { "", "credit" } };
    for (size_t i = 0; i < 3; i++) {
        struct claim c, under_way;
        push(f, "ada", "1111", "hand");
        push(f, "ada", "2222", "hand");
        assert_true(claim(f, &under_way));
        rule(f, true, scopes[i][0], scopes[i][1]);
        rule(f, true, scopes[i][0], scopes[i][1]); /* twice is once */
        assert_true(finish(f, &under_way));
        assert_false(claim(f, &c));
        rule(f, false, scopes[i][0], scopes[i][1]);
        assert_true(claim(f, &c) && finish(f, &c));
    }
}

static void a_pause_of_one_team_or_task_holds_up_nobody_else(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    push(f, "ada", "1111", "hand");
    push(f, "bob", "2222", "hand");
    rule(f, true, "ada", "");
    rule(f, true, "", "houses");
    assert_true(claim(f, &c));
    assert_string_equal(c.team.at, "bob");
    rule(f, false, "", ""); /* all pauses end */
    assert_true(claim(f, &c));
    assert_string_equal(c.team.at, "ada");
}

static void no_state_can_be_stuck(void **state)
{
    struct fixture *f = *state;
    static const char *const states[] = { "received",   "fetching", "building",   "training",
                                          "predicting", "serving",  "evaluating", "judging" };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        for (int overrun = 0; overrun < 2; overrun++) {
            struct claim old, c;
            struct fault why = { 0 };
            push(f, "ada", "1111", "hand");
            assert_true(claim(f, &old));
            sql(f, arena_print(f->arena, "UPDATE run SET state = '%s', %s = 0 WHERE fence <> ''",
                               states[i], overrun ? "deadline_boot_ms" : "lease_boot_ms"));
            assert_true(store_sweep(f->store, false, &why));
            if (!claim(f, &c))
                fail_msg("%s was not swept", states[i]);
            assert_string_equal(c.run, old.run);
            assert_true(finish(f, &c));
        }
}

static void a_clock_that_was_set_back_makes_nobody_wait(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    struct fault why = { 0 };
    push(f, "ada", "1111", "poll");
    assert_true(claim(f, &c));
    struct release release = { .delay_ms = 3600000, .message = "", .detail = "" };
    assert_true(store_release(f->store, &c, &release, &why));
    assert_false(claim(f, &c));
    assert_true(store_sweep(f->store, false, &why));
    assert_true(claim(f, &c));
}

static void what_is_held_for_the_day_waits_through_a_sweep(void **state)
{
    struct fixture *f = *state;
    struct claim c;
    struct fault why = { 0 };
    push(f, "ada", "1111", "poll");
    assert_true(claim(f, &c));
    struct release release = {
        .delay_ms = 20 * 3600000, .waits = true, .message = "", .detail = "", .held = "quota"
    };
    assert_true(store_release(f->store, &c, &release, &why));
    assert_true(store_sweep(f->store, false, &why));
    assert_false(claim(f, &c));
}

/* How many tries of this run's team others have taken before it. */
static size_t used_before(struct fixture *f, const struct claim *c)
{
    static const struct zone utc;
    struct fault why = { 0 };
    struct quota quota;
    struct tries_of of = {
        .team = c->team, .task = S("credit"), .without = c->run, .per_day = 5, .total = 60
    };
    if (!store_tries(f->store, f->arena, &utc, &of, &quota, &why))
        fail_msg("%s", why.text);
    return quota.receipt_count;
}

/* Else each would take the last try from the other, and neither were graded. */
static void of_two_begun_together_the_earlier_has_the_try(void **state)
{
    struct fixture *f = *state;
    struct claim first, second;
    struct fault why = { 0 };
    bool lost;
    push(f, "ada", "1111", "poll");
    assert_true(claim_with(f, 2, 2, &first));
    push(f, "ada", "2222", "poll");
    assert_true(claim_with(f, 2, 2, &second));
    assert_int_equal(used_before(f, &first), 0);
    assert_int_equal(used_before(f, &second), 1);
    assert_true(store_state(f->store, &second, "building", &lost, &why));
    assert_int_equal(used_before(f, &first), 1); /* it has begun: its try is taken */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
        TEST(teams_come_before_baselines_and_these_before_rescoring),
        TEST(a_slot_stays_free_of_rescoring),
        TEST(with_one_slot_rescoring_goes_on_when_nothing_else_waits),
        TEST(a_team_has_no_more_under_way_than_its_cap),
        TEST(rescoring_costs_a_team_no_turn),
        TEST(what_is_paused_is_not_begun_and_what_runs_ends),
        TEST(a_pause_of_one_team_or_task_holds_up_nobody_else),
        TEST(no_state_can_be_stuck),
        TEST(a_clock_that_was_set_back_makes_nobody_wait),
        TEST(of_two_begun_together_the_earlier_has_the_try),
        TEST(what_is_held_for_the_day_waits_through_a_sweep),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
