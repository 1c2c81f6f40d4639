/* Archives of environments: what is unpacked, and what an archive cannot do. */
#include "core/base/file.h"
#include "grader/course/environment.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define BLOCK 512

struct member {
    const char *name, *target, *bytes;
    char type;
    unsigned mode;
};

/* size - 1 digits and a zero */
static void octal(char *out, size_t size, size_t value)
{
    out[size - 1] = 0;
    for (size_t i = size - 1; i-- > 0; value >>= 3)
        out[i] = (char)('0' + (value & 7));
}

static void member_add(int fd, const struct member *member)
{
    char block[BLOCK] = "";
    size_t size = member->bytes ? strlen(member->bytes) : 0;
    snprintf(block, 100, "%s", member->name);
    octal(block + 100, 8, member->mode ? member->mode : 0644);
    octal(block + 108, 8, 0);
    octal(block + 116, 8, 0);
    octal(block + 124, 12, size);
    octal(block + 136, 12, 0);
    block[156] = member->type ? member->type : '0';
    if (member->target)
        snprintf(block + 157, 100, "%s", member->target);
    memcpy(block + 257, "ustar", 6);
    memcpy(block + 263, "00", 2);
    memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)block[i];
    octal(block + 148, 7, sum);
    assert_int_equal(write(fd, block, BLOCK), BLOCK);
    for (size_t at = 0; at < size; at += BLOCK) {
        char data[BLOCK] = "";
        size_t piece = size - at < BLOCK ? size - at : BLOCK;
        memcpy(data, member->bytes + at, piece);
        assert_int_equal(write(fd, data, BLOCK), BLOCK);
    }
}

struct scene {
    char dir[40];
    int root, into;
    struct fault why;
};

static void scene_open(struct scene *scene)
{
    *scene = (struct scene){ .dir = "/tmp/holdout-env-XXXXXX" };
    assert_non_null(mkdtemp(scene->dir));
    scene->root = open(scene->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir_make(scene->root, "into", 0755, &scene->why));
    scene->into = dir_open(scene->root, "into", &scene->why);
}

static void scene_close(struct scene *scene)
{
    close(scene->into);
    close(scene->root);
    dir_remove(AT_FDCWD, scene->dir, &scene->why);
}

