/*
 * serve: the team's server with the first seed's model, first asked about the public sample, whose
 * log is shown in full and which gets the malformed requests too, then about the held-out rows. It
 * yields facts; what it does wrong costs no score.
 */
#include "grader/steps/serve.h"
#include "grader/course/baseline.h"
#include "grader/course/course_kind.h"
#include "grader/execute/serve_rows.h"
#include "grader/steps/results.h"
#include "rubrics/fact.h"
#include <math.h>
#include <stdio.h>

#define ROWS_MOST 2000 /* that a server is asked about */
#define ANSWER_MS 10000
#define STOP_MS 5000
#define LOAD_MS 3000

/* ---- the plan ---- */

static bool csv_load(struct run *run, const char *kind, struct str *out, struct fault *why)
{
    struct heldout heldout;
    if (strcmp(kind, "serve") == 0) {
        bool drawn = work_heldout(run, 1, &heldout, why);
        *out = heldout.csv;
        return drawn;
    }
    const struct version_file *file =
        version_find(&run->loaded->version, "data", run->task->id, "sample.csv");
    if (!file)
        return fault_set(why, BLAME_COURSE, "the version has no sample.csv of task %s",
                         run->task->id.at);
    return artifacts_load(&run->grader->artifacts, file->sha256, run->arena,
                          (size_t)VERSION_FILE_BYTES_MOST, out, why);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void plan_make(const struct run *run, struct job_step *step, const char *rows)
{
    bool heldout = step->heldout;
    int64_t limit_ms = run->task->limits.serve_s * 1000;
    const char *item = course_shape(run->task->kind)->item;
    step->serve = (struct job_serve){ .port = SERVE_PORT,
                                      .rows = rows,
                                      .beside = heldout ? "predict-1" : "sample-1",
                                      .id = run->task->id_column.at,
                                      .item = item ? item : "",
                                      .ready_ms = limit_ms,
                                      .answer_ms = smaller(ANSWER_MS, limit_ms),
                                      .check_ms = limit_ms / 3 + 1,
                                      .load_ms = smaller(LOAD_MS, limit_ms / 10 + 1),
                                      .stop_ms = STOP_MS,
                                      .requests = 20,
                                      .batches = { 1, 10, 100 },
                                      .batch_count = 3,
                                      .loads = { 1, 4 },
                                      .load_count = 2,
                                      .load_requests = 1000,
                                      .malformed = !heldout };
}

static bool is_needed(const struct run *run)
{
    const struct course_deliverable *wanted =
        course_deliverable_find(&run->loaded->course, run->claim.deliverable);
    return wanted && (wanted->needs & COURSE_NEED_SERVE) && !run_is_baseline(run);
}

/* A pipeline is served by holdout-ml where a server is asked for. */
static struct str command_of(const struct run *run)
{
    const struct submission_file *file = &run->snapshot.file;
    if (file->entry_points.serve.len || !file->entry_points.pipeline.len || !is_needed(run))
        return file->entry_points.serve;
    return S("exec holdout-ml serve --model /opt/ml/model/model.holdout");
}

static bool serve_add(struct run *run, const char *kind, struct fault *why)
{
    struct str csv;
    char *rows = arena_take(run->arena, SHA256_HEX);
    struct job_step *step = work_step_add(run, kind, 1, why);
    if (!step || !work_code(run, step, why) || !work_input_from(step, "train-1", why) ||
        !csv_load(run, kind, &csv, why))
        return false;
    csv = serve_rows_cut(run->arena, csv, run->task->id_column.at, ROWS_MOST);
    if (!artifacts_put_later(&run->grader->sealed, csv, rows, why))
        return false;
    work_argv(run, step, command_of(run));
    if (step->env_count < JOB_ENV_MOST)
        step->env[step->env_count++] =
            arena_print(run->arena, "SAGEMAKER_BIND_TO_PORT=%d", SERVE_PORT);
    step->writable[step->writable_count++] = "/opt/ml/output/data";
    step->writable[step->writable_count++] = "/opt/ml/output";
    /* a rehearsal that was never ready ends the job, which it is at the end of */
    step->stop_on_failure = strcmp(kind, "serve") != 0;
    plan_make(run, step, rows);
    return true;
}

bool step_serve(struct run *run, struct fault *why)
{
    if (!command_of(run).len || run->work.round > 0)
        return true;
    return serve_add(run, "serve-sample", why) && serve_add(run, "serve", why);
}

/* ---- what came of it ---- */

static const struct job_serve_load *load_of(const struct job_serve_result *result, bool most)
{
    return result->load_count ? &result->loads[most ? result->load_count - 1 : 0] : NULL;
}

static struct job_serve_answers all_answers(const struct job_serve_result *result)
{
    struct job_serve_answers all = { 0 };
    for (size_t i = 0; i < SERVE_TYPES; i++) {
        all.requests += result->types[i].requests;
        all.failed += result->types[i].failed;
        all.unread += result->types[i].unread;
        all.rows += result->types[i].rows;
        all.equal += result->types[i].equal;
    }
    return all;
}

static const char *words_of(struct run *run, const struct job_step_result *result)
{
    const struct job_serve_result *serve = &result->serve;
    const struct job_serve_load *one = load_of(serve, false), *most = load_of(serve, true);
    struct text text = { .arena = run->arena };
    if (serve->ready)
        text_print(&text, "Ready after %.1f ms.", (double)serve->ready_us / 1e3);
    if (one && one->p50_us >= 0)
        text_print(&text, " One row takes %.2f ms (p95 %.2f, p99 %.2f);", (double)one->p50_us / 1e3,
                   (double)one->p95_us / 1e3, (double)one->p99_us / 1e3);
    if (one && one->p50_us >= 0)
        text_print(&text, " %.0f a second over %lld connections.", (double)most->per_1000_s / 1e3,
                   (long long)most->connections);
    if (result->message[0])
        text_print(&text, "%sSeen: %s.", text.len ? " " : "", result->message);
    return text.len ? text.at : "";
}

bool serve_take(struct run *run, struct run_step *step, const struct job_step_result *result,
                struct fault *why)
{
    bool heldout = step->row.heldout;
    bool ok = strcmp(result->verdict, "ok") == 0;
    if (!ok && strcmp(result->verdict, "wall") == 0 && results_under_pressure())
        return fault_set(why, BLAME_SYSTEM, "%s was too slow while the machine was overloaded",
                         step->key);
    *(heldout ? &run->served.heldout : &run->served.sample) = result->serve;
    if (result->report.memory_peak_bytes > run->served.memory_bytes)
        run->served.memory_bytes = result->report.memory_peak_bytes;
    run->served.failed |= !ok;
    step->row.message = heldout ? "" : words_of(run, result);
    return run_step_write(run, step, why);
}

/* ---- facts ---- */

static double two_digits(double value)
{
    if (!(value > 0))
        return value;
    double scale = pow(10, floor(log10(value)) - 1);
    return round(value / scale) * scale;
}

struct adding {
    struct run *run;
    bool heldout;
};

static void add(const struct adding *at, const char *name, double value)
{
    const struct fact_name *known = fact_name_find(str_of(name));
    run_fact(at->run, &(struct store_fact){ .name = name,
                                            .rows = at->heldout ? "none" : "sample",
                                            .audience = "team",
                                            .unit = known ? known->unit : "",
                                            .value = at->heldout ? two_digits(value) : value,
                                            .low = NAN,
                                            .high = NAN });
}

static void add_ms(const struct adding *at, const char *name, int64_t us)
{
    if (us >= 0)
        add(at, name, (double)us / 1e3);
}

/* Of the held-out rows a team learns whether all are as they should be, not how many. */
static void add_share(const struct adding *at, const char *name, int64_t part, int64_t all)
{
    double share = all > 0 ? (double)part / (double)all : 0;
    add(at, name, at->heldout ? floor(share) : share);
}

static void add_loads(const struct adding *at, const struct job_serve_result *result)
{
    const struct job_serve_load *one = load_of(result, false), *most = load_of(result, true);
    if (!one)
        return;
    add_ms(at, "serve.p50_ms", one->p50_us);
    add_ms(at, "serve.p95_ms", one->p95_us);
    add_ms(at, "serve.p99_ms", one->p99_us);
    add(at, "serve.rps", (double)most->per_1000_s / 1e3);
}

static void add_survival(const struct adding *at, const struct job_serve_result *result)
{
    bool survived = result->ready;
    for (size_t i = 0; i < SERVE_MALFORMED; i++)
        survived &= result->survived[i] == 1;
    add(at, "serve.survived", survived);
}

static void add_result(const struct adding *at, const struct job_serve_result *result)
{
    struct job_serve_answers all = all_answers(result);
    int64_t errors = all.failed + all.unread, offered = 0;
    for (size_t i = 0; i < result->load_count; i++)
        errors += result->loads[i].failed;
    for (size_t i = 0; i < SERVE_TYPES; i++) {
        const struct job_serve_answers *one = &result->types[i];
        offered += one->rows > 0 && one->equal == one->rows && !one->failed && !one->unread;
    }
    add(at, "serve.ready", result->ready);
    add_ms(at, "serve.ping_ms", result->ready ? result->ready_us : -1);
    add_loads(at, result);
    add(at, "serve.errors", at->heldout ? errors > 0 : (double)errors);
    add(at, "serve.types", (double)offered);
    add_share(at, "serve.agreement", all.equal, all.rows);
    add(at, "serve.stopped_cleanly", result->stopped && result->ready);
    if (!at->heldout)
        add_survival(at, result);
}

static bool is_missing(const struct run *run)
{
    return is_needed(run) && !command_of(run).len;
}

void serve_facts(struct run *run)
{
    static const char *const zeros[] = { "serve.ready", "serve.types", "serve.agreement",
                                         "serve.survived", "serve.stopped_cleanly" };
    const struct adding heldout = { run, true }, sample = { run, false };
    for (size_t i = 0; is_missing(run) && i < sizeof zeros / sizeof *zeros; i++)
        add(&heldout, zeros[i], 0);
    if (run->served.sample.there)
        add_result(&sample, &run->served.sample);
    if (run->served.heldout.there)
        add_result(&heldout, &run->served.heldout);
    if (run->served.memory_bytes > 0)
        add(&heldout, "serve.memory_mb", (double)run->served.memory_bytes / 1048576);
}

const char *serve_remark(const struct run *run)
{
    if (is_missing(run))
        return "This deliverable needs a server: add entry_points: {serve: ./serve}.";
    return run->served.failed ? "The serve step did not go well; what was seen stands beside it."
                              : NULL;
}
