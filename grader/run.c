/* What the steps share: rows of the store, facts, verdicts. */
#include "grader/run.h"
#include <assert.h>
#include <string.h>

bool run_step_write(struct run *run, struct run_step *step, struct fault *why)
{
    return store_step(run->store, &run->claim, &step->row, why);
}

struct run_step *run_step_add(struct run *run, const char *name, int seed_at, bool heldout)
{
    assert(run->step_count < RUN_STEPS_MOST);
    struct run_step *step = &run->steps[run->step_count++];
    step->row = (struct store_step){
        .position = (int)run->step_count,
        .name = name,
        .seed_at = seed_at,
        .state = "waiting",
        .verdict = "",
        .heldout = heldout,
        .message = "",
        .log = "",
    };
    return step;
}

bool run_fail_team(struct run *run, const char *verdict, const char *message, struct fault *why)
{
    run->end.state = "failed_team";
    run->end.verdict = verdict;
    run->end.message = message;
    run->end.detail = "";
    return fault_set(why, BLAME_STUDENT, "%s", message);
}

bool run_put_back(struct run *run, int64_t until_ms, const char *held, const char *message,
                  struct fault *why)
{
    run->back.until_ms = until_ms;
    run->back.held = held;
    run->back.message = message;
    return fault_set(why, BLAME_PASSING, "%s", message);
}

void run_fact(struct run *run, const struct store_fact *fact)
{
    size_t most = sizeof run->judged.facts / sizeof *run->judged.facts;
    if (run->judged.fact_count < most)
        run->judged.facts[run->judged.fact_count++] = *fact;
}
