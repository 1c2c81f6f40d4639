/* job.json, result.json and progress: what is written is read back, what is foreign is refused. */
#include "core/base/file.h"
#include "grader/execute/job.h"
#include "grader/execute/rundir.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static struct job *make_job(struct arena *arena)
{
    struct job *job = arena_new(arena, struct job);
    *job = (struct job){ .run = "01JRUN", .fence = "f-1", .attempt = 2, .environment = "host" };
    for (int i = 0; i < 2; i++) {
        struct job_step *step = job_step_add(arena, job);
        step->key = i ? "predict-1" : "build-0";
        step->kind = i ? "predict" : "build";
        step->seed = i * 77;
        step->heldout = i;
        step->limits = (struct job_limits){ 1000, 900, 1 << 25, 10, 1 << 20, 1 << 16, 100 };
        step->argv[step->argv_count++] = "/bin/sh";
        step->argv[step->argv_count++] = "-c";
        step->argv[step->argv_count++] = "echo \"hi\"\n";
        step->env[step->env_count++] = "A=b=c";
        step->writable[step->writable_count++] = "/opt/ml/output";
        step->keep[step->keep_count++] = "/opt/ml/output/data";
        job_input_add(step, &(struct job_input){ .sha256 = DIGEST, .at = "/in", .mode = 0755 });
    }
    job_input_add(&job->steps[1], &(struct job_input){ .from = "build-0", .at = "/opt/ml/code" });
    return job;
}

static void a_job_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena), *back = arena_new(arena, struct job);
    struct fault why = { .text = "" };
    struct str first = job_print(arena, job);
    if (!job_parse(arena, first, back, &why))
        fail_msg("%s", why.text);
    struct str second = job_print(arena, back);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.at, second.at, first.len);
    assert_int_equal(back->steps[1].input_count, 2);
    assert_string_equal(back->steps[1].inputs[1].from, "build-0");
    assert_int_equal(back->steps[0].inputs[0].mode, 0755);
    assert_string_equal(back->steps[0].env[0], "A=b=c");
}

static void many_inputs_are_kept_in_order(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena);
    struct job_step *step = &job->steps[0];
    for (size_t i = step->input_count; i < JOB_INPUTS_MOST; i++)
        assert_true(job_input_add(step, &(struct job_input){ .from = "x", .mode = (unsigned)i }));
    assert_false(job_input_add(step, &(struct job_input){ .from = "x" }));
    for (size_t i = 1; i < JOB_INPUTS_MOST; i++)
        assert_int_equal(step->inputs[i].mode, i);
}

/* The text with its first `from` replaced. */
static struct str with(struct arena *arena, struct str text, const char *from, const char *to)
{
    char *at = strstr(text.at, from);
    if (!at)
        fail_msg("the text has no %s", from);
    return str_of(
        arena_print(arena, "%.*s%s%s", (int)(at - text.at), text.at, to, at + strlen(from)));
}

static void a_job_with_a_mistake_is_refused_and_says_which(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        { "\"/in\"", "\"/in/../etc\"", "plain absolute path" },
        { "\"/in\"", "\"in\"", "plain absolute path" },
        { "\"/in\"", "\"/in//x\"", "plain absolute path" },
        { "\"/in\"", "\"/in/\"", "plain absolute path" },
        { "\"/in\"", "\"/in\\u0007\"", "plain absolute path" },
        { DIGEST, "../../x", "SHA-256" },
        { "\"0755\"", "\"04755\"", "0755" },
        { "\"wall_ms\":1000", "\"wall_ms\":0", "from 1 to" },
        { "\"wall_ms\":1000", "\"wall_ms\":1.5", "whole number" },
        { "\"kind\":\"build\"", "\"kind\":\"root\"", "unknown kind" },
        { "\"A=b=c\"", "\"=b\"", "NAME=value" },
        { "\"from\":\"build-0\"", "\"from\":\"predict-1\"", "no earlier step" },
        { "\"from\":\"build-0\"", "\"from\":\"later\"", "no earlier step" },
        { "\"key\":\"predict-1\"", "\"key\":\"build-0\"", "twice" },
        { "\"/bin/sh\"", "\"sh\"", "plain absolute path" },
        { "\"schema\":1", "\"schema\":2", "schema" },
        { "\"attempt\":2", "\"attempt\":2,\"more\":1", "unknown key \"more\"" },
        { "\"attempt\":2,", "", "\"attempt\" was missing" },
        { "\"host\"", "\"../x\"", "environment" },
        { "\"seed\":0", "\"seed\":0,\"seed\":1", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scoped_arena arena = arena_open(NULL);
        struct str text = with(arena, job_print(arena, make_job(arena)), cases[i][0], cases[i][1]);
        struct job *back = arena_new(arena, struct job);
        struct fault why = { .text = "" };
        if (job_parse(arena, text, back, &why))
            fail_msg("%s for %s was accepted", cases[i][1], cases[i][0]);
        if (!strstr(why.text, cases[i][2]))
            fail_msg("%s: got \"%s\", expected \"%s\" in it", cases[i][1], why.text, cases[i][2]);
    }
}

