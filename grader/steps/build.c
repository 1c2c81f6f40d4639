/*
 * build: the team's build command on a writable copy of its code; what it leaves is the code of the
 * later steps.
 */
#include "grader/steps/work.h"
#include <stdio.h>

bool step_build(struct run *run, struct fault *why)
{
    run->work.job = (struct job){ 0 };
    run->work.first_step = run->step_count;
    run->work.code_from[0] = 0;
    if (!run->snapshot.file.build.len || run->work.round > 0)
        return true;
    struct job_step *step = work_step_add(run, "build", 0, why);
    if (!step || !work_code(run, step, why))
        return false;
    work_argv(run, step, run->snapshot.file.build);
    step->writable[step->writable_count++] = "/opt/ml/code";
    step->keep[step->keep_count++] = "/opt/ml/code";
    snprintf(run->work.code_from, sizeof run->work.code_from, "%s", step->key);
    return true;
}
