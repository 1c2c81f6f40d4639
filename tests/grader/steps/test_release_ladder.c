/* `release: ladder` through evaluate, judge, record and the board. */
#include "core/math/random.h"
#include "grader/board.h"
#include "grader/course/scoring.h"
#include "grader/pipeline.h"
#include "grader/steps/release.h"
#include "grader/view.h"
#include "tests/grader/steps/stage.h"
#include <math.h>

#define ROWS 80

static struct course_metric metrics[2] = { { .key = { "rmse", 4 }, .primary = true },
                                           { .key = { "mae", 3 } } };

/* Rows whose truth is their number; every other one is Public. */
static void rows_install(struct stage *stage, const char *last)
{
    struct text heldout = { .arena = stage->arena }, solution = { .arena = stage->arena };
    text_add(&heldout, S("id,x\n"));
    text_add(&solution, S("id,y,Usage\n"));
    for (int i = 0; i < ROWS; i++) {
        text_print(&heldout, "r%d,%d\n", i, i);
        text_print(&solution, "r%d,%d,%s\n", i, i, i % 2 ? "Private" : "Public");
    }
    text_print(&heldout, "%s,1\n", last);
    text_print(&solution, "%s,1,Private\n", last);
    stage_file(stage, "private/t/heldout.csv", text_str(&heldout).at);
    stage_file(stage, "private/t/solution.csv", text_str(&solution).at);
    stage_install(stage);
}

static void rubric_install(struct stage *stage)
{
    struct complaints to = { .arena = stage->arena };
    struct field_source from = { .arena = stage->arena, .file = "rubric.yaml", .to = &to };
    const char *tasks[] = { "t", NULL }, *none[] = { "rmse", NULL };
    struct rubric_known known = { tasks, none };
    assert_true(rubric_parse(&from,
                             S("schema: 1\nquestions:\n  - {id: good, title: Good, points: 10,"
                               " from: metric, task: t, metric: rmse, rows: public, zero_at: 10,"
                               " full_at: 0.01, curve: linear}\n"),
                             &known, &stage->loaded.rubric));
}

static struct stage *ladder_open(double eta)
{
    struct stage *stage = stage_open("rmse", STAGE_SOLUTION);
    stage->task.metrics = metrics;
    stage->task.metric_count = 2;
    stage->loaded.course.board.release = COURSE_RELEASE_LADDER;
    stage->loaded.course.board.eta = eta;
    stage->loaded.course.id = S("c");
    stage->grader.state = openat(stage->root, "state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stage_need(stage, dir_make(stage->root, "state/receipts", 0700, &stage->why));
    rows_install(stage, "last");
    rubric_install(stage);
    return stage;
}

static void ladder_close(struct stage *stage)
{
    close(stage->grader.state);
    stage_close(stage);
}

/* A claimed run as the pipeline starts it. */
static struct run *run_open(struct stage *stage, const char *team)
{
    struct run *run = stage_run(stage, team);
    run->work.host = run->work.layers = "";
    return run;
}

/* Errors of about this size, other ones for each seed. */
struct quality {
    double size;
    uint64_t seed;
};

static void evaluate(struct stage *stage, struct run *run, struct quality quality)
{
    const char *values[ROWS + 1];
    struct random random = { quality.seed };
    for (int i = 0; i <= ROWS; i++)
        values[i] = arena_print(stage->arena, "%.6f",
                                (i < ROWS ? i : 1) + quality.size * random_normal(&random));
    for (int seed_at = -1; seed_at <= 2; seed_at++)
        if (seed_at)
            stage_predict(stage, run, seed_at, values);
    stage->why = (struct fault){ 0 };
    stage_need(stage, step_evaluate(run, &stage->why));
    stage_need(stage, step_judge(run, &stage->why));
}

static struct run *graded(struct stage *stage, const char *team, struct quality quality)
{
    struct run *run = run_open(stage, team);
    evaluate(stage, run, quality);
    stage_need(stage, step_record(run, &stage->why));
    stage_need(stage,
               board_make(&stage->grader, &stage->loaded, stage->store, &stage->task, &stage->why));
    return run;
}

static const struct store_fact *fact(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->judged.fact_count; i++)
        if (strcmp(run->judged.facts[i].name, name) == 0)
            return &run->judged.facts[i];
    fail_msg("no fact %s", name);
    return NULL;
}

