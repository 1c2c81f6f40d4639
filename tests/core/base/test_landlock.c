/* Landlock: what a process may touch after it has confined itself, tried in a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/file.h"
#include "core/base/landlock.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64];
    int fd;
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->dir, sizeof place->dir, "/tmp/holdout-landlock-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    place->fd = open(place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct fault why;
    assert_true(dir_make(place->fd, "read", 0755, &why) &&
                dir_make(place->fd, "write", 0755, &why));
    assert_true(file_save(place->fd, "secret", S("s"), 0644, &why));
    assert_true(file_save(place->fd, "read/a", S("a"), 0644, &why));
    assert_true(file_save(place->fd, "write/a", S("a"), 0644, &why));
    assert_int_equal(symlinkat("../secret", place->fd, "write/link"), 0);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    struct fault why;
    close(place->fd);
    dir_remove(AT_FDCWD, place->dir, &why);
    free(place);
    return 0;
}

/* What a child answers with its exit code. */
static int in_child(int (*look)(const struct place *), const struct place *place)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(look(place));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static bool denied(int dir, const char *path, int flags)
{
    int fd = openat(dir, path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == EACCES;
}

static bool opens(int dir, const char *path, int flags)
{
    int fd = openat(dir, path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool enter(const struct place *place)
{
    int write_dir = openat(place->fd, "write", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct room rooms[] = { { place->fd, "read", ROOM_READ },
                                  { write_dir, NULL, ROOM_WRITE },
                                  { place->fd, "missing", ROOM_READ },
                                  { AT_FDCWD, "/etc/hostname", ROOM_READ } };
    const uint16_t ports[] = { 9 };
    struct landlock wanted = { rooms, 4, true, ports, 1 };
    struct fault why;
    return landlock_enter(&wanted, &why);
}

#define EXPECT(what)                                                                               \
    if (!(what))                                                                                   \
    return __LINE__ % 100 + 1

static int look_at_files(const struct place *place)
{
    EXPECT(enter(place));
    EXPECT(denied(place->fd, "secret", O_RDONLY));
    EXPECT(denied(place->fd, "secret", O_WRONLY));
    EXPECT(denied(place->fd, "write/link", O_RDONLY));
    EXPECT(denied(AT_FDCWD, "/etc/passwd", O_RDONLY));
    EXPECT(denied(AT_FDCWD, "/", O_RDONLY));
    EXPECT(denied(AT_FDCWD, "/proc/self/environ", O_RDONLY));
    EXPECT(denied(place->fd, "new", O_WRONLY | O_CREAT));
    EXPECT(opens(place->fd, "read/a", O_RDONLY));
    EXPECT(denied(place->fd, "read/a", O_WRONLY));
    EXPECT(denied(place->fd, "read/new", O_WRONLY | O_CREAT));
    EXPECT(opens(place->fd, "write/a", O_RDWR | O_TRUNC));
    EXPECT(opens(place->fd, "write/new", O_WRONLY | O_CREAT));
    EXPECT(renameat(place->fd, "write/new", place->fd, "write/newer") == 0);
    EXPECT(unlinkat(place->fd, "write/newer", 0) == 0);
    EXPECT(mkdirat(place->fd, "write/dir", 0700) == 0);
    EXPECT(symlinkat("/etc", place->fd, "write/dir/link") != 0 && errno == EACCES);
    EXPECT(mkfifoat(place->fd, "write/dir/fifo", 0600) != 0 && errno == EACCES);
    EXPECT(linkat(place->fd, "secret", place->fd, "write/stolen", 0) != 0);
    EXPECT(renameat(place->fd, "secret", place->fd, "write/stolen") != 0);
    EXPECT(execl("/bin/true", "true", NULL) != 0 && errno == EACCES);
    return 0;
}

static int look_at_network(const struct place *place)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT(enter(place));
    if (landlock_version() < 4)
        return 0;
    at.sin_port = htons(10);
    EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) != 0 && errno == EACCES);
    EXPECT(bind(fd, (struct sockaddr *)&at, sizeof at) != 0 && errno == EACCES);
    at.sin_port = htons(9);
    EXPECT(connect(fd, (struct sockaddr *)&at, sizeof at) != 0 && errno == ECONNREFUSED);
    return 0;
}

static int look_without(const struct place *place)
{
    EXPECT(!denied(place->fd, "secret", O_RDONLY));
    EXPECT(!denied(AT_FDCWD, "/etc/passwd", O_RDONLY));
    return 0;
}

static void files_outside_the_rooms_cannot_be_touched(void **state)
{
    assert_true(landlock_version() > 0);
    assert_int_equal(in_child(look_at_files, *state), 0);
}

static void ports_that_were_not_named_cannot_be_reached(void **state)
{
    assert_int_equal(in_child(look_at_network, *state), 0);
}

static void the_same_looks_succeed_without_confinement(void **state)
{
    assert_int_equal(in_child(look_without, *state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_outside_the_rooms_cannot_be_touched, setup, teardown),
        cmocka_unit_test_setup_teardown(ports_that_were_not_named_cannot_be_reached, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_same_looks_succeed_without_confinement, setup,
                                        teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
