/* Events of repeating: replays, rescores and what is decided about them. */
#include "core/base/digest.h"
#include "core/base/file.h"
#include "grader/board.h"
#include "grader/service/follow_parts.h"
#include "grader/store/rescore.h"

bool take_replay(const struct following *f, struct fault *why)
{
    struct str of = json_get_text(f->body, "run", "");
    char run[ULID_TEXT];
    bool found;
    if (!ulid_check(of))
        return fault_set(why, BLAME_OPEN, "event %lld is no replay", (long long)f->event->seq);
    ulid_from(f->event->at_ms, f->event->id, run);
    struct store_again again = { .run = run,
                                 .of_run = of.at,
                                 .purpose = "replay",
                                 .batch = "",
                                 .at_ms = f->event->at_ms,
                                 .seq = f->event->seq };
    return store_again_add(f->store, &again, f->event->actor.at, &found, why) &&
           (found || fault_set(why, BLAME_OPEN, "event %lld: run %s cannot be replayed",
                               (long long)f->event->seq, of.at));
}

static bool senseless(const struct following *f, const char *what, struct fault *why)
{
    return fault_set(why, BLAME_OPEN, "event %lld: %s", (long long)f->event->seq, what);
}

static struct str list_print(struct arena *arena, const struct json *wants)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_list(&out, NULL);
    for (size_t i = 0; wants && i < wants->count; i++) {
        json_open_map(&out, NULL);
        json_add_text(&out, "path", json_get_text(&wants->members[i], "path", ""));
        json_add_text(&out, "sha256", json_get_text(&wants->members[i], "sha256", ""));
        json_close_map(&out);
    }
    json_close_list(&out);
    return text_str(&text);
}

bool take_rescore(const struct following *f, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char id[ULID_TEXT];
    bool added;
    ulid_from(f->event->at_ms, f->event->id, id);
    struct store_batch batch = { .id = str_of(id),
                                 .task = json_get_text(f->body, "task", ""),
                                 .team = json_get_text(f->body, "team", ""),
                                 .since_ms = json_get_int(f->body, "since_ms", 0),
                                 .rerun = json_get_bool(f->body, "rerun", false),
                                 .actor = f->event->actor,
                                 .at_ms = f->event->at_ms,
                                 .wants = list_print(arena, json_get(f->body, "wants")) };
    if (!course_task_find(&f->loaded->course, batch.task))
        return senseless(f, "the course has no such task", why);
    return store_batch_add(f->store, &batch, f->event->seq, &added, why);
}

/* The receipt of a batch: which runs got which results. */
struct applied {
    const struct following *f;
    const struct store_batch *batch;
};

static bool receipt_make(const struct applied *applied, struct arena *arena, const char *head,
                         struct str *out, struct fault *why)
{
    const struct following *f = applied->f;
    const struct store_batch *batch = applied->batch;
    struct text text = { .arena = arena };
    struct json_out json = { .text = &text };
    struct store_batch_row *rows;
    size_t count;
    if (!store_batch_rows(f->store, arena, batch->id.at, &rows, &count, why))
        return false;
    json_open_map(&json, NULL);
    json_add_int(&json, "schema", 1);
    json_add_zero(&json, "previous", head);
    json_add_zero(&json, "kind", "batch");
    json_add_text(&json, "run", batch->id);
    json_add_text(&json, "task", batch->task);
    json_add_text(&json, "team", batch->team);
    json_add_text(&json, "version", batch->version);
    json_add_text(&json, "actor", f->event->actor);
    json_add_int(&json, "recorded_ms", f->event->at_ms);
    json_add_zero(&json, "state", "applied");
    json_open_list(&json, "results");
    for (size_t i = 0; i < count; i++) {
        if (!str_is(rows[i].state, "done"))
            continue;
        json_open_map(&json, NULL);
        json_add_text(&json, "run", rows[i].run);
        json_add_text(&json, "again", rows[i].again);
        json_add_text(&json, "result", rows[i].result);
        json_close_map(&json);
    }
    json_close_list(&json);
    json_close_map(&json);
    text_char(&text, '\n');
    *out = text_str(&text);
    return true;
}

static bool receipt_save(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    const struct applied *applied = at;
    scoped_arena arena = arena_open(NULL);
    struct str receipt;
    if (!receipt_make(applied, arena, head, &receipt, why))
        return false;
    sha256_of(receipt, digest);
    const char *path = arena_print(arena, "receipts/%s.json", applied->batch->id.at);
    return file_save(applied->f->grader->state, path, receipt, 0400, why);
}

static bool apply(const struct following *f, const struct store_batch *batch, struct fault *why)
{
    struct store_batch_count count;
    struct applied applied = { f, batch };
    struct store_batch_apply how = { .batch = batch,
                                     .by = f->event->actor.at,
                                     .at_ms = f->event->at_ms,
                                     .seq = f->event->seq,
                                     .receipt = receipt_save,
                                     .receipt_at = &applied };
    const struct course_task *task = course_task_find(&f->loaded->course, batch->task);
    if (!store_batch_count(f->store, batch->id.at, &count, why))
        return false;
    if (!str_is(batch->state, "ready"))
        return senseless(f, "the rescore is not ready", why);
    if (!task || !str_is(batch->version, f->loaded->version.digest))
        return senseless(f, "the course has changed since the rescore was computed", why);
    if (count.trouble && !json_get_bool(f->body, "leave", false))
        return senseless(f, "some runs of the rescore could not be computed", why);
    return store_batch_apply(f->store, &how, why) &&
           board_make(f->grader, f->loaded, f->store, task, why);
}

static const struct {
    const char *action, *state;
    const char *from; /* states in which it makes sense */
} decisions[] = {
    { "pause", "paused", "computing" },
    { "resume", "computing", "paused ready" },
    { "discard", "discarded", "computing paused ready" },
};

bool take_batch(const struct following *f, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str id = json_get_text(f->body, "batch", "");
    struct str action = json_get_text(f->body, "action", "");
    struct store_batch batch;
    bool found;
    if (!ulid_check(id))
        return senseless(f, "no rescore is named", why);
    if (!store_batch_find(f->store, arena, id.at, &batch, &found, why))
        return false;
    if (!found)
        return senseless(f, "there is no such rescore", why);
    if (str_is(action, "apply"))
        return apply(f, &batch, why);
    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++)
        if (str_is(action, decisions[i].action) && strstr(decisions[i].from, batch.state.at))
            return store_batch_decide(f->store, &batch, decisions[i].state, f->event->actor.at,
                                      f->event->at_ms, f->event->seq, why);
    return senseless(f, "the rescore is past that", why);
}