/* All that is public of the run: "rmse[low,high] mae points". */
static const char *shown(struct stage *stage, const struct run *run)
{
    const struct store_fact *rmse = fact(run, "metric.rmse"), *mae = fact(run, "metric.mae");
    assert_true(run->evaluated.score == rmse->value);
    assert_true(run->evaluated.low == rmse->low && run->evaluated.high == rmse->high);
    return arena_print(stage->arena, "%.9g[%.9g,%.9g] %.9g[%.9g,%.9g] %.9g", rmse->value, rmse->low,
                       rmse->high, mae->value, mae->low, mae->high, run->judged.points[0].points);
}

/* The board as everybody sees it: "team score[low,high] low high;" for each row. */
static const char *board(struct stage *stage)
{
    struct text out = { .arena = stage->arena };
    struct view_board rows;
    struct view *view = view_open(arena_print(stage->arena, "%s/state", stage->dir), &stage->why);
    stage_need(stage, view != NULL);
    stage_need(stage, view_board(view, stage->arena, VIEWER_STAFF, S("t"), &rows, &stage->why));
    for (size_t i = 0; i < rows.count; i++)
        text_print(&out, "%.*s %.9g[%.9g,%.9g] %d %d;", STR_ARGS(rows.rows[i].team),
                   rows.rows[i].score, rows.rows[i].low, rows.rows[i].high,
                   (int)rows.rows[i].rank_low, (int)rows.rows[i].rank_high);
    view_close(view);
    return text_str(&out).at;
}

static void only_what_noise_does_not_explain_is_shown(void **state)
{
    (void)state;
    struct stage *stage = ladder_open(0);
    struct run *first = graded(stage, "ada", (struct quality){ 3, 1 });
    graded(stage, "bob", (struct quality){ 2.9, 50 });
    const char *at_first = shown(stage, first), *board_at_first = board(stage);
    assert_string_equal(first->end.message, "All steps went well; the board has the score.");
    for (uint64_t seed = 2; seed < 6; seed++) { /* as good, better by chance, or worse */
        struct run *run = graded(stage, "ada", (struct quality){ seed == 5 ? 6 : 3, seed });
        assert_string_equal(shown(stage, run), at_first);
        assert_string_equal(board(stage), board_at_first);
        assert_string_equal(run->end.message,
                            "All steps went well. Not significantly better than your best so far: "
                            "rmse, mae. What is released stays as it was.");
    }
    struct run *better = graded(stage, "ada", (struct quality){ 1, 9 });
    assert_null(better->evaluated.kept);
    assert_true(better->evaluated.score < 0.6 * first->evaluated.score);
    assert_string_not_equal(board(stage), board_at_first);
    struct run *worse = graded(stage, "ada", (struct quality){ 2, 10 });
    assert_string_equal(shown(stage, worse), shown(stage, better));
    struct run *other = graded(stage, "bob", (struct quality){ 2.9, 51 });
    assert_true(other->evaluated.score > 2); /* each team has its own */
    ladder_close(stage);
}

/* With `rounded` the same runs show what they are: the test above could fail. */
static void without_a_ladder_each_run_shows_itself(void **state)
{
    (void)state;
    struct stage *stage = ladder_open(0);
    stage->loaded.course.board.release = COURSE_RELEASE_ROUNDED;
    const char *first = shown(stage, graded(stage, "ada", (struct quality){ 3, 1 }));
    const char *second = shown(stage, graded(stage, "ada", (struct quality){ 3, 2 }));
    assert_string_not_equal(first, second);
    ladder_close(stage);
}

