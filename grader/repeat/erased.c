/* Receipts of erased teams, as the inbox names them. */
#include "grader/repeat/erased.h"
#include "core/base/json.h"
#include <stdlib.h>

static int by_run(const void *a, const void *b)
{
    return str_order(((const struct erased_receipt *)a)->run,
                     ((const struct erased_receipt *)b)->run);
}

static void event_take(struct arena *arena, struct str body, struct erased_list *out, size_t *room)
{
    const struct json *map;
    struct fault ignored = { 0 };
    if (!json_parse(arena, body, &map, &ignored))
        return;
    const struct json *list = json_get(map, "receipts");
    for (size_t i = 0; list && list->kind == JSON_LIST && i < list->count; i++) {
        if (out->count == *room) {
            size_t more = *room ? 2 * *room : 64;
            out->at = arena_grow(arena, out->at, *room * sizeof *out->at, more * sizeof *out->at);
            *room = more;
        }
        out->at[out->count++] =
            (struct erased_receipt){ json_get_text(&list->members[i], "run", ""),
                                     json_get_text(&list->members[i], "sha256", ""),
                                     json_get_text(&list->members[i], "previous", "") };
    }
}

bool erased_load(struct arena *arena, struct inbox *inbox, struct erased_list *out,
                 struct fault *why)
{
    size_t room = 0;
    struct event event = { .seq = 0 };
    *out = (struct erased_list){ 0 };
    for (;;) {
        bool found;
        if (!inbox_erased_next(inbox, arena, event.seq, &event, &found, why))
            return false;
        if (!found)
            break;
        event_take(arena, event.body, out, &room);
    }
    if (out->count)
        qsort(out->at, out->count, sizeof *out->at, by_run);
    return true;
}

const struct erased_receipt *erased_find(const struct erased_list *list, struct str run)
{
    struct erased_receipt key = { .run = run };
    return list && list->count ? bsearch(&key, list->at, list->count, sizeof key, by_run) : NULL;
}

struct str erased_print(struct arena *arena, const struct erased_receipt *was, int64_t recorded_ms)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", 1);
    json_add_text(&out, "previous", was->previous);
    json_add_zero(&out, "kind", "erased");
    json_add_text(&out, "run", was->run);
    json_add_text(&out, "sha256", was->sha256);
    json_add_int(&out, "recorded_ms", recorded_ms);
    json_add_zero(&out, "state", "erased");
    json_close_map(&out);
    text_char(&text, '\n');
    return text_str(&text);
}
