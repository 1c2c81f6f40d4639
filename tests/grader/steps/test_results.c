/* A run directory is foreign: its links, its digests, its sizes. */
#include "grader/steps/results.h"
#include "tests/grader/steps/stage.h"
#include <unistd.h>

/* One sample step that left `csv`; its log says "log". */
struct left {
    struct stage *stage;
    struct run *run;
    int dir;
    struct job_artifact artifact;
};

static void left_make(struct left *left, struct str csv)
{
    struct stage *stage = left->stage = stage_open("rmse", STAGE_SOLUTION);
    struct run *run = left->run = stage_run(stage, "ada");
    struct fault *why = &stage->why;
    stage_need(stage, dir_make(stage->root, "run/artifacts", 0700, why));
    stage_need(stage, dir_make(stage->root, "run/logs", 0700, why));
    left->dir = dir_open(stage->root, "run", why);
    left->artifact = (struct job_artifact){ .path = "/opt/ml/output/data/predictions.csv",
                                            .bytes = (int64_t)csv.len,
                                            .mode = 0644 };
    sha256_of(csv, left->artifact.sha256);
    struct job_step *step = job_step_add(stage->arena, &run->work.job);
    step->key = "sample";
    step->limits.wall_ms = 50000;
    run->work.result.step_count = 1;
    run->work.result.steps[0] = (struct job_step_result){ .key = "sample",
                                                          .verdict = "ok",
                                                          .message = "",
                                                          .artifacts = &left->artifact,
                                                          .artifact_count = 1 };
    sha256_of(S("log"), run->work.result.steps[0].log.sha256);
    run_step_add(run, "sample", 1, false);
    stage_need(stage, file_save(left->dir, "logs/0.log", S("log"), 0600, why));
}

static const char *left_path(struct left *left)
{
    return arena_print(left->stage->arena, "artifacts/%s", left->artifact.sha256);
}

static bool left_take(struct left *left)
{
    left->stage->why = (struct fault){ 0 };
    return results_take(left->run, left->dir, &left->stage->why);
}

static void left_drop(struct left *left)
{
    close(left->dir);
    stage_close(left->stage);
}

#define TWO_ROWS S("id,prediction\ns1,1\ns2,2\n")

static void plain_results_are_taken(void **state)
{
    (void)state;
    struct left left;
    left_make(&left, TWO_ROWS);
    assert_true(file_save(left.dir, left_path(&left), TWO_ROWS, 0600, &left.stage->why));
    stage_need(left.stage, left_take(&left));
    assert_true(str_equal(left.run->evaluated.seeds[0].csv, TWO_ROWS));
    assert_true(str_is(left.run->steps[0].row.tail, "log"));
    left_drop(&left);
}

static void a_link_is_not_followed(void **state)
{
    (void)state;
    struct left left;
    left_make(&left, TWO_ROWS);
    assert_true(file_save(left.stage->root, "truth", TWO_ROWS, 0600, &left.stage->why));
    assert_return_code(symlinkat("../../truth", left.dir, left_path(&left)), 0);
    assert_false(left_take(&left));
    assert_int_not_equal(left.stage->why.blame, BLAME_STUDENT);
    assert_int_equal(left.run->evaluated.seed_count, 0);
    left_drop(&left);
}

/* Neither the last name nor a directory on the way. */
static void a_linked_directory_of_logs_is_not_followed(void **state)
{
    (void)state;
    struct left left;
    left_make(&left, TWO_ROWS);
    struct fault *why = &left.stage->why;
    assert_true(dir_make(left.stage->root, "elsewhere", 0700, why));
    assert_true(file_save(left.stage->root, "elsewhere/0.log", S("secret"), 0600, why));
    assert_true(dir_remove(left.dir, "logs", why));
    assert_return_code(symlinkat("../elsewhere", left.dir, "logs"), 0);
    assert_int_equal(results_tail(left.stage->arena, left.dir, 0).len, 0);
    assert_false(left_take(&left));
    left_drop(&left);
}

static void predictions_that_are_not_what_their_digest_says_are_refused(void **state)
{
    (void)state;
    struct left left;
    left_make(&left, TWO_ROWS);
    assert_true(file_save(left.dir, left_path(&left), S("id,prediction\ns1,1\ns2,3\n"), 0600,
                          &left.stage->why));
    assert_false(left_take(&left));
    assert_int_equal(left.stage->why.blame, BLAME_SYSTEM);
    assert_int_equal(left.run->evaluated.seed_count, 0);
    left_drop(&left);
}

static void a_file_larger_than_its_rows_need_is_the_teams_verdict(void **state)
{
    (void)state;
    struct left left;
    struct str csv = { calloc(1, 70000), 70000 };
    left_make(&left, csv);
    assert_true(file_save(left.dir, left_path(&left), csv, 0600, &left.stage->why));
    assert_false(left_take(&left));
    assert_int_equal(left.stage->why.blame, BLAME_STUDENT);
    assert_string_equal(left.run->end.verdict, "predictions");
    assert_non_null(strstr(left.run->end.message, "69 KB"));
    left_drop(&left);
    free((void *)(uintptr_t)csv.at);
}

static void no_file_at_all_is_said_as_such(void **state)
{
    (void)state;
    struct left left;
    left_make(&left, TWO_ROWS);
    left.run->work.result.steps[0].artifact_count = 0;
    assert_false(left_take(&left));
    assert_non_null(strstr(left.run->end.message, "left no /opt/ml/output/data/predictions.csv"));
    left_drop(&left);
}

static void the_wall_sentence_names_the_steps_own_limit(void **state)
{
    (void)state;
    struct left left;
    left_make(&left, TWO_ROWS);
    left.run->work.result.steps[0].verdict = "wall";
    assert_false(left_take(&left));
    if (left.stage->why.blame == BLAME_STUDENT) /* else this machine is overloaded just now */
        assert_non_null(strstr(left.run->end.message, "after 50 s"));
    left_drop(&left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_results_are_taken),
        cmocka_unit_test(a_link_is_not_followed),
        cmocka_unit_test(a_linked_directory_of_logs_is_not_followed),
        cmocka_unit_test(predictions_that_are_not_what_their_digest_says_are_refused),
        cmocka_unit_test(a_file_larger_than_its_rows_need_is_the_teams_verdict),
        cmocka_unit_test(no_file_at_all_is_said_as_such),
        cmocka_unit_test(the_wall_sentence_names_the_steps_own_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
