/* holdout extend, holdout pin: what staff decide about a team's deliverable. */
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "grader/commands/append.h"
#include "grader/commands/named.h"
#include "grader/commands/page.h"
#include <stdio.h>

struct wanted {
    const char *team, *deliverable, *until, *by, *reason;
};

static int named_check(const char *command, const char *dir, const struct wanted *wanted)
{
    scoped_arena arena = arena_open(NULL);
    struct course course;
    if (!wanted->team || !wanted->deliverable) {
        fprintf(stderr, "holdout %s: --team T and --deliverable D are needed\n", command);
        return EXIT_USAGE;
    }
    int code = named_course(command, dir, arena, &course);
    if (code == EXIT_DONE)
        code = named_team(command, &course, wanted->team);
    return code == EXIT_DONE ? named_deliverable(command, &course, wanted->deliverable) : code;
}

/* 90m, 12h, 2d: more than nothing and at most a year. */
static bool span_parse(struct str text, int64_t *ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = { { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    int64_t count;
    if (text.len < 2 || !str_to_int(str_until(text, text.len - 1), &count) || count < 1)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text.at[text.len - 1] == units[i].unit && count <= 366 * 86400000LL / units[i].ms) {
            *ms = count * units[i].ms;
            return true;
        }
    return false;
}

static int extend_append(const char *dir, const struct wanted *wanted)
{
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    int64_t until_ms = 0, by_ms = 0, seq;
    if (!wanted->until == !wanted->by ||
        (wanted->until && !clock_parse(str_of(wanted->until), &until_ms)) ||
        (wanted->by && !span_parse(str_of(wanted->by), &by_ms))) {
        fprintf(stderr, "holdout extend: give either --until TIME, as in "
                        "2026-02-14T18:00:00+01:00, or --by 2d (or 12h, 90m)\n");
        return EXIT_USAGE;
    }
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", wanted->team);
    json_add_zero(&out, "deliverable", wanted->deliverable);
    json_add_int(&out, "until_ms", until_ms);
    json_add_int(&out, "by_ms", by_ms);
    json_add_zero(&out, "reason", wanted->reason ? wanted->reason : "");
    json_close_map(&out);
    return append_event("extend", dir, "extend", text_str(&body), &seq);
}

int extend_main(int argc, char **argv)
{
    struct wanted wanted = { 0 };
    const struct option_row options[] = {
        { "team", "T", "the team, as in teams.csv (required)", &wanted.team, NULL },
        { "deliverable", "D", "what is due, as in course.yaml (required)", &wanted.deliverable,
          NULL },
        { "until", "TIME", "the team's due time, with its offset", &wanted.until, NULL },
        { "by", "SPAN", "so much after the course's due time: 2d, 12h, 90m", &wanted.by, NULL },
        { "reason", "TEXT", "why, shown to the team", &wanted.reason, NULL },
    };
    const struct usage usage = {
        .line = "holdout extend DIR --team T --deliverable D (--until TIME | --by SPAN) "
                "[--reason TEXT]",
        .about = "Gives a team a due time of its own; a later extension takes the place of an\n"
                 "earlier one. holdout status DIR --team T shows what follows from it.",
        .example = "  holdout extend my-course --team ada --deliverable first --by 2d",
        .options = options,
        .option_count = 5,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    code = named_check("extend", operands[0], &wanted);
    if (code == EXIT_DONE)
        code = extend_append(operands[0], &wanted);
    if (code == EXIT_DONE)
        fprintf(stderr, "noted; the team's page shows it as soon as the grader runs\n");
    return code;
}

/* There is such a run, and it is the team's. */
static int run_check(const char *dir, const char *run, const char *team)
{
    scoped_arena arena = arena_open(NULL);
    struct view_page page;
    int code = command_page("pin", dir, run, arena, &page);
    if (code == EXIT_DONE && !str_is(page.run.team, team)) {
        fprintf(stderr, "holdout pin: run %s is of team %s\n", run, page.run.team.at);
        return EXIT_INPUT;
    }
    return code;
}

static int pin_append(const char *dir, const struct wanted *wanted, const char *run)
{
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    int64_t seq;
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", wanted->team);
    json_add_zero(&out, "deliverable", wanted->deliverable);
    json_add_zero(&out, "run", run);
    json_close_map(&out);
    return append_event("pin", dir, "pin", text_str(&body), &seq);
}

int pin_main(int argc, char **argv)
{
    struct wanted wanted = { 0 };
    const struct option_row options[] = {
        { "team", "T", "the team, as in teams.csv (required)", &wanted.team, NULL },
        { "deliverable", "D", "for what it counts (required)", &wanted.deliverable, NULL },
    };
    const struct usage usage = {
        .line = "holdout pin DIR --team T --deliverable D RUN",
        .about = "Says that this version of the team counts for the deliverable; with none in\n"
                 "place of RUN the deliverable's own rule decides again. Teams pin by pushing a\n"
                 "tag final/DELIVERABLE in time.",
        .example = "  holdout pin my-course --team ada --deliverable first "
                   "01KB0000000000000000000000",
        .options = options,
        .option_count = 2,
        .least = 2,
        .most = 2,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    bool none = strcmp(operands[1], "none") == 0;
    if (!none && !ulid_check(str_of(operands[1]))) {
        fprintf(stderr, "holdout pin: \"%s\" is no run id\n", operands[1]);
        return EXIT_USAGE;
    }
    code = named_check("pin", operands[0], &wanted);
    if (code == EXIT_DONE && !none)
        code = run_check(operands[0], operands[1], wanted.team);
    if (code == EXIT_DONE)
        code = pin_append(operands[0], &wanted, none ? "" : operands[1]);
    if (code == EXIT_DONE)
        fprintf(stderr, "noted; the team's page shows it as soon as the grader runs\n");
    return code;
}
