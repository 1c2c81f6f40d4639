/* Trying the environments of a course between runs; what was found stands in the store. */
#include "grader/service/environment_survey.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/course/environment.h"
#include "grader/execute/environment_try.h"
#include "grader/execute/job.h"
#include "grader/execute/rundir.h"
#include "grader/steps/results.h"
#include "grader/steps/surroundings.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_MS 600000
#define SOON_MS 5000
#define RUNDIR "runs/environments"
#define WAIT_MS 50

struct survey {
    struct grader *grader;
    const struct loaded *loaded;
    struct arena *arena;
};

/* ---- one job of boxes ---- */

static void step_plan(struct survey *survey, struct job *job, size_t at, const char *const *env)
{
    struct job_step *step = job_step_add(survey->arena, job);
    step->key = arena_print(survey->arena, "look-%zu", at);
    step->kind = "build";
    step->limits = (struct job_limits){ .wall_ms = 30000,
                                        .cpu_ms = 20000,
                                        .memory_bytes = 1 << 30,
                                        .processes = 64,
                                        .disk_bytes = 64 << 20,
                                        .output_bytes = 64 << 10,
                                        .inodes = 1000 };
    while (step->argv_count < ENVIRONMENT_TRY_ARGV && environment_tries[at][step->argv_count]) {
        step->argv[step->argv_count] = environment_tries[at][step->argv_count];
        step->argv_count++;
    }
    step->env[step->env_count++] = "OPENBLAS_NUM_THREADS=1";
    while (env && *env && step->env_count < JOB_ENV_MOST)
        step->env[step->env_count++] = *env++;
}

