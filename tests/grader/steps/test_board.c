/* The board: order and rank ranges that agree, whatever the tests say; versions of a task apart. */
#include "grader/board.h"
#include "grader/view.h"
#include "tests/grader/steps/stage.h"

static uint64_t chance; /* xorshift: the same boards each time */

static int drawn(int most)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (int)(chance % (uint64_t)most);
}

/*
 * Ranges as tests can give them: of a relation without circles, but not transitive, and with the
 * order of the values only half in agreement with the scores.
 */
static size_t board_draw(struct board_entry entries[12])
{
    size_t count = 1 + (size_t)drawn(12), tested = (size_t)drawn((int)count + 1);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct board_entry){ .team = S("x"),
                                           .score = drawn(6) / 10.0,
                                           .submitted_ms = drawn(3),
                                           .rank_low = i < tested,
                                           .rank_high = i < tested ? (int)tested : 0 };
    for (size_t i = 0; i < tested; i++)
        for (size_t j = i + 1; j < tested; j++)
            if (drawn(3) == 0) {
                entries[j].rank_low++;
                entries[i].rank_high--;
            }
    return count;
}

static void each_row_lies_within_its_range_and_ranks_never_fall(void **state)
{
    (void)state;
    static const char *const names[] = { "roc_auc", "rmse" };
    chance = 88172645463325252u;
    for (size_t round = 0; round < 20000; round++) {
        struct board_entry entries[12];
        size_t count = board_draw(entries);
        board_order(metric_find(str_of(names[round % 2])), entries, count);
        for (int i = 0; i < (int)count; i++) {
            assert_in_range(entries[i].rank_low, 1, i + 1);
            assert_in_range(entries[i].rank_high, i + 1, (int)count);
            if (i > 0)
                assert_true(entries[i - 1].rank_low <= entries[i].rank_low);
        }
    }
}

static void what_was_not_tested_may_have_any_rank(void **state)
{
    (void)state;
    struct board_entry entries[] = {
        { .team = S("old"), .score = 0.1 },
        { .team = S("b"), .score = 0.7, .rank_low = 2, .rank_high = 2 },
        { .team = S("a"), .score = 0.9, .rank_low = 1, .rank_high = 1 },
    };
    board_order(metric_find(S("roc_auc")), entries, 3);
    assert_true(str_is(entries[0].team, "a") && entries[0].rank_low == 1);
    assert_int_equal(entries[0].rank_high, 2);
    assert_true(str_is(entries[1].team, "old") && entries[1].rank_low == 1);
    assert_int_equal(entries[1].rank_high, 3);
    assert_true(str_is(entries[2].team, "b") && entries[2].rank_low == 2);
}

/* ---- with a store ---- */

#define ROWS 60

static const char *solution(struct arena *arena)
{
    struct text csv = { .arena = arena };
    text_add(&csv, S("id,y\n"));
    for (int i = 0; i < ROWS; i++)
        text_print(&csv, "r%d,%d\n", i, i);
    return csv.at;
}

static bool receipt(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    (void)at, (void)why;
    sha256_of(str_of(head), digest);
    return true;
}

static void seed_seal(struct stage *stage, const struct run *run, int seed_at, double off,
                      const char *digest)
{
    struct truth truth;
    char sha256[SHA256_HEX];
    double values[ROWS];
    stage_need(stage, rows_truth(&stage->grader, &stage->loaded, &stage->task, stage->arena, &truth,
                                 &stage->why));
    for (size_t i = 0; i < ROWS; i++)
        values[i] = truth.target[i] + off * (1 + 0.1 * (double)(i % 3));
    struct predictions predictions = { .row_count = ROWS, .width = 1, .values = values };
    struct str sealed = rows_print(stage->arena, &truth, &predictions, digest);
    stage_need(stage, artifacts_put(&stage->grader.sealed, sealed, sha256, &stage->why) &&
                          store_prediction_put(stage->store, run->claim.run, seed_at, sha256,
                                               &stage->why));
}

/* A graded run of the team whose two seeds are this far off. */
static void entry_add(struct stage *stage, const char *team, const double off[2], double score,
                      const char *digest)
{
    struct run *run = stage_run(stage, team);
    bool lost;
    for (int i = 0; i < 2; i++)
        seed_seal(stage, run, i + 1, off[i],
                  digest ? digest : version_task_digest(&stage->loaded.version, S("t")));
    struct store_end end = { .state = "done",
                             .ended_ms = 1,
                             .verdict = "ok",
                             .step = "",
                             .message = "",
                             .detail = "",
                             .released = true,
                             .score = score,
                             .low = score,
                             .high = score,
                             .task = "t",
                             .receipt = receipt };
    stage_need(stage, store_finish(stage->store, &run->claim, &end, &lost, &stage->why));
}

/* The board as its staff sees it: "team low high;" for each row. */
static struct str ranges(struct stage *stage)
{
    struct text out = { .arena = stage->arena };
    struct view_board board;
    const char *path = arena_print(stage->arena, "%s/state", stage->dir);
    struct view *view = view_open(path, &stage->why);
    stage_need(stage, view != NULL);
    stage_need(stage, view_board(view, stage->arena, VIEWER_STAFF, S("t"), &board, &stage->why));
    for (size_t i = 0; i < board.count; i++)
        text_print(&out, "%.*s %d %d;", STR_ARGS(board.rows[i].team), (int)board.rows[i].rank_low,
                   (int)board.rows[i].rank_high);
    view_close(view);
    return text_str(&out);
}

