/* Reusing steps: which of a plan need not be run, and keeping what was run. */
#include "grader/steps/work_cache.h"
#include "core/base/file.h"
#include "grader/steps/results.h"
#include "grader/steps/work_key.h"
#include "grader/store/cache.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct run_kept *kept_find(struct run *run, const char *step_key)
{
    for (size_t i = run->work.kept_first; i < run->work.kept_count; i++)
        if (strcmp(run->work.kept[i].key, step_key) == 0)
            return &run->work.kept[i];
    return NULL;
}

/* Where "from" an earlier step means, its artifacts; `all`: nothing else is left. */
struct sources {
    const struct job_step_result *(*find)(struct run *run, const char *step_key);
    bool all;
};

/* A server's answers are compared with the predictions that an earlier step left. */
static void predictions_resolve(struct run *run, struct job_step *step, struct sources *sources)
{
    const struct job_step_result *from = sources->find(run, step->serve.beside);
    const char *found = NULL;
    for (size_t i = 0; from && i < from->artifact_count; i++)
        if (strcmp(from->artifacts[i].path, JOB_PREDICTIONS) == 0)
            found = from->artifacts[i].sha256;
    sources->all &= found != NULL;
    if (!found)
        return;
    step->serve.predictions = found;
    step->serve.beside = NULL;
}

static void inputs_resolve(struct run *run, const struct job_step *planned, struct job_step *step,
                           struct sources *sources)
{
    step->inputs = NULL;
    step->input_count = step->input_room = 0;
    sources->all = true;
    for (size_t i = 0; i < planned->input_count; i++) {
        const struct job_input *input = &planned->inputs[i];
        const struct job_step_result *from = input->from ? sources->find(run, input->from) : NULL;
        if (!from)
            job_input_add(step, input);
        sources->all &= !input->from || from;
        for (size_t k = 0; from && k < from->artifact_count; k++) {
            const struct job_artifact *one = &from->artifacts[k];
            if (!input->at || job_path_beneath(one->path, input->at))
                job_input_add(step, &(struct job_input){ .sha256 = one->sha256,
                                                         .at = one->path,
                                                         .mode = one->mode });
        }
    }
    if (planned->serve.beside)
        predictions_resolve(run, step, sources);
}

static const struct job_step_result *in_cache(struct run *run, const char *step_key)
{
    const struct run_kept *kept = kept_find(run, step_key);
    return kept ? kept->entry.result : NULL;
}

static const struct job_step_result *in_result(struct run *run, const char *step_key)
{
    for (size_t i = 0; i < run->work.result.step_count; i++)
        if (strcmp(run->work.result.steps[i].key, step_key) == 0)
            return &run->work.result.steps[i];
    return NULL;
}

/* ---- which steps are there ---- */

static bool look_up(struct run *run, const struct job_step *planned, size_t at, struct fault *why)
{
    struct job_step *step = &run->work.job.steps[at];
    size_t row = run->work.first_step + at;
    struct sources sources = { .find = in_cache };
    char *key = arena_take(run->arena, SHA256_HEX);
    bool found;
    *step = *planned;
    inputs_resolve(run, planned, step, &sources);
    if (!sources.all || !work_key_is_for(step->kind))
        return true;
    work_key_make(run->work.key_base, step, run->steps[row].row.seed_at == -1, key);
    struct cache_wanted wanted = { key, step };
    struct run_kept *kept = &run->work.kept[run->work.kept_count];
    *kept = (struct run_kept){ .key = step->key, .row = row };
    if (!cache_find(run->grader, run->store, run->arena, &wanted, &kept->entry, &found, why))
        return false;
    run->work.kept_count += found;
    return true;
}

/* Are the reused steps whole of which this one, which is to be run, gets to see something? */
static bool sources_whole(struct run *run, const struct job_step *planned, bool *whole,
                          struct fault *why)
{
    *whole = true;
    for (size_t i = 0; i < planned->input_count; i++) {
        const char *from = planned->inputs[i].from;
        struct run_kept *kept = from ? kept_find(run, from) : NULL;
        if (!kept || kept->checked)
            continue;
        kept->checked = cache_is_whole(run->grader, &kept->entry);
        if (kept->checked)
            continue;
        *whole = false;
        return cache_discard(run->grader, run->store, &kept->entry, why);
    }
    return true;
}

static bool plan_fit(struct run *run, const struct job *planned, bool *whole, struct fault *why)
{
    *whole = true;
    run->work.kept_count = run->work.kept_first;
    for (size_t i = 0; i < planned->step_count; i++)
        if (!look_up(run, &planned->steps[i], i, why))
            return false;
    for (size_t i = 0; *whole && i < planned->step_count; i++)
        if (!kept_find(run, planned->steps[i].key) &&
            !sources_whole(run, &planned->steps[i], whole, why))
            return false;
    return true;
}

