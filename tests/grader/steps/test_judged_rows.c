/* Predictions beside the truth: out of range, of another shape, too large, kept and read again. */
#include "grader/course/course_kind.h"
#include "grader/steps/release.h"
#include "grader/steps/results.h"
#include "tests/grader/steps/stage.h"
#include <math.h>
#include <unistd.h>

static struct truth truth_of(struct arena *arena, const char *csv, unsigned kinds)
{
    struct truth truth;
    struct fault why = { 0 };
    struct truth_form form = { .kinds = kinds };
    if (!truth_parse(arena, str_of(csv), &form, &truth, &why))
        fail_msg("%s", why.text);
    return truth;
}

static void a_value_beyond_1e100_is_out_of_range(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct truth truth = truth_of(arena, "id,y\na,1.5\nb,2\n", TRUTH_NUMBER);
    struct prediction_form form = { .file = S("p.csv") };
    struct predictions out;
    struct fault why = { 0 };
    struct str fine = S("id,prediction\na,1e100\nb,-1e100\n");
    struct str huge = S("id,prediction\na,1e101\nb,-1e300\n");
    assert_true(rows_match(arena, fine, &truth, &form, &out, &why));
    assert_false(rows_match(arena, huge, &truth, &form, &out, &why));
    assert_string_equal(why.text, "p.csv: 2 values out of range, beyond 1e+100 (first id \"a\")");
    form.discreet = true;
    assert_false(rows_match(arena, huge, &truth, &form, &out, &why));
    assert_string_equal(why.text, "p.csv: 2 values out of range, beyond 1e+100");
}

static void predictions_of_another_shape_share_nothing(void **state)
{
    (void)state;
    double values[4] = { 1, 2, 1, 3 };
    struct predictions narrow = { .row_count = 1, .width = 1, .values = values },
                       wide = { .row_count = 1, .width = 2, .values = values },
                       longer = { .row_count = 2, .width = 1, .values = values };
    struct predictions two = { .row_count = 2, .width = 2, .values = values };
    assert_true(predictions_share_equal(&wide, &narrow) == 0);
    assert_true(predictions_share_equal(&narrow, &wide) == 0);
    assert_true(predictions_share_equal(&longer, &narrow) == 0);
    assert_true(predictions_share_equal(&two, &two) == 1);
    double other[4] = { 1, 2, 1, 3.5 };
    assert_true(predictions_share_equal(
                    &two, &(struct predictions){ .row_count = 2, .width = 2, .values = other }) ==
                0.5);
}

static void a_file_may_have_64_bytes_a_cell(void **state)
{
    (void)state;
    struct truth number = { .kind = TRUTH_NUMBER, .row_count = 1000 };
    struct truth classes = { .kind = TRUTH_CLASSES, .row_count = 1000, .class_count = 4 };
    struct course_task plain = { .kind = COURSE_KIND_REGRESSION };
    assert_int_equal(rows_csv_most(&plain, &number), 1000 * 2 * 64 + 65536);
    assert_int_equal(rows_csv_most(&plain, &classes), 1000 * 5 * 64 + 65536);
}

static void the_size_of_a_heldout_file_is_not_told(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    assert_non_null(strstr(results_too_large(arena, false, 777 << 10, 99 << 10), "777 KB"));
    assert_null(strstr(results_too_large(arena, true, 777 << 10, 99 << 10), "777"));
    assert_non_null(strstr(results_too_large(arena, true, 777 << 10, 99 << 10), "99 KB"));
}

static void sealed_predictions_are_read_again_for_their_task_version_only(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct course_task task = { .kind = COURSE_KIND_MULTICLASS };
    struct truth truth = truth_of(arena, "id,y\na,cat\nb,dog\nc,ox\n", TRUTH_CLASSES);
    double labels[3] = { 2, 0, 1 }, shares[9] = { .5, .25, .25, 1, 0, 0, 0, .75, .25 };
    struct predictions kinds[] = { { .row_count = 3, .width = 1, .values = labels },
                                   { .row_count = 3, .width = 3, .values = shares } },
                       back;
    for (size_t i = 0; i < 2; i++) {
        struct str sealed = rows_print(arena, &truth, &kinds[i], "d1");
        assert_true(rows_read(arena, sealed, &truth, &task, "d1", &back));
        assert_int_equal(back.width, kinds[i].width);
        assert_true(predictions_share_equal(&kinds[i], &back) == 1);
        assert_false(rows_read(arena, sealed, &truth, &task, "d2", &back));
    }
}