/* Exact values are kept sealed whatever is shown: a run that is cut off moves nothing. */
static void a_run_counts_once_and_when_it_ends(void **state)
{
    (void)state;
    struct stage *stage = ladder_open(0);
    struct run *first = graded(stage, "ada", (struct quality){ 3, 1 });
    struct run *cut = run_open(stage, "ada");
    evaluate(stage, cut, (struct quality){ 1, 9 });
    assert_int_equal(cut->evaluated.reached_count, 2);
    stage_need(stage, store_sweep(stage->store, true, &stage->why)); /* the grader died here */
    struct store_ladder at;
    bool found;
    char rule[SHA256_HEX];
    struct store_ladder_key key = { S("t"), S("ada"), "rmse", rule };
    scoring_board_digest(&stage->loaded, &stage->task, rule);
    stage_need(stage,
               store_ladder_find(stage->store, stage->arena, &key, &at, &found, &stage->why));
    assert_true(found && str_is(at.run, first->claim.run));
    assert_false(step_record(cut, &stage->why)); /* its fence is spent */
    assert_true(cut->lost);
    store_close(stage->store); /* and came back */
    stage->store = store_open(arena_print(stage->arena, "%s/state", stage->dir), true,
                              &stage->grader.clock, &stage->why);
    stage_need(stage, stage->store != NULL);
    struct run *again = arena_new(stage->arena, struct run);
    *again = (struct run){ .grader = &stage->grader,
                           .loaded = &stage->loaded,
                           .store = stage->store,
                           .arena = stage->arena,
                           .task = &stage->task };
    again->work.host = again->work.layers = "";
    stage_need(stage, store_claim(stage->store, stage->arena,
                                  &(struct claiming){ .version = "v1", .deadline_ms = 60000 },
                                  &again->claim, &stage->why));
    assert_string_equal(again->claim.run, cut->claim.run);
    evaluate(stage, again, (struct quality){ 1, 9 });
    stage_need(stage, step_record(again, &stage->why));
    assert_null(again->evaluated.kept);
    stage_need(stage,
               store_ladder_find(stage->store, stage->arena, &key, &at, &found, &stage->why));
    assert_true(found && str_is(at.run, again->claim.run) && at.score == again->evaluated.score);
    assert_non_null(graded(stage, "ada", (struct quality){ 1, 9 })->evaluated.kept);
    ladder_close(stage);
}

/* The same claim after it went back, as a worker takes it up again. */
static struct run *run_again(struct stage *stage, const struct run *before)
{
    struct release release = { .message = "", .detail = "", .waits = true };
    stage_need(stage, store_release(stage->store, &before->claim, &release, &stage->why));
    struct run *again = arena_new(stage->arena, struct run);
    *again = (struct run){ .grader = &stage->grader,
                           .loaded = &stage->loaded,
                           .store = stage->store,
                           .arena = stage->arena,
                           .task = &stage->task };
    again->work.host = again->work.layers = "";
    stage_need(stage, store_claim(stage->store, stage->arena,
                                  &(struct claiming){ .version = "v1", .deadline_ms = 60000 },
                                  &again->claim, &stage->why));
    assert_string_equal(again->claim.run, before->claim.run);
    return again;
}

static void two_runs_at_once_are_not_both_compared_with_what_stood_before(void **state)
{
    (void)state;
    static const struct quality good = { 1, 9 }, middling = { 2, 10 };
    for (int has_first = 0; has_first < 2; has_first++) {
        struct stage *stage = ladder_open(0);
        if (has_first)
            graded(stage, "ada", (struct quality){ 4, 1 });
        struct run *one = run_open(stage, "ada"), *other = run_open(stage, "ada");
        evaluate(stage, one, good);
        evaluate(stage, other, middling); /* better than the first, worse than the one beside it */
        assert_int_equal(other->evaluated.reached_count, 2);
        stage_need(stage, step_record(one, &stage->why));
        stage->why = (struct fault){ 0 };
        assert_false(step_record(other, &stage->why));
        assert_int_equal(stage->why.blame, BLAME_PASSING);
        assert_false(other->lost || other->recorded);
        struct run *again = run_again(stage, other);
        evaluate(stage, again, middling);
        stage_need(stage, step_record(again, &stage->why));
        assert_string_equal(again->evaluated.kept, "rmse, mae");
        assert_true(again->evaluated.score == one->evaluated.score);
        ladder_close(stage);
    }
}

static void another_version_of_the_task_starts_anew(void **state)
{
    (void)state;
    struct stage *stage = ladder_open(0);
    graded(stage, "ada", (struct quality){ 1, 1 });
    assert_non_null(graded(stage, "ada", (struct quality){ 3, 2 })->evaluated.kept);
    rows_install(stage, "new");
    struct run *run = graded(stage, "ada", (struct quality){ 3, 3 });
    assert_null(run->evaluated.kept);
    assert_true(run->evaluated.score > 2);
    ladder_close(stage);
}

