/* The way of a run: read the table top to bottom. */
#include "grader/pipeline.h"
#include "core/base/file.h"
#include <stdio.h>

enum where { HERE, BOX };

static const struct step {
    const char *name;
    enum where where;  /* consecutive BOX rows become one grade-one job */
    const char *state; /* of the run meanwhile */
    bool (*pass)(struct run *run, struct fault *why);
} steps[] = {
    { "fetch", HERE, "fetching", step_fetch },
    { "snapshot", HERE, "fetching", step_snapshot },
    { "build", BOX, "building", step_build },
    { "train", BOX, "training", step_train },
    { "predict", BOX, "predicting", step_predict },
    { "serve", BOX, "serving", step_serve },
    { "evaluate", HERE, "evaluating", step_evaluate },
    { "judge", HERE, "judging", step_judge },
    { "record", HERE, "judging", step_record },
    { "announce", HERE, "judging", step_announce },
};
#define STEP_COUNT (sizeof steps / sizeof *steps)

#define TRIES_MOST 3 /* of a fault that is ours */
#define RETRY_MS 2000
#define RETRY_MOST_MS 60000

/* The fault as the row and the run tell it; true when the run has an end of its own now. */
static bool end_as(struct run *run, const char *step, const struct fault *fault)
{
    if (!run->end.step)
        run->end.step = step;
    if (run->end.state)
        return true;
    if (fault->blame == BLAME_PASSING || run->claim.attempt < TRIES_MOST)
        return false;
    run->end.state = "failed_ours";
    run->end.verdict = "internal";
    run->end.message = "This run could not be finished for a reason that is not yours; the course "
                       "staff can see it. It costs you no try.";
    run->end.detail =
        arena_print(run->arena, "%s: %s (%s)", step, fault->text, blame_name(fault->blame));
    return true;
}

static bool step_here(struct run *run, const struct step *step, struct fault *why)
{
    struct run_step *row = run_step_add(run, step->name, 0, false);
    const struct clock *clock = &run->grader->clock;
    int64_t from = clock_mono_us();
    row->row.state = "running";
    row->row.started_ms = clock_utc_ms(clock);
    bool ok = step->pass(run, why);
    if (run->lost)
        return false;
    row->row.ended_ms = clock_utc_ms(clock);
    row->row.wall_us = clock_mono_us() - from;
    row->row.state = ok ? "done" : "failed";
    row->row.verdict = ok ? "ok" : run->end.verdict ? run->end.verdict : "internal";
    struct fault write_why = { 0 };
    if (!run_step_write(run, row, &write_why) && ok) {
        *why = write_why;
        return false;
    }
    return ok;
}

static bool state_set(struct run *run, const char *state, struct fault *why)
{
    if (run->recorded)
        return true;
    return store_state(run->store, &run->claim, state, &run->lost, why) && !run->lost;
}

/* false: *at is the step that failed. */
static bool pass_all(struct run *run, size_t *at, struct fault *why)
{
    for (*at = 0; *at < STEP_COUNT; (*at)++) {
        const struct step *step = &steps[*at];
        if (step->where == HERE) {
            if (!state_set(run, step->state, why) || !step_here(run, step, why))
                return false;
            continue;
        }
        if (!step->pass(run, why))
            return false;
        bool last = *at + 1 == STEP_COUNT || steps[*at + 1].where != BOX;
        if (last && !work_execute(run, why))
            return false;
    }
    return true;
}

static bool give_back(struct run *run, const struct fault *fault, struct fault *why)
{
    int64_t delay = RETRY_MS << (run->claim.attempt < 5 ? run->claim.attempt : 5);
    struct release release = {
        .delay_ms = delay < RETRY_MOST_MS ? delay : RETRY_MOST_MS,
        .waits = fault->blame == BLAME_PASSING,
        .message = "The grader had to stop here and tries again shortly; nothing is lost.",
        .detail = fault->text,
    };
    return store_release(run->store, &run->claim, &release, why);
}

/* Its time has not come: it waits without having been tried. */
static bool put_back(struct run *run, struct fault *why)
{
    int64_t delay = run->back.until_ms - clock_utc_ms(&run->grader->clock);
    struct release release = { .delay_ms = delay > 0 ? delay : 0,
                               .waits = true,
                               .message = run->back.message,
                               .detail = "",
                               .held = run->back.held };
    return store_steps_clear(run->store, &run->claim, why) &&
           store_release(run->store, &run->claim, &release, why);
}

bool pipeline_walk(struct run *run, struct fault *why)
{
    size_t at;
    struct fault fault = { 0 };
    if (!store_steps_clear(run->store, &run->claim, why))
        return false;
    if (pass_all(run, &at, &fault) || run->lost)
        return true;
    if (run->back.message)
        return put_back(run, why);
    if (run->recorded) { /* the board is made anew with the next run and at each start */
        grader_log(run->grader, "warning", "event=announce run=%s fault=\"%s\"", run->claim.run,
                   fault.text);
        return true;
    }
    grader_log(run->grader, run->end.state ? "info" : "warning",
               "event=step run=%s step=%s blame=%s fault=\"%s\"", run->claim.run,
               run->end.step            ? run->end.step
               : steps[at].where == BOX ? "box"
                                        : steps[at].name,
               blame_name(fault.blame), fault.text);
    if (!end_as(run, steps[at].name, &fault))
        return give_back(run, &fault, why);
    /* a human may still mark what did not need the model: the questions are there for it */
    if (run->task && run->end.state[0] == 'f' && !step_judge(run, why))
        return false;
    return step_record(run, why) || (!run->lost && give_back(run, why, why));
}

int64_t pipeline_deadline_ms(const struct course *course)
{
    int64_t most = 0;
    for (size_t i = 0; i < course->task_count; i++) {
        const struct course_limits *limits = &course->tasks[i].limits;
        int64_t seeds = course->tasks[i].seeds + 1;
        int64_t s = 2 * (limits->build_s + seeds * limits->train_s +
                         (seeds + 1) * limits->predict_s + 2 * limits->serve_s) +
                    10 * (5 + 2 * seeds);
        most = s > most ? s : most;
    }
    return (most + 120) * 1000;
}
