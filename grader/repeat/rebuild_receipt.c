/* The rebuild: a receipt read as what the store takes of it. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/repeat/rebuild_parts.h"
#include "grader/steps/results.h"
#include <math.h>
#include <stdio.h>

#define MEMBERS_MOST 1000 /* of each list */

static size_t list_of(const struct json *receipt, const char *key, const struct json **members)
{
    const struct json *list = json_get(receipt, key);
    if (!list || list->kind != JSON_LIST)
        return 0;
    *members = list->members;
    return list->count < MEMBERS_MOST ? list->count : MEMBERS_MOST;
}

static const char *text_of(const struct json *map, const char *key)
{
    return json_get_text(map, key, "").at;
}

static void facts_take(struct arena *arena, const struct json *receipt, struct store_end *end)
{
    const struct json *from = NULL;
    size_t count = list_of(receipt, "facts", &from);
    struct store_fact *facts = arena_array(arena, struct store_fact, count);
    for (size_t i = 0; i < count; i++)
        facts[i] = (struct store_fact){ .name = text_of(&from[i], "name"),
                                        .rows = text_of(&from[i], "rows"),
                                        .audience = text_of(&from[i], "audience"),
                                        .unit = text_of(&from[i], "unit"),
                                        .value = json_get_double(&from[i], "value", NAN),
                                        .low = json_get_double(&from[i], "low", NAN),
                                        .high = json_get_double(&from[i], "high", NAN) };
    end->facts = facts;
    end->fact_count = count;
}

static void points_take(struct arena *arena, const struct json *receipt, struct store_end *end)
{
    const struct json *from = NULL;
    size_t count = list_of(receipt, "points", &from);
    struct store_point *points = arena_array(arena, struct store_point, count);
    for (size_t i = 0; i < count; i++)
        points[i] = (struct store_point){ .question = text_of(&from[i], "question"),
                                          .title = text_of(&from[i], "title"),
                                          .state = text_of(&from[i], "state"),
                                          .reason = text_of(&from[i], "reason"),
                                          .audience = text_of(&from[i], "audience"),
                                          .most = json_get_double(&from[i], "most", 0),
                                          .points = json_get_double(&from[i], "points", NAN) };
    end->points = points;
    end->point_count = count;
}

static void release_take(struct arena *arena, const struct json *receipt, struct store_end *end)
{
    const struct json *from = NULL, *released = json_get(receipt, "released");
    size_t count = list_of(receipt, "ladder", &from);
    struct store_ladder *ladder = arena_array(arena, struct store_ladder, count);
    for (size_t i = 0; i < count; i++)
        ladder[i] = (struct store_ladder){ .metric = text_of(&from[i], "metric"),
                                           .run = json_get_text(&from[i], "run", ""),
                                           .score = json_get_double(&from[i], "score", NAN),
                                           .low = json_get_double(&from[i], "low", NAN),
                                           .high = json_get_double(&from[i], "high", NAN) };
    end->ladder = ladder;
    end->ladder_count = count;
    end->released = released && released->kind == JSON_MAP;
    end->score = json_get_double(released, "score", NAN);
    end->low = json_get_double(released, "low", NAN);
    end->high = json_get_double(released, "high", NAN);
}

static void replayed_take(struct arena *arena, const struct json *receipt, struct store_end *end)
{
    const struct json *from = NULL;
    size_t count = list_of(receipt, "replayed", &from);
    struct store_replayed *rows = arena_array(arena, struct store_replayed, count);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct store_replayed){ .step = text_of(&from[i], "step"),
                                           .name = text_of(&from[i], "name"),
                                           .verdict = text_of(&from[i], "verdict"),
                                           .before = text_of(&from[i], "before"),
                                           .now = text_of(&from[i], "now"),
                                           .seed_at = (int)json_get_int(&from[i], "seed_at", 0),
                                           .cells = json_get_int(&from[i], "cells", 0),
                                           .largest = json_get_double(&from[i], "largest", NAN) };
    end->replayed = rows;
    end->replayed_count = count;
}

static struct str tail_of(struct arena *arena, const struct grader *grader, const char *log)
{
    struct fault ignored = { 0 };
    if (!sha256_is_hex(str_of(log)) || !artifacts_has(&grader->artifacts, log))
        return S("");
    scoped(fd) int fd = artifacts_get(&grader->artifacts, log, &ignored);
    return fd < 0 ? S("") : results_tail_of(arena, fd);
}

