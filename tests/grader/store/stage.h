/* A store of its own for each test: two teams, one task; pushing, claiming, finishing. */
#pragma once

#include "core/base/file.h"
#include "grader/inbox.h"
#include "grader/store/store.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    char dir[64];
    struct store *store;
    struct clock clock;
    struct arena *arena;
    int64_t seq;
};

static inline int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/holdout-store-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    struct fault why = { 0 };
    int dir = open(f->dir, O_RDONLY | O_DIRECTORY);
    assert_true(dir_make(dir, "sealed", 0700, &why));
    close(dir);
    f->clock = clock_system();
    f->store = store_open(f->dir, true, &f->clock, &why);
    if (!f->store)
        fail_msg("%s", why.text);
    f->arena = arena_open(NULL);
    struct store_task task = { .id = "credit",
                               .title = "Credit",
                               .kind = "binary",
                               .metric = "roc_auc",
                               .detail = "{}",
                               .higher_is_better = true,
                               .digits = 3,
                               .public_rows = 100 };
    struct store_team teams[] = {
        { .id = "ada", .name = "Ada", .pseudonym = "A", .repository = "file:a" },
        { .id = "bob", .name = "Bob", .pseudonym = "B", .repository = "file:b" },
    };
    struct store_course course = { .about = "{}",
                                   .version = "v1",
                                   .files = "[]",
                                   .tasks = &task,
                                   .teams = teams,
                                   .task_count = 1,
                                   .team_count = 2 };
    assert_true(store_course_set(f->store, &course, &why));
    *state = f;
    return 0;
}

static inline int close_fixture(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    arena_drop(f->arena);
    struct fault why;
    dir_remove(AT_FDCWD, f->dir, &why);
    free(f);
    return 0;
}

static inline void push(struct fixture *f, const char *team, const char *commit, const char *source)
{
    struct fault why = { 0 };
    struct store_push push = { .id = arena_print(f->arena, "event %lld", (long long)f->seq),
                               .seq = ++f->seq,
                               .at_ms = clock_utc_ms(&f->clock) + f->seq, /* each its own */
                               .team = team,
                               .task = "credit",
                               .ref = "refs/heads/main",
                               .commit = commit,
                               .source = source,
                               .grade = true,
                               .supersede = source[0] == 'p' };
    if (!store_push(f->store, &push, &why))
        fail_msg("%s", why.text);
}

static inline bool claim(struct fixture *f, struct claim *out)
{
    struct fault why = { 0 };
    bool got = store_claim(f->store, f->arena,
                           &(struct claiming){ .version = "v1", .deadline_ms = 60000 }, out, &why);
    if (!got && why.text[0])
        fail_msg("%s", why.text);
    return got;
}

static inline bool receipt(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    (void)at, (void)why;
    sha256_of(str_of(head), digest);
    return true;
}

static inline bool finish(struct fixture *f, const struct claim *c)
{
    struct fault why = { 0 };
    bool lost;
    struct store_end end = { .state = "done",
                             .ended_ms = 1,
                             .verdict = "ok",
                             .step = "",
                             .message = "",
                             .detail = "",
                             .released = true,
                             .score = 0.7,
                             .low = 0.6,
                             .high = 0.8,
                             .task = "credit",
                             .receipt = receipt };
    if (!store_finish(f->store, c, &end, &lost, &why))
        fail_msg("%s", why.text);
    return !lost;
}
