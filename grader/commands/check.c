/* holdout check: all that is wrong with a course or a team's repository. */
#include "grader/course/check.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/commands/command.h"
#include "grader/commands/environments.h"
#include "grader/course/scoring.h"
#include "grader/view.h"
#include <fcntl.h>
#include <stdio.h>

/* A team can check against its course when it has it at hand. */
static int repository_check(struct arena *arena, int dir, const char *course_dir,
                            struct complaints *complaints)
{
    struct fault why = { 0 };
    struct course course;
    if (!course_dir)
        return check_repository(arena, dir, NULL, complaints) ? EXIT_DONE : EXIT_NO;
    scoped(fd) int fd = dir_open(AT_FDCWD, course_dir, &why);
    if (fd < 0) {
        fprintf(stderr, "holdout check: %s\n", why.text);
        return EXIT_INPUT;
    }
    if (!course_load(arena, fd, &course, complaints))
        return EXIT_CONFIG;
    return check_repository(arena, dir, &course, complaints) ? EXIT_DONE : EXIT_NO;
}

struct tried {
    struct environment_row *rows;
    size_t count;
};

/* What teams can use; an environment that cannot run holdout-ml is a mistake of the course. */
static bool environments_try(struct arena *arena, int dir, struct tried *tried,
                             struct complaints *to)
{
    struct complaints ignored = { .arena = arena };
    struct course course;
    bool fine = true;
    if (!course_load(arena, dir, &course, &ignored))
        return true;
    tried->count = environments_look(arena, dir, &course, &tried->rows);
    for (size_t i = 0; i < tried->count; i++) {
        const struct environment_row *row = &tried->rows[i];
        if (row->tried && !row->runs) {
            complain(to, "course.yaml", row->line, "environment %s cannot be used: %s", row->name,
                     row->lacks);
            fine = false;
        }
    }
    return fine;
}

struct said {
    struct complaints mistakes, notes;
};

static void json_list(struct json_out *out, const char *name, const struct complaints *from)
{
    json_open_list(out, name);
    for (size_t i = 0; i < from->kept; i++)
        json_add_text(out, NULL, from->lines[i]);
    json_close_list(out);
}

static void json_complaints(const char *dir, const char *kind, const struct said *said,
                            const struct tried *tried)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "dir", dir);
    json_add_zero(&out, "kind", kind);
    json_add_int(&out, "mistakes", (int64_t)said->mistakes.count);
    json_list(&out, "lines", &said->mistakes);
    json_list(&out, "notes", &said->notes);
    if (tried->count)
        environments_json(&out, tried->rows, tried->count);
    json_close_map(&out);
    printf("%s\n", text.at);
}

/* Boards that this version of the course would leave behind, where it has been graded before. */
static void rescore_notes(struct arena *arena, int dir, const char *path, struct complaints *notes)
{
    struct complaints ignored = { .arena = arena };
    struct fault why = { 0 };
    struct loaded loaded = { 0 };
    struct version_roots roots = { .course = dir };
    struct view *view = view_open(arena_print(arena, "%s/state", path), &why);
    if (view && course_load(arena, dir, &loaded.course, &ignored) &&
        version_install(arena, &roots, &loaded.course, &loaded.version, &why))
        for (size_t i = 0; i < loaded.course.task_count; i++) {
            const struct course_task *task = &loaded.course.tasks[i];
            char board[SHA256_HEX];
            bool stays = false;
            scoring_board_digest(&loaded, task, board);
            if (view_board_stays(view, task->id, board, &stays, &why) && stays)
                complain(notes, NULL, 0,
                         "the board of %s is by another version of the task, and stays so until "
                         "a rescore is applied: once this version is in force, holdout rescore %s "
                         "start --task %s",
                         task->id.at, path, task->id.at);
        }
    view_close(view);
}

static void notes_take(struct arena *arena, int dir, const char *path, bool ready,
                       struct complaints *notes)
{
    if (check_private_open(dir))
        complain(notes, NULL, 0,
                 "others on this machine may read private/ or secrets/: chmod 700 them");
    check_repeat(arena, dir, notes);
    if (ready)
        rescore_notes(arena, dir, path, notes);
}

static int check(const char *dir, const char *course, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct said said = { { .arena = arena }, { .arena = arena } };
    scoped(fd) int fd = dir_open(AT_FDCWD, dir, &why);
    if (fd < 0) {
        fprintf(stderr, "holdout check: %s\n", why.text);
        return EXIT_INPUT;
    }
    enum check_kind kind = check_kind_find(fd);
    if (kind == CHECK_NEITHER) {
        fprintf(stderr,
                "holdout check: %s holds neither course.yaml (a course) nor submission.yaml (a "
                "team's repository)\n",
                dir);
        return EXIT_INPUT;
    }
    const char *word = kind == CHECK_COURSE ? "course" : "repository";
    int code = kind == CHECK_COURSE
                   ? (check_course(arena, fd, &said.mistakes) ? EXIT_DONE : EXIT_NO)
                   : repository_check(arena, fd, course, &said.mistakes);
    struct tried tried = { .count = 0 };
    if (kind == CHECK_COURSE && code == EXIT_DONE &&
        !environments_try(arena, fd, &tried, &said.mistakes))
        code = EXIT_NO;
    if (kind == CHECK_COURSE)
        notes_take(arena, fd, dir, code == EXIT_DONE, &said.notes);
    if (as_json)
        json_complaints(dir, word, &said, &tried);
    else
        environments_print(tried.rows, tried.count);
    command_complain(&said.mistakes);
    for (size_t k = 0; k < said.notes.kept; k++)
        fprintf(stderr, "note: %s\n", said.notes.lines[k].at);
    if (code == EXIT_DONE && !as_json)
        printf("%s: the %s is ready\n", dir, word);
    else if (said.mistakes.count)
        fprintf(stderr, "%zu %s\n", said.mistakes.count,
                said.mistakes.count == 1 ? "mistake" : "mistakes");
    return code;
}

int check_main(int argc, char **argv)
{
    const char *course = NULL;
    bool as_json = false;
    const struct option_row options[] = {
        { "course", "DIR", "check a team's repository against this course", &course, NULL },
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout check DIR [--course DIR] [--json]",
        .about =
            "Says all that is wrong with a course (course.yaml, teams, rubric, data) or with a\n"
            "team's repository (submission.yaml), one line a mistake. Exit 1 when there are any.\n"
            "Of a course also what teams can use in each of its environments.",
        .example = "  holdout check my-course\n  holdout check . --course ../my-course",
        .options = options,
        .option_count = 2,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    return code >= 0 ? code : check(operands[0], course, as_json);
}