static struct store_step step_of(struct arena *arena, const struct grader *grader,
                                 const struct json *from, int position)
{
    struct store_step step = {
        .position = position,
        .name = text_of(from, "name"),
        .seed_at = (int)json_get_int(from, "seed_at", 0),
        .state = text_of(from, "state"),
        .verdict = text_of(from, "verdict"),
        .heldout = json_get_bool(from, "heldout", false),
        .cached = json_get(from, "measured_in") != NULL,
        .started_ms = json_get_int(from, "started_ms", 0),
        .ended_ms = json_get_int(from, "ended_ms", 0),
        .wall_us = json_get_int(from, "wall_us", 0),
        .cpu_us = json_get_int(from, "cpu_us", 0),
        .memory_peak_bytes = json_get_int(from, "memory_peak_bytes", 0),
        .message = text_of(from, "message"),
        .log = text_of(from, "log"),
    };
    step.tail = step.heldout ? S("") : tail_of(arena, grader, step.log);
    return step;
}

/* record was under way when it wrote the receipt, announce came after it. */
static void steps_take(struct arena *arena, const struct grader *grader, const struct json *receipt,
                       struct receipt_run *out)
{
    const struct json *from = NULL;
    size_t count = list_of(receipt, "steps", &from);
    out->steps = arena_array(arena, struct store_step, count + 1);
    for (size_t i = 0; i < count; i++)
        out->steps[i] = step_of(arena, grader, &from[i], (int)i + 1);
    out->step_count = count;
    struct store_step *last = count ? &out->steps[count - 1] : NULL;
    if (!last || strcmp(last->name, "record") != 0)
        return;
    last->state = "done";
    last->verdict = "ok";
    last->ended_ms = out->end.ended_ms;
    out->steps[out->step_count++] = (struct store_step){ .position = (int)count + 1,
                                                         .name = "announce",
                                                         .state = "done",
                                                         .verdict = "ok",
                                                         .started_ms = out->end.ended_ms,
                                                         .ended_ms = out->end.ended_ms,
                                                         .message = "",
                                                         .log = "" };
}

static void claim_take(const struct json *receipt, struct claim *out)
{
    struct str kind = json_get_text(receipt, "kind", "run");
    *out = (struct claim){
        .team = json_get_text(receipt, "team", ""),
        .task = json_get_text(receipt, "task", ""),
        .deliverable = json_get_text(receipt, "deliverable", ""),
        .commit = json_get_text(receipt, "commit", ""),
        .attempt = json_get_int(receipt, "attempt", 1),
        .received_ms = json_get_int(receipt, "received_ms", 0),
        .started_ms = json_get_int(receipt, "started_ms", 0),
        .purpose = str_is(kind, "run") ? S("") : kind,
        .of_run = json_get_text(receipt, "of", ""),
        .batch = json_get_text(receipt, "batch", ""),
    };
    snprintf(out->run, sizeof out->run, "%s", text_of(receipt, "run"));
    snprintf(out->submission, sizeof out->submission, "%s", text_of(receipt, "submission"));
    snprintf(out->version, sizeof out->version, "%s", text_of(receipt, "version"));
}

bool receipt_run_load(struct arena *arena, const struct grader *grader, const char *run,
                      struct receipt_run *out, struct fault *why)
{
    char path[64];
    struct str bytes;
    const struct json *receipt;
    snprintf(path, sizeof path, "receipts/%s.json", run);
    *out = (struct receipt_run){ .step_count = 0 };
    if (!file_load(arena, grader->state, path, RECEIPT_BYTES_MOST, &bytes, why) ||
        !json_parse(arena, bytes, &receipt, why))
        return false;
    claim_take(receipt, &out->claim);
    out->end = (struct store_end){
        .state = text_of(receipt, "state"),
        .verdict = text_of(receipt, "verdict"),
        .step = text_of(receipt, "step"),
        .message = text_of(receipt, "message"),
        .detail = text_of(receipt, "detail"),
        .ended_ms = json_get_int(receipt, "recorded_ms", 0),
        .task = out->claim.task.at,
        .task_digest = text_of(receipt, "task_digest"),
        .scoring = text_of(receipt, "scoring"),
        .board = text_of(receipt, "board"),
    };
    facts_take(arena, receipt, &out->end);
    points_take(arena, receipt, &out->end);
    release_take(arena, receipt, &out->end);
    replayed_take(arena, receipt, &out->end);
    steps_take(arena, grader, receipt, out);
    return strcmp(out->claim.run, run) == 0 || fault_set(why, BLAME_SYSTEM, "it is of another run");
}
