/* holdout outbox: what was told to forges and webhooks, and what could not be delivered. */
#include "core/base/clock.h"
#include "grader/commands/append.h"
#include "grader/view.h"
#include <stdio.h>

struct outbox_list {
    struct view_outbox *rows;
    size_t count;
};

static int list_load(const char *dir, struct arena *arena, bool dead, struct outbox_list *out)
{
    struct fault why = { 0 };
    struct view *view = view_open(arena_print(arena, "%s/state", dir), &why);
    if (!view)
        return command_no_state("outbox", dir, "store.db", &why);
    bool ok = view_outbox(view, arena, dead, &out->rows, &out->count, &why);
    view_close(view);
    return ok ? EXIT_DONE : command_fail("outbox", &why);
}

static void time_add(struct json_out *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT];
    if (ms)
        clock_print(ms, text);
    json_add_zero(out, key, ms ? text : NULL);
}

static void list_json(struct arena *arena, const struct outbox_list *list)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "rows");
    for (size_t i = 0; i < list->count; i++) {
        const struct view_outbox *row = &list->rows[i];
        json_open_map(&out, NULL);
        json_add_text(&out, "id", row->id);
        json_add_text(&out, "event", row->event);
        json_add_text(&out, "target", row->target);
        json_add_zero(&out, "run", row->run.len ? row->run.at : NULL);
        json_add_zero(&out, "task", row->task.len ? row->task.at : NULL);
        json_add_text(&out, "state", row->state);
        json_add_int(&out, "attempts", row->attempts);
        json_add_text(&out, "error", row->error);
        time_add(&out, "created_at", row->created_ms);
        time_add(&out, "next_at", row->next_ms);
        time_add(&out, "ended_at", row->ended_ms);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    printf("%s\n", text.at);
}

static void list_print(const struct outbox_list *list)
{
    if (list->count == 0)
        printf("nothing\n");
    for (size_t i = 0; i < list->count; i++) {
        const struct view_outbox *row = &list->rows[i];
        printf("%s  %-7s  %-13s  %-24s  %s\n", row->id.at, row->state.at, row->event.at,
               row->target.at, row->run.len ? row->run.at : row->task.at);
        if (row->error.len)
            printf("    %lld %s: %s\n", (long long)row->attempts,
                   row->attempts == 1 ? "try" : "tries", row->error.at);
    }
}

static int retry(const char *dir, struct arena *arena, const char *id)
{
    struct outbox_list dead;
    size_t count = 0;
    int64_t seq;
    int code = list_load(dir, arena, true, &dead);
    if (code != EXIT_DONE)
        return code;
    for (size_t i = 0; i < dead.count; i++)
        count += strcmp(id, "all") == 0 || str_is(dead.rows[i].id, id);
    if (count == 0) {
        fprintf(stderr, "holdout outbox: there is nothing dead%s%s\n",
                strcmp(id, "all") == 0 ? "" : " with id ", strcmp(id, "all") == 0 ? "" : id);
        return EXIT_NO;
    }
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_zero(&out, "retry", id);
    json_close_map(&out);
    code = append_event("outbox", dir, "outbox", text_str(&body), &seq);
    if (code == EXIT_DONE)
        fprintf(stderr, "noted; %zu go out again within a second or two\n", count);
    return code;
}

int outbox_main(int argc, char **argv)
{
    bool as_json = false, dead = false;
    const char *id = NULL;
    const struct option_row options[] = {
        { "dead", NULL, "only what could not be delivered", NULL, &dead },
        { "retry", "ID", "send it again; all: whatever is dead", &id, NULL },
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout outbox DIR [--dead] [--retry ID|all] [--json]",
        .about = "Lists what was told to forges and webhooks in the last days, newest first, what "
                 "waits for its\nnext try, and what could not be delivered.",
        .example = "  holdout outbox my-course --dead\n  holdout outbox my-course --retry all",
        .options = options,
        .option_count = 3,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    scoped_arena arena = arena_open(NULL);
    struct outbox_list list = { 0 };
    if (id)
        return retry(operands[0], arena, id);
    code = list_load(operands[0], arena, dead, &list);
    if (code != EXIT_DONE)
        return code;
    if (as_json)
        list_json(arena, &list);
    else
        list_print(&list);
    return EXIT_DONE;
}
