/*
 * One step in one box: its files, its limits, its log; what the box reports becomes the step's
 * result.
 */
#include "core/base/file.h"
#include "grader/execute/grade_serve.h"
#include "grader/execute/own_env.h"
#include "grader/execute/rundir.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define BIND_BYTES (1 << 20) /* from this size on a read-only file is bound instead of copied */
#define BINDS_MOST 200       /* a box takes no more than 256 */
#define CODE "/opt/ml/code"

/* A box being put together; all lists have room for the worst case. */
struct plan {
    const struct grade *grade;
    const struct job_step *step;
    struct box_job job;
    struct box_bind *binds;
    struct box_file *files;
    const char *argv[JOB_ARGV_MOST + 1];
    const char *envp[JOB_ENV_MOST + OWN_ENV_COUNT + 1];
    const char *keep[JOB_PATHS_MOST + 1];
    const char *writable[JOB_PATHS_MOST + 1];
    const char *readonly[4];
};

static void plan_env(struct plan *plan)
{
    own_env(plan->grade->arena, plan->step->env, plan->step->env_count, plan->envp);
    plan->job.envp = plan->envp;
}

static bool is_writable(const struct job_step *step, const char *path)
{
    for (size_t i = 0; i < step->writable_count; i++)
        if (job_path_beneath(path, step->writable[i]))
            return true;
    return false;
}

/* All but the writable directories is read-only in a box; these are there in every one. */
static void plan_directories(struct plan *plan)
{
    static const char *const usual[] = { CODE, "/opt/ml/input", "/opt/ml/model" };
    size_t count = 0;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!is_writable(plan->step, usual[i]))
            plan->readonly[count++] = usual[i];
    memcpy(plan->writable, plan->step->writable, sizeof plan->step->writable);
    plan->job.writable = plan->writable;
    plan->job.readonly = plan->readonly;
}

/* Readable in the box as it lies there, with the mode that it should have? */
static bool is_bindable(const struct grade_file *file, const struct stat *info)
{
    unsigned wanted = file->mode & 0555, there = info->st_mode & 0555;
    return !file->writable && info->st_size >= BIND_BYTES && there == wanted;
}

static bool plan_file(struct plan *plan, const struct grade_file *file, struct fault *why)
{
    struct stat info;
    const char *path = arena_print(plan->grade->arena, "%s/%s", file->folder, file->sha256);
    scoped(fd) int fd = rundir_open(plan->grade->rundir, path, &info, why);
    if (fd < 0)
        return false;
    if (is_bindable(file, &info) && plan->job.bind_count < BINDS_MOST)
        plan->binds[plan->job.bind_count++] =
            (struct box_bind){ .dir = plan->grade->rundir, .path = path, .at = file->at };
    else
        plan->files[plan->job.file_count++] = (struct box_file){
            .dir = plan->grade->rundir, .path = path, .at = file->at, .mode = file->mode
        };
    return true;
}

static bool plan_files(struct plan *plan, size_t step_at, struct fault *why)
{
    struct grade_file *files;
    size_t count;
    struct arena *arena = plan->grade->arena;
    if (!grade_files(plan->grade, step_at, &files, &count, why))
        return false;
    plan->binds = arena_array(arena, struct box_bind, count + plan->grade->tool_count);
    plan->files = arena_array(arena, struct box_file, count + 1);
    for (size_t i = 0; i < plan->grade->tool_count; i++)
        plan->binds[plan->job.bind_count++] =
            (struct box_bind){ .dir = plan->grade->tools[i].fd, .at = plan->grade->tools[i].at };
    for (size_t i = 0; i < count; i++)
        if (!plan_file(plan, &files[i], why))
            return false;
    plan->job.binds = plan->binds;
    plan->job.files = plan->files;
    return true;
}

/* A course asks for what suits its work, wherever it runs: a smaller machine gives all it has. */
static int64_t of_machine(int64_t bytes)
{
    int64_t all = box_machine_memory();
    return all > 0 && bytes > all ? all : bytes;
}

static void plan_limits(struct plan *plan)
{
    const struct job_limits *limits = &plan->step->limits;
    struct box_limits *box = &plan->job.limits;
    box->wall_ms = limits->wall_ms;
    box->cpu_ms = limits->cpu_ms;
    box->memory_bytes = of_machine(limits->memory_bytes);
    box->disk_bytes = of_machine(limits->disk_bytes);
    box->inodes = limits->inodes;
    box->output_bytes = limits->output_bytes;
    box->processes = limits->processes;
    box->keep_bytes = limits->disk_bytes;
    box->keep_files = limits->inodes < JOB_ARTIFACTS_MOST ? limits->inodes : JOB_ARTIFACTS_MOST;
}

static bool plan_step(struct plan *plan, const struct grade *grade, size_t step_at,
                      struct fault *why)
{
    char text[200];
    const struct job_step *step = &grade->job.steps[step_at];
    *plan = (struct plan){ .grade = grade, .step = step, .job = BOX_JOB };
    memcpy(plan->argv, step->argv, step->argv_count * sizeof *step->argv);
    memcpy(plan->keep, step->keep, step->keep_count * sizeof *step->keep);
    plan->job.argv = plan->argv;
    plan->job.keep = plan->keep;
    plan->job.cwd = CODE;
    plan->job.root = grade->root;
    plan->job.degraded = grade->job.allow_degraded;
    plan->job.cancel = grade_watch_fd(grade->watch);
    plan->job.keep_file = grade_keep_file;
    plan->job.port = (uint16_t)step->serve.port;
    plan_env(plan);
    plan_limits(plan);
    plan_directories(plan);
    if (!plan_files(plan, step_at, why))
        return false;
    return box_job_check(&plan->job, text, sizeof text) ||
           fault_set(why, BLAME_SYSTEM, "the box refused the job: %s", text);
}

