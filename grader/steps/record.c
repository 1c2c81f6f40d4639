/* record: the receipt, and the one transaction that ends the run. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/pipeline.h"
#include <math.h>
#include <stdio.h>

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
        json_add_bool(out, "heldout", row->heldout);
        json_add_int(out, "wall_us", row->wall_us);
        json_add_int(out, "cpu_us", row->cpu_us);
        json_add_int(out, "memory_peak_bytes", row->memory_peak_bytes);
        json_add_zero(out, "log", row->log);
        json_close_map(out);
    }
    json_close_list(out);
}

static void findings_print(struct json_out *out, const struct run *run)
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
        json_add_zero(out, "state", point->state);
        json_add_double(out, "points", point->points);
        json_add_double(out, "most", point->most);
        json_add_zero(out, "reason", point->reason);
        json_close_map(out);
    }
    json_close_list(out);
}

static void files_print(struct json_out *out, const struct run *run)
{
    json_open_list(out, "snapshot");
    for (size_t i = 0; i < run->snapshot.tree.count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "path", run->snapshot.tree.files[i].path);
        json_add_int(out, "mode", run->snapshot.tree.files[i].mode);
        json_add_zero(out, "sha256", run->snapshot.tree.files[i].sha256);
        json_close_map(out);
    }
    json_close_list(out);
}

/* What a score depends on beside the code: data, seeds (their number only), limits, machine. */
static void conditions_print(struct json_out *out, const struct run *run)
{
    json_add_text(out, "environment",
                  run->snapshot.file.environment.len ? run->snapshot.file.environment
                                                     : S("default"));
    if (run->task) {
        json_add_zero(out, "task_digest",
                      version_task_digest(&run->loaded->version, run->task->id));
        json_add_int(out, "seeds", run->task->seeds);
        course_limits_json(out, "limits", &run->task->limits);
    }
    if (run->work.host[0])
        json_add_raw(out, "host", str_of(run->work.host));
    if (run->work.layers[0])
        json_add_raw(out, "layers", str_of(run->work.layers));
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

static bool receipt_print(struct run *run, const char *head, struct str *receipt, struct fault *why)
{
    struct text text = { .arena = run->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", 1);
    json_add_zero(&out, "previous", head);
    json_add_zero(&out, "run", run->claim.run);
    json_add_zero(&out, "submission", run->claim.submission);
    json_add_int(&out, "attempt", run->claim.attempt);
    json_add_text(&out, "team", run->claim.team);
    json_add_text(&out, "task", run->claim.task);
    json_add_text(&out, "deliverable", run->claim.deliverable);
    json_add_text(&out, "commit", run->claim.commit);
    json_add_int(&out, "received_ms", run->claim.received_ms);
    json_add_int(&out, "recorded_ms", clock_utc_ms(&run->grader->clock));
    json_add_zero(&out, "version", run->claim.version);
    json_add_zero(&out, "holdout", HOLDOUT_VERSION);
    conditions_print(&out, run);
    json_add_zero(&out, "state", run->end.state);
    json_add_zero(&out, "verdict", run->end.verdict);
    json_add_zero(&out, "message", run->end.message);
    files_print(&out, run);
    steps_print(&out, run);
    findings_print(&out, run);
    if (!predictions_print(&out, run, why))
        return false;
    json_close_map(&out);
    text_char(&text, '\n');
    *receipt = text_str(&text);
    return true;
}

static bool receipt_save(void *at, const char *head, char digest[SHA256_HEX], struct fault *why)
{
    struct run *run = at;
    struct str receipt;
    char path[64];
    if (!receipt_print(run, head, &receipt, why))
        return false;
    sha256_of(receipt, digest);
    snprintf(path, sizeof path, "receipts/%s.json", run->claim.run);
    return file_save(run->grader->state, path, receipt, 0400, why);
}

/* What was not reached is skipped; nothing looks as if it still ran. */
static bool steps_close(struct run *run, struct fault *why)
{
    for (size_t i = 0; i < run->step_count; i++) {
        struct store_step *row = &run->steps[i].row;
        bool waits = strcmp(row->state, "waiting") == 0;
        if (!waits && (strcmp(row->state, "running") != 0 || strcmp(row->name, "record") == 0))
            continue;
        row->state = waits ? "skipped" : "failed";
        if (!run_step_write(run, &run->steps[i], why))
            return false;
    }
    return true;
}

bool step_record(struct run *run, struct fault *why)
{
    bool went_well = !run->end.state;
    if (went_well) {
        run->end.state = "done";
        run->end.verdict = "ok";
        run->end.message = "All steps went well; the board has the score.";
        if (run->evaluated.kept)
            run->end.message =
                arena_print(run->arena,
                            "All steps went well. Not significantly better than your best so far: "
                            "%s. What is released stays as it was.",
                            run->evaluated.kept);
    }
    if (!steps_close(run, why))
        return false;
    struct store_end end = {
        .state = run->end.state,
        .verdict = run->end.verdict,
        .step = run->end.step ? run->end.step : "",
        .message = run->end.message,
        .detail = run->end.detail ? run->end.detail : "",
        .facts = run->judged.facts,
        .fact_count = run->judged.fact_count,
        .points = run->judged.points,
        .point_count = run->judged.point_count,
        .released = run->evaluated.released && run->end.state[0] == 'd',
        .score = run->evaluated.score,
        .low = run->evaluated.low,
        .high = run->evaluated.high,
        .task = run->task ? run->task->id.at : "",
        .task_digest = run->task ? version_task_digest(&run->loaded->version, run->task->id) : "",
        .ladder = run->evaluated.reached,
        .ladder_count = run->end.state[0] == 'd' ? run->evaluated.reached_count : 0,
        .receipt = receipt_save,
        .receipt_at = run,
    };
    if (!store_finish(run->store, &run->claim, &end, &run->lost, why)) {
        if (went_well) /* it has not ended: tries are counted as for any step */
            run->end.state = run->end.verdict = run->end.message = NULL;
        return false;
    }
    run->recorded = !run->lost;
    if (run->recorded)
        grader_log(run->grader, "info", "event=ended run=%s team=%s state=%s verdict=%s",
                   run->claim.run, run->claim.team.at, run->end.state, run->end.verdict);
    return run->recorded;
}
