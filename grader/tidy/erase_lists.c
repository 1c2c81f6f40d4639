/* Erasing: teams.csv and roster.csv of earlier versions of the course lose the team's rows. */
#include "core/base/file.h"
#include "grader/course/course_csv.h"
#include "grader/course/version.h"
#include "grader/tidy/erase_parts.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define LIST_BYTES_MOST ((size_t)16 << 20)
#define WORD_LEAST 3 /* shorter ones stand everywhere */

static bool is_list(struct str path)
{
    return str_is(path, "teams.csv") || str_is(path, "roster.csv");
}

static void word_add(struct erasing *erasing, struct str word)
{
    if (word.len < WORD_LEAST)
        return;
    for (size_t i = 0; i < erasing->word_count; i++)
        if (str_equal(erasing->words[i], word))
            return;
    size_t bytes = erasing->word_count * sizeof *erasing->words;
    erasing->words = arena_grow(erasing->arena, erasing->words, bytes, bytes + sizeof(struct str));
    erasing->words[erasing->word_count++] = str_keep(erasing->arena, word);
}

/* The bytes from line `from` up to line `to` (counted from 1; 0: to the end). */
static struct str lines_cut(struct str text, int from, int to)
{
    size_t start = text.len, end = text.len;
    int line = 1;
    for (size_t i = 0; i <= text.len; i++) {
        bool first = i == 0 || text.at[i - 1] == '\n';
        if (first && i > 0)
            line++;
        if (first && line == from)
            start = i;
        if (first && to && line == to)
            end = i;
    }
    return str_from(str_until(text, end), start);
}

/* What is left of the list; *found: it had rows of the team. */
static struct str list_without(struct erasing *erasing, struct arena *arena, struct str text,
                               bool *found)
{
    struct complaints ignored = { .arena = arena };
    struct course_csv csv;
    struct text left = { .arena = arena };
    *found = false;
    if (!course_csv_parse(arena, "list", text, &csv, &ignored) && csv.column_count == 0)
        return text;
    int team = course_csv_column(&csv, "team");
    text_add(&left, csv.row_count ? lines_cut(text, 1, csv.lines[0]) : text);
    for (size_t i = 0; i < csv.row_count; i++) {
        int next = i + 1 < csv.row_count ? csv.lines[i + 1] : 0;
        if (!str_is(course_csv_cell(&csv, i, team), erasing->team)) {
            text_add(&left, lines_cut(text, csv.lines[i], next));
            continue;
        }
        *found = true;
        for (size_t k = 0; k < csv.column_count; k++)
            if (!str_is(csv.header[k], "late_days") && !str_is(csv.header[k], "tasks"))
                word_add(erasing, course_csv_cell(&csv, i, (int)k));
    }
    return text_str(&left);
}

static bool list_load(struct erasing *erasing, struct arena *arena, const char *sha256,
                      const char *path, struct str *out, struct fault *why)
{
    if (artifacts_has(erasing->sealed, sha256))
        return artifacts_load(erasing->sealed, sha256, arena, LIST_BYTES_MOST, out, why);
    if (file_exists(erasing->sealed->root, path))
        return file_load(arena, erasing->sealed->root, path, LIST_BYTES_MOST, out, why);
    *out = S("");
    return true;
}

static bool list_take(struct erasing *erasing, const char *sha256, bool redact, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str text, left;
    bool found;
    const char *path = arena_print(arena, VERSION_REDACTED "/%s", sha256);
    if (!list_load(erasing, arena, sha256, path, &text, why))
        return false;
    left = list_without(erasing, arena, text, &found);
    erasing->lists += found;
    if (!found || !redact)
        return true;
    return dir_make(erasing->sealed->root, VERSION_REDACTED, 0700, why) &&
           file_save(erasing->sealed->root, path, left, 0400, why) &&
           artifacts_delete(erasing->sealed, sha256, why);
}

bool erase_lists(struct erasing *erasing, bool redact, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str *versions;
    struct marks seen __attribute__((cleanup(marks_scoped))) = { 0 };
    size_t count;
    erasing->lists = 0;
    if (!store_versions(erasing->store, arena, &versions, &count, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct json *list;
        struct version version;
        if (!json_parse(arena, versions[i], &list, why) ||
            !version_files_parse(arena, list, &version, why))
            return false;
        for (size_t k = 0; k < version.file_count; k++) {
            const struct version_file *file = &version.files[k];
            if (!is_list(file->path) || marks_has(&seen, str_of(file->sha256)))
                continue;
            marks_add(&seen, str_of(file->sha256));
            if (!list_take(erasing, file->sha256, redact, why))
                return false;
        }
    }
    return true;
}
