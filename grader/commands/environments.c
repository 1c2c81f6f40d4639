/* Trying the environments of a course. */
#include "grader/commands/environments.h"
#include "core/base/file.h"
#include "grader/course/environment.h"
#include "grader/execute/environment_try.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void take(struct arena *arena, struct environment_row *row, const struct environment *opened,
                 const struct environment_look *look)
{
    row->has = look->has;
    row->lacks = look->lacks;
    row->remedy = look->remedy;
    row->what = opened->what;
    row->digest = str_zero(arena, str_of(opened->digest));
    row->bytes = opened->root >= 0 ? environment_bytes(opened->root) : -1;
}

static void look(struct arena *arena, const struct grader *grader, const struct course *course,
                 struct environment_row *row)
{
    struct environment_look look = { .lacks = "", .remedy = "", .has = "" };
    struct environment opened = { .root = -1 };
    struct fault why = { 0 };
    if (!environment_open(grader, course, str_of(row->name), arena, &opened, &why)) {
        struct str text = str_of(why.text);
        struct str name = str_of(arena_print(arena, "environment %s: ", row->name));
        row->tried = true; /* who reads it knows of which one it is */
        row->lacks = str_zero(arena, str_starts(text, name) ? str_from(text, name.len) : text);
        row->remedy = "docs/course.md says what an environment can be";
        return;
    }
    row->tried =
        environment_try(arena, opened.root, opened.image ? opened.image->env : NULL, &look, &why);
    row->runs = row->tried && look.runs;
    if (!row->tried)
        look.lacks = str_zero(arena, str_of(why.text));
    take(arena, row, &opened, &look);
    environment_close(&opened);
}

size_t environments_look(struct arena *arena, int course_dir, const struct course *course,
                         struct environment_row **out)
{
    char place[] = "/tmp/holdout-check-XXXXXX";
    struct fault ignored = { 0 };
    struct grader *grader = arena_new(arena, struct grader);
    *out = arena_array(arena, struct environment_row, course->environment_count);
    scoped(fd) int state = mkdtemp(place) ? open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    grader->course_dir = course_dir;
    grader->course_path = ".";
    grader->course_id = course->id.at;
    grader->state = state;
    grader->state_path = place;
    grader->clock = clock_system();
    for (size_t i = 0; i < course->environment_count; i++) {
        struct environment_row *row = &(*out)[i];
        *row = (struct environment_row){ .name = course->environments[i].name.at,
                                         .line = course->environments[i].line,
                                         .has = "",
                                         .lacks = "",
                                         .remedy = "",
                                         .what = "",
                                         .digest = "",
                                         .bytes = -1 };
        look(arena, grader, course, row);
    }
    dir_remove(AT_FDCWD, place, &ignored);
    return course->environment_count;
}

void environments_print(const struct environment_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("environment %s: %s%s\n", rows[i].name,
               rows[i].runs    ? ""
               : rows[i].tried ? "cannot be used: "
                               : "could not be tried: ",
               rows[i].runs ? rows[i].has : rows[i].lacks);
}

static void wrapped_print(const char *text)
{
    struct str rest = str_of(text), part;
    size_t column = 0;
    while (str_cut(&rest, ',', &part)) {
        part = str_trim(part);
        if (column && column + part.len > 80)
            column = 0;
        printf("%s%.*s%s", column ? " " : "\n         ", STR_ARGS(part), rest.len ? "," : "");
        column += part.len + 2;
    }
    printf("\n");
}

void environments_describe(const struct environment_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct environment_row *row = &rows[i];
        printf("%-8s %s: %s",
               row->runs    ? "usable"
               : row->tried ? "unusable"
                            : "untried",
               row->name, row->what[0] ? row->what : "could not be opened");
        if (row->bytes >= 0)
            printf(", %.1f MB", (double)row->bytes / 1e6);
        printf("\n");
        if (row->digest[0])
            printf("         sha256 %s", row->digest);
        if (row->runs)
            wrapped_print(row->has);
        else
            printf("%s         %s\n", row->digest[0] ? "\n" : "", row->lacks);
        if (row->remedy[0])
            printf("         -> %s\n", row->remedy);
    }
}

void environments_json(struct json_out *out, const struct environment_row *rows, size_t count)
{
    json_open_list(out, "environments");
    for (size_t i = 0; i < count; i++) {
        json_open_map(out, NULL);
        json_add_zero(out, "name", rows[i].name);
        json_add_zero(out, "what", rows[i].what);
        json_add_zero(out, "sha256", rows[i].digest[0] ? rows[i].digest : NULL);
        if (rows[i].bytes >= 0)
            json_add_int(out, "bytes", rows[i].bytes);
        else
            json_add_null(out, "bytes");
        json_add_bool(out, "runs", rows[i].runs);
        json_add_zero(out, "has", rows[i].has);
        json_add_zero(out, "lacks", rows[i].lacks);
        json_add_zero(out, "remedy", rows[i].remedy);
        json_close_map(out);
    }
    json_close_list(out);
}
