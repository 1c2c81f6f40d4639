/* holdout status: boards and runs of a course, for people or as one JSON document. */
#include "core/base/json.h"
#include "grader/commands/command.h"
#include "grader/commands/status_team.h"
#include "grader/view.h"
#include <stdio.h>
#include <unistd.h>

static void board_print(const struct json *task)
{
    const struct json *rows = json_get(task, "board");
    printf("\n%s\n", json_get_text(task, "id", "").at);
    if (!rows || !rows->count) {
        printf("  no graded submission yet\n");
        return;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct json *row = &rows->members[i];
        char rank[32];
        long long low = (long long)json_get_int(row, "rank_low", 0);
        long long high = (long long)json_get_int(row, "rank_high", 0);
        if (low == high)
            snprintf(rank, sizeof rank, "%lld", low);
        else
            snprintf(rank, sizeof rank, "%lld-%lld", low, high);
        printf("  %5s  %-28s %10.6g   [%.6g, %.6g]\n", rank, json_get_text(row, "team", "").at,
               json_get_double(row, "score", 0), json_get_double(row, "low", 0),
               json_get_double(row, "high", 0));
    }
}

/* Scores of different versions never stand side by side: the board waits until somebody decides. */
static void due_print(const struct json *task)
{
    struct str metric = json_get_text(task, "metric", "");
    struct str coming = json_get_text(task, "metric_coming", "");
    if (!json_get_bool(task, "rescore_due", false))
        return;
    if (str_equal(metric, coming))
        printf("  a rescore is due: the course has changed this task, the board stays by the "
               "version before\n");
    else
        printf("  a rescore is due: the course says %s now, the board stays by %s\n", coming.at,
               metric.at);
}

static void outdated_print(const char *dir, const struct json *task)
{
    long long count = (long long)json_get_int(task, "outdated", 0);
    due_print(task);
    if (count)
        printf("  %lld run%s scored with an earlier version: holdout rescore %s start --task %s\n",
               count, count == 1 ? " was" : "s were", dir, json_get_text(task, "id", "").at);
}

static void runs_print(const struct json *task)
{
    const struct json *runs = json_get(task, "runs");
    for (size_t i = 0; runs && i < runs->count; i++) {
        const struct json *run = &runs->members[i];
        printf("  %-28s %-12s %-12s %s\n", json_get_text(run, "team", "").at,
               json_get_text(run, "state", "").at, json_get_text(run, "verdict", "").at,
               json_get_text(run, "id", "").at);
    }
}

static void kept_print(const struct json *kept)
{
    if (!kept)
        return;
    long long files = (long long)json_get_int(kept, "runs_without_files", 0);
    long long logs = (long long)json_get_int(kept, "runs_without_logs", 0);
    printf("\nkept: %lld files, %.1f MB; no longer kept: the files of %lld run%s, the logs of %lld "
           "more\n",
           (long long)json_get_int(kept, "files", 0), json_get_double(kept, "bytes", 0) / 1e6,
           files, PLURAL(files), logs);
}

static void status_print(const char *dir, const struct json *status)
{
    const struct json *tasks = json_get(status, "tasks");
    printf("%s", json_get_text(status, "course", "").at);
    long long pending = (long long)json_get_int(status, "pending", 0);
    printf(pending ? ": %lld to grade\n" : ": all graded\n", pending);
    struct str fault = json_get_text(status, "course_fault", "");
    if (fault.len)
        printf("\nThe course's files were changed and are wrong; the version before stays in "
               "force:\n%s\n",
               fault.at);
    if (json_get_bool(status, "disk_low", false))
        printf("\nThe grader waits: its disk is nearly full (disk_guard_mb in course.yaml)\n");
    kept_print(json_get(status, "kept"));
    for (size_t i = 0; tasks && i < tasks->count; i++) {
        board_print(&tasks->members[i]);
        outdated_print(dir, &tasks->members[i]);
    }
    printf("\nnewest run of each team\n");
    for (size_t i = 0; tasks && i < tasks->count; i++)
        runs_print(&tasks->members[i]);
}

int status_main(int argc, char **argv)
{
    bool as_json = false;
    const char *team = NULL;
    const struct option_row options[] = {
        { "team", "T", "one team: what is due, which version counts, tries", &team, NULL },
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout status DIR [--team T] [--json]",
        .about = "Shows the boards of the course in DIR and the newest run of each team.",
        .example = "  holdout status my-course\n  holdout status my-course --json | jq .pending",
        .options = options,
        .option_count = 2,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    if (access(operands[0], F_OK) != 0) {
        fprintf(stderr, "holdout status: there is no directory %s\n", operands[0]);
        return EXIT_INPUT;
    }
    struct view *view = view_open(arena_print(arena, "%s/state", operands[0]), &why);
    if (!view)
        return command_no_state("status", operands[0], "store.db", &why);
    if (team) {
        code = status_team(view, team, as_json);
        view_close(view);
        return code;
    }
    struct text text = { .arena = arena };
    bool ok = view_status_json(view, arena, VIEWER_STAFF, &text, &why);
    if (!ok) {
        view_close(view);
        return command_fail("status", &why);
    }
    const struct json *status;
    if (as_json)
        printf("%s\n", text.at);
    else if (json_parse(arena, text_str(&text), &status, &why)) {
        status_print(operands[0], status);
        code = status_queue(view);
    }
    view_close(view);
    return code < 0 ? EXIT_DONE : code;
}
