/*
 * train: once for each hidden seed; the first one twice, to see whether the same seed gives the
 * same model.
 */
#include "grader/course/course_kind.h"
#include "grader/steps/work.h"

bool step_train(struct run *run, struct fault *why)
{
    const struct submission_file *file = &run->snapshot.file;
    struct str command = file->entry_points.train;
    if (file->entry_points.pipeline.len)
        command = str_of(arena_print(run->arena, "holdout-ml pipeline train --config '%.*s'",
                                     STR_ARGS(file->entry_points.pipeline)));
    int seeds[RUN_SEEDS_MOST + 1];
    size_t count = work_seeds(run, seeds);
    for (size_t i = 0; i < count; i++) {
        struct job_step *step = work_step_add(run, "train", seeds[i], why);
        if (!step || !work_code(run, step, why) ||
            !work_channel(run, step, "data", "train.csv", why) ||
            (run->task->kind == COURSE_KIND_DETECTION &&
             !work_channel(run, step, "data", COURSE_BOXES, why)))
            return false;
        work_argv(run, step, command);
        step->writable[step->writable_count++] = "/opt/ml/model";
        step->writable[step->writable_count++] = "/opt/ml/output/data";
        step->writable[step->writable_count++] = "/opt/ml/output";
        step->keep[step->keep_count++] = "/opt/ml/model";
        step->keep[step->keep_count++] = "/opt/ml/output/failure";
    }
    return true;
}