/* ---- what comes back ---- */

static void take_report(struct job_step_result *result, const struct box_report *report)
{
    result->verdict = box_verdict_name(report->verdict);
    result->exit_code = report->exit_code;
    result->signal = report->signal;
    result->report = (struct job_report){
        .wall_us = report->wall_us,
        .cpu_us = report->cpu_us,
        .memory_peak_bytes = report->memory_peak_bytes,
        .setup_us = report->setup_us,
        .teardown_us = report->teardown_us,
        .oom_kills = report->oom_kills,
        .process_peak = report->process_peak,
        .output_bytes = report->stdout_bytes + report->stderr_bytes,
        .disk_bytes = report->disk_bytes,
    };
}

static bool take_log(int fd, struct job_step_result *result, struct fault *why)
{
    uint64_t bytes;
    if (!sha256_file(fd, result->log.sha256, &bytes, why))
        return false;
    result->log.bytes = (int64_t)bytes;
    result->log.truncated = result->report.output_bytes > result->log.bytes;
    return true;
}

static bool has_word(struct str words, struct str word)
{
    struct str one;
    while (str_cut(&words, ' ', &one))
        if (str_equal(one, word))
            return true;
    return false;
}

/* What was in force in every step: of the layers so far, those that this step had too. */
static void take_layers(struct grade *grade, const char *layers)
{
    struct text json = { .arena = grade->arena }, words = { .arena = grade->arena };
    struct json_out out = { .text = &json };
    struct str rest = grade->layers ? str_of(grade->layers) : str_of(layers), word;
    json_open_list(&out, NULL);
    while (str_cut(&rest, ' ', &word))
        if (word.len && has_word(str_of(layers), word)) {
            json_add_text(&out, NULL, word);
            text_print(&words, "%.*s ", STR_ARGS(word));
        }
    json_close_list(&out);
    grade->layers = words.at ? words.at : "";
    grade->result.layers = text_str(&json).at;
}

/* One line of plain text within the result's bounds. */
static const char *tidy(struct arena *arena, const char *message)
{
    char *text = arena_print(arena, "%.*s", JOB_MESSAGE_MOST, message);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    return str_is_utf8(str_of(text)) ? text : "";
}

static bool take_all(struct grade *grade, size_t step_at, const struct box_report *report,
                     struct grade_keep *keep, struct fault *why)
{
    struct job_step_result *result = &grade->result.steps[step_at];
    const char *ended = grade_watch_ended(grade->watch);
    if (ended || report->cancelled)
        return fault_set(why, BLAME_PASSING, "%s", ended ? ended : "the box was cancelled");
    if (keep->why.text[0]) {
        *why = keep->why;
        return false;
    }
    if (report->verdict == BOX_INTERNAL)
        return fault_set(why, BLAME_SYSTEM, "the box failed: %s", report->message);
    take_report(result, report);
    take_layers(grade, report->layers);
    result->message = tidy(grade->arena, report->message);
    if (keep->refused) {
        keep->count = 0;
        if (report->verdict == BOX_OK) {
            result->verdict = box_verdict_name(BOX_ARTIFACT);
            result->message = keep->refused;
        }
    }
    grade_keep_sort(keep);
    result->artifacts = keep->artifacts;
    result->artifact_count = keep->count;
    return true;
}

/* The box runs; of a server what it answers is asked for meanwhile. */
static bool run(struct grade *grade, size_t step_at, struct plan *plan, struct fault *why)
{
    struct grade_keep keep = { .grade = grade };
    struct job_step_result *result = &grade->result.steps[step_at];
    struct serving *serving =
        plan->step->serve.port ? arena_new(grade->arena, struct serving) : NULL;
    struct box_report report;
    plan->job.keep_arg = &keep;
    if (serving && !grade_serve_open(grade, step_at, serving, why))
        return false;
    if (serving) {
        serving->log = plan->job.out;
        grade_serve_run(serving, grade->launcher, &plan->job, &report);
    } else {
        box_run(grade->launcher, &plan->job, &report);
    }
    bool taken = take_all(grade, step_at, &report, &keep, why);
    if (taken && serving)
        grade_serve_take(serving, result);
    box_report_close(&report);
    return taken;
}

bool grade_box_run(struct grade *grade, size_t step_at, struct fault *why)
{
    char path[32];
    struct plan *plan = arena_new(grade->arena, struct plan);
    struct job_step_result *result = &grade->result.steps[step_at];
    result->key = grade->job.steps[step_at].key;
    if (!plan_step(plan, grade, step_at, why))
        return false;
    snprintf(path, sizeof path, "logs/%zu.log", step_at);
    scoped(fd) int log = openat(
        grade->rundir, path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0660);
    if (log < 0)
        return fault_errno(why, "%s", path);
    plan->job.out = plan->job.err = log;
    return run(grade, step_at, plan, why) && take_log(log, result, why);
}
