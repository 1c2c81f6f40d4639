/*
 * Real repositories for the tests of grader/source, made with the git command in a directory of
 * their own. A test program that fetches must call repos_main first: the fetch process is this
 * program again.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/file.h"
#include "grader/source/fetch.h"
#include "grader/source/snapshot.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct repos {
    struct arena *arena;
    char dir[64]; /* absolute */
    int fd;
};

#define REPOS_SETTING                                                                              \
    "export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null "                  \
    "GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A "                       \
    "GIT_COMMITTER_EMAIL=a@example.org GIT_AUTHOR_DATE='1767000000 +0000' "                        \
    "GIT_COMMITTER_DATE='1767000000 +0000'; set -e; "

/* A shell script in the directory; what it prints, without the last newline. Fails the test when
 * it fails. */
__attribute__((format(printf, 2, 3), unused)) static const char *repos_sh(struct repos *at,
                                                                          const char *format, ...)
{
    va_list args;
    struct text script = { .arena = at->arena };
    char piece[16384];
    va_start(args, format);
    int len = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof piece);
    text_print(&script, "cd %s; " REPOS_SETTING "%s", at->dir, piece);
    FILE *pipe = popen(script.at, "r");
    assert_non_null(pipe);
    struct text said = { .arena = at->arena };
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, pipe)) > 0)
        text_add(&said, (struct str){ piece, got });
    if (pclose(pipe) != 0)
        fail_msg("this script failed: %s", script.at);
    return str_zero(at->arena, str_trim(text_str(&said)));
}

__attribute__((unused)) static int repos_setup(void **state)
{
    struct repos *at = calloc(1, sizeof *at);
    assert_non_null(at);
    at->arena = arena_open(NULL);
    snprintf(at->dir, sizeof at->dir, "/tmp/holdout-source-XXXXXX");
    assert_non_null(mkdtemp(at->dir));
    at->fd = open(at->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(at->fd >= 0);
    *state = at;
    return 0;
}

__attribute__((unused)) static int repos_teardown(void **state)
{
    struct repos *at = *state;
    struct fault why;
    close(at->fd);
    if (!dir_remove(AT_FDCWD, at->dir, &why))
        fprintf(stderr, "%s\n", why.text);
    arena_drop(at->arena);
    free(at);
    return 0;
}

/* team.git (bare) with one commit on main from the working copy `work`. */
__attribute__((unused)) static const char *repos_team(struct repos *at)
{
    return repos_sh(
        at, "git init -q --bare -b main team.git; git init -q -b main work; cd work; "
            "git remote add origin ../team.git; mkdir src; echo 'schema: 1' > submission.yaml; "
            "echo 'int main;' > src/a.c; printf '#!/bin/sh\\n' > train; chmod +x train; "
            "git add .; git commit -qm first; git push -q origin main; "
            "git rev-parse HEAD");
}

/* A request for file: TEAM into `mirror` (made). The caller closes nothing: the test ends soon. */
__attribute__((unused)) static struct fetch_request repos_request(struct repos *at,
                                                                  const char *team)
{
    struct fault why = { .text = "" };
    struct fetch_request request = { .secrets = -1, .repository = -1, .deadline_ms = 10000 };
    const char *url = arena_print(at->arena, "file://%s/%s", at->dir, team);
    if (!address_parse(at->arena, str_of(url), &request.address, &why))
        fail_msg("%s", why.text);
    request.repository = address_open_local(&request.address, at->fd, str_of(at->dir), &why);
    assert_true(dir_make(at->fd, "mirror", 0755, &why));
    request.mirror = dir_open(at->fd, "mirror", &why);
    assert_true(request.mirror >= 0);
    return request;
}

__attribute__((unused)) static struct fetch_result repos_fetch(struct repos *at,
                                                               const struct fetch_request *request)
{
    struct fault why = { .text = "" };
    struct fetch_result result;
    if (!fetch_run(request, at->arena, &result, &why))
        fail_msg("fetch_run: %s", why.text);
    return result;
}

#define assert_state(result, wanted)                                                               \
    do {                                                                                           \
        struct fetch_result got_ = (result); /* evaluated once */                                  \
        if (got_.state != (wanted))                                                                \
            fail_msg("state %s (%.*s), expected %s", fetch_state_name(got_.state),                 \
                     STR_ARGS(got_.text), fetch_state_name(wanted));                               \
    } while (0)

#define assert_holds(text, wanted)                                                                 \
    do {                                                                                           \
        if (!strstr((text), (wanted)))                                                             \
            fail_msg("\"%s\" does not hold \"%s\"", (text), (wanted));                             \
    } while (0)

__attribute__((unused)) static void *repos_idle(void *at)
{
    pthread_barrier_wait(at);
    pause();
    return at;
}

/* True when the program was started as the fetch process; *code is then its exit code. */
__attribute__((unused)) static bool repos_main(int argc, char **argv, int *code)
{
    if (argc < 2 || strcmp(argv[1], "fetch-one") != 0)
        return false;
    pthread_t other; /* as OpenBLAS does before main: it must not stay outside of the confinement */
    static pthread_barrier_t settled; /* a thread that begins holds locks of a sanitizer's malloc */
    pthread_barrier_init(&settled, NULL, 2);
    assert_int_equal(pthread_create(&other, NULL, repos_idle, &settled), 0);
    pthread_barrier_wait(&settled);
    *code = fetch_main(argc - 1, argv + 1);
    return true;
}
