/* A course as text in, its complaints out: every file in cases/ and submissions/ is one case. */
#include "grader/course/course.h"
#include "grader/course/submission.h"
#include "rubrics/rubric.h"
#include "tests/cases.h"

#define HERE "tests/grader/course/"

static int scratch_open(char path[64])
{
    snprintf(path, 64, "/tmp/holdout-course-XXXXXX");
    assert_non_null(mkdtemp(path));
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    return dir;
}

static struct str complaints_text(struct arena *arena, const struct complaints *to)
{
    struct text out = { .arena = arena };
    text_add(&out, S(""));
    for (size_t i = 0; i < to->kept; i++)
        text_print(&out, "%s\n", to->lines[i].at);
    return text_str(&out);
}

/* base.case beneath the case's own files. */
static struct complaints course_of(struct arena *arena, struct str bytes, struct course *course,
                                   struct rubric *rubric)
{
    char path[64];
    struct complaints to = { .arena = arena };
    scoped(fd) int dir = scratch_open(path);
    cases_unpack(dir, cases_load(arena, HERE "base.case"));
    cases_unpack(dir, bytes);
    if (course_load(arena, dir, course, &to) || course->task_count)
        course_load_rubric(arena, dir, course, rubric, &to);
    assert_true(dir_remove(AT_FDCWD, path, NULL));
    return to;
}

static void every_mistake_in_a_course_is_one_clear_line(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct cases_names names = cases_list(arena, HERE "cases", ".case");
    size_t wrong = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct course course;
        struct rubric rubric;
        struct str bytes = cases_load(arena, names.at[i].at);
        struct complaints to = course_of(arena, bytes, &course, &rubric);
        wrong +=
            cases_compare(names.at[i].at, complaints_text(arena, &to), cases_get(bytes, "expect"));
    }
    assert_int_equal(wrong, 0);
}

static void every_mistake_in_a_submission_tells_what_to_do(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct cases_names names = cases_list(arena, HERE "submissions", ".case");
    struct course course;
    struct rubric rubric;
    assert_int_equal(course_of(arena, S(""), &course, &rubric).count, 0);
    size_t wrong = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct str bytes = cases_load(arena, names.at[i].at);
        struct complaints to = { .arena = arena };
        struct submission_file file;
        submission_parse(arena, cases_get(bytes, "submission.yaml"), &course, &file, &to);
        struct str got = complaints_text(arena, &to);
        if (to.count == 0)
            got = submission_seen_text(arena, &file);
        wrong += cases_compare(names.at[i].at, got, cases_get(bytes, "expect"));
    }
    assert_int_equal(wrong, 0);
}

static void the_base_course_is_read_into_its_struct(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct course course;
    struct rubric rubric;
    struct complaints to = course_of(arena, S(""), &course, &rubric);
    assert_int_equal(to.count, 0);
    assert_string_equal(course.id.at, "ml-arch-2026");
    assert_int_equal(course.git.poll_s, 60);
    assert_string_equal(course.git.branch.at, "main");
    assert_string_equal(course.git.tag.at, "submit/*");
    assert_int_equal(course.git.allow.count, 1);
    assert_int_equal(course.task_count, 2);
    assert_string_equal(course.tasks[0].metrics[course.tasks[0].primary_at].key.at, "roc_auc");
    assert_int_equal(course.tasks[0].limits.train_s, 30);
    assert_int_equal(course.tasks[0].limits.memory_mb, 4096); /* the default */
    assert_int_equal(course.tasks[1].seeds, 3);
    assert_true(course.tasks[0].repeat);
    assert_false(course.tasks[1].repeat);
    assert_string_equal(course.tasks[1].metrics[course.tasks[1].primary_at].key.at, "mae");
    assert_int_equal(course.deliverable_count, 4);
    assert_int_equal(course.deliverables[2].needs, COURSE_NEED_MODEL | COURSE_NEED_ANSWERS);
    assert_int_equal(course.deliverables[0].due_ms, 1770742800000);
    assert_int_equal(course.board.release, COURSE_RELEASE_LADDER);
    assert_int_equal(course.board.visibility, COURSE_VISIBILITY_PSEUDONYM);
    assert_false(course.allow_degraded);
    assert_string_equal(course_environment_find(&course, S("default"))->root.at, "host");
    assert_int_equal(rubric.count, 2);
}

