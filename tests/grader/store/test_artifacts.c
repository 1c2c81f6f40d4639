/* Artifacts: what is put later can be read at once, and lies at its place once it is on disk. */
#include "grader/store/artifacts.h"
#include "core/base/file.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

struct place {
    char path[40];
    int dir;
    struct artifacts artifacts;
};

static void place_open(struct place *place)
{
    struct fault why;
    snprintf(place->path, sizeof place->path, "/tmp/holdout-artifacts-XXXXXX");
    assert_non_null(mkdtemp(place->path));
    place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(artifacts_open(&place->artifacts, place->dir, "root", 0750, 0444, &why));
}

static void place_close(struct place *place)
{
    struct fault why;
    artifacts_close(&place->artifacts);
    close(place->dir);
    assert_true(dir_remove(AT_FDCWD, place->path, &why));
}

static bool is_settled(const struct place *place, const char *sha256)
{
    char path[80];
    snprintf(path, sizeof path, "%.2s/%s", sha256, sha256);
    return file_exists(place->artifacts.root, path);
}

static void what_is_put_later_can_be_used_at_once(void **state)
{
    (void)state;
    struct place place;
    struct fault why;
    struct str read;
    struct stat info;
    char sha256[SHA256_HEX];
    scoped_arena arena = arena_open(NULL);
    place_open(&place);
    assert_true(artifacts_put_later(&place.artifacts, S("model"), sha256, &why));
    assert_false(is_settled(&place, sha256));
    for (int settled = 0; settled < 2; settled++) {
        char name[16];
        snprintf(name, sizeof name, "laid%d", settled);
        assert_true(artifacts_has(&place.artifacts, sha256));
        assert_true(artifacts_keep(&place.artifacts, sha256));
        assert_true(artifacts_load(&place.artifacts, sha256, arena, 100, &read, &why));
        assert_true(str_is(read, "model"));
        assert_true(artifacts_lay(&place.artifacts, sha256, place.dir, name, &why));
        assert_int_equal(fstatat(place.dir, name, &info, 0), 0);
        assert_int_equal(info.st_mode & 0777, 0444);
        assert_true(artifacts_settle(&place.artifacts, &why));
        assert_true(is_settled(&place, sha256));
    }
    place_close(&place);
}

static void what_was_not_settled_goes_with_its_writer(void **state)
{
    (void)state;
    struct place place;
    struct fault why;
    char now[SHA256_HEX], later[SHA256_HEX], file[SHA256_HEX];
    place_open(&place);
    assert_true(artifacts_put_later(&place.artifacts, S("first"), later, &why));
    assert_true(artifacts_put(&place.artifacts, S("now"), now, &why));
    assert_true(is_settled(&place, now));
    assert_true(is_settled(&place, later)); /* together */
    assert_true(artifacts_put_later(&place.artifacts, S("second"), later, &why));
    scoped(fd) int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(artifacts_put_file_later(&place.artifacts, self, 1 << 30, file, &why));
    assert_true(artifacts_has(&place.artifacts, file));
    artifacts_close(&place.artifacts);
    assert_true(artifacts_open(&place.artifacts, place.dir, "root", 0750, 0444, &why));
    assert_true(artifacts_tidy(&place.artifacts, &why));
    assert_true(artifacts_has(&place.artifacts, now));
    assert_false(artifacts_has(&place.artifacts, later));
    assert_false(artifacts_has(&place.artifacts, file));
    place_close(&place);
}

/* Where a file stands in the way nothing can be moved; once it is gone all is. */
static void what_could_not_be_settled_is_tried_again(void **state)
{
    (void)state;
    struct place place;
    struct fault why;
    char sha256[SHA256_HEX], folder[3] = { 0 };
    place_open(&place);
    assert_true(artifacts_put_later(&place.artifacts, S("late"), sha256, &why));
    memcpy(folder, sha256, 2);
    assert_true(file_save(place.artifacts.root, folder, S(""), 0600, &why));
    assert_false(artifacts_settle(&place.artifacts, &why));
    assert_true(artifacts_has(&place.artifacts, sha256));
    assert_int_equal(unlinkat(place.artifacts.root, folder, 0), 0);
    assert_true(artifacts_settle(&place.artifacts, &why));
    assert_true(is_settled(&place, sha256));
    place_close(&place);
}

#define ROUNDS 300
#define CONTENTS 7

/* Puts what others put, too, and relies on it once it has settled. */
static void *writer(void *at)
{
    struct place *place = at;
    struct fault why;
    size_t lost = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        char text[32], sha256[SHA256_HEX];
        snprintf(text, sizeof text, "content %zu", i / CONTENTS);
        lost += !artifacts_put_later(&place->artifacts, str_of(text), sha256, &why) ||
                !artifacts_settle(&place->artifacts, &why) || !is_settled(place, sha256);
    }
    return (void *)lost;
}

static void each_of_several_writers_finds_on_disk_what_it_relies_on(void **state)
{
    (void)state;
    struct place place;
    pthread_t threads[4];
    place_open(&place);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, writer, &place), 0);
    for (size_t i = 0; i < 4; i++) {
        void *lost;
        assert_int_equal(pthread_join(threads[i], &lost), 0);
        assert_null(lost);
    }
    scoped(fd) int fresh = openat(place.artifacts.root, ".fresh", O_RDONLY | O_DIRECTORY);
    DIR *left = fdopendir(dup(fresh));
    for (struct dirent *entry; (entry = readdir(left));)
        assert_int_equal(entry->d_name[0], '.');
    closedir(left);
    place_close(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_later_can_be_used_at_once),
        cmocka_unit_test(what_was_not_settled_goes_with_its_writer),
        cmocka_unit_test(what_could_not_be_settled_is_tried_again),
        cmocka_unit_test(each_of_several_writers_finds_on_disk_what_it_relies_on),
    };
    return cmocka_run_group_tests_name("artifacts", tests, NULL, NULL);
}
