/* What is no longer kept of old runs: the tidying thread said so. */
#include "grader/service/follow_parts.h"
#include "grader/store/keep.h"

bool take_drop(const struct following *f, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const struct json *list = json_get(f->body, "runs");
    size_t count = list && list->kind == JSON_LIST ? list->count : 0;
    struct str *runs = arena_array(arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        runs[i] = list->members[i].text;
    if (!count)
        return fault_set(why, BLAME_OPEN, "event %lld names no run", (long long)f->event->seq);
    struct store_drop drop = { f->event->seq, f->event->at_ms, runs, count,
                               json_get_bool(f->body, "files", false) };
    return store_drop(f->store, &drop, why);
}
