/* holdout quota: tries given back to a team, and limits of its own. */
#include "grader/commands/append.h"
#include "grader/commands/named.h"
#include <stdio.h>

struct wanted {
    const char *team, *task, *give, *per_day, *total, *reason;
};

static bool number_take(const char *option, const char *text, int64_t low, int64_t high,
                        int64_t *out)
{
    *out = -1;
    if (!text || (str_to_int(str_of(text), out) && *out >= low && *out <= high))
        return true;
    fprintf(stderr, "holdout quota: --%s was \"%s\", allowed is a whole number from %lld to %lld\n",
            option, text, (long long)low, (long long)high);
    return false;
}

static int quota_append(const char *dir, const struct wanted *wanted)
{
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    int64_t give, per_day, total, seq;
    if (!number_take("give", wanted->give, 1, 1000, &give) ||
        !number_take("per-day", wanted->per_day, 0, 10000, &per_day) ||
        !number_take("total", wanted->total, 0, 1000000, &total))
        return EXIT_USAGE;
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", wanted->team);
    json_add_zero(&out, "task", wanted->task ? wanted->task : "");
    json_add_int(&out, "give", give);
    json_add_int(&out, "per_day", per_day);
    json_add_int(&out, "total", total);
    json_add_zero(&out, "reason", wanted->reason ? wanted->reason : "");
    json_close_map(&out);
    return append_event("quota", dir, "quota", text_str(&body), &seq);
}

static int quota_check(const char *dir, const struct wanted *wanted)
{
    scoped_arena arena = arena_open(NULL);
    struct course course;
    if (!wanted->team || !(wanted->give || wanted->per_day || wanted->total)) {
        fprintf(stderr,
                "holdout quota: --team T is needed, and one of --give, --per-day, --total\n");
        return EXIT_USAGE;
    }
    int code = named_course("quota", dir, arena, &course);
    if (code == EXIT_DONE)
        code = named_team("quota", &course, wanted->team);
    return code == EXIT_DONE ? named_task("quota", &course, wanted->task) : code;
}

int quota_main(int argc, char **argv)
{
    struct wanted wanted = { 0 };
    const struct option_row options[] = {
        { "team", "T", "the team, as in teams.csv (required)", &wanted.team, NULL },
        { "task", "T", "of this task only", &wanted.task, NULL },
        { "give", "N", "give N tries more, today and in all", &wanted.give, NULL },
        { "per-day", "N", "the team's own limit a day; 0: as the task says", &wanted.per_day,
          NULL },
        { "total", "N", "the team's own limit in all; 0: as the task says", &wanted.total, NULL },
        { "reason", "TEXT", "why, kept in the audit log", &wanted.reason, NULL },
    };
    const struct usage usage = {
        .line = "holdout quota DIR --team T [--task T] [--give N] [--per-day N] [--total N]",
        .about = "Gives tries to a team, or a limit of its own. Only what ended as graded or as\n"
                 "the team's fault cost a try. holdout status DIR --team T shows what is left.",
        .example = "  holdout quota my-course --team ada --give 2 --reason \"power cut\"",
        .options = options,
        .option_count = 6,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    code = quota_check(operands[0], &wanted);
    if (code == EXIT_DONE)
        code = quota_append(operands[0], &wanted);
    if (code == EXIT_DONE)
        fprintf(stderr, "noted; versions that waited for a try are begun in their turn\n");
    return code;
}
