/* The serve step in job.json and result.json: read back as written, refused with a mistake. */
#include "grader/execute/job.h"
#include "tests/cases.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct job *make_job(struct arena *arena)
{
    struct job *job = arena_new(arena, struct job);
    *job = (struct job){ .run = "01JRUN", .fence = "f-1", .attempt = 2, .environment = "host" };
    for (int i = 0; i < 2; i++) {
        struct job_step *step = job_step_add(arena, job);
        step->key = i ? "serve-1" : "predict-1";
        step->kind = i ? "serve" : "predict";
        step->limits = (struct job_limits){ 1000, 900, 1 << 25, 10, 1 << 20, 1 << 16, 100 };
        step->argv[step->argv_count++] = "/bin/true";
    }
    job->steps[1].serve = (struct job_serve){ .port = 8080,
                                              .rows = DIGEST,
                                              .beside = "predict-1",
                                              .id = "id",
                                              .item = "",
                                              .ready_ms = 1,
                                              .answer_ms = 2,
                                              .check_ms = 3,
                                              .load_ms = 4,
                                              .stop_ms = 5,
                                              .requests = 6,
                                              .batches = { 1, 10 },
                                              .batch_count = 2,
                                              .loads = { 1, 4 },
                                              .load_count = 2,
                                              .load_requests = 7,
                                              .malformed = true };
    return job;
}

static struct job_result *make_result(struct arena *arena, const struct job *job)
{
    struct job_result *result = arena_new(arena, struct job_result);
    *result = (struct job_result){
        .run = job->run,
        .fence = job->fence,
        .attempt = job->attempt,
        .layers = "[]",
        .host = "{\"host\":\"" DIGEST "\",\"kernel\":\"6.1\",\"cpu\":\"C\",\"blas\":\"B\"}",
        .step_count = 2,
    };
    for (size_t i = 0; i < 2; i++) {
        result->steps[i] =
            (struct job_step_result){ .key = job->steps[i].key, .verdict = "ok", .message = "" };
        memcpy(result->steps[i].log.sha256, DIGEST, SHA256_HEX);
    }
    result->steps[1].serve = (struct job_serve_result){ .there = true,
                                                        .ready = true,
                                                        .ready_us = 77,
                                                        .types = { { 9, 1, 2, 3, 50, 40 } },
                                                        .loads = { { 1, 10, 1, 5, 6, 7, 8 },
                                                                   { 4, 9, 0, -1, -1, -1, 0 } },
                                                        .load_count = 2,
                                                        .status = { 400, 0, -1 },
                                                        .survived = { 1, 0, -1 },
                                                        .asked_to_stop = true,
                                                        .stop_us = -1 };
    return result;
}

/* The text with its last `from` made `to`. */
static struct str with(struct arena *arena, struct str text, const char *from, const char *to)
{
    const char *at = NULL;
    for (const char *next = text.at; (next = strstr(next, from)); next++)
        at = next;
    if (!at)
        fail_msg("%s is not in %s", from, text.at);
    return str_of(
        arena_print(arena, "%.*s%s%s", (int)(at - text.at), text.at, to, at + strlen(from)));
}

static void plan_and_result_are_read_back_as_they_were_written(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena), *back = arena_new(arena, struct job);
    struct job_result *result = make_result(arena, job);
    struct job_result *result_back = arena_new(arena, struct job_result);
    struct fault why = { .text = "" };
    struct str text = job_print(arena, job);
    if (!job_parse(arena, text, back, &why))
        fail_msg("%s", why.text);
    assert_true(str_equal(text, job_print(arena, back)));
    assert_int_equal(back->steps[1].serve.loads[1], 4);
    text = job_result_print(arena, result);
    if (!job_result_parse(arena, text, job, result_back, &why))
        fail_msg("%s", why.text);
    assert_true(str_equal(text, job_result_print(arena, result_back)));
    assert_int_equal(result_back->steps[1].serve.types[0].equal, 40);
    assert_false(result_back->steps[0].serve.there);
}

static const char *const plans[][3] = {
    { "\"port\":8080", "\"port\":0", "from 1 to 65535" },
    { "\"port\":8080", "\"port\":8080,\"more\":1", "unknown key \"more\"" },
    { "\"kind\":\"serve\"", "\"kind\":\"train\"", "the kind of step" },
    { "\"beside\":\"predict-1\"", "\"beside\":\"serve-1\"", "no earlier step" },
    { "\"beside\":\"predict-1\",", "", "either beside or predictions" },
    { "\"beside\":\"predict-1\"", "\"beside\":\"predict-1\",\"predictions\":\"" DIGEST "\"",
      "either beside or predictions" },
    { "\"rows\":\"" DIGEST "\"", "\"rows\":\"../../x\"", "SHA-256" },
    { "\"batches\":[1,10]", "\"batches\":[]", "1 to 4" },
    { "\"batches\":[1,10]", "\"batches\":[1,0]", "from 1 to" },
    { "\"loads\":[1,4]", "\"loads\":[1,400]", "from 1 to 16" },
    { "\"loads\":[1,4]", "\"loads\":[\"1\"]", "from 1 to 16" },
};

static const char *const results[][3] = {
    { "\"ready\":true", "\"ready\":1", "true or false" },
    { "\"equal\":40", "\"equal\":51", "more than the whole" },
    { "\"refused\":1", "\"refused\":5", "more than the whole" },
    { "\"status\":[400", "\"status\":[1000", "from -1 to 999" },
    { "\"survived\":[1", "\"survived\":[2", "from -1 to 1" },
    { "\"survived\":[1,", "\"survived\":[1,1,", "members" },
    { "\"connections\":1", "\"connections\":0", "from 1 to 16" },
    { "\"p50_us\":5", "\"p50_us\":1e400", "" },
    { "\"stop_us\":-1", "\"stop_us\":-1,\"said\":\"x\"", "unknown key \"said\"" },
};

static void a_mistake_is_refused_and_says_which(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans + sizeof results / sizeof *results; i++) {
        bool plan = i < sizeof plans / sizeof *plans;
        const char *const *row = plan ? plans[i] : results[i - sizeof plans / sizeof *plans];
        scoped_arena arena = arena_open(NULL);
        struct job *job = make_job(arena);
        struct str text =
            plan ? job_print(arena, job) : job_result_print(arena, make_result(arena, job));
        struct fault why = { .text = "" };
        text = with(arena, text, row[0], row[1]);
        bool taken =
            plan ? job_parse(arena, text, arena_new(arena, struct job), &why)
                 : job_result_parse(arena, text, job, arena_new(arena, struct job_result), &why);
        if (taken || !strstr(why.text, row[2]))
            fail_msg("%s: got \"%s\", expected \"%s\" in it", row[1], why.text, row[2]);
    }
}

static void a_result_belongs_to_the_step_that_it_is_of(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena);
    struct job_result *result = make_result(arena, job);
    struct job_result *back = arena_new(arena, struct job_result);
    struct fault why = { .text = "" };
    result->steps[0].serve = result->steps[1].serve;
    assert_false(job_result_parse(arena, job_result_print(arena, result), job, back, &why));
    result->steps[0].serve.there = result->steps[1].serve.there = false;
    assert_false(job_result_parse(arena, job_result_print(arena, result), job, back, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_and_result_are_read_back_as_they_were_written),
        cmocka_unit_test(a_mistake_is_refused_and_says_which),
        cmocka_unit_test(a_result_belongs_to_the_step_that_it_is_of),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
