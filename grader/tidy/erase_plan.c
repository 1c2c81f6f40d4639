/* Erasing: what would go, counted. */
#include "core/base/file.h"
#include "grader/tidy/erase_parts.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Files that nothing names; of the team too, or without it. */
static bool unnamed(struct erasing *erasing, bool without, struct collected *out, struct fault *why)
{
    struct marks named __attribute__((cleanup(marks_scoped))) = { 0 };
    struct collecting how = { .state = erasing->state,
                              .artifacts = erasing->artifacts,
                              .sealed = erasing->sealed,
                              .store = erasing->store,
                              .team = without ? erasing->team : "",
                              .skip = without ? &erasing->run_set : NULL };
    struct collect_sweep all = { .named = &named, .before_ms = INT64_MAX, .dry = true };
    return collect_marks(&how, &named, why) && collect_sweep(&how, &all, out, why);
}

static bool count_files(struct erasing *erasing, struct erase_plan *out, struct fault *why)
{
    struct collected now, then;
    if (!unnamed(erasing, false, &now, why) || !unnamed(erasing, true, &then, why))
        return false;
    out->files = then.files - now.files;
    out->bytes = then.bytes - now.bytes;
    return true;
}

static bool count(struct erasing *erasing, struct erase_plan *out, struct fault *why)
{
    struct erase_events events;
    char path[128];
    if (!store_erase_runs(erasing->store, erasing->arena, erasing->team, &erasing->runs,
                          &erasing->run_count, why))
        return false;
    for (size_t i = 0; i < erasing->run_count; i++) {
        marks_add(&erasing->run_set, erasing->runs[i]);
        snprintf(path, sizeof path, "receipts/%.26s.json", erasing->runs[i].at);
        out->receipts += file_exists(erasing->state, path);
    }
    out->runs = (int64_t)erasing->run_count;
    if (!erase_lists(erasing, false, why) || !erase_events_find(erasing, &events, why) ||
        !count_files(erasing, out, why))
        return false;
    out->events = (int64_t)events.count;
    out->marks = events.marks;
    out->lists = erasing->lists;
    snprintf(path, sizeof path, "repos/%s", erasing->team);
    out->repository_bytes = tree_bytes(erasing->state, path);
    return store_erase_cache(erasing->store, erasing->team, &out->cache_bytes, why) &&
           erase_old_stores(erasing->state, false, &out->old_stores, why);
}

bool erase_plan_make(const char *course, const char *team, struct erase_plan *out,
                     struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct clock clock = clock_system();
    struct artifacts open = { .root = -1 }, sealed = { .root = -1 };
    const char *path = arena_print(arena, "%s/state", course);
    scoped(fd) int state = dir_open(AT_FDCWD, path, why);
    struct erasing erasing = {
        .arena = arena, .state = state, .artifacts = &open, .sealed = &sealed, .team = team
    };
    *out = (struct erase_plan){ 0 };
    if (state < 0)
        return false;
    erasing.inbox = inbox_open(path, false, why);
    erasing.store = erasing.inbox ? store_open(path, false, &clock, why) : NULL;
    bool ok = erasing.store && artifacts_open(&open, state, "artifacts", 0750, 0444, why) &&
              artifacts_open(&sealed, state, "sealed", 0700, 0400, why) &&
              count(&erasing, out, why);
    marks_scoped(&erasing.run_set);
    store_close(erasing.store);
    inbox_close(erasing.inbox);
    artifacts_close(&open);
    artifacts_close(&sealed);
    return ok;
}
