/* holdout pause, holdout resume: whether waiting runs are begun. */
#include "grader/commands/append.h"
#include "grader/commands/named.h"
#include <stdio.h>

struct scope {
    const char *team, *task, *reason;
};

static int scope_append(const char *kind, const char *dir, const struct scope *scope)
{
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    int64_t seq;
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", scope->team ? scope->team : "");
    json_add_zero(&out, "task", scope->task ? scope->task : "");
    json_add_zero(&out, "reason", scope->reason ? scope->reason : "");
    json_close_map(&out);
    return append_event(kind, dir, kind, text_str(&body), &seq);
}

static int scope_check(const char *command, const char *dir, const struct scope *scope)
{
    scoped_arena arena = arena_open(NULL);
    struct course course;
    int code = named_course(command, dir, arena, &course);
    if (code == EXIT_DONE)
        code = named_team(command, &course, scope->team);
    return code == EXIT_DONE ? named_task(command, &course, scope->task) : code;
}

int pause_main(int argc, char **argv)
{
    struct scope scope = { 0 };
    const struct option_row options[] = {
        { "team", "T", "runs of this team only", &scope.team, NULL },
        { "task", "T", "runs of this task only", &scope.task, NULL },
        { "reason", "TEXT", "why, shown to everybody", &scope.reason, NULL },
    };
    const struct usage usage = {
        .line = "holdout pause DIR [--team T] [--task T] [--reason TEXT]",
        .about = "Begins no further run until holdout resume; what is under way ends, what teams\n"
                 "push meanwhile is received and waits. Pages and status say so.",
        .example = "  holdout pause my-course --task fraud --reason \"new data at 14:00\"",
        .options = options,
        .option_count = 3,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    code = scope_check("pause", operands[0], &scope);
    if (code == EXIT_DONE)
        code = scope_append("pause", operands[0], &scope);
    if (code == EXIT_DONE)
        fprintf(stderr, "paused; runs under way end, others wait for: holdout resume %s\n",
                operands[0]);
    return code;
}

int resume_main(int argc, char **argv)
{
    struct scope scope = { 0 };
    const struct option_row options[] = {
        { "team", "T", "end the pauses of this team only", &scope.team, NULL },
        { "task", "T", "end the pauses of this task only", &scope.task, NULL },
    };
    const struct usage usage = {
        .line = "holdout resume DIR [--team T] [--task T]",
        .about = "Ends what holdout pause began; without options every pause of the course.",
        .example = "  holdout resume my-course --task fraud",
        .options = options,
        .option_count = 2,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    code = scope_append("resume", operands[0], &scope);
    if (code == EXIT_DONE)
        fprintf(stderr, "resumed; waiting runs are begun in their turn\n");
    return code;
}
