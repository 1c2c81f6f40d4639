/* Evaluating without a box: predictions that cannot be scored, and intervals that there are not. */
#include "tests/grader/steps/stage.h"
#include <math.h>

static const char *const usual[5] = { "1.5", "2.5", "3", "4", "4" };

static bool evaluate(struct stage *stage, struct run *run, const char *const values[5])
{
    for (int seed_at = -1; seed_at <= 2; seed_at++)
        if (seed_at)
            stage_predict(stage, run, seed_at, values);
    stage->why = (struct fault){ 0 };
    return step_evaluate(run, &stage->why);
}

static void usual_predictions_are_released(void **state)
{
    (void)state;
    struct stage *stage = stage_open("rmse", STAGE_SOLUTION);
    struct run *run = stage_run(stage, "ada");
    stage_need(stage, evaluate(stage, run, usual));
    assert_true(run->evaluated.released && run->evaluated.deterministic);
    assert_true(run->evaluated.score == 0.5);
    assert_true(run->evaluated.same_seed == 1);
    assert_int_equal(run->judged.fact_count, 1);
    stage_close(stage);
}

static void huge_predictions_are_the_teams_verdict_and_tell_no_id(void **state)
{
    (void)state;
    static const char *const huge[5] = { "1", "2", "1e200", "4", "-1e308" };
    struct stage *stage = stage_open("rmse", STAGE_SOLUTION);
    struct run *run = stage_run(stage, "ada");
    assert_false(evaluate(stage, run, huge));
    assert_int_equal(stage->why.blame, BLAME_STUDENT);
    assert_string_equal(run->end.verdict, "predictions");
    assert_non_null(strstr(run->end.message, "2 values out of range"));
    assert_null(strstr(run->end.message, "id \""));
    assert_false(run->evaluated.released);
    stage_close(stage);
}

/* One Public row has a value and no interval. */
static void a_score_without_an_interval_is_its_own_bound(void **state)
{
    (void)state;
    struct stage *stage = stage_open(
        "rmse", "id,y,Usage\na,2,Public\nb,2,Private\nc,2,Private\nd,4.5,Private\ne,5,Private\n");
    struct run *run = stage_run(stage, "ada");
    stage_need(stage, evaluate(stage, run, usual));
    assert_true(run->evaluated.released && isfinite(run->evaluated.score));
    assert_true(run->evaluated.low == run->evaluated.score);
    assert_true(run->evaluated.high == run->evaluated.score);
    assert_true(isnan(run->judged.facts[0].low));
    stage_close(stage);
}

static void a_metric_that_the_truth_forbids_is_the_courses_fault(void **state)
{
    (void)state;
    struct stage *stage = stage_open(
        "r2", "id,y,Usage\na,2,Public\nb,2,Public\nc,2,Public\nd,4.5,Private\ne,5,Private\n");
    struct run *run = stage_run(stage, "ada");
    assert_false(evaluate(stage, run, usual));
    assert_int_equal(stage->why.blame, BLAME_COURSE);
    assert_null(run->end.state);
    stage_close(stage);
}

static void seeds_depend_on_the_task_alone(void **state)
{
    (void)state;
    struct stage *stage = stage_open("rmse", STAGE_SOLUTION);
    struct run *run = stage_run(stage, "ada");
    struct heldout first, again;
    int64_t before, after;
    stage_need(stage, work_seed(run, 1, &before, &stage->why));
    stage_need(stage, work_heldout(run, 1, &first, &stage->why));
    stage_file(stage, "teams.csv", "team,name,repository,tasks\nnew,New,file:n,t\n");
    stage_file(stage, "rubric.yaml", "schema: 1\n");
    stage_install(stage);
    stage_need(stage, work_seed(run, 1, &after, &stage->why));
    stage_need(stage, work_heldout(run, 1, &again, &stage->why));
    assert_int_equal(before, after);
    assert_true(str_equal(first.csv, again.csv));
    stage_file(stage, "private/t/solution.csv",
               "id,y,Usage\na,1,Public\nb,2,Public\nc,3.5,Public\nd,4,Private\ne,6,Private\n");
    stage_install(stage);
    stage_need(stage, work_seed(run, 1, &after, &stage->why));
    assert_int_not_equal(before, after);
    stage_close(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_predictions_are_released),
        cmocka_unit_test(huge_predictions_are_the_teams_verdict_and_tell_no_id),
        cmocka_unit_test(a_score_without_an_interval_is_its_own_bound),
        cmocka_unit_test(a_metric_that_the_truth_forbids_is_the_courses_fault),
        cmocka_unit_test(seeds_depend_on_the_task_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