static struct job_result *make_result(struct arena *arena, const struct job *job)
{
    struct job_result *result = arena_new(arena, struct job_result);
    *result = (struct job_result){
        .run = job->run,
        .fence = job->fence,
        .attempt = job->attempt,
        .layers = "[\"userns\",\"seccomp\"]",
        .host = "{\"host\":\"" DIGEST "\",\"kernel\":\"6.1\",\"cpu\":\"C\",\"blas\":\"B\"}",
        .step_count = 1,
    };
    struct job_step_result *step = &result->steps[0];
    step->key = "build-0";
    step->verdict = "exit";
    step->exit_code = 3;
    step->message = "";
    step->report = (struct job_report){ .wall_us = 5, .disk_bytes = 9 };
    step->artifacts = arena_array(arena, struct job_artifact, 1);
    step->artifact_count = 1;
    step->artifacts[0] = (struct job_artifact){
        .path = "/opt/ml/output/data/x", .sha256 = DIGEST, .bytes = 3, .mode = 0644
    };
    memcpy(step->log.sha256, DIGEST, SHA256_HEX);
    step->log.bytes = 4;
    return result;
}

static void a_result_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena);
    struct job_result *back = arena_new(arena, struct job_result);
    struct fault why = { .text = "" };
    struct str first = job_result_print(arena, make_result(arena, job));
    if (!job_result_parse(arena, first, job, back, &why))
        fail_msg("%s", why.text);
    struct str second = job_result_print(arena, back);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.at, second.at, first.len);
    assert_int_equal(back->step_count, 1);
    assert_int_equal(back->steps[0].exit_code, 3);
    assert_int_equal(back->steps[0].report.disk_bytes, 9);
}

static void a_hostile_result_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        { "\"f-1\"", "\"f-2\"", "fence" },
        { "\"attempt\":2", "\"attempt\":3", "attempt" },
        { "\"01JRUN\"", "\"01JRUM\"", "another run" },
        { "/opt/ml/output/data/x", "/opt/ml/output/other", "beneath" },
        { "/opt/ml/output/data/x", "/opt/ml/output/data/../../../etc/passwd", "beneath" },
        { "/opt/ml/output/data/x", "/opt/ml/output/database", "beneath" },
        { "\"exit\"", "\"great\"", "verdict" },
        { "\"build-0\"", "\"predict-1\"", "key" },
        { "\"wall_us\":5", "\"wall_us\":-5", "wall_us" },
        { "\"wall_us\":5", "\"wall_us\":9e99", "wall_us" },
        { "\"wall_us\":5", "\"wall_us\":\"5\"", "wall_us" },
        { "\"bytes\":3", "\"bytes\":-1", "bytes" },
        { "\"message\":\"\"", "\"message\":\"a\\u0000b\"", "" },
        { "\"message\":\"\"", "\"message\":[]", "message" },
        { "\"seccomp\"", "{}", "layers" },
        { "\"kernel\"", "\"secret\"", "secret" },
        { "\"log\":{", "\"log\":{\"more\":1,", "members" },
        { "\"truncated\":false", "\"truncated\":0", "truncated" },
        { "\"steps\":[", "\"steps\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "" },
        { "}]}", "}]", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scoped_arena arena = arena_open(NULL);
        struct job *job = make_job(arena);
        struct str good = job_result_print(arena, make_result(arena, job));
        struct str text = with(arena, good, cases[i][0], cases[i][1]);
        struct job_result *back = arena_new(arena, struct job_result);
        struct fault why = { .text = "" };
        if (job_result_parse(arena, text, job, back, &why))
            fail_msg("%s for %s was accepted", cases[i][1], cases[i][0]);
        if (!strstr(why.text, cases[i][2]))
            fail_msg("%s: got \"%s\", expected \"%s\" in it", cases[i][1], why.text, cases[i][2]);
    }
}

static void more_steps_than_the_job_has_are_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena);
    struct job_result *result = make_result(arena, job),
                      *back = arena_new(arena, struct job_result);
    struct fault why;
    for (int i = 1; i < 3; i++)
        result->steps[i] = result->steps[0];
    result->step_count = 3;
    assert_false(job_result_parse(arena, job_result_print(arena, result), job, back, &why));
    assert_non_null(strstr(why.text, "more steps"));
}

