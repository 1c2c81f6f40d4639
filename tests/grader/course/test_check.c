/* holdout check: a directory as text in, all that is wrong with it out. */
#include "grader/course/check.h"
#include "grader/course/submission.h"
#include "tests/cases.h"
#include <sys/stat.h>
#include <unistd.h>

#define HERE "tests/grader/course/"

static int scratch_open(char path[64])
{
    snprintf(path, 64, "/tmp/holdout-check-XXXXXX");
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

static struct str course_check(struct arena *arena, struct str bytes)
{
    char path[64];
    struct complaints to = { .arena = arena };
    scoped(fd) int dir = scratch_open(path);
    cases_unpack(dir, cases_load(arena, HERE "base.case"));
    cases_unpack(dir, cases_load(arena, HERE "data.case"));
    cases_unpack(dir, bytes);
    struct str gone = cases_get(bytes, "without"), name;
    while (str_cut(&gone, '\n', &name))
        if (name.len)
            assert_true(unlinkat(dir, str_zero(arena, name), 0) == 0);
    assert_int_equal(check_kind_find(dir), CHECK_COURSE);
    assert_true(check_course(arena, dir, &to) == (to.count == 0));
    assert_true(dir_remove(AT_FDCWD, path, NULL));
    return complaints_text(arena, &to);
}

static void a_course_without_mistakes_passes(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    assert_int_equal(cases_compare("data.case", course_check(arena, S("")), S("")), 0);
}

static void every_mistake_in_the_data_is_found(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct cases_names names = cases_list(arena, HERE "checks", ".case");
    size_t wrong = 0;
    for (size_t i = 0; i < names.count; i++) {
        struct str bytes = cases_load(arena, names.at[i].at);
        wrong +=
            cases_compare(names.at[i].at, course_check(arena, bytes), cases_get(bytes, "expect"));
    }
    assert_int_equal(wrong, 0);
}

/* houses has repeat: false */
static void a_question_that_is_never_measured_is_noted(void **state)
{
    (void)state;
    static const struct {
        const char *only, *expect;
    } rows[] = {
        { "", "rubric.yaml:3: question same is never measured for task houses, which has repeat: "
              "false: take that away, or mark it by hand\n" },
        { "task: houses, ", "rubric.yaml:3: question same is never measured for task houses, which "
                            "has repeat: false: take that away, or mark it by hand\n" },
        { "task: fraud, ", "" },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[64];
        struct complaints mistakes = { .arena = arena }, notes = { .arena = arena };
        scoped(fd) int dir = scratch_open(path);
        const char *rubric = arena_print(arena,
                                         "schema: 1\nquestions:\n  - {id: same, %stitle: Same, "
                                         "points: 10, from: reproducible}\n",
                                         rows[i].only);
        cases_unpack(dir, cases_load(arena, HERE "base.case"));
        cases_unpack(dir, cases_load(arena, HERE "data.case"));
        assert_true(file_save(dir, "rubric.yaml", str_of(rubric), 0644, NULL));
        assert_true(check_course(arena, dir, &mistakes));
        check_repeat(arena, dir, &notes);
        assert_string_equal(complaints_text(arena, &notes).at, rows[i].expect);
        assert_true(dir_remove(AT_FDCWD, path, NULL));
    }
}

/* Names in the section `programs` are made executable. */
static void every_mistake_in_a_repository_is_found(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct cases_names names = cases_list(arena, HERE "repositories", ".case");
    struct complaints none = { .arena = arena };
    struct course course;
    assert_true(course_parse(arena, cases_get(cases_load(arena, HERE "base.case"), "course.yaml"),
                             &course, &none));
    size_t wrong = 0;
    for (size_t i = 0; i < names.count; i++) {
        char path[64];
        struct str bytes = cases_load(arena, names.at[i].at);
        struct complaints to = { .arena = arena };
        scoped(fd) int dir = scratch_open(path);
        cases_unpack(dir, bytes);
        struct str programs = cases_get(bytes, "programs"), name;
        while (str_cut(&programs, '\n', &name))
            if (name.len)
                assert_true(fchmodat(dir, str_zero(arena, name), 0755, 0) == 0);
        check_repository(arena, dir, &course, &to);
        assert_true(dir_remove(AT_FDCWD, path, NULL));
        wrong +=
            cases_compare(names.at[i].at, complaints_text(arena, &to), cases_get(bytes, "expect"));
    }
    assert_int_equal(wrong, 0);
}

static void links_are_not_followed_out_of_the_repository(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    char path[64];
    struct complaints to = { .arena = arena };
    scoped(fd) int dir = scratch_open(path);
    struct submission_file file = { .writeup = { .report = S("report.md") } };
    assert_true(symlinkat("/etc/passwd", dir, "report.md") == 0);
    assert_false(submission_files_check(dir, &file, &to));
    assert_true(unlinkat(dir, "report.md", 0) == 0);
    assert_true(file_save(dir, "report.md", S("x"), 0644, NULL));
    assert_true(submission_files_check(dir, &file, &to));
    file.writeup.architecture = S("link.svg");
    assert_true(symlinkat("report.md", dir, "link.svg") == 0);
    assert_true(submission_files_check(dir, &file, &to));
    assert_true(dir_remove(AT_FDCWD, path, NULL));
}

static void a_team_needs_no_course_to_check_itself(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    char path[64];
    struct complaints to = { .arena = arena };
    scoped(fd) int dir = scratch_open(path);
    assert_int_equal(check_kind_find(dir), CHECK_NEITHER);
    assert_true(file_save(dir, "submission.yaml", S("schema: 1\ntask: any\nenvironment: gpu\n"),
                          0644, NULL));
    assert_int_equal(check_kind_find(dir), CHECK_REPOSITORY);
    assert_true(check_repository(arena, dir, NULL, &to));
    assert_true(dir_remove(AT_FDCWD, path, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_course_without_mistakes_passes),
        cmocka_unit_test(every_mistake_in_the_data_is_found),
        cmocka_unit_test(a_question_that_is_never_measured_is_noted),
        cmocka_unit_test(every_mistake_in_a_repository_is_found),
        cmocka_unit_test(links_are_not_followed_out_of_the_repository),
        cmocka_unit_test(a_team_needs_no_course_to_check_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
