/* grade-one asks a team's server: right ones, slow ones, and those that misbehave. */
#include "tests/grader/execute/play.h"

#define ROWS 37

static struct str server; /* the program, as bytes */

static const char *rows_csv(struct arena *arena)
{
    struct text text = { .arena = arena };
    text_add(&text, S("id,x\n"));
    for (int i = 0; i < ROWS; i++)
        text_print(&text, "%d,%d.5\n", 1000 + i * 7, i);
    return text.at;
}

/* A step that predicts as the server does, and one that serves with a fault. */
static struct job_step *plan_serve(struct play *play, const char *fault)
{
    const char *rows = rows_csv(play->arena);
    struct job_step *step = rundir_step(play->rundir, "predict-1", "predict",
                                        "mkdir -p /opt/ml/output/data; awk -F, '{ print NR == 1 ? "
                                        "\"id,prediction\" : $1 \",\" $1 / 2 }' rows.csv > "
                                        "/opt/ml/output/data/predictions.csv");
    rundir_input(play->rundir, step, "/opt/ml/code/rows.csv", rows, 0644);
    step = rundir_step(play->rundir, "serve-1", "serve", "");
    step->argv[2] = arena_print(play->arena, "exec ./server %s", fault);
    step->stop_on_failure = false;
    step->keep_count = 0;
    job_input_add(step, &(struct job_input){ .sha256 = rundir_file(play->rundir, server),
                                             .at = "/opt/ml/code/server",
                                             .mode = 0755 });
    step->serve = (struct job_serve){ .port = 8080,
                                      .rows = rundir_file(play->rundir, str_of(rows)),
                                      .beside = "predict-1",
                                      .id = "id",
                                      .item = "",
                                      .ready_ms = 4000,
                                      .answer_ms = 2000,
                                      .check_ms = 6000,
                                      .load_ms = 1000,
                                      .stop_ms = 500,
                                      .requests = 4,
                                      .batches = { 1, 10 },
                                      .batch_count = 2,
                                      .loads = { 1, 4 },
                                      .load_count = 2,
                                      .load_requests = 60,
                                      .malformed = true };
    return step;
}

static const struct job_serve_result *serve_of(const struct play *play)
{
    assert_non_null(play->result);
    assert_int_equal(play->result->step_count, 2);
    return &play->result->steps[1].serve;
}

static void a_right_server_is_asked_in_every_way(struct play *play, const char *fault)
{
    const struct job_serve_result *got = serve_of(play);
    verdict_is(play, 1, "ok");
    assert_true(got->ready && got->ready_us > 0);
    for (int i = 0; i < SERVE_TYPES; i++) {
        const struct job_serve_answers *one = &got->types[i];
        bool refused = strcmp(fault, "csv") == 0 && i > 0;
        if (refused ? one->refused != 1 || one->requests != 1
                    : one->requests != 8 || one->failed || one->unread || one->rows != 41 ||
                          one->equal != 41)
            fail_msg("%s, type %d: %s", fault, i, log_of(play, 1));
    }
    assert_int_equal(got->load_count, 2);
    for (int i = 0; i < 2; i++) {
        const struct job_serve_load *load = &got->loads[i];
        assert_int_equal(load->connections, i ? 4 : 1);
        assert_int_equal(load->requests, 60);
        assert_int_equal(load->failed, 0);
        assert_true(load->p50_us > 0 && load->p50_us <= load->p95_us);
        assert_true(load->p95_us <= load->p99_us && load->per_1000_s > 0);
    }
    for (int i = 0; i < SERVE_MALFORMED; i++)
        if (got->survived[i] != 1)
            fail_msg("%s did not survive %s: %s", fault, job_serve_malformed_words[i],
                     log_of(play, 1));
    assert_int_equal(got->status[SERVE_BROKEN_CSV], 400);
    assert_int_equal(got->status[SERVE_UNKNOWN_TYPE], 415);
    assert_int_equal(got->status[SERVE_WRONG_METHOD], 405);
    assert_true(got->asked_to_stop && got->stopped && got->stop_us >= 0);
    assert_string_equal(play->result->steps[1].message, "");
    assert_non_null(strstr(log_of(play, 1), "the server starts"));
    assert_non_null(strstr(log_of(play, 1), "holdout: GET /ping: 200 after "));
    assert_int_equal(play->result->steps[1].artifact_count, 0);
}

static void right_servers_get_all_figures(void **state)
{
    (void)state;
    static const char *const faults[] = { "", "chunked", "closes", "csv", "plain", "sequential" };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct play play;
        play_open(&play, false);
        plan_serve(&play, faults[i]);
        play_run(&play, ALONE);
        a_right_server_is_asked_in_every_way(&play, faults[i]);
        play_close(&play);
    }
}

static void a_server_that_waits_for_acknowledgements_is_told_why(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    struct job_step *step = plan_serve(&play, "nagle");
    step->serve.load_requests = 12;
    step->serve.load_count = 1;
    step->serve.requests = 1;
    step->serve.malformed = false;
    play_run(&play, ALONE);
    verdict_is(&play, 1, "ok");
    assert_true(serve_of(&play)->loads[0].p50_us > 30000);
    assert_non_null(strstr(log_of(&play, 1), "TCP_NODELAY"));
    play_close(&play);
}

static void by_the_warden_as_root_it_is_the_same(void **state)
{
    (void)state;
    struct play play;
    if (geteuid() != 0)
        skip();
    play_open(&play, true);
    plan_serve(&play, "");
    play_run(&play, BY_WARDEN);
    a_right_server_is_asked_in_every_way(&play, "");
    play_close(&play);
}

