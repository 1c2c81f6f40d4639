/* Rescores: one run computed anew from its kept predictions, or done again first. */
#include "grader/repeat/rescore.h"
#include "core/base/json.h"
#include "grader/run.h"
#include "grader/steps/evaluate.h"
#include "grader/steps/judged_rows.h"
#include "grader/steps/receipt.h"
#include <math.h>
#include <stdio.h>

#define FACTS_MOST 128

static const char *digest_of(const struct version *version, const char *folder, struct str task,
                             const char *name)
{
    const struct version_file *file = version_find(version, folder, task, name);
    return file ? file->sha256 : "";
}

static bool limits_equal(const struct course_limits *a, const struct course_limits *b)
{
    return a->build_s == b->build_s && a->train_s == b->train_s && a->predict_s == b->predict_s &&
           a->memory_mb == b->memory_mb && a->pids == b->pids && a->disk_mb == b->disk_mb &&
           a->cpus == b->cpus;
}

bool rescore_inputs_changed(const struct loaded *before, const struct loaded *now, struct str task)
{
    static const char *const files[][2] = { { "data", "train.csv" },
                                            { "data", "boxes.csv" },
                                            { "private", "heldout.csv" } };
    const struct course_task *old = course_task_find(&before->course, task);
    const struct course_task *new = course_task_find(&now->course, task);
    if (!old || !new || old->kind != new->kind || old->seeds != new->seeds ||
        old->season != new->season || !str_equal(old->target, new->target) ||
        !str_equal(old->id_column, new->id_column) || !limits_equal(&old->limits, &new->limits))
        return true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(digest_of(&before->version, files[i][0], task, files[i][1]),
                   digest_of(&now->version, files[i][0], task, files[i][1])) != 0)
            return true;
    return false;
}

/* The course as the run was scored with; NULL when it can no longer be read. */
static const struct loaded *earlier(struct rescoring *r, const char *version)
{
    scoped_arena arena = arena_open(NULL);
    struct loaded_from from = { &r->grader->artifacts, &r->grader->sealed, r->grader->scratch };
    struct str files;
    const struct json *list;
    struct fault ignored = { 0 };
    if (strcmp(version, r->loaded->version.digest) == 0)
        return r->loaded;
    if (r->earlier && strcmp(version, r->earlier_version) == 0)
        return r->earlier;
    loaded_free(r->earlier);
    r->earlier = NULL;
    if (!store_version_files(r->store, arena, version, &files, &ignored) ||
        !json_parse(arena, files, &list, &ignored) ||
        !loaded_read(&from, list, &r->earlier, &ignored))
        return NULL;
    snprintf(r->earlier_version, sizeof r->earlier_version, "%s", version);
    return r->earlier;
}

static bool must_run_again(struct rescoring *r, const struct store_batch_item *item)
{
    if (item->again.len)
        return false;
    if (r->batch->rerun)
        return true;
    const struct loaded *before = earlier(r, item->version.at);
    return str_is(item->state, "done") &&
           (!before || rescore_inputs_changed(before, r->loaded, r->task->id));
}

static bool trouble(struct rescoring *r, const struct store_batch_item *item, const char *text,
                    struct fault *why)
{
    return store_batch_item_state(r->store, r->batch->id.at, item->run.at, "trouble",
                                  item->again.at, text, why);
}

/* The same batch, version and run: the same id, so that it is queued once. */
static bool run_again(struct rescoring *r, const struct store_batch_item *item, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char id[ULID_TEXT];
    bool found;
    if (str_is(item->source, "baseline")) /* the course asks for them anew by itself */
        return store_batch_item_drop(r->store, r->batch->id.at, item->run.at, why);
    ulid_from(r->batch->at_ms,
              str_of(arena_print(arena, "again %s %s %s", r->batch->id.at,
                                 r->loaded->version.digest, item->run.at)),
              id);
    struct store_again again = { .run = id,
                                 .of_run = item->run.at,
                                 .purpose = "rescore",
                                 .batch = r->batch->id.at,
                                 .at_ms = r->batch->at_ms };
    return store_again_add(r->store, &again, "grader", &found, why) &&
           store_batch_item_state(r->store, r->batch->id.at, item->run.at, "queued", id, "", why);
}

