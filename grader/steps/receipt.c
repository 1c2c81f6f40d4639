/* Printing a receipt. */
#include "grader/steps/receipt.h"
#include "core/base/json.h"
#include "grader/course/scoring.h"
#include "grader/steps/surroundings.h"
#include "grader/steps/work.h"
#include <stdio.h>

/* What a step left: only digests of what saw held-out rows. */
static void artifacts_print(struct json_out *out, const struct run_step *step)
{
    json_open_list(out, "artifacts");
    for (size_t i = 0; i < step->artifact_count; i++) {
        json_open_map(out, NULL);
        json_add_zero(out, "path", step->artifacts[i].path);
        json_add_zero(out, "sha256", step->artifacts[i].sha256);
        json_add_int(out, "bytes", step->artifacts[i].bytes);
        json_close_map(out);
    }
    json_close_list(out);
}

static void steps_print(struct json_out *out, const struct run *run)
{
    json_open_list(out, "steps");
    for (size_t i = 0; i < run->step_count; i++) {
        const struct store_step *row = &run->steps[i].row;
        json_open_map(out, NULL);
        json_add_zero(out, "name", row->name);
        json_add_int(out, "seed_at", row->seed_at);
        json_add_zero(out, "state", row->state);
        json_add_zero(out, "verdict", row->verdict);
        json_add_zero(out, "message", row->message);
        json_add_bool(out, "heldout", row->heldout);
        if (row->cached)
            json_add_zero(out, "measured_in", run->steps[i].measured_in);
        json_add_int(out, "started_ms", row->started_ms);
        json_add_int(out, "ended_ms", row->ended_ms);
        json_add_int(out, "wall_us", row->wall_us);
        json_add_int(out, "cpu_us", row->cpu_us);
        json_add_int(out, "memory_peak_bytes", row->memory_peak_bytes);
        json_add_zero(out, "log", row->log);
        artifacts_print(out, &run->steps[i]);
        json_close_map(out);
    }
    json_close_list(out);
}

void receipt_findings_print(struct json_out *out, const struct run *run)
{
    json_open_list(out, "facts");
    for (size_t i = 0; i < run->judged.fact_count; i++) {
        const struct store_fact *fact = &run->judged.facts[i];
        json_open_map(out, NULL);
        json_add_zero(out, "name", fact->name);
        json_add_zero(out, "rows", fact->rows);
        json_add_zero(out, "audience", fact->audience);
        json_add_double(out, "value", fact->value);
        json_add_zero(out, "unit", fact->unit);
        json_add_double(out, "low", fact->low);
        json_add_double(out, "high", fact->high);
        json_close_map(out);
    }
    json_close_list(out);
    json_open_list(out, "points");
    for (size_t i = 0; i < run->judged.point_count; i++) {
        const struct store_point *point = &run->judged.points[i];
        json_open_map(out, NULL);
        json_add_zero(out, "question", point->question);
        json_add_zero(out, "title", point->title);
        json_add_zero(out, "state", point->state);
        json_add_double(out, "points", point->points);
        json_add_double(out, "most", point->most);
        json_add_zero(out, "reason", point->reason);
        json_add_zero(out, "audience", point->audience);
        json_close_map(out);
    }
    json_close_list(out);
}

/* The files as they are in the snapshot, and one digest of them all. */
static void files_print(struct json_out *out, const struct run *run)
{
    const struct snapshot *tree = &run->snapshot.tree;
    struct sha256 hash;
    char manifest[SHA256_HEX];
    json_add_zero(out, "tree", tree->tree);
    sha256_start(&hash);
    json_open_list(out, "snapshot");
    for (size_t i = 0; i < tree->count; i++) {
        const struct snapshot_file *file = &tree->files[i];
        sha256_add(&hash, file->path.at, file->path.len);
        sha256_add(&hash, file->mode & 0111 ? "\0x" : "\0-", 2);
        sha256_add(&hash, file->sha256, SHA256_HEX);
        json_open_map(out, NULL);
        json_add_text(out, "path", file->path);
        json_add_int(out, "mode", file->mode);
        json_add_int(out, "bytes", (int64_t)file->bytes);
        json_add_zero(out, "sha256", file->sha256);
        json_close_map(out);
    }
    json_close_list(out);
    sha256_end(&hash, manifest);
    json_add_zero(out, "manifest", manifest);
}

/* Of a run that ended before it needed its environment; "" when that cannot be opened. */
static void environment_look_up(struct run *run, struct str name, char digest[SHA256_HEX])
{
    struct environment environment;
    struct fault why = { 0 };
    if (environment_open(run->grader, &run->loaded->course, name, run->arena, &environment, &why))
        memcpy(digest, environment.digest, sizeof environment.digest);
    else
        grader_log(run->grader, "warning", "event=environment run=%s fault=\"%s\"", run->claim.run,
                   why.text);
    environment_close(&environment);
}

static bool environment_print(struct json_out *out, struct run *run, struct fault *why)
{
    struct str name = run->snapshot.file.environment;
    char digest[SHA256_HEX] = "";
    name = name.len ? name : S("default");
    const struct course_environment *environment =
        course_environment_find(&run->loaded->course, name);
    if (run->work.environment.digest[0])
        memcpy(digest, run->work.environment.digest, sizeof digest);
    else if (!environment || str_is(environment->root, "host")) {
        if (!surroundings_host(run->grader->state, digest, why))
            return false;
    } else {
        environment_look_up(run, name, digest);
    }
    json_open_map(out, "environment");
    json_add_text(out, "name", name);
    json_add_zero(out, "sha256", digest);
    json_close_map(out);
    return true;
}