static bool unpack(struct scene *scene, const struct member *members, size_t count, size_t cut)
{
    char end[2 * BLOCK] = "";
    scoped(fd) int fd = memfd_create("tar", MFD_CLOEXEC);
    for (size_t i = 0; i < count; i++)
        member_add(fd, &members[i]);
    assert_int_equal(write(fd, end, sizeof end), sizeof end);
    if (cut)
        assert_return_code(ftruncate(fd, (off_t)cut), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    scene->why = (struct fault){ 0 };
    return environment_unpack(fd, scene->into, &scene->why);
}

static void files_directories_and_links_are_unpacked_with_their_modes(void **state)
{
    (void)state;
    struct scene scene;
    struct stat info;
    scene_open(&scene);
    const struct member members[] = {
        { .name = "./", .type = '5', .mode = 0755 },
        { .name = "./usr/bin/tool", .bytes = "run me", .mode = 04755 },
        { .name = "usr/bin/same", .target = "usr/bin/tool", .type = '1' },
        { .name = "bin", .target = "usr/bin", .type = '2' },
        { .name = "x", .type = 'x', .bytes = "26 path=usr/lib/long name\n" },
        { .name = "ignored", .bytes = "long" },
        { .name = "dev/null", .type = '3' },
    };
    assert_true(unpack(&scene, members, 7, 0));
    assert_return_code(fstatat(scene.into, "usr/bin/tool", &info, 0), 0);
    assert_int_equal(info.st_mode & 07777, 0755);
    assert_int_equal(info.st_nlink, 2);
    assert_return_code(fstatat(scene.into, "bin", &info, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_true(file_exists(scene.into, "usr/lib/long name"));
    assert_false(file_exists(scene.into, "dev/null"));
    scene_close(&scene);
}

static void nothing_is_written_outside(void **state)
{
    (void)state;
    static const struct member cases[][2] = {
        { { .name = "../escaped", .bytes = "x" }, { .name = "a" } },
        { { .name = "a/../../escaped", .bytes = "x" }, { .name = "a" } },
        { { .name = "link", .target = "..", .type = '2' },
          { .name = "link/escaped", .bytes = "x" } },
        { { .name = "hard", .target = "../secret", .type = '1' }, { .name = "a" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        scene_open(&scene);
        assert_true(file_save(scene.root, "secret", S("secret"), 0600, &scene.why));
        if (unpack(&scene, cases[i], 2, 0))
            fail_msg("case %zu was unpacked", i);
        assert_false(file_exists(scene.root, "escaped"));
        assert_false(file_exists(scene.into, "hard"));
        scene_close(&scene);
    }
}

/* An absolute name, and one that replaces a link: inside, like any other. */
/* A link is no directory: the mode of what it names is nobody's here to change. */
static void a_directory_takes_the_place_of_a_link(void **state)
{
    (void)state;
    struct scene scene;
    struct stat info;
    scene_open(&scene);
    assert_true(dir_make(scene.root, "outside", 0700, &scene.why));
    const struct member members[] = {
        { .name = "link", .target = "../outside", .type = '2' },
        { .name = "link/", .type = '5', .mode = 0777 },
        { .name = "link/inside", .bytes = "x" },
    };
    assert_true(unpack(&scene, members, 3, 0));
    assert_return_code(fstatat(scene.root, "outside", &info, 0), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_return_code(fstatat(scene.into, "link", &info, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISDIR(info.st_mode) && (info.st_mode & 07777) == 0755);
    assert_true(file_exists(scene.into, "link/inside"));
    assert_false(file_exists(scene.root, "outside/inside"));
    scene_close(&scene);
}

static void an_impossible_size_is_refused(void **state)
{
    (void)state;
    static const char *const sizes[] = { "28 size=9223372036854775807\n", "11 size=-5\n" };
    for (size_t i = 0; i < 2; i++) {
        struct scene scene;
        scene_open(&scene);
        const struct member members[] = { { .name = "x", .type = 'x', .bytes = sizes[i] },
                                          { .name = "file", .bytes = "x" } };
        assert_false(unpack(&scene, members, 2, 0));
        scene_close(&scene);
    }
}

static void a_name_is_always_meant_beneath_the_directory(void **state)
{
    (void)state;
    struct scene scene;
    struct stat info;
    scene_open(&scene);
    const struct member members[] = { { .name = "/escaped", .bytes = "x" },
                                      { .name = "file", .target = "../secret", .type = '2' },
                                      { .name = "file", .bytes = "mine" } };
    assert_true(file_save(scene.root, "secret", S("secret"), 0600, &scene.why));
    assert_true(unpack(&scene, members, 3, 0));
    assert_true(file_exists(scene.into, "escaped"));
    assert_return_code(fstatat(scene.into, "file", &info, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_return_code(fstatat(scene.root, "secret", &info, 0), 0);
    assert_int_equal(info.st_size, 6);
    scene_close(&scene);
}

static void a_cut_or_damaged_archive_is_refused(void **state)
{
    (void)state;
    static const size_t cuts[] = { 1, 511, 513, 700, 1024 };
    const struct member member = { .name = "a", .bytes = "some bytes" };
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct scene scene;
        scene_open(&scene);
        assert_false(unpack(&scene, &member, 1, cuts[i]));
        assert_int_not_equal(scene.why.text[0], 0);
        scene_close(&scene);
    }
}

static void a_manifest_changes_with_what_lies_there(void **state)
{
    (void)state;
    struct scene scene;
    char first[SHA256_HEX], second[SHA256_HEX];
    scene_open(&scene);
    assert_true(file_save(scene.into, "a", S("1"), 0644, &scene.why));
    assert_true(environment_manifest(scene.into, first, &scene.why));
    assert_true(environment_manifest(scene.into, second, &scene.why));
    assert_string_equal(first, second);
    assert_return_code(fchmodat(scene.into, "a", 0755, 0), 0);
    assert_true(environment_manifest(scene.into, second, &scene.why));
    assert_string_not_equal(first, second);
    assert_true(dir_make(scene.into, "proc/1", 0755, &scene.why)); /* a box has its own */
    assert_true(environment_manifest(scene.into, first, &scene.why));
    assert_string_equal(first, second);
    scene_close(&scene);
}

/* In a process that is nobody when we are root, else in one that is who we are. */
static void manifest_of_another(int root, char hex[SHA256_HEX])
{
    int ends[2];
    assert_return_code(pipe(ends), 0);
    pid_t child = fork();
    assert_return_code(child, 0);
    if (child == 0) {
        struct fault why = { 0 };
        bool ok = (geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0)) &&
                  environment_manifest(root, hex, &why) &&
                  write(ends[1], hex, SHA256_HEX) == SHA256_HEX;
        _exit(ok ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], hex, SHA256_HEX), SHA256_HEX);
    close(ends[0]);
    close(ends[1]);
}

static void whoever_asks_the_manifest_is_the_same(void **state)
{
    (void)state;
    struct scene scene;
    char first[SHA256_HEX], second[SHA256_HEX];
    scene_open(&scene);
    assert_return_code(fchmod(scene.into, 0755), 0);
    assert_true(dir_make(scene.into, "usr/shut", 0755, &scene.why));
    assert_true(file_save(scene.into, "usr/shut/a", S("1"), 0644, &scene.why));
    const mode_t modes[] = { 0700, 0711, 0744, 0755 };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_return_code(fchmodat(scene.into, "usr/shut", modes[i], 0), 0);
        assert_true(environment_manifest(scene.into, first, &scene.why));
        manifest_of_another(scene.into, second);
        assert_string_equal(first, second);
    }
    assert_true(file_save(scene.into, "usr/shut/b", S("1"), 0644, &scene.why));
    assert_true(environment_manifest(scene.into, second, &scene.why));
    assert_string_not_equal(first, second); /* what is open counts */
    scene_close(&scene);
}

static void a_directory_that_is_shut_to_boxes_is_refused(void **state)
{
    (void)state;
    struct scene scene;
    char hex[SHA256_HEX];
    scene_open(&scene);
    assert_return_code(fchmod(scene.into, geteuid() == 0 ? 0750 : 0300), 0);
    assert_false(environment_manifest(scene.into, hex, &scene.why));
    assert_int_equal(scene.why.blame, BLAME_COURSE);
    assert_non_null(strstr(scene.why.text, "chmod 755"));
    assert_return_code(fchmod(scene.into, 0755), 0);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_directories_and_links_are_unpacked_with_their_modes),
        cmocka_unit_test(nothing_is_written_outside),
        cmocka_unit_test(a_directory_takes_the_place_of_a_link),
        cmocka_unit_test(an_impossible_size_is_refused),
        cmocka_unit_test(a_name_is_always_meant_beneath_the_directory),
        cmocka_unit_test(a_cut_or_damaged_archive_is_refused),
        cmocka_unit_test(a_manifest_changes_with_what_lies_there),
        cmocka_unit_test(whoever_asks_the_manifest_is_the_same),
        cmocka_unit_test(a_directory_that_is_shut_to_boxes_is_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