/* A run as the steps know it, as far as evaluate and judge look at it. */
static struct run *run_make(struct rescoring *r, const struct store_batch_item *item,
                            struct arena *arena)
{
    struct run *run = arena_new(arena, struct run);
    run->grader = r->grader;
    run->loaded = r->loaded;
    run->store = r->store;
    run->arena = arena;
    run->task = r->task;
    run->work.layers = run->work.host = "";
    run->evaluated.same_seed = -1;
    run->again.batch = r->batch->id.at;
    snprintf(run->claim.run, sizeof run->claim.run, "%s", item->run.at);
    snprintf(run->claim.version, sizeof run->claim.version, "%s", r->loaded->version.digest);
    run->claim.team = item->team;
    run->claim.task = r->task->id;
    run->claim.source = item->source;
    run->claim.deliverable = item->deliverable;
    run->claim.commit = item->commit;
    run->claim.received_ms = item->received_ms;
    return run;
}

/* What was measured of the run stays; what held-out rows gave is made anew. */
static bool facts_take(struct run *run, const char *source, struct fault *why)
{
    struct store_fact all[FACTS_MOST];
    size_t count;
    if (!store_facts(run->store, run->arena, source, all, FACTS_MOST, &count, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (str_starts(str_of(all[i].name), S("metric.")) && strcmp(all[i].rows, "public") == 0)
            continue;
        run_fact(run, &all[i]);
        if (strcmp(all[i].name, "reproducible.same_seed") == 0)
            run->evaluated.same_seed = all[i].value;
    }
    return true;
}

/* One seed's predictions, whatever version they were sealed for; false: they do not fit. */
static bool seed_take(struct run *run, const char *sha256, struct fault *why)
{
    struct str sealed, first, rest;
    struct str mark = S("# task ");
    struct run_seed *seed = &run->evaluated.seeds[run->evaluated.seed_count];
    if (!artifacts_load(&run->grader->sealed, sha256, run->arena, (size_t)1 << 30, &sealed, why))
        return false;
    rest = sealed;
    if (!str_cut(&rest, '\n', &first) || !str_starts(first, mark))
        return fault_set(why, BLAME_OPEN, "predictions name no version");
    if (!rows_read(run->arena, sealed, &run->evaluated.truth, run->task,
                   str_zero(run->arena, str_from(first, mark.len)), &seed->matched))
        return fault_set(why, BLAME_OPEN, "predictions are for other rows");
    seed->seed_at = (int)++run->evaluated.seed_count;
    return true;
}

static bool seeds_take(struct run *run, const char *source, bool *fit, struct fault *why)
{
    struct str sha256[RUN_SEEDS_MOST];
    struct fault bad = { 0 };
    size_t count;
    *fit = false;
    if (!rows_truth(run->grader, run->loaded, run->task, run->arena, &run->evaluated.truth, why) ||
        !store_predictions(run->store, run->arena, source, sha256, RUN_SEEDS_MOST, &count, why))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!seed_take(run, sha256[i].at, &bad))
            return true;
    *fit = count > 0;
    struct run_seed *seeds = run->evaluated.seeds;
    run->evaluated.deterministic =
        count > 1 && run->evaluated.same_seed >= 1 &&
        predictions_share_equal(&seeds[0].matched, &seeds[1].matched) >= 1;
    return true;
}

/* The result as a document of its own, for the batch's receipt. */
static bool document_put(struct run *run, const struct store_batch_result *result,
                         char sha256[SHA256_HEX], struct fault *why)
{
    struct text text = { .arena = run->arena };
    struct json_out out = { .text = &text };
    struct str predictions[RUN_SEEDS_MOST];
    size_t count;
    if (!store_batch_predictions(run->store, run->arena, result->batch, result->run, predictions,
                                 RUN_SEEDS_MOST, &count, why))
        return false;
    json_open_map(&out, NULL);
    json_add_zero(&out, "run", result->run);
    json_add_zero(&out, "batch", result->batch);
    json_add_zero(&out, "version", result->version);
    json_add_zero(&out, "scoring", result->scoring);
    json_add_zero(&out, "board", result->board);
    json_add_zero(&out, "task_digest", result->task_digest);
    json_add_zero(&out, "state", result->end_state);
    json_add_zero(&out, "verdict", result->verdict);
    json_add_zero(&out, "step", result->step);
    json_add_zero(&out, "message", result->message);
    receipt_findings_print(&out, run);
    receipt_released_print(&out, run);
    json_open_list(&out, "predictions");
    for (size_t i = 0; i < count; i++)
        json_add_text(&out, NULL, predictions[i]);
    json_close_list(&out);
    json_close_map(&out);
    return artifacts_put_later(&run->grader->sealed, text_str(&text), sha256, why) &&
           artifacts_settle(&run->grader->sealed, why);
}

