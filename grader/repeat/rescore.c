/* Rescores: the thread, and what a batch does next. */
#include "grader/repeat/rescore.h"
#include "core/base/json.h"
#include "grader/board.h"
#include "grader/course/scoring.h"
#include "grader/repeat/batch_receipt.h"
#include <stdio.h>

#define IDLE_MS 200

/* Are the files in force those that the one who asked has seen? */
static bool is_wanted(struct arena *arena, const struct version *version, struct str wants)
{
    const struct json *list;
    struct fault ignored = { 0 };
    if (!json_parse(arena, wants, &list, &ignored))
        return true;
    for (size_t i = 0; i < list->count; i++) {
        struct str path = json_get_text(&list->members[i], "path", "");
        struct str sha256 = json_get_text(&list->members[i], "sha256", "");
        for (size_t k = 0; k < version->file_count; k++)
            if (str_equal(version->files[k].path, path) &&
                !str_is(sha256, version->files[k].sha256))
                return false;
    }
    return true;
}

static bool is_ladder(const struct rescoring *r)
{
    return r->loaded->course.board.release == COURSE_RELEASE_LADDER;
}

static bool fill(struct rescoring *r, struct fault *why)
{
    return store_batch_fill(r->store, r->batch, r->batch->rerun || is_ladder(r), r->scoring, why);
}

static bool begin(struct rescoring *r, bool *did, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const char *id = r->batch->id.at;
    if (!is_wanted(arena, &r->loaded->version, r->batch->wants))
        return store_batch_message(r->store, id,
                                   "waits until the course's files, as they were when this was "
                                   "asked for, are in force",
                                   why);
    *did = true;
    grader_log(r->grader, "info", "event=rescore batch=%s version=%.12s", id,
               r->loaded->version.digest);
    return store_batch_begin(r->store, r->batch, r->loaded->version.digest, why) && fill(r, why);
}

static bool finish(struct rescoring *r, const struct store_batch_count *count, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct board_entry *entries;
    size_t entry_count;
    struct board_with with = { r->grader, r->loaded, r->store, r->task, r->batch->id.at };
    const char *message = "";
    if (count->trouble)
        message = arena_print(arena, "%lld run%s could not be computed", (long long)count->trouble,
                              PLURAL(count->trouble));
    grader_log(r->grader, "info", "event=rescore batch=%s ready=%lld trouble=%lld", r->batch->id.at,
               (long long)count->done, (long long)count->trouble);
    return board_preview(arena, &with, &entries, &entry_count, why) &&
           store_batch_ready(r->store, r->batch, entries, entry_count, message, why) &&
           batch_record_keep(r->grader, r->store, r->batch->id.at, why);
}

static bool next(struct rescoring *r, bool *did, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct store_batch_item item;
    struct store_batch_count before, count;
    bool found;
    if (!store_batch_returned(r->store, r->batch->id.at, did, why) || *did)
        return *did;
    if (!store_batch_next(r->store, arena, r->batch->id.at, is_ladder(r), &item, &found, why))
        return false;
    *did = found;
    if (found)
        return rescore_item(r, &item, why);
    if (!store_batch_count(r->store, r->batch->id.at, &before, why))
        return false;
    if (before.queued)
        return true;
    /* runs may have ended meanwhile that were claimed with the earlier version */
    if (!fill(r, why) || !store_batch_count(r->store, r->batch->id.at, &count, why))
        return false;
    *did = true;
    return count.runs > before.runs || finish(r, &count, why);
}

bool rescore_turn(struct rescoring *r, bool *did, struct fault *why)
{
    *did = false;
    r->task = course_task_find(&r->loaded->course, r->batch->task);
    if (!r->task)
        return store_batch_message(r->store, r->batch->id.at, "the course has no such task", why);
    scoring_digest(r->loaded, r->task, r->scoring);
    scoring_board_digest(r->loaded, r->task, r->board);
    if (!str_is(r->batch->version, r->loaded->version.digest))
        return begin(r, did, why);
    return next(r, did, why);
}

const char *rescore_state_after(struct str action, struct str state)
{
    static const struct {
        const char *action, *state, *from;
    } decisions[] = {
        { "pause", "paused", "computing" },
        { "resume", "computing", "paused ready" },
        { "discard", "discarded", "computing paused ready" },
    };
    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++)
        if (str_is(action, decisions[i].action) && strstr(decisions[i].from, state.at))
            return decisions[i].state;
    return NULL;
}

/* A turn for each batch that computes; true: there is more to do. */
static bool turns(struct grader *grader, struct store *store, struct rescoring *kept)
{
    scoped_arena arena = arena_open(NULL);
    struct store_batch *batches;
    struct fault why = { 0 };
    size_t count;
    bool any = false;
    if (!store_batch_list(store, arena, "computing", &batches, &count, &why))
        grader_log(grader, "warning", "event=rescore fault=\"%s\"", why.text);
    for (size_t i = 0; i < count; i++) {
        const struct loaded *loaded = loaded_take(grader->loaded);
        bool did = false;
        kept->loaded = loaded;
        kept->batch = &batches[i];
        pthread_rwlock_rdlock(&grader->rows);
        bool turned = rescore_turn(kept, &did, &why);
        pthread_rwlock_unlock(&grader->rows);
        if (!turned)
            grader_log(grader, "warning", "event=rescore batch=%s fault=\"%s\"", batches[i].id.at,
                       why.text);
        else
            any |= did;
        loaded_give(grader->loaded, loaded);
    }
    if (any)
        grader_news(grader);
    return any;
}

void *rescore_thread(void *at)
{
    struct grader *grader = at;
    struct rescoring kept = { .grader = grader };
    uint64_t seen = 0;
    if (!grader_open(grader, &kept.store, NULL))
        return NULL;
    while (!grader_stopping(grader))
        if (!turns(grader, kept.store, &kept))
            grader_idle(grader, &seen, IDLE_MS);
    loaded_free(kept.earlier);
    store_close(kept.store);
    return NULL;
}
