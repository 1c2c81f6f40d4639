/*
 * predict: first on the public sample, whose log is shown in full, then on the held-out rows with
 * each seed's model. Only predictions leave a held-out step.
 */
#include "grader/steps/work.h"
#include <stdio.h>

static struct str command_of(struct run *run)
{
    const struct submission_file *file = &run->snapshot.file;
    if (!file->entry_points.pipeline.len)
        return file->entry_points.predict;
    return str_of(arena_print(run->arena, "holdout-ml pipeline predict --config '%.*s'",
                              STR_ARGS(file->entry_points.pipeline)));
}

static struct job_step *predict_add(struct run *run, const char *kind, int seed_at,
                                    struct fault *why)
{
    struct job_step *step = work_step_add(run, kind, seed_at, why);
    if (!step || !work_code(run, step, why))
        return NULL;
    const char *train = arena_print(run->arena, "train-%d", seed_at == -1 ? 0 : seed_at);
    if (!work_input_from(step, train, why))
        return NULL;
    work_argv(run, step, command_of(run));
    step->writable[step->writable_count++] = "/opt/ml/output/data";
    step->writable[step->writable_count++] = "/opt/ml/output";
    step->keep[step->keep_count++] = "/opt/ml/output/data/predictions.csv";
    return step;
}

bool step_predict(struct run *run, struct fault *why)
{
    int seeds[RUN_SEEDS_MOST + 1];
    size_t count = work_seeds(run, seeds);
    for (size_t i = 0; i < count; i++) {
        struct job_step *step;
        if (seeds[i] == 1) {
            step = predict_add(run, "sample", 1, why);
            if (!step || !work_channel(run, step, "data", "sample.csv", why))
                return false;
        }
        struct heldout heldout;
        step = predict_add(run, "predict", seeds[i], why);
        if (!step || !work_heldout(run, seeds[i], &heldout, why) ||
            !work_file(run, step, heldout.csv, "/opt/ml/input/data/heldout/heldout.csv", why))
            return false;
    }
    return true;
}
