/* A version of a course: what was hashed before is not read again, and whatever changed is. */
#include "grader/course/version.h"
#include "grader/course/version_known.h"
#include "tests/cases.h"
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HERE "tests/grader/course/"
#define OLD_S 1000

struct scene {
    char path[64];
    int dir, state;
    struct arena *arena;
    struct course course;
};

static int scene_open(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct complaints to = { 0 };
    struct fault why = { 0 };
    scene->arena = to.arena = arena_open(NULL);
    snprintf(scene->path, sizeof scene->path, "/tmp/holdout-version-XXXXXX");
    assert_non_null(mkdtemp(scene->path));
    scene->dir = open(scene->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cases_unpack(scene->dir, cases_load(scene->arena, HERE "base.case"));
    cases_unpack(scene->dir, cases_load(scene->arena, HERE "data.case"));
    assert_true(course_load(scene->arena, scene->dir, &scene->course, &to));
    assert_true(dir_make(scene->dir, "state/cache", 0700, &why));
    scene->state = dir_open(scene->dir, "state", &why);
    *state = scene;
    return 0;
}

static int scene_close(void **state)
{
    struct scene *scene = *state;
    close(scene->state);
    close(scene->dir);
    arena_drop(scene->arena);
    dir_remove(AT_FDCWD, scene->path, NULL);
    free(scene);
    return 0;
}

static void install(struct scene *scene, struct version *out)
{
    struct fault why = { 0 };
    if (!version_install_state(scene->dir, scene->state, &scene->course, scene->arena, out, &why))
        fail_msg("%s", why.text);
}

/* The train.csv of fraud, as if it had been hashed long after it was written. */
static void known_write(struct scene *scene, const char *sha256)
{
    struct stat info;
    struct version_known *known = version_known_load(scene->arena, scene->state);
    assert_return_code(fstatat(scene->dir, "data/fraud/train.csv", &info, 0), 0);
    version_known_put(known, "data/fraud/train.csv", &info, sha256, time(NULL) + OLD_S);
    version_known_save(known, scene->state);
}

static const struct version_file *train(const struct version *version)
{
    return version_find(version, "data", S("fraud"), "train.csv");
}

static void a_file_that_is_as_it_was_is_not_read(void **state)
{
    struct scene *scene = *state;
    struct version first, second;
    char other[SHA256_HEX];
    install(scene, &first);
    /* a digest that is not its own shows that the file was not read; what it names is there */
    memcpy(other, version_find(&first, "data", S("fraud"), "sample.csv")->sha256, SHA256_HEX);
    assert_string_not_equal(other, train(&first)->sha256);
    known_write(scene, other);
    install(scene, &second);
    assert_string_equal(train(&second)->sha256, other);
}

static void what_artifacts_do_not_have_is_read(void **state)
{
    struct scene *scene = *state;
    struct version version;
    char nothing[SHA256_HEX];
    sha256_of(S("nothing has this"), nothing);
    known_write(scene, nothing);
    install(scene, &version);
    assert_string_not_equal(train(&version)->sha256, nothing);
}

static void a_file_of_another_size_time_or_inode_is_read(void **state)
{
    struct scene *scene = *state;
    struct version first, now;
    struct str bytes;
    struct fault why = { 0 };
    char other[SHA256_HEX];
    install(scene, &first);
    memcpy(other, version_find(&first, "data", S("fraud"), "sample.csv")->sha256, SHA256_HEX);
    assert_true(file_load(scene->arena, scene->dir, "data/fraud/train.csv", 1 << 20, &bytes, &why));
    for (int change = 0; change < 3; change++) {
        known_write(scene, other);
        const struct timespec times[2] = { { .tv_sec = 1000 + change }, { .tv_sec = 1000 } };
        if (change == 0) { /* in place: the same inode and size, another change time */
            scoped(fd) int fd = openat(scene->dir, "data/fraud/train.csv", O_WRONLY | O_CLOEXEC);
            assert_int_equal(pwrite(fd, bytes.at, bytes.len, 0), bytes.len);
        } else if (change == 1) { /* as it was by all that a user can set */
            assert_return_code(utimensat(scene->dir, "data/fraud/train.csv", times, 0), 0);
        } else {
            assert_true(file_save(scene->dir, "data/fraud/train.csv", bytes, 0644, &why));
        }
        install(scene, &now);
        assert_string_equal(train(&now)->sha256, train(&first)->sha256);
    }
}

static void what_has_just_changed_is_not_kept(void **state)
{
    struct scene *scene = *state;
    struct version version;
    struct stat info;
    install(scene, &version);
    const struct version_known *known = version_known_load(scene->arena, scene->state);
    assert_return_code(fstatat(scene->dir, "data/fraud/train.csv", &info, 0), 0);
    assert_null(version_known_find(known, "data/fraud/train.csv", &info));
}

static void a_list_that_makes_no_sense_is_as_none(void **state)
{
    struct scene *scene = *state;
    struct version version;
    struct fault why = { 0 };
    static const char *const lists[] = { "", "{", "[1, {}]", "{\"path\": 1}",
                                         "[{\"path\": \"course.yaml\", \"sha256\": \"../..\"}]" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_true(file_save(scene->state, "cache/digests.json", str_of(lists[i]), 0644, &why));
        install(scene, &version);
        assert_int_equal(strlen(train(&version)->sha256), SHA256_HEX - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_is_as_it_was_is_not_read, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(what_artifacts_do_not_have_is_read, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_file_of_another_size_time_or_inode_is_read, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(what_has_just_changed_is_not_kept, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(a_list_that_makes_no_sense_is_as_none, scene_open,
                                        scene_close),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
