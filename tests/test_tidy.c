/*
 * What a machine can hold of the house rules: shape, layers, doors, banned words, paths in README.
 */
#include "core/base/arena.h"
#include "core/base/file.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define WIDTH_MOST 100
#define FUNCTION_LINES_MOST 60
#define FILE_LINES_MOST 500

struct source {
    struct str path, text;
};
static struct source *sources;
static size_t source_count;
static struct arena *arena;
static int fault_count;

static void fault(const struct source *source, size_t line, const char *what)
{
    fault_count++;
    print_error("%.*s:%zu: %s\n", STR_ARGS(source->path), line, what);
}

static bool is_code(struct str path)
{
    return str_ends(path, S(".c")) || str_ends(path, S(".h"));
}

/* Every tracked or new file that is not ignored. */
static int load_sources(void **state)
{
    (void)state;
    arena = arena_open(NULL);
    FILE *list = popen("git ls-files --cached --others --exclude-standard", "r");
    assert_non_null(list);
    sources = arena_array(arena, struct source, 4096);
    char line[1024];
    struct fault why;
    while (fgets(line, sizeof line, list) && source_count < 4096) {
        struct str path = str_trim(str_of(line));
        struct source *source = &sources[source_count];
        source->path = str_keep(arena, path);
        if (!is_code(path) && !str_is(path, "Makefile") && !str_ends(path, S(".md")) &&
            !str_ends(path, S(".sh")) && !str_ends(path, S(".py")))
            continue;
        if (file_load(arena, AT_FDCWD, source->path.at, 1 << 22, &source->text, &why))
            source_count++;
    }
    return pclose(list) == 0 && source_count > 20 ? 0 : -1;
}

static int drop_sources(void **state)
{
    (void)state;
    arena_drop(arena);
    return 0;
}

static bool ours(const struct source *source)
{
    return is_code(source->path) && !str_starts(source->path, S("examples/"));
}

static void no_line_is_wider_than_100_columns(void **state)
{
    (void)state;
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++) {
        struct str rest = sources[i].text, line;
        if (!ours(&sources[i]))
            continue;
        for (size_t at = 1; str_cut(&rest, '\n', &line); at++) {
            size_t columns = 0;
            for (size_t k = 0; k < line.len; k++)
                columns += ((unsigned char)line.at[k] & 0xC0) != 0x80;
            if (columns > WIDTH_MOST)
                fault(&sources[i], at, "wider than 100 columns");
        }
    }
    assert_int_equal(fault_count, 0);
}

static void no_function_is_longer_than_60_lines(void **state)
{
    (void)state;
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++) {
        struct str rest = sources[i].text, line;
        if (!ours(&sources[i]))
            continue;
        size_t from = 0;
        for (size_t at = 1; str_cut(&rest, '\n', &line); at++) {
            if (str_is(line, "{"))
                from = at;
            if (str_is(line, "}") && from && at - from - 1 > FUNCTION_LINES_MOST)
                fault(&sources[i], from, "a function longer than 60 lines");
            if (str_is(line, "}"))
                from = 0;
        }
    }
    assert_int_equal(fault_count, 0);
}

static void no_file_is_longer_than_500_lines(void **state)
{
    (void)state;
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++) {
        size_t lines = 0;
        for (size_t k = 0; k < sources[i].text.len; k++)
            lines += sources[i].text.at[k] == '\n';
        if (ours(&sources[i]) && lines > FILE_LINES_MOST)
            fault(&sources[i], lines, "longer than 500 lines");
        if (str_is(sources[i].path, "Makefile") && lines > 150)
            fault(&sources[i], lines, "longer than 150 lines");
    }
    assert_int_equal(fault_count, 0);
}

static void line_1_says_what_the_file_is_for(void **state)
{
    (void)state;
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++) {
        if (!ours(&sources[i]))
            continue;
        if (!str_starts(sources[i].text, S("/*")))
            fault(&sources[i], 1, "line 1 does not say what the file is for");
        if (str_ends(sources[i].path, S(".h")) && !strstr(sources[i].text.at, "#pragma once") &&
            !str_is(sources[i].path, "core/holdout.h"))
            fault(&sources[i], 1, "no #pragma once");
    }
    assert_int_equal(fault_count, 0);
}

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void no_banned_word_is_used(void **state)
{
    (void)state;
    static const char *const banned[] = { "strcpy(", "strcat(", "sprintf(", "strtok(", "atoi(",
                                          "atof(",   "gets(",   "goto ",    "system(" };
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++) {
        if (!ours(&sources[i]) || str_is(sources[i].path, "tests/test_tidy.c"))
            continue;
        bool hostile = str_starts(sources[i].path, S("tests/"));
        struct str rest = sources[i].text, line;
        for (size_t at = 1; str_cut(&rest, '\n', &line); at++)
            for (size_t w = 0; w < sizeof banned / sizeof *banned; w++) {
                struct str word = str_of(banned[w]);
                if (hostile && str_is(word, "system("))
                    continue;
                for (size_t k = 0; k + word.len <= line.len; k++)
                    if (str_starts(str_from(line, k), word) &&
                        (k == 0 || !word_char(line.at[k - 1])))
                        fault(&sources[i], at, banned[w]);
            }
    }
    assert_int_equal(fault_count, 0);
}

