/*
 * job.json and result.json from any bytes: what is taken keeps its bounds and reads back as it is
 * written.
 */
#include "grader/execute/job.h"
#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_same(struct str a, struct str b)
{
    check(str_equal(a, b));
}

static void check_job(struct arena *arena, struct str bytes)
{
    struct job *job = arena_new(arena, struct job), *again = arena_new(arena, struct job);
    struct fault why;
    if (!job_parse(arena, bytes, job, &why))
        return;
    struct str text = job_print(arena, job);
    check(job_parse(arena, text, again, &why));
    check_same(text, job_print(arena, again));
    for (size_t i = 0; i < job->step_count; i++)
        for (size_t k = 0; k < job->steps[i].input_count; k++) {
            const struct job_input *input = &job->steps[i].inputs[k];
            check(!input->at || (input->at[0] == '/' && !strstr(input->at, "/../")));
            check(!input->from || job_step_find(job, input->from, NULL) != &job->steps[i]);
        }
}

static void check_result(struct arena *arena, struct str bytes)
{
    struct job *job = arena_new(arena, struct job);
    struct job_result *result = arena_new(arena, struct job_result);
    struct job_result *again = arena_new(arena, struct job_result);
    struct fault why;
    *job = (struct job){ .run = "01JRUN", .fence = "f-1", .attempt = 2, .environment = "host" };
    job_step_add(arena, job)->key = "build-0";
    job_step_add(arena, job)->key = "predict-1";
    struct job_step *serve = job_step_add(arena, job);
    serve->key = "serve-2";
    serve->serve = (struct job_serve){ .port = 8080, .loads = { 1, 4 }, .load_count = 2 };
    job->steps[0].keep[job->steps[0].keep_count++] = "/opt/ml/code";
    job->steps[1].keep[job->steps[1].keep_count++] = "/opt/ml/output/data";
    if (!job_result_parse(arena, bytes, job, result, &why))
        return;
    check(strcmp(result->fence, "f-1") == 0 && result->step_count <= 3);
    for (size_t i = 0; i < result->step_count; i++)
        for (size_t k = 0; k < result->steps[i].artifact_count; k++)
            check(i < 2 &&
                  job_path_beneath(result->steps[i].artifacts[k].path, job->steps[i].keep[0]));
    for (size_t i = 0; i < SERVE_TYPES; i++)
        check(result->steps[2].serve.types[i].equal <= result->steps[2].serve.types[i].rows);
    check(result->steps[2].serve.load_count <= 2);
    struct str text = job_result_print(arena, result);
    check(job_result_parse(arena, text, job, again, &why));
    check_same(text, job_result_print(arena, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    scoped_arena arena = arena_open(NULL);
    struct str text = { (const char *)bytes, size };
    check_job(arena, text);
    check_result(arena, text);
    return 0;
}
