/*
 * Cases: data files that anybody can add. A case is a text of sections; each starts with a line
 * `=== NAME`.
 * What stands before the first section is a comment.
 */
#pragma once

#include "core/base/file.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct cases_names {
    struct str at[200];
    size_t count;
};

static int cases_order(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* Names that end with `ending` in a directory, sorted; none at all fails the test. */
static inline struct cases_names cases_list(struct arena *arena, const char *dir,
                                            const char *ending)
{
    struct cases_names names = { .count = 0 };
    DIR *open = opendir(dir);
    assert_non_null(open);
    for (struct dirent *one; (one = readdir(open)) && names.count < 200;)
        if (str_ends(str_of(one->d_name), str_of(ending)))
            names.at[names.count++] = str_of(arena_print(arena, "%s/%s", dir, one->d_name));
    closedir(open);
    assert_true(names.count > 0);
    qsort(names.at, names.count, sizeof names.at[0], cases_order);
    return names;
}

static inline struct str cases_load(struct arena *arena, const char *path)
{
    struct str bytes;
    struct fault why = { 0 };
    if (!file_load(arena, AT_FDCWD, path, 1 << 22, &bytes, &why))
        fail_msg("%s", why.text);
    return bytes;
}

/* Cuts the next section off *rest. */
static inline bool cases_section(struct str *rest, struct str *name, struct str *body)
{
    struct str line;
    while (!str_starts(*rest, S("=== ")))
        if (!str_cut(rest, '\n', &line))
            return false;
    if (!str_cut(rest, '\n', &line))
        return false;
    *name = str_trim(str_from(line, 4));
    *body = *rest;
    body->len = 0;
    while (rest->len && !str_starts(*rest, S("=== "))) {
        str_cut(rest, '\n', &line);
        body->len = rest->at ? (size_t)(rest->at - body->at) : body->len + line.len;
    }
    return true;
}

/* The body of a section, empty when there is none. */
static inline struct str cases_get(struct str bytes, const char *wanted)
{
    struct str name, body;
    while (cases_section(&bytes, &name, &body))
        if (str_is(name, wanted))
            return body;
    return S("");
}

/* Sections whose names hold a dot become files beneath dir. */
static inline void cases_unpack(int dir, struct str bytes)
{
    struct str name, body;
    struct fault why = { 0 };
    while (cases_section(&bytes, &name, &body)) {
        char path[256];
        if (!memchr(name.at, '.', name.len))
            continue;
        snprintf(path, sizeof path, "%.*s", STR_ARGS(name));
        char *slash = strrchr(path, '/');
        if (slash) {
            *slash = 0;
            assert_true(dir_make(dir, path, 0755, &why));
            *slash = '/';
        }
        assert_true(file_save(dir, path, body, 0644, &why));
    }
}

/* Prints both and counts when they differ. */
static inline size_t cases_compare(const char *file, struct str got, struct str expected)
{
    got = str_trim(got);
    expected = str_trim(expected);
    if (str_equal(got, expected))
        return 0;
    fprintf(stderr, "%s: got\n%.*s\nexpected\n%.*s\n", file, STR_ARGS(got), STR_ARGS(expected));
    return 1;
}
