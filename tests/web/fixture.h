/*
 * A course with a store made from the real schema and tests/web/fixture.sql, and requests answered
 * in process: what a page or the API says, without a network.
 */
#pragma once

#include "core/base/file.h"
#include "grader/store/queries.h"
#include "web/assets.h"
#include "web/routes.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    char dir[64];
    char state[80];
    char path[100];
    struct db *db; /* stays open, as the grader's does */
    struct arena *arena;
    struct site site;
};

static inline struct str fixture_text(struct arena *arena, const char *path)
{
    struct str text;
    struct fault why = { 0 };
    if (!file_load(arena, AT_FDCWD, path, 1 << 20, &text, &why))
        fail_msg("%s", why.text);
    return text;
}

static inline void fixture_start(struct fixture *f)
{
    *f = (struct fixture){ .arena = arena_open(NULL) };
    snprintf(f->dir, sizeof f->dir, "/tmp/holdout-web-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->state, sizeof f->state, "%s/state", f->dir);
    snprintf(f->path, sizeof f->path, "%s/store.db", f->state);
    assert_true(dir_make(AT_FDCWD, f->state, 0755, NULL));
    assets_open();
    const char *dirs[] = { f->dir };
    courses_open(&f->site.courses, dirs, 1);
}

/* The schema and, when `rows`, the made-up course. */
static inline void fixture_store(struct fixture *f, bool rows)
{
    struct fault why = { 0 };
    const char *migrations[16] = { store_migrations[0] };
    size_t count = 1;
    if (rows) /* written for the first version, as the rows of an old course are */
        migrations[count++] = str_zero(f->arena, fixture_text(f->arena, "tests/web/fixture.sql"));
    for (size_t i = 1; store_migrations[i]; i++)
        migrations[count++] = store_migrations[i];
    assert_true(count < 16);
    f->db = db_open(
        &(struct db_options){ .path = f->path, .mode = DB_CREATE, .migrations = migrations }, &why);
    if (!f->db)
        fail_msg("%s", why.text);
}

static inline void fixture_end(struct fixture *f)
{
    courses_close(&f->site.courses);
    db_close(f->db);
    dir_remove(AT_FDCWD, f->dir, NULL);
    arena_drop(f->arena);
}

/* What the grader might write meanwhile. */
static inline void fixture_sql(struct fixture *f, const char *sql)
{
    struct fault why = { 0 };
    struct query query = { sql };
    struct db *db = db_open(
        &(struct db_options){
            .path = f->path, .mode = DB_WRITE, .queries = &query, .query_count = 1 },
        &why);
    if (!db || !db_run(db, NULL, &why, 0, ""))
        fail_msg("%s", why.text);
    db_close(db);
}

static inline void fixture_show(struct fixture *f, const char *visibility)
{
    fixture_sql(f, arena_print(f->arena,
                               "UPDATE meta SET value = json_set(value, '$.visibility', '%s')"
                               " WHERE name = 'course'",
                               visibility));
}

static inline struct http_response fixture_ask(struct fixture *f, enum http_method method,
                                               const char *path)
{
    struct http_request request = { .method = method, .path = str_of(path), .arena = f->arena };
    struct http_response response = { .status = 200, .topic = -1 };
    site_answer(&f->site, &request, &response);
    return response;
}

/* The body; the status must be 200. */
static inline struct str fixture_get(struct fixture *f, const char *path)
{
    struct http_response response = fixture_ask(f, HTTP_GET, path);
    if (response.status != 200)
        fail_msg("%s: status %d: %.*s", path, response.status, STR_ARGS(response.body));
    return response.body;
}

static inline bool holds(struct str text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

#define assert_holds(text, part)                                                                   \
    do {                                                                                           \
        if (!holds((text), (part)))                                                                \
            fail_msg("\"%s\" is missing in: %.*s", (part), STR_ARGS(text));                        \
    } while (0)
#define assert_lacks(text, part)                                                                   \
    do {                                                                                           \
        if (holds((text), (part)))                                                                 \
            fail_msg("\"%s\" stands in: %.*s", (part), STR_ARGS(text));                            \
    } while (0)

/* Every page and document of the fixture. */
static const char *const fixture_paths[] = {
    "/",
    "/courses/demo-2026",
    "/courses/demo-2026/tasks/credit",
    "/courses/demo-2026/tasks/houses",
    "/courses/demo-2026/tasks/quiet",
    "/courses/demo-2026/runs/01JD0000000000000000000C03",
    "/courses/demo-2026/runs/01JD0000000000000000000F01",
    "/courses/demo-2026/runs/01JD0000000000000000000F04",
    "/courses/demo-2026/runs/01JD0000000000000000000E01",
    "/courses/demo-2026/runs/01JD0000000000000000000K01",
    "/courses/demo-2026/runs/01JD0000000000000000000K02",
    "/courses/demo-2026/runs/01JD0000000000000000000Q01",
    "/courses/demo-2026/runs/01JD0000000000000000000X01",
    "/api/v1/courses",
    "/api/v1/courses/demo-2026",
    "/api/v1/courses/demo-2026/runs/01JD0000000000000000000C03",
    "/api/v1/courses/demo-2026/runs/01JD0000000000000000000F04",
    "/api/v1/courses/demo-2026/runs/01JD0000000000000000000E01",
    "/api/v1/courses/demo-2026/runs/01JD0000000000000000000K02",
    "/healthz",
};
#define FIXTURE_PATH_COUNT (sizeof fixture_paths / sizeof *fixture_paths)

static inline int fixture_setup(void **state)
{
    static struct fixture f;
    fixture_start(&f);
    fixture_store(&f, true);
    *state = &f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture_end(*state);
    return 0;
}

#define with_fixture(test) cmocka_unit_test_setup_teardown((test), fixture_setup, fixture_teardown)