static void tests_take_the_mean_of_the_seeds(void **state)
{
    (void)state;
    struct stage *stage = stage_open("rmse", "");
    stage_file(stage, "private/t/solution.csv", solution(stage->arena));
    stage_install(stage);
    /* by its first seed alone bob would be the better one */
    entry_add(stage, "ada", (const double[]){ 3, -3 }, 1, NULL);
    entry_add(stage, "bob", (const double[]){ 2, 2 }, 2, NULL);
    stage_need(stage,
               board_make(&stage->grader, &stage->loaded, stage->store, &stage->task, &stage->why));
    assert_string_equal(ranges(stage).at, "ada 1 1;bob 2 2;");
    stage_close(stage);
}

static void an_entry_of_another_version_of_the_task_is_not_tested(void **state)
{
    (void)state;
    struct stage *stage = stage_open("rmse", "");
    stage_file(stage, "private/t/solution.csv", solution(stage->arena));
    stage_install(stage);
    entry_add(stage, "ada", (const double[]){ 1, 1 }, 1, NULL);
    entry_add(stage, "bob", (const double[]){ 2, 2 }, 2, NULL);
    entry_add(stage, "eva", (const double[]){ 9, 9 }, 9, "another");
    stage_need(stage,
               board_make(&stage->grader, &stage->loaded, stage->store, &stage->task, &stage->why));
    assert_string_equal(ranges(stage).at, "ada 1 2;eva 1 3;bob 2 3;");
    stage_close(stage);
}

static void a_lost_file_of_the_store_is_a_fault(void **state)
{
    (void)state;
    struct stage *stage = stage_open("rmse", "");
    stage_file(stage, "private/t/solution.csv", solution(stage->arena));
    stage_install(stage);
    struct run *run = stage_run(stage, "ada");
    bool lost;
    char sha256[SHA256_HEX];
    sha256_of(S("nowhere"), sha256);
    stage_need(stage, store_prediction_put(stage->store, run->claim.run, 1, sha256, &stage->why));
    struct store_end end = { .state = "done",
                             .ended_ms = 1,
                             .verdict = "ok",
                             .step = "",
                             .message = "",
                             .detail = "",
                             .released = true,
                             .task = "t",
                             .receipt = receipt };
    stage_need(stage, store_finish(stage->store, &run->claim, &end, &lost, &stage->why));
    assert_false(
        board_make(&stage->grader, &stage->loaded, stage->store, &stage->task, &stage->why));
    assert_non_null(strstr(stage->why.text, "artifact"));
    stage_close(stage);
}

static bool renew(struct stage *stage)
{
    return board_renew(&stage->grader, &stage->loaded, stage->store, &stage->task, &stage->why);
}

/* What it is made from is gone: whoever reads it fails. */
static void a_board_that_stands_is_not_made_anew_before_something_changed(void **state)
{
    (void)state;
    struct stage *stage = stage_open("rmse", "");
    stage_file(stage, "private/t/solution.csv", solution(stage->arena));
    stage_install(stage);
    entry_add(stage, "ada", (const double[]){ 3, -3 }, 1, NULL);
    stage_need(stage, renew(stage));
    assert_string_equal(ranges(stage).at, "ada 1 1;");
    entry_add(stage, "bob", (const double[]){ 2, 2 }, 2, NULL);
    stage_need(stage, renew(stage));
    assert_string_equal(ranges(stage).at, "ada 1 1;bob 2 2;");
    stage_need(stage, dir_remove(stage->root, "sealed", &stage->why));
    stage_need(stage, renew(stage));
    assert_string_equal(ranges(stage).at, "ada 1 1;bob 2 2;");
    assert_false(
        board_make(&stage->grader, &stage->loaded, stage->store, &stage->task, &stage->why));
    static struct course_metric more[] = { { .key = { "rmse", 4 }, .primary = true },
                                           { .key = { "mae", 3 } } };
    stage->task.metrics = more; /* scored otherwise, and still by the board's rule */
    stage->task.metric_count = 2;
    assert_false(renew(stage));
    stage_close(stage);
}

static void baselines_stand_between_the_teams_without_a_rank(void **state)
{
    (void)state;
    const struct {
        const char *metric, *order; /* small letters are teams */
    } cases[] = { { "roc_auc", "AbBacC" }, { "rmse", "cCabBA" } };
    for (size_t i = 0; i < 2; i++) {
        struct board_entry entries[] = {
            { .team = S("a"), .score = 0.6 },
            { .team = S("b"), .score = 0.8 },
            { .team = S("c"), .score = 0.5 },
            { .team = S("A"), .score = 0.9, .baseline = true },
            { .team = S("B"), .score = 0.8, .baseline = true },
            { .team = S("C"), .score = 0.5, .baseline = true },
        };
        const struct metric *metric = metric_find(str_of(cases[i].metric));
        board_order(metric, entries, 3);
        baselines_place(metric, entries, 3, 6);
        char order[7] = "";
        for (size_t k = 0; k < 6; k++) {
            order[k] = entries[k].team.at[0];
            assert_int_equal(entries[k].baseline, entries[k].rank_low == 0);
        }
        assert_string_equal(order, cases[i].order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baselines_stand_between_the_teams_without_a_rank),
        cmocka_unit_test(each_row_lies_within_its_range_and_ranks_never_fall),
        cmocka_unit_test(what_was_not_tested_may_have_any_rank),
        cmocka_unit_test(tests_take_the_mean_of_the_seeds),
        cmocka_unit_test(an_entry_of_another_version_of_the_task_is_not_tested),
        cmocka_unit_test(a_lost_file_of_the_store_is_a_fault),
        cmocka_unit_test(a_board_that_stands_is_not_made_anew_before_something_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