static bool rundir_make(struct survey *survey, const struct job *job, int *dir, struct fault *why)
{
    const struct grader *grader = survey->grader;
    struct house_owner owner = { HOUSE_GRADER, HOUSE_RUNNER, 02770 };
    if (!dir_remove(grader->state, RUNDIR, why) || !dir_make(grader->state, RUNDIR, 0770, why) ||
        !house_own(&grader->house, grader->state, RUNDIR, owner, why) ||
        !dir_make(grader->state, RUNDIR "/inputs", 0770, why) ||
        !house_own(&grader->house, grader->state, RUNDIR "/inputs", owner, why))
        return false;
    *dir = dir_open(grader->state, RUNDIR, why);
    scoped(fd) int fd =
        *dir < 0 ? -1 : openat(*dir, "job.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (*dir >= 0 && fd < 0)
        return fault_errno(why, "job.json");
    return fd >= 0 && fd_write(fd, job_print(survey->arena, job), why);
}

static bool job_run(struct survey *survey, const struct job *job, int root, int rundir,
                    struct job_result *out, struct fault *why)
{
    struct executor *executor = survey->grader->executor;
    const struct executor_job execute = { .rundir = rundir, .root = root };
    struct executor_task task = { .state = EXECUTOR_RUNNING };
    struct str bytes;
    bool killed = false;
    if (executor_start(executor, &execute, task.id, why) != EXECUTOR_STARTED)
        return false;
    while (task.state == EXECUTOR_RUNNING) {
        if (!executor_poll(executor, &task, 1, WAIT_MS, why))
            return false;
        if (!killed && grader_stopping(survey->grader))
            killed = executor_kill(executor, task.id, why);
    }
    scoped(fd) int fd = rundir_open(rundir, "result.json", NULL, why);
    return fd >= 0 && fd_load(survey->arena, fd, JOB_BYTES_MOST, &bytes, why) &&
           job_result_parse(survey->arena, bytes, job, out, why);
}

/* ---- one environment ---- */

struct finding {
    const char *state; /* usable unusable unknown */
    const char *has, *lacks;
};

static void result_take(struct survey *survey, int rundir, const struct job_result *result,
                        struct finding *out)
{
    for (size_t i = 0; i < result->step_count; i++) {
        const struct job_step_result *step = &result->steps[i];
        struct str tail = results_tail(survey->arena, rundir, i);
        if (strcmp(step->verdict, "ok") != 0) {
            out->state = "unusable";
            out->lacks = arena_print(survey->arena, "%s (verdict %s); holdout doctor says more",
                                     step->message[0] ? step->message : environment_tries[i][0],
                                     step->verdict);
            return;
        }
        out->has = environment_has(survey->arena, tail);
    }
    out->state = result->step_count == ENVIRONMENT_TRIES ? "usable" : "unknown";
}

static bool look_within(struct survey *survey, const struct environment *opened,
                        struct finding *out, struct fault *why)
{
    struct job *job = arena_new(survey->arena, struct job);
    struct job_result *result = arena_new(survey->arena, struct job_result);
    scoped(fd) int rundir = -1;
    job->run = job->fence = "environment";
    job->environment = opened->path;
    job->allow_degraded = survey->loaded->course.allow_degraded;
    for (size_t i = 0; i < ENVIRONMENT_TRIES; i++)
        step_plan(survey, job, i, opened->image ? opened->image->env : NULL);
    if (!rundir_make(survey, job, &rundir, why) ||
        !job_run(survey, job, opened->root, rundir, result, why))
        return false;
    result_take(survey, rundir, result, out);
    return true;
}

/* Nothing of it is left: a run directory is gone once its result is taken. */
static bool environment_look(struct survey *survey, const struct environment *opened,
                             struct finding *out, struct fault *why)
{
    struct fault ignored = { 0 };
    bool looked = look_within(survey, opened, out, why);
    dir_remove(survey->grader->state, RUNDIR, &ignored);
    return looked;
}

/* ---- all of them ---- */

static const struct json *known_find(const struct json *known, const char *name, const char *digest)
{
    const struct json *list = json_get(known, "list");
    for (size_t i = 0; list && i < list->count; i++) {
        const struct json *one = &list->members[i];
        if (str_is(json_get_text(one, "name", ""), name) &&
            str_is(json_get_text(one, "digest", ""), digest) &&
            !str_is(json_get_text(one, "state", ""), "unknown"))
            return one;
    }
    return NULL;
}

static void row_add(struct json_out *out, const struct environment *opened,
                    const struct finding *found)
{
    json_open_map(out, NULL);
    json_add_text(out, "name", opened->name);
    json_add_zero(out, "what", opened->what);
    json_add_zero(out, "digest", opened->digest);
    json_add_zero(out, "state", found->state);
    json_add_zero(out, "has", found->has);
    json_add_zero(out, "lacks", found->lacks);
    json_close_map(out);
}

/* False: it could not be tried now; what is known of it stands there all the same. */
static bool row_make(struct survey *survey, struct str name, const struct json *known,
                     struct json_out *out)
{
    struct environment opened;
    struct fault why = { 0 };
    struct finding found = { .state = "unknown", .has = "", .lacks = "" };
    bool ok = true;
    if (!environment_open(survey->grader, &survey->loaded->course, name, survey->arena, &opened,
                          &why)) {
        found.state = "unusable";
        found.lacks = str_zero(survey->arena, str_of(why.text));
    } else {
        const struct json *same = known_find(known, name.at, opened.digest);
        if (same)
            found = (struct finding){ .state = json_get_text(same, "state", "").at,
                                      .has = json_get_text(same, "has", "").at,
                                      .lacks = json_get_text(same, "lacks", "").at };
        else
            ok = environment_look(survey, &opened, &found, &why);
    }
    if (why.text[0])
        grader_log(survey->grader, "warning", "event=environment name=%s fault=\"%s\"", name.at,
                   why.text);
    row_add(out, &opened, &found);
    environment_close(&opened);
    return ok;
}

/* False: not all could be tried. */
static bool look_all(struct survey *survey, struct store *store, struct fault *why)
{
    const struct course *course = &survey->loaded->course;
    const struct json *known = NULL;
    struct text text = { .arena = survey->arena };
    struct json_out out = { .text = &text };
    struct str before;
    char build[BUILD_TEXT];
    bool all = true;
    surroundings_build(build);
    if (!store_environments(store, survey->arena, &before, why))
        return false;
    if (before.len && json_parse(survey->arena, before, &known, NULL) &&
        !str_is(json_get_text(known, "build", ""), build))
        known = NULL;
    json_open_map(&out, NULL);
    json_add_zero(&out, "build", build);
    json_open_list(&out, "list");
    for (size_t i = 0; i < course->environment_count && !grader_stopping(survey->grader); i++)
        all &= row_make(survey, course->environments[i].name, known, &out);
    json_close_list(&out);
    json_close_map(&out);
    if (grader_stopping(survey->grader) || str_equal(before, text_str(&text)))
        return all;
    return store_environments_set(store, text.at, why) && all;
}

static bool begin(struct grader *grader, const struct loaded *loaded)
{
    pthread_mutex_lock(&grader->survey.lock);
    bool due = grader->until_seq == 0 && !grader->survey.at_work &&
               (clock_boot_ms(&grader->clock) >= grader->survey.next_ms ||
                strcmp(grader->survey.version, loaded->version.digest) != 0);
    grader->survey.at_work |= due;
    pthread_mutex_unlock(&grader->survey.lock);
    return due;
}

static void end(struct grader *grader, const struct loaded *loaded, bool all)
{
    pthread_mutex_lock(&grader->survey.lock);
    grader->survey.at_work = false;
    grader->survey.next_ms = clock_boot_ms(&grader->clock) + (all ? AGAIN_MS : SOON_MS);
    snprintf(grader->survey.version, sizeof grader->survey.version, "%s", loaded->version.digest);
    pthread_mutex_unlock(&grader->survey.lock);
}

bool environment_survey(struct grader *grader, const struct loaded *loaded, struct store *store)
{
    if (!begin(grader, loaded))
        return false;
    scoped_arena arena = arena_open(NULL);
    struct survey survey = { .grader = grader, .loaded = loaded, .arena = arena };
    struct fault why = { 0 };
    bool all = look_all(&survey, store, &why);
    if (why.text[0])
        grader_log(grader, "warning", "event=environments fault=\"%s\"", why.text);
    end(grader, loaded, all);
    return true;
}
