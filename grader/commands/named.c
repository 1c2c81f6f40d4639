/* Names given on the command line, held against the course. */
#include "grader/commands/named.h"
#include "core/base/file.h"
#include <fcntl.h>
#include <stdio.h>

int named_course(const char *command, const char *dir, struct arena *arena, struct course *out)
{
    struct fault why = { 0 };
    struct complaints complaints = { .arena = arena };
    scoped(fd) int fd = dir_open(AT_FDCWD, dir, &why);
    if (fd < 0) {
        fprintf(stderr, "holdout %s: %s\n", command, why.text);
        return EXIT_INPUT;
    }
    return course_load(arena, fd, out, &complaints) ? EXIT_DONE : command_complain(&complaints);
}

static int unknown(const char *command, const char *what, const char *word,
                   const char *const *names, size_t count)
{
    const char *nearest = words_nearest(str_of(word), names, count);
    fprintf(stderr, "holdout %s: %s \"%s\"%s%s%s\n", command, what, word,
            nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"" : "");
    return EXIT_INPUT;
}

int named_team(const char *command, const struct course *course, const char *team)
{
    scoped_arena arena = arena_open(NULL);
    if (!team || course_team_find(course, str_of(team)))
        return EXIT_DONE;
    const char **names = arena_array(arena, const char *, course->team_count + 1);
    for (size_t i = 0; i < course->team_count; i++)
        names[i] = course->teams[i].id.at;
    return unknown(command, "teams.csv has no team", team, names, course->team_count);
}

int named_task(const char *command, const struct course *course, const char *task)
{
    scoped_arena arena = arena_open(NULL);
    if (!task || course_task_find(course, str_of(task)))
        return EXIT_DONE;
    const char **names = arena_array(arena, const char *, course->task_count + 1);
    for (size_t i = 0; i < course->task_count; i++)
        names[i] = course->tasks[i].id.at;
    return unknown(command, "course.yaml has no task", task, names, course->task_count);
}

int named_deliverable(const char *command, const struct course *course, const char *deliverable)
{
    scoped_arena arena = arena_open(NULL);
    if (!deliverable || course_deliverable_find(course, str_of(deliverable)))
        return EXIT_DONE;
    const char **names = arena_array(arena, const char *, course->deliverable_count + 1);
    for (size_t i = 0; i < course->deliverable_count; i++)
        names[i] = course->deliverables[i].id.at;
    return unknown(command, "course.yaml has no deliverable", deliverable, names,
                   course->deliverable_count);
}