/* Of each kind: what is kept sealed is what was matched. */
static void every_kind_is_read_again_from_what_is_sealed(void **state)
{
    (void)state;
    static const struct {
        int kind;
        const char *truth, *predictions;
    } kinds[] = {
        { COURSE_KIND_FORECAST, "id,y,series,time\na,1,s,1\nb,2,s,2\n",
          "id,q0.1,q0.5,q0.9\nb,1,2,3\na,0.5,1,1.5\n" },
        { COURSE_KIND_RANKING, "query,item,relevance\nq,\"x, 1\",1\nq,y,0\n",
          "query,item,score\nq,y,0.25\nq,\"x, 1\",2\n" },
        { COURSE_KIND_CLUSTERING, "id,y\na,1\nb,2\nc,1\n", "id,cluster\nc,one\nb,two\na,two\n" },
        { COURSE_KIND_DETECTION, "id,class,x1,y1,x2,y2\na,cat,0,0,1,1\nb,,,,,\n",
          "id,class,score,x1,y1,x2,y2\nb,cat,0.5,1,2,3,4\n"
          "a,cat,0.25,1,2,3,4\na,cat,0.75,0,2,3,4\n" },
        { COURSE_KIND_MULTILABEL, "id,m,n\na,0,1\nb,1,1\n", "id,n,m\nb,0.5,2\na,-1,0.125\n" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        scoped_arena arena = arena_open(NULL);
        struct course_task task = { .kind = kinds[i].kind, .id_column = S("id") };
        struct course_truth_files files = { .solution = str_of(kinds[i].truth) };
        struct truth truth;
        struct predictions out, back;
        struct fault why = { 0 };
        task.target = str_of(kinds[i].kind == COURSE_KIND_RANKING ? "relevance" : "y");
        struct prediction_form form = rows_form(&task);
        if (!course_truth_parse(arena, &task, &files, &truth, &why) ||
            !rows_match(arena, str_of(kinds[i].predictions), &truth, &form, &out, &why))
            fail_msg("%s", why.text);
        struct str sealed = rows_print(arena, &truth, &out, "d1");
        assert_true(rows_read(arena, sealed, &truth, &task, "d1", &back));
        assert_true(predictions_share_equal(&out, &back) == 1);
    }
}

static void a_box_or_quantile_beyond_1e100_is_out_of_range(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct course_task task = { .kind = COURSE_KIND_DETECTION, .id_column = S("id") };
    struct course_truth_files files = { .solution = S("id,class,x1,y1,x2,y2\na,cat,0,0,1,1\n") };
    struct truth truth;
    struct predictions out;
    struct fault why = { 0 };
    struct prediction_form form = rows_form(&task);
    assert_true(course_truth_parse(arena, &task, &files, &truth, &why));
    assert_false(rows_match(arena, S("id,class,score,x1,y1,x2,y2\na,cat,1,0,0,1e200,1\n"), &truth,
                            &form, &out, &why));
    assert_string_equal(why.text,
                        "predictions.csv: 1 value out of range, beyond 1e+100 (id \"a\")");
    task.kind = COURSE_KIND_FORECAST;
    task.target = S("y");
    files.solution = S("id,y,time\na,1,1\n");
    form = rows_form(&task);
    assert_true(course_truth_parse(arena, &task, &files, &truth, &why));
    assert_false(
        rows_match(arena, S("id,prediction,q0.9\na,1,-1e200\n"), &truth, &form, &out, &why));
}

static void a_released_score_has_finite_bounds(void **state)
{
    (void)state;
    const struct metric *rmse = metric_find(S("rmse"));
    struct metric_value without[] = {
        { .value = 1.2345, .low = NAN, .high = NAN, .n = 3, .note = "" },
        { .value = 1.2345, .low = 1, .high = INFINITY, .n = 3, .note = "" }
    };
    for (size_t i = 0; i < 2; i++) {
        struct released out = release_round(rmse, &without[i], 3);
        assert_false(out.has_interval);
        assert_true(out.value == 1.23 && out.low == 1.23 && out.high == 1.23);
    }
    struct metric_value with = {
        .value = 1.2345, .low = 1.1111, .high = 1.9999, .n = 3, .note = ""
    };
    struct released out = release_round(rmse, &with, 3);
    assert_true(out.has_interval && out.low == 1.11 && out.high == 2);
}

static bool count_one(void *at, const char *sha256)
{
    (void)sha256;
    ++*(size_t *)at;
    return true;
}

static void nothing_is_put_that_is_not_what_its_digest_says(void **state)
{
    (void)state;
    struct fault why = { 0 };
    char dir[] = "/tmp/holdout-put-XXXXXX", sha256[SHA256_HEX];
    struct artifacts shown;
    size_t count = 0;
    assert_non_null(mkdtemp(dir));
    scoped(fd) int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(artifacts_open(&shown, root, "artifacts", 0700, 0444, &why));
    assert_true(file_save(root, "one", S("bytes"), 0600, &why));
    scoped(fd) int fd = openat(root, "one", O_RDONLY | O_CLOEXEC);
    sha256_of(S("others"), sha256);
    assert_false(results_put(&shown, fd, 100, sha256, &why));
    assert_int_equal(why.blame, BLAME_SYSTEM);
    assert_true(artifacts_list(&shown, count_one, &count, &why));
    assert_int_equal(count, 0);
    sha256_of(S("bytes"), sha256);
    assert_true(results_put(&shown, fd, 100, sha256, &why));
    assert_true(artifacts_has(&shown, sha256));
    artifacts_close(&shown);
    dir_remove(AT_FDCWD, dir, &why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_beyond_1e100_is_out_of_range),
        cmocka_unit_test(predictions_of_another_shape_share_nothing),
        cmocka_unit_test(a_file_may_have_64_bytes_a_cell),
        cmocka_unit_test(the_size_of_a_heldout_file_is_not_told),
        cmocka_unit_test(sealed_predictions_are_read_again_for_their_task_version_only),
        cmocka_unit_test(every_kind_is_read_again_from_what_is_sealed),
        cmocka_unit_test(a_box_or_quantile_beyond_1e100_is_out_of_range),
        cmocka_unit_test(a_released_score_has_finite_bounds),
        cmocka_unit_test(nothing_is_put_that_is_not_what_its_digest_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