static void the_project_speaks_of_itself_alone(void **state)
{
    (void)state;
    static const char *const banned[] = { "/work/"
                                          "main",
                                          "/work/"
                                          "shared",
                                          "deb.debian"
                                          ".org",
                                          "registry.npmjs"
                                          ".org" };
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++)
        for (size_t w = 0; w < sizeof banned / sizeof *banned; w++)
            if (memmem(sources[i].text.at, sources[i].text.len, banned[w], strlen(banned[w])))
                fault(&sources[i], 1, banned[w]);
    assert_int_equal(fault_count, 0);
}

/*
 * Who may include whom: a path that starts with `folder` may include what starts with one of `may`.
 */
static const struct {
    const char *folder, *may[12];
} layers[] = {
    { "core/base/", { "core/base/" } },
    { "core/math/", { "core/math/", "core/base/" } },
    { "core/data/", { "core/data/", "core/math/", "core/base/" } },
    { "core/eval/", { "core/eval/", "core/data/", "core/math/", "core/base/" } },
    { "core/learn/",
      { "core/learn/", "core/eval/", "core/data/", "core/math/", "core/base/", "core/holdout.h" } },
    { "core/plot/", { "core/plot/", "core/math/", "core/base/" } },
    { "core/cli/", { "core/" } },
    { "core/holdout.h", { NULL } },
    { "sandbox/", { "sandbox/" } },
    { "rubrics/", { "rubrics/", "core/" } },
    { "grader/", { "grader/", "rubrics/", "core/", "sandbox/box.h" } },
    { "web/",
      { "web/", "core/base/", "core/eval/metrics.h", "core/plot/", "grader/inbox.h",
        "grader/view.h", "grader/outbound/http.h" } },
    { "tests/", { "" } },
};

static bool include_allowed(struct str from, struct str to)
{
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        if (!str_starts(from, str_of(layers[i].folder)))
            continue;
        for (size_t k = 0; k < 12 && layers[i].may[k]; k++)
            if (str_starts(to, str_of(layers[i].may[k])))
                return true;
        return false;
    }
    return str_starts(from, S("examples/"));
}

/* The next `#include "…"` of the rest, as a path. */
static bool include_next(struct str *rest, struct str *path, bool *angle)
{
    struct str line;
    while (str_cut(rest, '\n', &line)) {
        line = str_trim(line);
        if (!str_starts(line, S("#include ")) || line.len < 12)
            continue;
        *angle = line.at[9] == '<';
        struct str tail = str_from(line, 10);
        size_t end;
        if (str_find(tail, *angle ? '>' : '"', &end)) {
            *path = str_until(tail, end);
            return true;
        }
    }
    return false;
}

static void includes_follow_the_layers(void **state)
{
    (void)state;
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++) {
        struct str rest = sources[i].text, path;
        bool angle;
        while (ours(&sources[i]) && include_next(&rest, &path, &angle))
            if (!angle && str_starts(path, S("sandbox/seccomp-filter.h")))
                continue;
            else if (!angle && !include_allowed(sources[i].path, path))
                fault(&sources[i], 1, arena_print(arena, "may not include %.*s", STR_ARGS(path)));
    }
    assert_int_equal(fault_count, 0);
}

static void each_outside_library_has_one_door(void **state)
{
    (void)state;
    static const char *const libraries[] = { "git2.h",   "sqlite3.h",        "curl/curl.h",
                                             "cblas.h",  "jansson.h",        "libfyaml.h",
                                             "sodium.h", "microhttpd.h",     "zlib.h",
                                             "zstd.h",   "openblas_config.h" };
    fault_count = 0;
    for (size_t w = 0; w < sizeof libraries / sizeof *libraries; w++) {
        int doors = 0;
        for (size_t i = 0; i < source_count; i++) {
            struct str rest = sources[i].text, path;
            bool angle;
            if (!ours(&sources[i]) || str_starts(sources[i].path, S("tests/")))
                continue;
            while (include_next(&rest, &path, &angle))
                if (angle && str_is(path, libraries[w]) && ++doors > 1)
                    fault(&sources[i], 1, libraries[w]);
        }
    }
    assert_int_equal(fault_count, 0);
}