static bool result_write(struct rescoring *r, struct run *run, struct fault *why)
{
    char document[SHA256_HEX];
    bool done = run->end.state[0] == 'd';
    struct store_batch_result result = {
        .batch = r->batch->id.at,
        .run = run->claim.run,
        .team = run->claim.team.at,
        .version = r->loaded->version.digest,
        .end_state = run->end.state,
        .verdict = run->end.verdict,
        .step = run->end.step ? run->end.step : "",
        .message = run->end.message,
        .scoring = r->scoring,
        .board = r->board,
        .task_digest = version_task_digest(&r->loaded->version, r->task->id),
        .result = document,
        .facts = run->judged.facts,
        .points = run->judged.points,
        .ladder = run->evaluated.reached,
        .fact_count = run->judged.fact_count,
        .point_count = run->judged.point_count,
        .ladder_count = done ? run->evaluated.reached_count : 0,
        .score = done && run->evaluated.released ? run->evaluated.score : NAN,
        .low = done && run->evaluated.released ? run->evaluated.low : NAN,
        .high = done && run->evaluated.released ? run->evaluated.high : NAN,
    };
    return document_put(run, &result, document, why) && store_batch_result(r->store, &result, why);
}

static bool end_take(struct run *run, const struct store_batch_item *item, struct fault *why)
{
    struct run_end end = { .state = item->state,
                           .verdict = item->verdict,
                           .message = item->message };
    struct str step = item->step;
    if (item->again.len && !store_run_end(run->store, run->arena, item->again.at, &end, &step, why))
        return false;
    run->end.message = end.message.at;
    run->end.verdict = end.verdict.at;
    run->end.step = step.at;
    run->end.state = str_is(end.state, "done") ? NULL : "failed_team";
    return true;
}

/* Measured with the course as it is now; a fault that is nobody's for now is *why. */
static bool measure(struct run *run, struct fault *why)
{
    if (evaluate_metrics(run, why))
        return evaluate_seal(run, why);
    return run->end.state != NULL; /* the team's doing: the result is that it failed */
}

static bool compute(struct rescoring *r, const struct store_batch_item *item, struct run *run,
                    struct fault *why)
{
    const char *source = item->again.len ? item->again.at : item->run.at;
    bool fit = true;
    if (!facts_take(run, source, why) || !end_take(run, item, why))
        return false;
    if (!run->end.state && !seeds_take(run, source, &fit, why))
        return false;
    if (!fit)
        return item->again.len ? trouble(r, item, "its predictions do not fit the task", why)
                               : run_again(r, item, why);
    if (!run->end.state && !measure(run, why))
        return false;
    if (!run->end.state) {
        run->end.state = "done";
        run->end.verdict = "ok";
        run->end.step = "";
    }
    bool done = run->end.state[0] == 'd';
    run->end.state = done ? NULL : run->end.state; /* as judge wants it */
    judge_points(run);
    run->end.state = done ? "done" : run->end.state;
    return result_write(r, run, why);
}

bool rescore_item(struct rescoring *r, const struct store_batch_item *item, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    if (must_run_again(r, item))
        return run_again(r, item, why);
    struct run *run = run_make(r, item, arena);
    struct fault fault = { 0 };
    if (compute(r, item, run, &fault))
        return true;
    if (fault.blame == BLAME_PASSING) {
        *why = fault;
        return false;
    }
    return trouble(r, item, fault.text, why);
}
