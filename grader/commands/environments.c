/* Trying the environments of a course. */
#include "grader/commands/environments.h"
#include "core/base/file.h"
#include "grader/course/environment.h"
#include "grader/execute/environment_try.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void look(struct arena *arena, const struct grader *grader, const struct course *course,
                 struct environment_row *row)
{
    struct environment_look look = { .lacks = "", .has = "" };
    struct environment opened = { .root = -1 };
    struct fault why = { 0 };
    const struct course_environment *one = course_environment_find(course, str_of(row->name));
    bool host = str_is(one->root, "host");
    if (!host && !environment_open(grader, course, one->name, arena, &opened, &why)) {
        row->tried = true;
        row->lacks = str_zero(arena, str_of(why.text));
        return;
    }
    row->tried = environment_try(arena, opened.root, &look, &why);
    row->runs = row->tried && look.runs;
    row->has = look.has;
    row->lacks = row->tried ? look.lacks : str_zero(arena, str_of(why.text));
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
                                         .lacks = "" };
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

void environments_json(struct json_out *out, const struct environment_row *rows, size_t count)
{
    json_open_list(out, "environments");
    for (size_t i = 0; i < count; i++) {
        json_open_map(out, NULL);
        json_add_zero(out, "name", rows[i].name);
        json_add_bool(out, "runs", rows[i].runs);
        json_add_zero(out, "has", rows[i].has);
        json_add_zero(out, "lacks", rows[i].lacks);
        json_close_map(out);
    }
    json_close_list(out);
}
