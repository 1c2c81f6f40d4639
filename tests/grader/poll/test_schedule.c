/* When to look at which repository: one look a host, back-off, webhooks, due times. */
#include "grader/service/schedule.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define POLL_MS 60000
#define SEEN "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct {
    struct arena *arena;
    struct schedule *schedule;
    struct course course;
    struct course_team teams[6];
    struct course_deliverable due[2];
    struct store_look looks[6];
    struct schedule_now now;
} f;

static int open_all(void **state)
{
    (void)state;
    static const char *const repositories[] = {
        "https://one.example/a/x", "https://one.example/a/y", "git@one.example:a/z",
        "https://two.example/a/x", "file:local.git",          "https://user:p@bad.example/x"
    };
    f.arena = arena_open(NULL);
    f.schedule = schedule_open(3);
    f.now = (struct schedule_now){ 1000, 5000000 };
    for (size_t i = 0; i < 6; i++) {
        f.teams[i] = (struct course_team){ .id = str_of(arena_print(f.arena, "t%zu", i)),
                                           .repository = str_of(repositories[i]) };
        f.looks[i] =
            (struct store_look){ .team = f.teams[i].id, .seen = S(SEEN), .looked_ms = 4900000 };
    }
    f.due[0].due_ms = 6000000;
    f.due[1].due_ms = 6000000;
    f.course = (struct course){ .teams = f.teams,
                                .team_count = 6,
                                .deliverables = f.due,
                                .deliverable_count = 2,
                                .git = { .poll_s = POLL_MS / 1000 } };
    schedule_course(f.schedule, &f.course, f.looks, 6, f.now);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    schedule_close(f.schedule);
    arena_drop(f.arena);
    return 0;
}

static struct schedule_job next(void)
{
    struct schedule_job job;
    if (!schedule_next(f.schedule, f.arena, f.now, &job))
        fail_msg("there was nothing to do");
    return job;
}

static bool idle(void)
{
    struct schedule_job job;
    return !schedule_next(f.schedule, f.arena, f.now, &job);
}

static void done_all(const struct schedule_job *job, struct schedule_result result)
{
    struct schedule_result results[8];
    for (size_t i = 0; i < job->count; i++)
        results[i] = result;
    schedule_done(f.schedule, job, results, f.now);
}

static void same(const struct schedule_job *job)
{
    done_all(job, (struct schedule_result){
                      .outcome = SCHEDULE_SAME, .seen = SEEN, .looked_ms = f.now.utc_ms });
}

/* All that is due, as good looks; how many looks and fetches it took. */
static void settle(size_t *looks, size_t *fetches)
{
    struct schedule_job job;
    *looks = *fetches = 0;
    while (schedule_next(f.schedule, f.arena, f.now, &job)) {
        *(job.kind == SCHEDULE_LOOK ? looks : fetches) += 1;
        same(&job);
    }
}

static void pass(int64_t ms)
{
    f.now.boot_ms += ms;
    f.now.utc_ms += ms;
}

static void all_of_a_host_is_looked_at_together_and_once_at_a_time(void **state)
{
    (void)state;
    struct schedule_job bad = next(); /* an address that is refused needs no process of others */
    assert_int_equal(bad.kind, SCHEDULE_FETCH);
    assert_string_equal(bad.teams[0].team.at, "t5");
    struct schedule_job job = next();
    assert_int_equal(job.kind, SCHEDULE_LOOK);
    assert_int_equal(job.count, 2); /* https and ssh of one host are two servers */
    assert_int_equal(next().count, 1);
    assert_int_equal(next().count, 1);
    assert_int_equal(next().count, 1);
    assert_true(idle());
    same(&job);
    assert_true(idle()); /* until the interval has passed */
    pass(POLL_MS - 1000);
    assert_true(idle());
    pass(1000 + POLL_MS / 10 + 1);
    assert_int_equal(next().count, 2);
}

static void what_moved_is_fetched_at_once(void **state)
{
    (void)state;
    size_t looks, fetches;
    settle(&looks, &fetches);
    assert_int_equal(looks, 4);
    assert_int_equal(fetches, 1);
    pass(2 * POLL_MS);
    struct schedule_job job = next();
    while (job.kind != SCHEDULE_LOOK || job.count != 2) {
        same(&job);
        job = next();
    }
    struct schedule_result results[] = { { .outcome = SCHEDULE_SAME, .looked_ms = f.now.utc_ms },
                                         { .outcome = SCHEDULE_MOVED } };
    struct str moved = job.teams[1].team;
    schedule_done(f.schedule, &job, results, f.now);
    struct schedule_job fetch = next();
    assert_int_equal(fetch.kind, SCHEDULE_FETCH);
    assert_true(str_equal(fetch.teams[0].team, moved));
    assert_false(fetch.woken);
}