/* ---- taking them over ---- */

static bool kept_take(struct run *run, const struct run_kept *kept, struct fault *why)
{
    struct run_step *step = &run->steps[kept->row];
    int64_t now = step->row.heldout ? 0 : clock_utc_ms(&run->grader->clock);
    scoped(fd) int dir = dir_open(run->grader->state, kept->entry.path, why);
    struct results_place from = { .dir = dir, .log_at = 0, .cached = true };
    step->row.started_ms = step->row.ended_ms = now;
    step->measured_in = kept->entry.run;
    if (!run->work.host[0]) {
        run->work.host = kept->entry.host;
        run->work.layers = kept->entry.layers;
    }
    return dir >= 0 && results_take_step(run, &from, kept->entry.result, step, why) &&
           store_cache_use(run->store, kept->entry.key, why);
}

/* The job without them; each remaining step knows its row. */
static void job_shrink(struct run *run)
{
    struct job *job = &run->work.job;
    size_t left = 0;
    for (size_t i = 0; i < job->step_count; i++) {
        if (kept_find(run, job->steps[i].key))
            continue;
        run->work.row_of[left] = run->work.first_step + i;
        if (left != i)
            job->steps[left] = job->steps[i];
        left++;
    }
    job->step_count = left;
}

static bool is_wanted(struct run *run, bool *wanted, struct fault *why)
{
    bool fresh = str_is(run->claim.purpose, "replay");
    *wanted = run->loaded->course.cache_max_mb > 0;
    if (*wanted && !work_key_base(run, run->work.key_base, why))
        return false;
    if (*wanted && !fresh && !store_run_fresh(run->store, run->claim.run, &fresh, why))
        return false;
    run->work.no_cache |= fresh;
    *wanted &= !run->work.no_cache;
    return true;
}

bool work_cache_take(struct run *run, struct fault *why)
{
    bool wanted, whole = false;
    run->work.kept_first = run->work.kept_count;
    if (!is_wanted(run, &wanted, why))
        return false;
    if (wanted) {
        struct job *planned = arena_new(run->arena, struct job);
        *planned = run->work.job;
        while (!whole)
            if (!plan_fit(run, planned, &whole, why))
                return false;
    }
    job_shrink(run);
    for (size_t i = run->work.kept_first; i < run->work.kept_count; i++)
        if (!kept_take(run, &run->work.kept[i], why))
            return false;
    return true;
}

bool work_cache_lay(const struct run *run, const char *sha256, int inputs, bool *found,
                    struct fault *why)
{
    struct stat info;
    *found = false;
    for (size_t i = 0; i < run->work.kept_count; i++) {
        const char *from =
            arena_print(run->arena, "%s/artifacts/%s", run->work.kept[i].entry.path, sha256);
        if (fstatat(run->grader->state, from, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !(info.st_mode & S_IROTH))
            continue;
        *found = linkat(run->grader->state, from, inputs, sha256, 0) == 0 || errno == EEXIST;
        return *found || fault_errno(why, "%s", from);
    }
    return true;
}

/* ---- keeping ---- */

static bool keep_one(struct run *run, int rundir, size_t at, struct fault *why)
{
    const struct run_step *row = &run->steps[run->work.row_of[at]];
    struct sources sources = { .find = in_result };
    struct job_step step = run->work.job.steps[at];
    char key[SHA256_HEX];
    if (strcmp(row->row.state, "done") != 0 || !work_key_is_for(step.kind))
        return true;
    inputs_resolve(run, &run->work.job.steps[at], &step, &sources);
    if (!sources.all)
        return true;
    work_key_make(run->work.key_base, &step, row->row.seed_at == -1, key);
    struct cache_keeping keeping = {
        .key = key,
        .team = run->claim.team.at,
        .run = run->claim.run,
        .seed_at = row->row.seed_at,
        .step = &step,
        .result = &run->work.result.steps[at],
        .host = run->work.result.host,
        .layers = run->work.result.layers,
        .rundir = rundir,
        .log_at = at,
        .most_bytes = run->loaded->course.cache_max_mb << 20,
    };
    return cache_keep(run->grader, run->store, run->arena, &keeping, why);
}

void work_cache_keep(struct run *run, int rundir)
{
    struct fault why = { 0 };
    bool ok = true;
    if (run->loaded->course.cache_max_mb == 0)
        return;
    for (size_t i = 0; ok && i < run->work.result.step_count; i++)
        ok = keep_one(run, rundir, i, &why);
    if (!ok || !cache_trim(run->grader, run->store, run->loaded->course.cache_max_mb << 20, &why))
        grader_log(run->grader, "warning", "event=cache run=%s fault=\"%s\"", run->claim.run,
                   why.text);
}
