/* holdout replay: a run done again as it was, and compared bit by bit. */
#include "core/base/file.h"
#include "grader/commands/again.h"
#include "grader/commands/append.h"
#include "grader/commands/page.h"
#include "grader/store/batch.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

/* There is such a run, and it has ended in a way that can be repeated. */
static int run_check(const char *dir, const char *run)
{
    scoped_arena arena = arena_open(NULL);
    struct view_page page;
    int code = command_page("replay", dir, run, arena, &page);
    if (code != EXIT_DONE)
        return code;
    if (page.no_files) {
        fprintf(stderr,
                "holdout replay: the files of run %s are no longer kept (keep in course.yaml)\n",
                run);
        return EXIT_NO;
    }
    if (str_is(page.run.state, "done") || str_is(page.run.state, "failed_team"))
        return EXIT_DONE;
    fprintf(stderr, "holdout replay: run %s is %s: there is nothing to compare with\n", run,
            page.run.state.at);
    return EXIT_NO;
}

static bool is_condition(const struct store_replayed *row)
{
    return strcmp(row->step, "conditions") == 0;
}

/* Bits that are not the same; other conditions are told but are no difference of themselves. */
static size_t differences(const struct store_replayed *rows, size_t count)
{
    size_t different = 0;
    for (size_t i = 0; i < count; i++)
        different += !is_condition(&rows[i]) && strcmp(rows[i].verdict, "same") != 0;
    return different;
}

static void json_print(const char *of, const struct run_end *end, const struct store_replayed *rows,
                       size_t count)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "run", of);
    json_add_text(&out, "replay", end->run);
    json_add_text(&out, "state", end->state);
    json_add_int(&out, "differences", (int64_t)differences(rows, count));
    json_open_list(&out, "rows");
    for (size_t i = 0; i < count; i++) {
        json_open_map(&out, NULL);
        json_add_zero(&out, "step", rows[i].step);
        json_add_int(&out, "seed", rows[i].seed_at);
        json_add_zero(&out, "name", rows[i].name);
        json_add_zero(&out, "verdict", rows[i].verdict);
        json_add_zero(&out, "before", rows[i].before);
        json_add_zero(&out, "now", rows[i].now);
        json_add_int(&out, "cells", rows[i].cells);
        json_add_double(&out, "largest", rows[i].largest);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    printf("%s\n", text.at);
}

static const char *seed_of(const struct store_replayed *row, char out[16])
{
    if (row->seed_at > 0)
        snprintf(out, 16, "seed %d", row->seed_at);
    else
        snprintf(out, 16, "%s", row->seed_at ? "again" : "");
    return out;
}

static void row_print(const struct store_replayed *row)
{
    char seed[16];
    bool same = strcmp(row->verdict, "same") == 0, texts = row->before[0] || row->now[0];
    if (is_condition(row) && same)
        return;
    printf("%-11s %-7s %-8s %s", row->step, seed_of(row, seed), row->verdict, row->name);
    if (texts && same)
        printf("  %s", row->now);
    else if (texts)
        printf("  was %.60s, is %.60s", row->before[0] ? row->before : "-",
               row->now[0] ? row->now : "-");
    if (row->cells)
        printf("  %lld cells", (long long)row->cells);
    if (!isnan(row->largest))
        printf(", by %.3g at most", row->largest);
    printf("\n");
}

static void table_print(const char *of, const struct run_end *end,
                        const struct store_replayed *rows, size_t count)
{
    size_t conditions = 0, other = 0, different = differences(rows, count);
    for (size_t i = 0; i < count; i++) {
        conditions += is_condition(&rows[i]);
        other += is_condition(&rows[i]) && strcmp(rows[i].verdict, "same") != 0;
        row_print(&rows[i]);
    }
    printf("%zu of %zu conditions are the same\n", conditions - other, conditions);
    if (different)
        printf("%s, done again as %s: %zu of %zu differ\n", of, end->run.at, different,
               count - conditions);
    else
        printf("%s, done again as %s: all %zu are the same, bit by bit\n", of, end->run.at,
               count - conditions);
}

static int result_print(const char *dir, const char *of, int64_t seq, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct clock clock = clock_system();
    struct run_end end;
    struct store_replayed *rows = NULL;
    size_t count = 0;
    struct store *store = store_open(arena_print(arena, "%s/state", dir), false, &clock, &why);
    bool ok = store && store_again_ended(store, arena, seq, &end, &why) &&
              store_replayed_list(store, arena, end.run.at, &rows, &count, &why);
    store_close(store);
    if (!ok)
        return command_fail("replay", &why);
    if (!count) {
        fprintf(stderr, "holdout replay: it ended as %s and left nothing to compare: %s\n",
                end.state.len ? end.state.at : "not taken over", end.message.at);
        return EXIT_AGAIN;
    }
    if (as_json)
        json_print(of, &end, rows, count);
    else
        table_print(of, &end, rows, count);
    return differences(rows, count) ? EXIT_NO : EXIT_DONE;
}

static int replay(const char *dir, const char *run, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    int64_t seq = 0;
    json_open_map(&out, NULL);
    json_add_zero(&out, "run", run);
    json_close_map(&out);
    struct again_asked asked = {
        .command = "replay", .kind = "replay", .body = text_str(&body), .until = again_ended
    };
    int code = again_ask(dir, &asked, &seq);
    return code == EXIT_DONE ? result_print(dir, run, seq, as_json) : code;
}

int replay_main(int argc, char **argv)
{
    bool as_json = false;
    const struct option_row options[] = {
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout replay DIR RUN [--json]",
        .about = "Does a run again as it was: the same files, version of the course, seeds and\n"
                 "limits. Compares verdicts, artifacts and predictions bit by bit, never times.\n"
                 "Board, quota and the other teams' turns stay as they are. Exit 1 when\n"
                 "something differs.",
        .example = "  holdout replay my-course 01KB0000000000000000000000",
        .options = options,
        .option_count = 1,
        .least = 2,
        .most = 2,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    if (!ulid_check(str_of(operands[1]))) {
        fprintf(stderr, "holdout replay: \"%s\" is no run id; holdout status %s lists them\n",
                operands[1], operands[0]);
        return EXIT_USAGE;
    }
    code = run_check(operands[0], operands[1]);
    return code == EXIT_DONE ? replay(operands[0], operands[1], as_json) : code;
}