static void a_silent_repository_holds_up_no_other_beyond_its_deadline(void **state)
{
    (void)state;
    struct schedule_job job;
    do {
        job = next();
        if (job.kind != SCHEDULE_LOOK || job.count != 2)
            same(&job);
    } while (job.kind != SCHEDULE_LOOK || job.count != 2);
    struct str silent = job.teams[0].team;
    struct schedule_result results[] = { { .outcome = SCHEDULE_UNREACHABLE },
                                         { .outcome = SCHEDULE_NOT_LOOKED } };
    pass(10000);
    schedule_done(f.schedule, &job, results, f.now);
    struct schedule_job other = next(); /* at once, without the silent one */
    assert_int_equal(other.kind, SCHEDULE_LOOK);
    assert_int_equal(other.count, 1);
    assert_false(str_equal(other.teams[0].team, silent));
    same(&other);
    pass(2 * POLL_MS - 1);
    job = next();
    for (size_t i = 0; i < job.count; i++)
        assert_false(str_equal(job.teams[i].team, silent)); /* left alone for twice the interval */
}

/* All jobs of now; how many there are of each of three hosts. */
static size_t jobs_take(struct schedule_job jobs[8], int hosts[3])
{
    size_t count = 0;
    memset(hosts, 0, 3 * sizeof *hosts);
    while (count < 8 && schedule_next(f.schedule, f.arena, f.now, &jobs[count]))
        hosts[(jobs[count++].teams[0].team.at[1] - '0') / 2]++;
    return count;
}

/* Three hosts, two repositories each, nothing known of any; the first two hosts say nothing. */
static void who_did_not_answer_has_one_place_and_never_the_last(void **state)
{
    (void)state;
    static const char *const repositories[] = {
        "https://one.example/x", "https://one.example/y",   "https://two.example/x",
        "https://two.example/y", "https://three.example/x", "https://three.example/y"
    };
    for (size_t i = 0; i < 6; i++)
        f.teams[i].repository = str_of(repositories[i]);
    for (int places = 3; places >= 2; places--) {
        struct schedule_job jobs[8];
        int hosts[3];
        schedule_close(f.schedule);
        f.schedule = schedule_open(places);
        schedule_course(f.schedule, &f.course, NULL, 0, f.now);
        size_t count = jobs_take(jobs, hosts);
        assert_int_equal(count, 3); /* one each, until it has answered */
        for (size_t i = 0; i < count; i++)
            if (jobs[i].teams[0].team.at[1] >= '4')
                same(&jobs[i]);
            else
                done_all(&jobs[i], (struct schedule_result){ .outcome = SCHEDULE_UNREACHABLE });
        pass(10 * POLL_MS);
        jobs_take(jobs, hosts);
        assert_int_equal(hosts[0] + hosts[1], places - 1);
        assert_true(hosts[0] <= 1 && hosts[1] <= 1);
        assert_true(hosts[2] >= 1);
    }
}

static void a_dead_host_is_asked_ever_more_seldom(void **state)
{
    (void)state;
    size_t looks, fetches;
    settle(&looks, &fetches);
    int64_t gap = 0, last = f.now.boot_ms;
    int asked = 0;
    for (int64_t i = 0; i < 400; i++) { /* steps of ten seconds */
        struct schedule_job job;
        pass(10000);
        while (schedule_next(f.schedule, f.arena, f.now, &job)) {
            bool two = str_is(job.teams[0].team, "t3");
            if (two) {
                gap = f.now.boot_ms - last;
                last = f.now.boot_ms;
                asked++;
                done_all(&job, (struct schedule_result){ .outcome = SCHEDULE_UNREACHABLE });
            } else {
                same(&job);
            }
        }
    }
    assert_in_range(asked, 4, 9);
    assert_true(gap > 10 * POLL_MS);
}

static void what_a_server_asks_for_is_kept_to(void **state)
{
    (void)state;
    struct schedule_job job;
    do {
        job = next();
        if (!str_is(job.teams[0].team, "t3"))
            same(&job);
    } while (!str_is(job.teams[0].team, "t3"));
    done_all(&job, (struct schedule_result){ .outcome = SCHEDULE_UNREACHABLE, .retry_s = 1800 });
    schedule_wake(f.schedule, S("t3"));
    for (int i = 0; i < 29; i++) {
        pass(60000);
        while (schedule_next(f.schedule, f.arena, f.now, &job)) {
            assert_false(str_is(job.teams[0].team, "t3"));
            same(&job);
        }
    }
    pass(60001);
    bool found = false;
    while (schedule_next(f.schedule, f.arena, f.now, &job)) {
        found |= str_is(job.teams[0].team, "t3");
        same(&job);
    }
    assert_true(found);
}