static size_t source_find(struct str path)
{
    for (size_t i = 0; i < source_count; i++)
        if (str_equal(sources[i].path, path))
            return i;
    return SIZE_MAX;
}

/* Depth-first along includes: 1 on the way, 2 done. */
static void circle_look(size_t at, char *seen)
{
    seen[at] = 1;
    struct str rest = sources[at].text, path;
    bool angle;
    while (include_next(&rest, &path, &angle)) {
        size_t to = angle ? SIZE_MAX : source_find(path);
        if (to == SIZE_MAX || seen[to] == 2)
            continue;
        if (seen[to] == 1)
            fault(&sources[at], 1, arena_print(arena, "an include circle by %.*s", STR_ARGS(path)));
        else
            circle_look(to, seen);
    }
    seen[at] = 2;
}

static void there_are_no_include_circles(void **state)
{
    (void)state;
    fault_count = 0;
    char *seen = arena_array(arena, char, source_count);
    for (size_t i = 0; i < source_count; i++)
        if (ours(&sources[i]) && !seen[i])
            circle_look(i, seen);
    assert_int_equal(fault_count, 0);
}

/* In README.md files, each word in backquotes that looks like one of our paths. */
static void every_path_in_a_readme_exists(void **state)
{
    (void)state;
    static const char *const tops[] = { "core/",  "sandbox/",  "rubrics/", "grader/", "web/",
                                        "tests/", "examples/", "docs/",    ".ci/" };
    fault_count = 0;
    for (size_t i = 0; i < source_count; i++) {
        if (!str_ends(sources[i].path, S("README.md")))
            continue;
        struct str rest = sources[i].text, part;
        for (size_t quote = 0; str_cut(&rest, '`', &part); quote++) {
            bool path = false;
            for (size_t k = 0; k < sizeof tops / sizeof *tops; k++)
                path |= str_starts(part, str_of(tops[k]));
            if (quote % 2 == 0 || !path || memchr(part.at, '*', part.len) ||
                memchr(part.at, ' ', part.len) || memchr(part.at, '\n', part.len))
                continue;
            if (!file_exists(AT_FDCWD, str_zero(arena, part)))
                fault(&sources[i], 1, str_zero(arena, part));
        }
        rest = sources[i].text;
        while (str_cut(&rest, ']', &part)) { /* ![words](docs/picture.png) */
            size_t end;
            if (str_starts(rest.at ? rest : S(""), S("(docs/")) && str_find(rest, ')', &end) &&
                !file_exists(AT_FDCWD, str_zero(arena, str_until(str_from(rest, 1), end - 1))))
                fault(&sources[i], 1, "a link to a file that is not there");
        }
    }
    assert_int_equal(fault_count, 0);
}

static void each_folder_has_a_readme(void **state)
{
    (void)state;
    static const char *const folders[] = { "core", "sandbox", "rubrics", "grader",
                                           "web",  "tests",   "examples" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (!file_exists(AT_FDCWD, arena_print(arena, "%s/README.md", folders[i])))
            fail_msg("%s has no README.md", folders[i]);
}

static void the_code_is_formatted(void **state)
{
    (void)state;
    assert_int_equal(
        system("git ls-files --cached --others --exclude-standard '*.c' '*.h' | grep -v "
               "^examples/ | xargs clang-format --dry-run -Werror >&2"),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_is_wider_than_100_columns),
        cmocka_unit_test(no_function_is_longer_than_60_lines),
        cmocka_unit_test(no_file_is_longer_than_500_lines),
        cmocka_unit_test(line_1_says_what_the_file_is_for),
        cmocka_unit_test(no_banned_word_is_used),
        cmocka_unit_test(the_project_speaks_of_itself_alone),
        cmocka_unit_test(includes_follow_the_layers),
        cmocka_unit_test(each_outside_library_has_one_door),
        cmocka_unit_test(there_are_no_include_circles),
        cmocka_unit_test(every_path_in_a_readme_exists),
        cmocka_unit_test(each_folder_has_a_readme),
        cmocka_unit_test(the_code_is_formatted),
    };
    return cmocka_run_group_tests_name("tidy", tests, load_sources, drop_sources);
}