static int progress_dir(char path[64], struct str bytes)
{
    struct fault why;
    snprintf(path, 64, "/tmp/holdout-progress-XXXXXX");
    assert_non_null(mkdtemp(path));
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(dir, "progress", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd_write(fd, bytes, &why));
    close(fd);
    return dir;
}

static void progress_is_followed_line_by_line(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena);
    char path[64];
    struct text text = { .arena = arena };
    struct progress one = { .kind = PROGRESS_STARTED, .step_at = 0, .at_ms = 5 }, back;
    struct progress two = { .kind = PROGRESS_ENDED, .step_at = 1, .at_ms = 6, .verdict = "wall" };
    two.report.cpu_us = 99;
    text_add(&text, progress_print(arena, &one));
    text_add(&text, S("{\"event\":\"nonsense\",\"step\":0,\"at_ms\":1}\n"));
    text_add(&text, progress_print(arena, &two));
    text_add(&text, S("{\"event\":\"star"));
    scoped(fd) int dir = progress_dir(path, text_str(&text));
    struct fault why;
    int64_t offset = 0;
    bool found;
    assert_true(progress_next(arena, dir, job, &offset, &back, &found, &why) && found);
    assert_int_equal(back.kind, PROGRESS_STARTED);
    assert_false(progress_next(arena, dir, job, &offset, &back, &found, &why));
    assert_true(progress_next(arena, dir, job, &offset, &back, &found, &why) && found);
    assert_string_equal(back.verdict, "wall");
    assert_int_equal(back.report.cpu_us, 99);
    assert_true(progress_next(arena, dir, job, &offset, &back, &found, &why));
    assert_false(found);
    assert_true(dir_remove(AT_FDCWD, path, &why));
}

static void progress_of_other_shape_neither_blocks_nor_loops(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct job *job = make_job(arena);
    char path[64], *junk = arena_take(arena, 3 * JOB_PROGRESS_MOST);
    memset(junk, 'x', 3 * JOB_PROGRESS_MOST);
    scoped(fd) int dir = progress_dir(path, (struct str){ junk, 3 * JOB_PROGRESS_MOST });
    struct fault why;
    struct progress back;
    int64_t offset = 0;
    bool found = true;
    for (int i = 0; i < 3; i++)
        assert_false(progress_next(arena, dir, job, &offset, &back, &found, &why));
    assert_true(progress_next(arena, dir, job, &offset, &back, &found, &why));
    assert_false(found);
    unlinkat(dir, "progress", 0);
    assert_int_equal(symlinkat("/etc/passwd", dir, "progress"), 0);
    assert_false(progress_next(arena, dir, job, &offset, &back, &found, &why));
    unlinkat(dir, "progress", 0);
    assert_true(progress_next(arena, dir, job, &offset, &back, &found, &why));
    assert_true(dir_remove(AT_FDCWD, path, &why));
}

static void only_regular_files_of_the_run_directory_itself_are_opened(void **state)
{
    (void)state;
    char path[64], above[80];
    struct fault why;
    scoped(fd) int dir = progress_dir(path, S("x"));
    snprintf(above, sizeof above, "../%s/progress", strrchr(path, '/') + 1);
    assert_int_equal(mkdirat(dir, "real", 0700), 0);
    assert_true(file_save(dir, "real/file", S("x"), 0600, &why));
    assert_int_equal(symlinkat("real", dir, "folder"), 0);
    assert_int_equal(symlinkat("real/file", dir, "link"), 0);
    assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
    static const char *const refused[] = {
        "folder/file", "link", "pipe", "real", "none", "/etc/passwd", "../../etc/passwd"
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (rundir_open(dir, refused[i], NULL, &why) >= 0)
            fail_msg("%s was opened", refused[i]);
    assert_int_equal(rundir_open(dir, above, NULL, &why), -1);
    scoped(fd) int opened = rundir_open(dir, "real/file", NULL, &why);
    assert_true(opened >= 0);
    assert_true(dir_remove(AT_FDCWD, path, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_read_back_as_it_was_written),
        cmocka_unit_test(many_inputs_are_kept_in_order),
        cmocka_unit_test(a_job_with_a_mistake_is_refused_and_says_which),
        cmocka_unit_test(a_result_is_read_back_as_it_was_written),
        cmocka_unit_test(a_hostile_result_is_refused),
        cmocka_unit_test(more_steps_than_the_job_has_are_refused),
        cmocka_unit_test(progress_is_followed_line_by_line),
        cmocka_unit_test(only_regular_files_of_the_run_directory_itself_are_opened),
        cmocka_unit_test(progress_of_other_shape_neither_blocks_nor_loops),
    };
    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
