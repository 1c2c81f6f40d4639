/* Two files that take their places together: both or none. */
#include "core/cli/pair.h"
#include "tests/cases.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char before[4096];

static int enter(void **state)
{
    char place[] = "/tmp/holdout-pair-XXXXXX";
    (void)state;
    return getcwd(before, sizeof before) && mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    static const char *const names[] = { "a.new", "b.new", "a", "b/x", "b" };
    char place[4096];
    (void)state;
    if (!getcwd(place, sizeof place))
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(names[i]);
    return chdir(before) == 0 && rmdir(place) == 0 ? 0 : -1; /* nothing else was left there */
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void holds(const char *path, const char *text)
{
    char got[64] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(got, sizeof got, file));
    fclose(file);
    assert_string_equal(got, text);
}

static bool both(struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    return pair_rename(arena, (struct pair_move){ "a.new", "a" },
                       (struct pair_move){ "b.new", "b" }, why);
}

static void both_take_the_places_of_old_files(void **state)
{
    (void)state;
    struct fault why;
    put("a", "old a"), put("b", "old b"), put("a.new", "new a"), put("b.new", "new b");
    assert_true(both(&why));
    holds("a", "new a");
    holds("b", "new b");
}

static void both_take_empty_places(void **state)
{
    (void)state;
    struct fault why;
    put("a.new", "new a"), put("b.new", "new b");
    assert_true(both(&why));
    holds("a", "new a");
    holds("b", "new b");
}

static void where_the_second_cannot_be_the_first_old_file_stands_again(void **state)
{
    (void)state;
    struct fault why;
    put("a", "old a"), put("a.new", "new a"), put("b.new", "new b");
    assert_int_equal(mkdir("b", 0755), 0); /* a directory cannot be replaced by a file */
    put("b/x", "in the way");
    assert_false(both(&why));
    assert_non_null(strstr(why.text, "b: "));
    holds("a", "old a");
    holds("a.new", "new a");
}

static void where_the_second_cannot_be_an_empty_place_stays_empty(void **state)
{
    (void)state;
    struct fault why;
    put("a.new", "new a");
    assert_false(both(&why));
    assert_int_equal(access("a", F_OK), -1);
}

static void where_the_first_cannot_be_nothing_changes(void **state)
{
    (void)state;
    struct fault why;
    put("a", "old a"), put("b", "old b"), put("b.new", "new b");
    assert_false(both(&why));
    holds("a", "old a");
    holds("b", "old b");
}

#define IN_A_DIRECTORY(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_DIRECTORY(both_take_the_places_of_old_files),
        IN_A_DIRECTORY(both_take_empty_places),
        IN_A_DIRECTORY(where_the_second_cannot_be_the_first_old_file_stands_again),
        IN_A_DIRECTORY(where_the_second_cannot_be_an_empty_place_stays_empty),
        IN_A_DIRECTORY(where_the_first_cannot_be_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
