/* The queue played forward: order and times as the claims would give them. */
#include "grader/forecast.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const int64_t served[] = { 0, 0, 0 };

static void play(const struct forecast *wanted, struct forecast_turn *turns)
{
    scoped_arena arena = arena_open(NULL);
    struct forecast forecast = *wanted;
    forecast.now_ms = 1000;
    forecast.served_ms = served;
    forecast.team_count = 3;
    forecast.per_team = forecast.per_team ? forecast.per_team : 1;
    forecast.most = 100;
    forecast_find(arena, &forecast, turns);
}

static void teams_take_turns_over_the_slots(void **state)
{
    (void)state;
    const struct forecast_run waiting[] = {
        { .team = 0, .takes_ms = 100 },
        { .team = 0, .takes_ms = 100 },
        { .team = 1, .takes_ms = 300 },
        { .team = 2, .takes_ms = 50 },
    };
    struct forecast_turn turns[4];
    play(&(struct forecast){ .slots = 2, .waiting = waiting, .waiting_count = 4 }, turns);
    static const struct forecast_turn expected[] = {
        { 1, 1000 }, { 4, 1150 }, { 2, 1000 }, { 3, 1100 }
    };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(turns[i].position, expected[i].position);
        assert_int_equal(turns[i].starts_ms, expected[i].starts_ms);
    }
}

static void what_is_under_way_comes_first_and_a_team_has_its_cap(void **state)
{
    (void)state;
    const struct forecast_run under_way[] = { { .team = 0, .ready_ms = 900, .takes_ms = 500 } };
    const struct forecast_run waiting[] = { { .team = 0, .takes_ms = 10 },
                                            { .team = 1, .takes_ms = 10 } };
    struct forecast_turn turns[2];
    struct forecast forecast = { .slots = 2,
                                 .under_way = under_way,
                                 .under_way_count = 1,
                                 .waiting = waiting,
                                 .waiting_count = 2 };
    play(&forecast, turns);
    assert_int_equal(turns[0].starts_ms, 1400);
    assert_int_equal(turns[1].starts_ms, 1000);
    forecast.per_team = 2;
    play(&forecast, turns);
    assert_int_equal(turns[0].starts_ms, 1000);
}

static void rescoring_leaves_a_slot_and_comes_last(void **state)
{
    (void)state;
    const struct forecast_run waiting[] = {
        { .team = 0, .takes_ms = 100, .priority = 2, .again = true },
        { .team = 1, .takes_ms = 100, .priority = 2, .again = true },
        { .team = 2, .takes_ms = 30, .priority = 0 },
    };
    struct forecast_turn turns[3];
    play(&(struct forecast){ .slots = 2, .waiting = waiting, .waiting_count = 3 }, turns);
    assert_int_equal(turns[2].position, 1);
    assert_int_equal(turns[0].starts_ms, 1000);
    assert_int_equal(turns[1].starts_ms, 1100);
}

static void paused_and_held_runs_are_not_in_the_way(void **state)
{
    (void)state;
    const struct forecast_run waiting[] = {
        { .team = 0, .takes_ms = 100, .paused = true },
        { .team = 0, .takes_ms = 100, .ready_ms = 5000 },
        { .team = 0, .takes_ms = 100 },
    };
    struct forecast_turn turns[3];
    play(&(struct forecast){ .slots = 1, .waiting = waiting, .waiting_count = 3 }, turns);
    assert_int_equal(turns[0].position, 0);
    assert_int_equal(turns[1].starts_ms, 5000);
    assert_int_equal(turns[2].starts_ms, 1000);
}

static void a_median_lies_in_the_middle(void **state)
{
    (void)state;
    int64_t odd[] = { 30, 10, 20 }, even[] = { 40, 10, 20, 30 };
    assert_int_equal(forecast_median(odd, 3), 20);
    assert_int_equal(forecast_median(even, 4), 25);
    assert_int_equal(forecast_median(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(teams_take_turns_over_the_slots),
        cmocka_unit_test(what_is_under_way_comes_first_and_a_team_has_its_cap),
        cmocka_unit_test(rescoring_leaves_a_slot_and_comes_last),
        cmocka_unit_test(paused_and_held_runs_are_not_in_the_way),
        cmocka_unit_test(a_median_lies_in_the_middle),
    };
    return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
