/*
 * A stage for tests that need a `holdout` program and users: beneath a directory of mode 0700 lie
 * prefix/bin/holdout (a copy of the test program itself) and course/. Each scenario runs there as
 * root, where the test is root, and as an ordinary user.
 */
#pragma once

#include "core/base/file.h"
#include "grader/execute/house.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define NOBODY 65534

struct stage {
    char path[64];
    bool root;
};

static inline void stage_file(int dir, const char *path, const char *bytes, mode_t mode)
{
    struct fault why;
    char above[256];
    snprintf(above, sizeof above, "%s", path);
    char *slash = strrchr(above, '/');
    if (slash) {
        *slash = 0;
        assert_true(dir_make(dir, above, 0755, &why));
    }
    assert_true(file_save(dir, path, str_of(bytes), mode, &why));
    assert_int_equal(fchmodat(dir, path, mode, 0), 0);
}

static inline void stage_give(const char *path, uid_t uid)
{
    char command[160];
    snprintf(command, sizeof command, "chown -hR %u:%u %s", uid, uid, path);
    assert_int_equal(system(command), 0);
}

static inline void stage_open(struct stage *stage, bool root)
{
    static const char *const libraries[] = { "libholdout.a", "libholdout.so", "libholdout.so.0" };
    struct fault why;
    snprintf(stage->path, sizeof stage->path, "/tmp/holdout-stage-XXXXXX");
    assert_non_null(mkdtemp(stage->path));
    stage->root = root;
    scoped(fd) int dir = open(stage->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped(fd) int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(dir_make(dir, "prefix/bin", 0755, &why));
    assert_true(file_copy(self, dir, "prefix/bin/holdout", 0755, &why));
    stage_file(dir, "prefix/bin/holdout-ml", "#!/bin/sh\necho holdout-ml\n", 0755);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        char path[64];
        snprintf(path, sizeof path, "prefix/lib/%s", libraries[i]);
        stage_file(dir, path, "library", 0644);
    }
    stage_file(dir, "prefix/include/holdout.h", "/* header */\n", 0644);
    stage_file(dir, "prefix/lib/pkgconfig/holdout.pc", "prefix=${pcfiledir}/../..\nName: holdout\n",
               0644);
    stage_file(dir, "course/private/truth", "the truth\n", 0600);
    if (!root && geteuid() == 0)
        stage_give(stage->path, NOBODY);
}

static inline void stage_close(struct stage *stage)
{
    struct fault why;
    if (!dir_remove(AT_FDCWD, stage->path, &why))
        print_error("%s\n", why.text);
}

/* Runs `holdout WORD…` of the stage as its user; returns the pid. */
static inline pid_t stage_start(const struct stage *stage, char *const *argv)
{
    char program[96];
    snprintf(program, sizeof program, "%s/prefix/bin/holdout", stage->path);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (!stage->root && geteuid() == 0 &&
            (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
             setresuid(NOBODY, NOBODY, NOBODY) != 0))
            _exit(125);
        execv(program, argv);
        _exit(126);
    }
    return pid;
}

static inline int stage_wait(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The text of a file beneath the stage, zero-ended; "" when it is not there. */
static inline const char *stage_read(struct arena *arena, const struct stage *stage,
                                     const char *path)
{
    struct str text = S("");
    struct fault why;
    file_load(arena, AT_FDCWD, arena_print(arena, "%s/%s", stage->path, path), 1 << 24, &text,
              &why);
    return text.at;
}