/* A metric moves alone, the others stay. */
static void each_metric_has_its_own_ladder(void **state)
{
    (void)state;
    struct stage *stage = ladder_open(0);
    metrics[0].primary = false;
    metrics[1].primary = true;
    stage->task.primary_at = 1;
    struct run *first = run_open(stage, "ada"), *second;
    const char *values[ROWS + 1];
    for (int round = 0; round < 2; round++) { /* a tenth of the error, but one row far off */
        struct run *run = round ? run_open(stage, "ada") : first;
        for (int i = 0; i <= ROWS; i++)
            values[i] = arena_print(stage->arena, "%.6f",
                                    (i < ROWS ? i : 1) + (round == 0 ? 1 + i % 3 * 0.1
                                                          : i == 4   ? 13
                                                                     : 0.1));
        for (int seed_at = -1; seed_at <= 2; seed_at++)
            if (seed_at)
                stage_predict(stage, run, seed_at, values);
        stage_need(stage, step_evaluate(run, &stage->why));
        stage_need(stage, step_record(run, &stage->why));
        second = run;
    }
    assert_string_equal(second->evaluated.kept, "rmse");
    assert_true(fact(second, "metric.mae")->value < fact(first, "metric.mae")->value);
    assert_true(fact(second, "metric.rmse")->value == fact(first, "metric.rmse")->value);
    metrics[0].primary = true;
    metrics[1].primary = false;
    ladder_close(stage);
}

static void steps_of_eta_are_for_metrics_within_0_and_1(void **state)
{
    (void)state;
    const struct metric *auc = metric_find(S("roc_auc")), *rmse = metric_find(S("rmse"));
    assert_true(release_has_steps(auc, 0.01) && !release_has_steps(auc, 0));
    assert_false(release_has_steps(rmse, 0.01));
    struct metric_value value = { .value = 0.8749, .low = 0.8612, .high = 0.9991 };
    struct released got = release_step(auc, &value, 0.01);
    assert_true(got.value == 0.87 && got.low == 0.86 && got.high == 1 && got.has_interval);
    value.low = NAN;
    got = release_step(auc, &value, 0.02);
    assert_true(got.value == 0.88 && got.low == 0.88 && !got.has_interval);
}

/* Classes, and steps of 0.05 of their accuracy. */
static void accuracy_moves_in_steps(void **state)
{
    (void)state;
    struct stage *stage = ladder_open(0.05);
    static struct course_metric accuracy[1] = { { .key = { "accuracy", 8 }, .primary = true } };
    static const struct {
        int wrong; /* of 40 Public rows */
        double score;
        bool kept;
    } rounds[] = { { 10, 0.75, false }, { 9, 0.75, true },  { 8, 0.75, true },
                   { 6, 0.85, false },  { 20, 0.85, true }, { 2, 0.95, false } };
    struct text solution = { .arena = stage->arena };
    text_add(&solution, S("id,y,Usage\n"));
    for (int i = 0; i < ROWS; i++)
        text_print(&solution, "r%d,%d,%s\n", i, i / 2 % 2, i % 2 ? "Private" : "Public");
    text_add(&solution, S("last,1,Private\n"));
    stage_file(stage, "private/t/solution.csv", text_str(&solution).at);
    stage->task.kind = COURSE_KIND_BINARY;
    stage->task.metrics = accuracy;
    stage->task.metric_count = 1;
    stage->loaded.rubric.count = 0;
    stage_install(stage);
    for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++) {
        const char *values[ROWS + 1];
        struct run *run = run_open(stage, "ada");
        for (int i = 0; i <= ROWS; i++)
            values[i] = (i / 2 % 2) ^ (i % 2 == 0 && i / 2 < rounds[r].wrong) ? "1" : "0";
        for (int seed_at = -1; seed_at <= 2; seed_at++)
            if (seed_at)
                stage_predict(stage, run, seed_at, values);
        stage_need(stage, step_evaluate(run, &stage->why));
        stage_need(stage, step_record(run, &stage->why));
        if (fabs(run->evaluated.score - rounds[r].score) > 1e-12 ||
            !run->evaluated.kept == rounds[r].kept)
            fail_msg("round %zu: %.17g, expected %g", r, run->evaluated.score, rounds[r].score);
    }
    ladder_close(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_noise_does_not_explain_is_shown),
        cmocka_unit_test(without_a_ladder_each_run_shows_itself),
        cmocka_unit_test(a_run_counts_once_and_when_it_ends),
        cmocka_unit_test(two_runs_at_once_are_not_both_compared_with_what_stood_before),
        cmocka_unit_test(another_version_of_the_task_starts_anew),
        cmocka_unit_test(each_metric_has_its_own_ladder),
        cmocka_unit_test(steps_of_eta_are_for_metrics_within_0_and_1),
        cmocka_unit_test(accuracy_moves_in_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