static void teams_and_members_are_counted(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct course course;
    struct rubric rubric;
    course_of(arena, S(""), &course, &rubric);
    assert_int_equal(course.team_count, 2);
    const struct course_team *team = course_team_find(&course, S("kestrel"));
    assert_string_equal(team->name.at, "Kestrel, the team");
    assert_int_equal(team->tasks.count, 2);
    assert_int_equal(team->member_count, 2);
    assert_int_equal(course_team_find(&course, S("plover"))->tasks.count, 1);
    assert_int_equal(course.student_count, 4);
    assert_string_equal(course.students[2].name.at, "Zo\xc3\xab");
    assert_int_equal(course.students[0].late_days, 3);
    assert_null(course_team_find(&course, S("nobody")));
}

static void the_open_deliverable_is_the_one_that_is_due_next(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct course course;
    struct rubric rubric;
    course_of(arena, S(""), &course, &rubric);
    int64_t first = course.deliverables[0].due_ms, last = course.deliverables[2].due_ms;
    assert_string_equal(course_deliverable_open(&course, S("fraud"), 0)->id.at, "writeup");
    assert_string_equal(course_deliverable_open(&course, S("fraud"), first)->id.at, "writeup");
    assert_string_equal(course_deliverable_open(&course, S("fraud"), first + 1)->id.at, "first");
    assert_string_equal(course_deliverable_open(&course, S("fraud"), last + 1)->id.at, "final");
    assert_string_equal(course_deliverable_open(&course, S("houses"), 0)->id.at, "first");
    assert_null(course_deliverable_open(&course, S("nothing"), 0));
}

/* What a box sees must not change with words about it, and must change with what is run. */
static void seen_text_changes_only_with_what_is_run(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        bool same;
    } rows[] = {
        { "hyperparameters: {b: 2, a: \"1\"}\nbuild: make\n", true },
        { "hyperparameters: {a: 1, b: 2}\nbuild: make\nwriteup: {report: r.md}\n", true },
        { "hyperparameters: {a: 1, b: 2}\nbuild: make\ndeliverable: final\n", true },
        { "hyperparameters: {a: 1, b: 2}\nbuild: make\nclaims: {metric: {roc_auc: {value: 1}}}\n",
          true },
        { "hyperparameters: {a: 1, b: 3}\nbuild: make\n", false },
        { "hyperparameters: {a: 1}\nbuild: make\n", false },
        { "hyperparameters: {a: 1, b: 2}\nbuild: make all\n", false },
    };
    scoped_arena arena = arena_open(NULL);
    struct course course;
    struct rubric rubric;
    course_of(arena, S(""), &course, &rubric);
    struct str first = S("");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complaints to = { .arena = arena };
        struct submission_file file;
        const char *yaml = arena_print(arena,
                                       "schema: 1\ntask: fraud\n"
                                       "entry_points: {train: ./t, predict: ./p}\n%s",
                                       rows[i].yaml);
        assert_true(submission_parse(arena, str_of(yaml), &course, &file, &to));
        struct str seen = submission_seen_text(arena, &file);
        assert_non_null(yaml_parse(arena, "seen", seen, &to));
        first = i ? first : seen;
        if (str_equal(first, seen) != rows[i].same)
            fail_msg("row %zu: %s", i, seen.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_base_course_is_read_into_its_struct),
        cmocka_unit_test(teams_and_members_are_counted),
        cmocka_unit_test(the_open_deliverable_is_the_one_that_is_due_next),
        cmocka_unit_test(every_mistake_in_a_course_is_one_clear_line),
        cmocka_unit_test(every_mistake_in_a_submission_tells_what_to_do),
        cmocka_unit_test(seen_text_changes_only_with_what_is_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
