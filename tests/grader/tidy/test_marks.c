/* Which files are named: the set, digests found in texts; sweeping what nothing names. */
#include "core/base/file.h"
#include "grader/store/artifacts.h"
#include "grader/tidy/marks.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define MANY 50000

static void what_was_added_is_there_and_nothing_else(void **state)
{
    (void)state;
    struct marks marks __attribute__((cleanup(marks_scoped))) = { 0 };
    char name[32];
    assert_false(marks_has(&marks, S("a")));
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "run %d", i);
        marks_add(&marks, str_of(name));
        marks_add(&marks, str_of(name));
    }
    assert_int_equal(marks.count, MANY);
    for (int i = 0; i < 2 * MANY; i++) {
        snprintf(name, sizeof name, "run %d", i);
        assert_int_equal(marks_has(&marks, str_of(name)), i < MANY);
    }
}

static void digests_are_found_wherever_they_stand_in_a_text(void **state)
{
    (void)state;
    struct marks marks __attribute__((cleanup(marks_scoped))) = { 0 };
    char digests[4][SHA256_HEX], text[600];
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "content %d", i);
        sha256_of(str_of(text), digests[i]);
    }
    /* at both ends, within JSON; not: longer, shorter, upper case */
    snprintf(text, sizeof text, "%s {\"log\":\"%s\"} a%s %.63s ABCDEF%.58s %s", digests[0],
             digests[1], digests[2], digests[2], digests[2], digests[3]);
    marks_add_digests(&marks, str_of(text));
    assert_true(marks_has(&marks, str_of(digests[0])));
    assert_true(marks_has(&marks, str_of(digests[1])));
    assert_false(marks_has(&marks, str_of(digests[2])));
    assert_true(marks_has(&marks, str_of(digests[3])));
    assert_int_equal(marks.count, 3);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Old by an hour. */
static void age(const struct artifacts *artifacts, const char *sha256)
{
    char path[SHA256_HEX + 4];
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time(NULL) - 3600 } };
    snprintf(path, sizeof path, "%.2s/%s", sha256, sha256);
    assert_int_equal(utimensat(artifacts->root, path, times, 0), 0);
}

static void only_what_is_old_goes_and_putting_again_makes_young(void **state)
{
    (void)state;
    char dir[] = "/tmp/holdout-marks-XXXXXX", sha256[SHA256_HEX];
    struct artifacts artifacts;
    struct fault why = { 0 };
    int64_t bytes;
    bool old;
    assert_non_null(mkdtemp(dir));
    scoped(fd) int fd = dir_open(AT_FDCWD, dir, &why);
    assert_true(artifacts_open(&artifacts, fd, "artifacts", 0700, 0444, &why));
    assert_true(artifacts_put(&artifacts, S("a team's file"), sha256, &why));
    struct artifacts_dropping hour = { now_ms() - 1800000, false, &old, &bytes };
    struct artifacts_dropping look = { now_ms() - 1800000, true, &old, &bytes };
    assert_true(artifacts_drop(&artifacts, sha256, &hour, &why));
    assert_false(old);
    assert_true(artifacts_has(&artifacts, sha256));
    age(&artifacts, sha256);
    assert_true(artifacts_drop(&artifacts, sha256, &look, &why));
    assert_true(old);
    assert_int_equal(bytes, 13);
    assert_true(artifacts_has(&artifacts, sha256));
    assert_true(artifacts_put(&artifacts, S("a team's file"), sha256, &why)); /* young again */
    assert_true(artifacts_drop(&artifacts, sha256, &hour, &why));
    assert_true(artifacts_has(&artifacts, sha256));
    age(&artifacts, sha256);
    assert_true(artifacts_drop(&artifacts, sha256, &hour, &why));
    assert_false(artifacts_has(&artifacts, sha256));
    assert_true(artifacts_drop(&artifacts, sha256, &hour, &why)); /* gone already: fine */
    artifacts_close(&artifacts);
    assert_true(dir_remove(AT_FDCWD, dir, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_there_and_nothing_else),
        cmocka_unit_test(digests_are_found_wherever_they_stand_in_a_text),
        cmocka_unit_test(only_what_is_old_goes_and_putting_again_makes_young),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
