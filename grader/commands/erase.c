/* holdout erase: all of a team goes. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/commands/again.h"
#include "grader/course/course.h"
#include "grader/store/erase.h"
#include "grader/tidy/erase.h"
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>

struct asked {
    const char *dir, *team, *reason;
    bool yes, as_json;
};

/* The row goes; what the grader waits for is told once. */
static int until_erased(struct waiting *waiting)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct store_erasure erasure;
    bool found;
    if (again_followed(waiting) < 0)
        return -1;
    if (!store_erase_find(waiting->store, arena, waiting->request, &erasure, &found, &why))
        return command_fail("erase", &why);
    if (!found)
        return EXIT_DONE;
    if (erasure.message.len && strncmp(waiting->told, erasure.message.at, 40) != 0) {
        snprintf(waiting->told, sizeof waiting->told, "%.40s", erasure.message.at);
        fprintf(stderr, "%s ...\n", erasure.message.at);
    }
    return -1;
}

/* The staff's own files come first: the team would be fetched again. */
static int lists_check(const struct asked *asked)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct complaints complaints = { .arena = arena };
    struct course course;
    size_t members = 0;
    scoped(fd) int dir = dir_open(AT_FDCWD, asked->dir, &why);
    if (dir < 0)
        return command_fail("erase", &why);
    if (!course_load(arena, dir, &course, &complaints))
        return command_complain(&complaints);
    const struct course_team *team = course_team_find(&course, str_of(asked->team));
    for (size_t i = 0; i < course.student_count; i++)
        members += str_is(course.students[i].team, asked->team);
    if (team)
        fprintf(stderr, "holdout erase: teams.csv:%d still names team %s: remove that row first\n",
                team->line, asked->team);
    if (members)
        fprintf(stderr,
                "holdout erase: roster.csv still has %zu member%s of team %s: remove %s row%s "
                "first\n",
                members, PLURAL(members), asked->team, members == 1 ? "that" : "these",
                PLURAL(members));
    return team || members ? EXIT_NO : EXIT_DONE;
}

static const struct counted {
    const char *key, *text;
    size_t at;
    bool bytes;
} rows[] = {
#define ROW(member, words, is_bytes)                                                               \
    {                                                                                              \
#member, words, offsetof(struct erase_plan, member), is_bytes                              \
    }
    ROW(runs, "runs, with steps, facts, points, scores and sealed values", false),
    ROW(marks, "marks of humans", false),
    ROW(events, "events lose their words", false),
    ROW(receipts, "receipts lose their contents", false),
    ROW(files, "files that nobody else has", false),
    ROW(bytes, "in these files", true),
    ROW(repository_bytes, "in the mirror of the repository", true),
    ROW(cache_bytes, "in kept steps", true),
    ROW(lists, "earlier teams.csv and roster.csv lose the rows", false),
    ROW(old_stores, "stores that a rebuild put aside, whole", false),
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static int64_t value_of(const struct erase_plan *plan, size_t row)
{
    return *(const int64_t *)(const void *)((const char *)plan + rows[row].at);
}

static bool is_empty(const struct erase_plan *plan)
{
    return !plan->runs && !plan->events && !plan->receipts && !plan->files && !plan->lists &&
           !plan->repository_bytes && !plan->cache_bytes;
}

static void plan_print(const struct asked *asked, const struct erase_plan *plan, bool erased)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", asked->team);
    json_add_bool(&out, "erased", erased);
    for (size_t i = 0; i < ROW_COUNT; i++)
        json_add_int(&out, rows[i].key, value_of(plan, i));
    json_close_map(&out);
    if (asked->as_json) {
        printf("%s\n", text.at);
        return;
    }
    printf("team %s: %s\n", asked->team, erased ? "erased" : "this would go, for good");
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (value_of(plan, i) && rows[i].bytes)
            printf("  %10.1f MB  %s\n", (double)value_of(plan, i) / 1e6, rows[i].text);
        else if (value_of(plan, i))
            printf("  %10lld     %s\n", (long long)value_of(plan, i), rows[i].text);
}

static int ask(const struct asked *asked)
{
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    int64_t seq;
    json_open_map(&out, NULL);
    json_add_zero(&out, "team", asked->team);
    json_add_zero(&out, "reason", asked->reason ? asked->reason : "");
    json_close_map(&out);
    struct again_asked event = { "erase", "erase", text_str(&body), until_erased };
    return again_ask(asked->dir, &event, &seq);
}

static int erase(const struct asked *asked)
{
    struct fault why = { 0 };
    struct erase_plan plan;
    if (!asked->team || !asked->team[0]) {
        fprintf(stderr, "holdout erase: --team T is needed\n");
        return EXIT_USAGE;
    }
    int code = lists_check(asked);
    if (code != EXIT_DONE && (code != EXIT_NO || asked->yes))
        return code;
    if (!erase_plan_make(asked->dir, asked->team, &plan, &why))
        return command_fail("erase", &why);
    if (is_empty(&plan)) {
        fprintf(stderr, "holdout erase: nothing is known of team %s\n", asked->team);
        return EXIT_NO;
    }
    if (!asked->yes) {
        plan_print(asked, &plan, false);
        fprintf(stderr, "Nothing was changed. To erase it: holdout erase %s --team %s --yes\n",
                asked->dir, asked->team);
        return EXIT_NO;
    }
    code = ask(asked);
    if (code != EXIT_DONE)
        return code;
    plan_print(asked, &plan, true);
    fprintf(stderr, "Backups that were made before still hold it, and so do the repository itself, "
                    "logs of this machine and what forges and webhooks were told.\n");
    return EXIT_DONE;
}

int erase_main(int argc, char **argv)
{
    struct asked asked = { 0 };
    const struct option_row options[] = {
        { "team", "T", "the team", &asked.team, NULL },
        { "reason", "TEXT", "kept with the event until it is done", &asked.reason, NULL },
        { "yes", NULL, "do it; without it only what would go is told", NULL, &asked.yes },
        { "json", NULL, "one JSON document on stdout", NULL, &asked.as_json },
    };
    const struct usage usage = {
        .line = "holdout erase DIR --team T [--reason TEXT] [--yes] [--json]",
        .about = "Takes away all that is kept of a team: mirror, files, logs, predictions, runs,\n"
                 "points, the words of its events, the contents of its receipts. Boards are made\n"
                 "anew. Without --yes it tells what would go and exits 1. Remove the team's rows\n"
                 "from teams.csv and roster.csv first. Backups made before still hold it.",
        .example = "  holdout erase my-course --team nile\n"
                   "  holdout erase my-course --team nile --reason \"asked for it\" --yes",
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    asked.dir = operands[0];
    return erase(&asked);
}