/* What is looked at of a server with a fault. */
static const struct {
    const char *fault, *verdict, *message; /* part of it */
    bool ready, stopped;
    int64_t failed, unread, different; /* 0 none, 1 some, of all content types together */
    int64_t survived;                  /* the last of the malformed: 1, or -1 not tried */
} bad[] = {
    { "wrong", "ok", "prediction of 1000 was \"501\", predictions.csv has \"500\"", true, true, 0,
      0, 1, 1 },
    { "error", "ok", "status 500", true, true, 1, 0, 0, -1 },
    { "nonsense", "ok", "could not be compared", true, true, 0, 1, 0, -1 },
    { "crash", "signal", "after broken CSV no right request was answered any more", true, false, 0,
      0, 0, -1 },
    { "stubborn", "ok", "SIGTERM did not end the program", true, false, 0, 0, 0, 1 },
    { "flood", "ok", "too long", true, true, 1, 0, 0, -1 },
    { "interim", "ok", "", true, true, 1, 0, 0, -1 },
    { "heads", "ok", "", true, true, 1, 0, 0, -1 },
    { "chunk", "ok", "", true, true, 1, 0, 0, -1 },
    { "empty", "ok", "status 204", true, true, 1, 0, 0, -1 },
    { "drip", "ok", "", true, true, 1, 0, 0, -1 },
    { "lazy", "ok", "60 of 60 answers while times were taken were not the predictions", true, true,
      0, 0, 0, 1 },
    { "slow", "ok", "", true, true, 0, 0, 0, 1 },
    { "early", "exit", "ended before GET /ping", false, false, 0, 0, 0, -1 },
    { "deaf", "wall", "GET /ping on port 8080 was not answered within 1 s", false, false, 0, 0, 0,
      -1 },
    { "unwell", "wall", "GET /ping was answered with 503, not with 200", false, false, 0, 0, 0,
      -1 },
};

static void look(struct play *play, size_t i)
{
    int64_t failed = 0, unread = 0, different = 0;
    const struct job_serve_result *got = serve_of(play);
    const char *message = play->result->steps[1].message;
    verdict_is(play, 1, bad[i].verdict);
    for (int k = 0; k < SERVE_TYPES; k++) {
        failed += got->types[k].failed;
        unread += got->types[k].unread;
        different += got->types[k].rows - got->types[k].equal;
    }
    if (got->ready != bad[i].ready || (failed > 0) != bad[i].failed ||
        (unread > 0) != bad[i].unread || (different > 0) != bad[i].different ||
        (bad[i].ready && got->stopped != bad[i].stopped) || !strstr(message, bad[i].message) ||
        got->survived[SERVE_MALFORMED - 1] != bad[i].survived)
        fail_msg("%s: ready %d failed %d unread %d different %d stopped %d survived %d, %s; %s",
                 bad[i].fault, got->ready, (int)failed, (int)unread, (int)different, got->stopped,
                 (int)got->survived[SERVE_MALFORMED - 1], message, log_of(play, 1));
}

static void each_fault_is_seen_and_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct play play;
        play_open(&play, false);
        struct job_step *step = plan_serve(&play, bad[i].fault);
        if (!bad[i].ready)
            step->serve.ready_ms = 1000;
        if (strcmp(bad[i].fault, "slow") == 0)
            step->serve.requests = step->serve.load_requests = 2;
        play_run(&play, ALONE);
        look(&play, i);
        play_close(&play);
    }
}

static void a_server_that_was_never_ready_ends_the_job(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    plan_serve(&play, "early")->stop_on_failure = true;
    rundir_step(play.rundir, "train-9", "train", "true");
    play_run(&play, ALONE);
    assert_int_equal(play.code, 0);
    assert_int_equal(play.result->step_count, 2);
    play_close(&play);
}

static void a_server_that_misbehaved_later_does_not_end_the_job(void **state)
{
    (void)state;
    struct play play;
    play_open(&play, false);
    plan_serve(&play, "crash")->stop_on_failure = true;
    rundir_step(play.rundir, "train-9", "train", "true");
    play_run(&play, ALONE);
    assert_int_equal(play.result->step_count, 3);
    verdict_is(&play, 1, "signal");
    verdict_is(&play, 2, "ok");
    play_close(&play);
}

/* Tests start in the root of the sources. */
static int server_make(void **state)
{
    (void)state;
    char dir[] = "/tmp/holdout-server-XXXXXX";
    struct fault why = { .text = "" };
    static struct arena *arena;
    arena = arena_open(NULL);
    assert_non_null(mkdtemp(dir));
    const char *command = "gcc -std=gnu17 -O1 -D_GNU_SOURCE -o %s/server "
                          "tests/grader/execute/fake_server.c -lpthread";
    bool made =
        system(arena_print(arena, command, dir)) == 0 &&
        file_load(arena, AT_FDCWD, arena_print(arena, "%s/server", dir), 1 << 20, &server, &why);
    struct fault ignored;
    dir_remove(AT_FDCWD, dir, &ignored);
    if (!made)
        print_error("%s\n", why.text);
    return made ? 0 : -1;
}

int main(int argc, char **argv)
{
    int code = play_main(argc, argv);
    if (code >= 0)
        return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_servers_get_all_figures),
        cmocka_unit_test(a_server_that_waits_for_acknowledgements_is_told_why),
        cmocka_unit_test(by_the_warden_as_root_it_is_the_same),
        cmocka_unit_test(each_fault_is_seen_and_told),
        cmocka_unit_test(a_server_that_was_never_ready_ends_the_job),
        cmocka_unit_test(a_server_that_misbehaved_later_does_not_end_the_job),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, server_make, NULL);
}
