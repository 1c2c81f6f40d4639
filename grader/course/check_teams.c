/* holdout check: repositories and tasks of teams.csv that could never be graded. */
#include "core/base/file.h"
#include "grader/course/check.h"
#include "grader/course/course_words.h"
#include "grader/source/address.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

/* git.local as it is on this disk. */
struct local {
    int dir;          /* -1: not given, or not there, which was said */
    const char *path; /* absolute, no links */
};

/* file:NAME.git is meant beneath git.local. */
static bool is_relative(struct str repository)
{
    return str_starts(repository, S("file:")) && !str_starts(repository, S("file:/"));
}

static bool is_local(struct str repository)
{
    return str_starts(repository, S("file:")) || str_starts(repository, S("/"));
}

static struct local local_open(int dir, const struct course *course, struct arena *arena,
                               struct complaints *to)
{
    struct local local = { .dir = -1 };
    char path[PATH_MAX];
    if (course->git.local.len == 0)
        return local;
    local.dir = openat(dir, course->git.local.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (local.dir < 0) {
        complain(to, "course.yaml", 0, "git.local: %s is not a directory", course->git.local.at);
    } else if (realpath(arena_print(arena, "/proc/self/fd/%d", local.dir), path)) {
        local.path = str_zero(arena, str_of(path));
    }
    return local;
}

/* What is wrong with a repository beneath git.local; NULL: nothing. */
static const char *local_fault(struct arena *arena, struct str url, const struct local *local)
{
    struct address address;
    if (is_relative(url))
        url = str_of(arena_print(arena, "file://%s/%s", local->path, url.at + 5));
    if (!address_parse(arena, url, &address, NULL))
        return "is not a plain path";
    errno = 0;
    scoped(fd) int repository = address_open_local(&address, local->dir, str_of(local->path), NULL);
    if (repository < 0 && errno == ENOENT)
        return "is not there";
    if (repository < 0 && (errno == ELOOP || errno == EXDEV))
        return "is reached through a symbolic link";
    if (repository < 0)
        return errno ? arena_print(arena, "could not be opened: %s", strerror(errno))
                     : "is outside git.local";
    if (!file_exists(repository, "HEAD") || !file_exists(repository, "objects"))
        return "is not a bare Git repository";
    return NULL;
}

static void local_check(struct arena *arena, const struct course *course,
                        const struct course_team *team, const struct local *local,
                        struct complaints *to)
{
    if (course->git.local.len == 0) {
        complain(to, "teams.csv", team->line,
                 "team %s: %s is a local repository, allowed only with git.local in course.yaml",
                 team->id.at, team->repository.at);
        return;
    }
    const char *fault = local->path ? local_fault(arena, team->repository, local) : NULL;
    if (fault)
        complain(to, "teams.csv", team->line,
                 "team %s: repository %s %s, allowed is file:NAME.git beneath git.local (%s)",
                 team->id.at, team->repository.at, fault, course->git.local.at);
}

static void address_check(struct arena *arena, const struct course *course,
                          const struct course_team *team, struct complaints *to)
{
    struct address address;
    struct fault why = { 0 };
    if (!address_parse(arena, team->repository, &address, &why) ||
        !address_allowed(arena, &address, course->git.allow.at, course->git.allow.count, &why))
        complain(to, "teams.csv", team->line, "team %s: %s", team->id.at, why.text);
}

static void tasks_check(struct arena *arena, const struct course *course,
                        const struct course_team *team, struct complaints *to)
{
    if (team->tasks_empty)
        complain(to, "teams.csv", team->line, "team %s: tasks is empty%s", team->id.at,
                 words_hint(arena, S(""), course_task_words(arena, course)));
}

void check_teams(int dir, const struct course *course, struct complaints *to)
{
    scoped_arena arena = arena_open(NULL);
    struct local local = local_open(dir, course, arena, to);
    scoped(fd) int open = local.dir;
    (void)open;
    for (size_t i = 0; i < course->team_count; i++) {
        const struct course_team *team = &course->teams[i];
        if (is_local(team->repository))
            local_check(arena, course, team, &local, to);
        else if (team->repository.len)
            address_check(arena, course, team, to);
        tasks_check(arena, course, team, to);
    }
}
