/* holdout grade: one team's newest commit now, and wait for the result. */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/commands/append.h"
#include "grader/course/course.h"
#include "grader/service/service.h"
#include "grader/view.h"
#include "grader/service/waiting.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int team_unknown(struct arena *arena, const char *team, const struct str *teams,
                        size_t count)
{
    const char **names = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = teams[i].at;
    const char *nearest = words_nearest(str_of(team), names, count);
    fprintf(stderr, "holdout grade: teams.csv has no team \"%s\"%s%s%s\n", team,
            nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"" : "");
    return EXIT_INPUT;
}

/* The teams as the files say, or, where these are broken, as the store of a service has them. */
static int teams_find(struct arena *arena, const char *dir, struct str **out, size_t *count)
{
    struct fault why = { 0 };
    struct complaints complaints = { .arena = arena };
    struct course course;
    struct view_teams teams = { 0 };
    scoped(fd) int fd = dir_open(AT_FDCWD, dir, &why);
    if (fd < 0) {
        fprintf(stderr, "holdout grade: %s\n", why.text);
        return EXIT_INPUT;
    }
    if (course_load(arena, fd, &course, &complaints)) {
        *count = course.team_count;
        *out = arena_array(arena, struct str, course.team_count);
        for (size_t i = 0; i < course.team_count; i++)
            (*out)[i] = course.teams[i].id;
        return EXIT_DONE;
    }
    struct view *view = view_open(arena_print(arena, "%s/state", dir), &why);
    bool ok = view && view_begin(view, &why) &&
              view_teams(view, arena, VIEWER_STAFF, &teams, &why) && teams.count > 0;
    view_close(view);
    if (!ok)
        return command_complain(&complaints);
    *count = teams.count;
    *out = arena_array(arena, struct str, teams.count);
    for (size_t i = 0; i < teams.count; i++)
        (*out)[i] = teams.at[i].team;
    return EXIT_DONE;
}

static int team_check(const char *dir, const char *team)
{
    scoped_arena arena = arena_open(NULL);
    struct str *teams = NULL;
    size_t count = 0;
    int code = teams_find(arena, dir, &teams, &count);
    for (size_t i = 0; code == EXIT_DONE && i < count; i++)
        if (str_is(teams[i], team))
            return EXIT_DONE;
    return code == EXIT_DONE ? team_unknown(arena, team, teams, count) : code;
}

struct asked {
    const char *team, *ref;
    bool no_cache;
};

/* The request, into an inbox that is made when this is the first of the course. */
static int request_append(const char *dir, const struct asked *asked, int64_t *seq)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    const char *state = arena_print(arena, "%s/state", dir);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", asked->team);
    json_add_zero(&out, "ref", asked->ref);
    if (asked->no_cache)
        json_add_bool(&out, "no_cache", true);
    json_close_map(&out);
    struct inbox *inbox = inbox_open(state, true, &why);
    if (!inbox)
        return command_fail("grade", &why);
    inbox_close(inbox);
    return append_event("grade", dir, "request", text_str(&body), seq);
}

/* A service is at work: it does the grading. */
static int wait_for_service(const char *dir, int64_t seq)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct waiting waiting;
    if (!waiting_open(&waiting, arena_print(arena, "%s/state", dir), seq, &why))
        return command_fail("grade", &why);
    int code;
    while ((code = waiting_look(&waiting)) < 0)
        usleep(50000);
    waiting_close(&waiting);
    return code;
}

static int grade(const char *dir, const struct asked *asked)
{
    struct fault why = { 0 };
    bool held;
    int64_t seq;
    scoped(fd) int course = dir_open(AT_FDCWD, dir, &why);
    int lock = service_lock(course, &held, &why);
    if (lock < 0 && !held)
        return command_fail("grade", &why);
    int code = request_append(dir, asked, &seq);
    fd_scoped(&lock);
    if (code != EXIT_DONE)
        return code;
    if (held)
        return wait_for_service(dir, seq);
    struct service service = { .dirs = &dir, .dir_count = 1, .request = seq, .slots = 1 };
    return service_run(&service);
}

int grade_main(int argc, char **argv)
{
    struct asked asked = { .ref = "" };
    const struct option_row options[] = {
        { "team", "T", "the team, as in teams.csv (required)", &asked.team, NULL },
        { "ref", "R", "branch, tag or commit (the course's branch)", &asked.ref, NULL },
        { "no-cache", NULL, "run all steps, also those that were run before", NULL,
          &asked.no_cache },
    };
    const struct usage usage = {
        .line = "holdout grade DIR --team T [--ref R] [--no-cache]",
        .about = "Grades what a team's repository holds now and waits for the result. A running\n"
                 "service does the work; without one this command does it alone. A commit that is\n"
                 "being graded already is waited for; one that was graded is graded again.",
        .example = "  holdout grade my-course --team ada --ref submit/first",
        .options = options,
        .option_count = 3,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    if (!asked.team) {
        fprintf(stderr, "holdout grade: --team T is needed\n");
        return EXIT_USAGE;
    }
    code = team_check(operands[0], asked.team);
    return code == EXIT_DONE ? grade(operands[0], &asked) : code;
}
