/* A loaded course in use: it stays as long as somebody holds it, also when a newer one is there. */
#include "core/base/file.h"
#include "grader/course/loaded.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct loaded *make(const char *title)
{
    struct arena *arena = arena_open(NULL);
    struct loaded *loaded = arena_new(arena, struct loaded);
    loaded->arena = arena;
    loaded->course.title = str_keep(arena, str_of(title));
    return loaded;
}

static void the_old_one_stays_with_who_holds_it(void **state)
{
    (void)state;
    struct loaded_place *place = loaded_place_make(make("first"));
    const struct loaded *held = loaded_take(place), *again = loaded_take(place);
    assert_ptr_equal(held, again);
    loaded_change(place, make("second"));
    assert_true(str_is(held->course.title, "first"));
    const struct loaded *now = loaded_take(place);
    assert_true(str_is(now->course.title, "second"));
    loaded_give(place, held);
    assert_true(str_is(again->course.title, "first")); /* one still holds it */
    loaded_give(place, again);
    loaded_change(place, make("third")); /* `now` keeps the second alive */
    assert_true(str_is(now->course.title, "second"));
    loaded_give(place, now);
    now = loaded_take(place);
    assert_true(str_is(now->course.title, "third"));
    loaded_give(place, now);
    loaded_place_close(place);
}

static void a_list_of_files_that_leads_outside_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{}",
        "[{\"path\":\"../etc/passwd\",\"sha256\":\"%s\"}]",
        "[{\"path\":\"data/../../x\",\"sha256\":\"%s\"}]",
        "[{\"path\":\"/etc/passwd\",\"sha256\":\"%s\"}]",
        "[{\"path\":\"course.yaml\",\"sha256\":\"12\"}]",
        "[7]",
    };
    scoped_arena arena = arena_open(NULL);
    char hex[SHA256_HEX];
    sha256_of(S("x"), hex);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct json *list;
        struct version version;
        struct fault why = { 0 };
        struct text text = { .arena = arena };
        const char *mark = strstr(bad[i], "%s");
        text_print(&text, "%.*s%s%s", mark ? (int)(mark - bad[i]) : (int)strlen(bad[i]), bad[i],
                   mark ? hex : "", mark ? mark + 2 : "");
        assert_true(json_parse(arena, text_str(&text), &list, &why));
        assert_false(version_files_parse(arena, list, &version, &why));
    }
}

static void the_stamp_changes_with_every_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/holdout-stamp-XXXXXX";
    struct fault why = { 0 };
    assert_non_null(mkdtemp(dir));
    scoped(fd) int root = dir_open(AT_FDCWD, dir, &why);
    assert_true(dir_make(root, "private/t", 0700, &why));
    uint64_t before = version_stamp(root);
    static const char *const files[] = { "course.yaml", "teams.csv", "private/t/solution.csv" };
    for (size_t i = 0; i < 3; i++) {
        assert_true(file_save(root, files[i], S("a"), 0600, &why));
        uint64_t after = version_stamp(root);
        assert_int_not_equal(before, after);
        assert_int_equal(after, version_stamp(root));
        before = after;
    }
    dir_remove(AT_FDCWD, dir, &why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_one_stays_with_who_holds_it),
        cmocka_unit_test(a_list_of_files_that_leads_outside_is_refused),
        cmocka_unit_test(the_stamp_changes_with_every_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