/* By the digest of what each is drawn from: who has a receipt cannot draw them. */
static bool seeds_print(struct json_out *out, struct run *run, struct fault *why)
{
    char digest[SHA256_HEX];
    json_open_list(out, "seeds");
    for (int i = 1; i <= run->task->seeds; i++) {
        if (!work_seed_digest(run, i, digest, why))
            return false;
        json_add_zero(out, NULL, digest);
    }
    json_close_list(out);
    return true;
}

/* What a score depends on beside the code: data, seeds, limits, machine. */
static bool conditions_print(struct json_out *out, struct run *run, struct fault *why)
{
    char build[BUILD_TEXT], scoring[SHA256_HEX], board[SHA256_HEX];
    surroundings_build(build);
    json_add_zero(out, "version", run->claim.version);
    json_add_zero(out, "holdout", build);
    if (!environment_print(out, run, why))
        return false;
    if (run->task) {
        scoring_digest(run->loaded, run->task, scoring);
        json_add_zero(out, "scoring", scoring);
        scoring_board_digest(run->loaded, run->task, board);
        json_add_zero(out, "board", board);
        json_add_zero(out, "task_digest",
                      version_task_digest(&run->loaded->version, run->task->id));
        course_limits_json(out, "limits", &run->task->limits);
        json_add_int(out, "threads", run->task->limits.cpus);
        if (!seeds_print(out, run, why))
            return false;
    }
    if (run->work.host[0])
        json_add_raw(out, "host", str_of(run->work.host));
    if (run->work.layers[0])
        json_add_raw(out, "layers", str_of(run->work.layers));
    return true;
}

/* What the board has of it. */
void receipt_released_print(struct json_out *out, const struct run *run)
{
    if (!run->evaluated.released || run->end.state[0] != 'd' || run->claim.purpose.len)
        return;
    json_open_map(out, "released");
    json_add_double(out, "score", run->evaluated.score);
    json_add_double(out, "low", run->evaluated.low);
    json_add_double(out, "high", run->evaluated.high);
    json_close_map(out);
    json_open_list(out, "ladder");
    for (size_t i = 0; i < run->evaluated.reached_count; i++) {
        const struct store_ladder *at = &run->evaluated.reached[i];
        json_open_map(out, NULL);
        json_add_zero(out, "metric", at->metric);
        json_add_text(out, "run", at->run);
        json_add_double(out, "score", at->score);
        json_add_double(out, "low", at->low);
        json_add_double(out, "high", at->high);
        json_close_map(out);
    }
    json_close_list(out);
}

/* Digests of the sealed predictions, one a hidden seed: what a later replay is compared with. */
static bool predictions_print(struct json_out *out, struct run *run, struct fault *why)
{
    struct str sha256[RUN_SEEDS_MOST];
    size_t count;
    if (!store_predictions(run->store, run->arena, run->claim.run, sha256, RUN_SEEDS_MOST, &count,
                           why))
        return false;
    json_open_list(out, "predictions");
    for (size_t i = 0; i < count; i++)
        json_add_text(out, NULL, sha256[i]);
    json_close_list(out);
    return true;
}

/* Of a replay: what came out otherwise, or was compared. */
static void replayed_print(struct json_out *out, const struct run *run)
{
    if (!run->again.row_count)
        return;
    json_open_list(out, "replayed");
    for (size_t i = 0; i < run->again.row_count; i++) {
        const struct store_replayed *row = &run->again.rows[i];
        json_open_map(out, NULL);
        json_add_zero(out, "step", row->step);
        json_add_int(out, "seed_at", row->seed_at);
        json_add_zero(out, "name", row->name);
        json_add_zero(out, "verdict", row->verdict);
        json_add_zero(out, "before", row->before);
        json_add_zero(out, "now", row->now);
        json_add_int(out, "cells", row->cells);
        json_add_double(out, "largest", row->largest);
        json_close_map(out);
    }
    json_close_list(out);
}

static void identity_print(struct json_out *out, const struct run *run)
{
    const struct claim *claim = &run->claim;
    json_add_text(out, "kind", claim->purpose.len ? claim->purpose : S("run"));
    json_add_zero(out, "run", claim->run);
    if (claim->of_run.len)
        json_add_text(out, "of", claim->of_run);
    if (claim->batch.len)
        json_add_text(out, "batch", claim->batch);
    json_add_zero(out, "submission", claim->submission);
    json_add_int(out, "attempt", claim->attempt);
    json_add_text(out, "team", claim->team);
    json_add_text(out, "task", claim->task);
    json_add_text(out, "deliverable", claim->deliverable);
    json_add_text(out, "commit", claim->commit);
    json_add_int(out, "received_ms", claim->received_ms);
    json_add_int(out, "started_ms", claim->started_ms);
    json_add_int(out, "recorded_ms", run->end.at_ms);
}

bool receipt_print(struct run *run, const char *head, struct str *receipt, struct fault *why)
{
    struct text text = { .arena = run->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", 1);
    json_add_zero(&out, "previous", head);
    identity_print(&out, run);
    if (!conditions_print(&out, run, why))
        return false;
    json_add_zero(&out, "state", run->end.state);
    json_add_zero(&out, "verdict", run->end.verdict);
    json_add_zero(&out, "step", run->end.step ? run->end.step : "");
    json_add_zero(&out, "message", run->end.message);
    json_add_zero(&out, "detail", run->end.detail ? run->end.detail : "");
    files_print(&out, run);
    steps_print(&out, run);
    receipt_findings_print(&out, run);
    receipt_released_print(&out, run);
    if (!predictions_print(&out, run, why))
        return false;
    replayed_print(&out, run);
    json_close_map(&out);
    text_char(&text, '\n');
    *receipt = text_str(&text);
    return true;
}