static void a_webhook_makes_its_team_the_next(void **state)
{
    (void)state;
    size_t looks, fetches;
    settle(&looks, &fetches);
    assert_true(idle());
    schedule_wake(f.schedule, S("t1"));
    schedule_wake(f.schedule, S("nobody"));
    struct schedule_job job = next();
    assert_true(job.kind == SCHEDULE_FETCH && job.woken);
    assert_string_equal(job.teams[0].team.at, "t1");
    schedule_wake(f.schedule, S("t1")); /* another push while it is being fetched */
    done_all(&job, (struct schedule_result){ .outcome = SCHEDULE_MOVED, .seen = SEEN });
    assert_true(idle()); /* not within a second */
    pass(SCHEDULE_WAKE_MS);
    job = next();
    assert_true(job.woken);
    done_all(&job, (struct schedule_result){ .outcome = SCHEDULE_MOVED, .seen = SEEN });
    pass(10000);
    assert_true(idle());
}

static void news_that_the_server_does_not_show_yet_are_looked_for_once_more(void **state)
{
    (void)state;
    size_t looks, fetches;
    settle(&looks, &fetches);
    schedule_wake(f.schedule, S("t0"));
    struct schedule_job job = next();
    same(&job);
    assert_true(idle());
    pass(2000);
    job = next();
    assert_string_equal(job.teams[0].team.at, "t0");
    same(&job);
    pass(10000);
    assert_true(idle());
}

static void at_a_due_time_each_repository_is_asked_alone_until_it_answered(void **state)
{
    (void)state;
    size_t looks, fetches;
    settle(&looks, &fetches);
    f.now.utc_ms = 5999999;
    assert_true(idle());
    f.now.utc_ms = 6000000;
    struct schedule_job job;
    bool refused = false;
    fetches = 0;
    while (schedule_next(f.schedule, f.arena, f.now, &job)) {
        assert_int_equal(job.kind, SCHEDULE_FETCH);
        fetches++;
        bool bad = str_is(job.teams[0].team, "t2") && !refused;
        refused |= bad;
        if (bad)
            done_all(&job, (struct schedule_result){ .outcome = SCHEDULE_UNREACHABLE });
        else
            same(&job);
    }
    assert_int_equal(fetches, 6);
    pass(2 * POLL_MS + POLL_MS / 5);
    bool again = false;
    while (schedule_next(f.schedule, f.arena, f.now, &job)) {
        again |= job.kind == SCHEDULE_FETCH && str_is(job.teams[0].team, "t2");
        same(&job);
    }
    assert_true(again);
    pass(2 * POLL_MS);
    settle(&looks, &fetches);
    assert_int_equal(fetches, 1); /* the refused address alone */
}

static void a_service_that_starts_after_a_due_time_asks_then(void **state)
{
    (void)state;
    size_t looks, fetches;
    f.now.utc_ms = 7000000;
    settle(&looks, &fetches);
    assert_int_equal(fetches, 6);
    settle(&looks, &fetches);
    assert_int_equal(looks + fetches, 0);
}

static void a_course_that_changes_keeps_what_is_known(void **state)
{
    (void)state;
    size_t looks, fetches;
    settle(&looks, &fetches);
    f.course.team_count = 4;
    schedule_course(f.schedule, &f.course, NULL, 0, f.now);
    assert_true(idle());
    pass(2 * POLL_MS);
    settle(&looks, &fetches);
    assert_int_equal(looks, 3);
    assert_int_equal(fetches, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_of_a_host_is_looked_at_together_and_once_at_a_time),
        CASE(what_moved_is_fetched_at_once),
        CASE(a_silent_repository_holds_up_no_other_beyond_its_deadline),
        CASE(who_did_not_answer_has_one_place_and_never_the_last),
        CASE(a_dead_host_is_asked_ever_more_seldom),
        CASE(what_a_server_asks_for_is_kept_to),
        CASE(a_webhook_makes_its_team_the_next),
        CASE(news_that_the_server_does_not_show_yet_are_looked_for_once_more),
        CASE(at_a_due_time_each_repository_is_asked_alone_until_it_answered),
        CASE(a_service_that_starts_after_a_due_time_asks_then),
        CASE(a_course_that_changes_keeps_what_is_known),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
