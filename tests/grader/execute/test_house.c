/* The house: numbers of users, the private view, ownership without links, no way back. */
#include "grader/execute/house.h"
#include "tests/grader/execute/stage.h"
#include <sys/prctl.h>

static void a_base_that_is_no_user_number_is_refused_and_says_what_is_allowed(void **state)
{
    (void)state;
    static const char *const bases[] = { "5", "999", "-1", "x", "61000 ", "99999999999" };
    static struct house house;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        struct fault why = { .text = "" };
        setenv("HOLDOUT_UID_BASE", bases[i], 1);
        assert_false(house_enter(&house, NULL, 0, &why));
        assert_int_equal(why.blame, BLAME_COURSE);
        assert_non_null(strstr(why.text, bases[i]));
        assert_non_null(strstr(why.text, "from 1000 to"));
    }
    unsetenv("HOLDOUT_UID_BASE");
}

static void a_course_that_is_not_there_is_named(void **state)
{
    (void)state;
    static struct house house;
    struct fault why = { .text = "" };
    const struct house_course missing = { "/no/such/course", NULL };
    const struct house_course file = { "/etc/passwd", NULL };
    assert_false(house_enter(&house, &missing, 1, &why));
    assert_int_equal(why.blame, BLAME_COURSE);
    assert_non_null(strstr(why.text, "/no/such/course"));
    assert_false(house_enter(&house, &file, 1, &why));
    assert_non_null(strstr(why.text, "no directory"));
}

static void nothing_is_given_away_through_a_link(void **state)
{
    (void)state;
    char path[] = "/tmp/holdout-house-XXXXXX";
    struct fault why;
    struct stat st;
    const struct house house = { .root = geteuid() == 0, .uid = { 0, 61001 }, .gid = { 0, 61001 } };
    const struct house_owner owner = { HOUSE_GRADER, HOUSE_GRADER, 0640 };
    assert_non_null(mkdtemp(path));
    scoped(fd) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stage_file(dir, "file", "x", 0600);
    assert_int_equal(symlinkat("file", dir, "link"), 0);
    assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
    assert_false(house_own(&house, dir, "link", owner, &why));
    assert_false(house_own(&house, dir, "pipe", owner, &why));
    assert_false(house_own(&house, dir, "none", owner, &why));
    assert_int_equal(fstatat(dir, "file", &st, 0), 0);
    assert_int_equal(st.st_uid, geteuid());
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(house_own(&house, dir, "file", owner, &why));
    assert_int_equal(fstatat(dir, "file", &st, 0), 0);
    assert_int_equal(st.st_uid, house.root ? 61001 : geteuid());
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_true(dir_remove(AT_FDCWD, path, &why));
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Numbers of the first step that was not as it should be, as an exit code. */
static int look_around(const char *stage)
{
    static struct house house;
    struct fault why = { .text = "" };
    char course[96], local[96], bin[PATH_MAX];
    snprintf(course, sizeof course, "%s/course", stage);
    snprintf(local, sizeof local, "%s/prefix/include", stage);
    const struct house_course courses[] = { { course, NULL }, { course, local } };
    setenv("HOLDOUT_UID_BASE", "70000", 1);
    if (!house_enter(&house, courses, 2, &why)) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    if (house.uid[HOUSE_WEB] != 70004 || house.slot_first != 70016 || house.uid[HOUSE_SELF] != 0)
        return 2;
    if (!house_program(&house, "bin/holdout", bin) || strcmp(bin, "/mnt/prefix/bin/holdout") != 0 ||
        !exists(bin) || !exists("/mnt/course/1/private/truth") ||
        !exists("/mnt/local/1/holdout.h") || exists("/mnt/local/0") ||
        strcmp(house.program, "holdout") != 0)
        return 3;
    if (open("/mnt/prefix/bin/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 || errno != EROFS)
        return 4;
    if (open("/mnt/course/0/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
        return 5;
    if (!house_drop(&house, HOUSE_FETCH, getppid(), &why) || getuid() != 70003)
        return 6;
    if (setuid(0) == 0 || open("/mnt/course/0/private/truth", O_RDONLY | O_CLOEXEC) >= 0)
        return 7;
    if (prctl(PR_GET_DUMPABLE) != 0 || !prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
        return 8;
    return exists("/mnt/course/0") && exists(bin) ? 0 : 9;
}

static void as_root_the_view_reaches_past_a_0700_parent_and_is_seen_by_nobody_else(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct stage stage;
    stage_open(&stage, true);
    char *argv[] = { "holdout", "look", stage.path, NULL };
    assert_int_equal(stage_wait(stage_start(&stage, argv)), 0);
    assert_false(exists("/mnt/prefix/bin/holdout"));
    stage_close(&stage);
}

static int refuse_wrong_parent(void)
{
    static struct house house;
    struct fault why;
    house.uid[HOUSE_GRADER] = geteuid();
    house.gid[HOUSE_GRADER] = getegid();
    return house_drop(&house, HOUSE_GRADER, getpid(), &why) ? 1 : 0;
}

static void who_has_lost_its_parent_does_not_begin(void **state)
{
    (void)state;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(refuse_wrong_parent());
    assert_int_equal(stage_wait(pid), 0);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "look") == 0)
        return look_around(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_base_that_is_no_user_number_is_refused_and_says_what_is_allowed),
        cmocka_unit_test(a_course_that_is_not_there_is_named),
        cmocka_unit_test(nothing_is_given_away_through_a_link),
        cmocka_unit_test(as_root_the_view_reaches_past_a_0700_parent_and_is_seen_by_nobody_else),
        cmocka_unit_test(who_has_lost_its_parent_does_not_begin),
    };
    return cmocka_run_group_tests_name("house", tests, NULL, NULL);
}
