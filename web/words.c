/* Words for people: the tables of states, verdicts and steps. */
#include "web/words.h"

static const struct state_word states[] = {
    { "received", "received", "wait" },
    { "queued", "waiting", "wait" },
    { "fetching", "fetching", "live" },
    { "building", "building", "live" },
    { "training", "training", "live" },
    { "predicting", "predicting", "live" },
    { "serving", "serving", "live" },
    { "evaluating", "measuring", "live" },
    { "judging", "judging", "live" },
    { "done", "graded", "good" },
    { "failed_team", "did not pass", "bad" },
    { "failed_ours", "our fault", "ours" },
    { "cancelled", "cancelled", "off" },
    { "superseded", "superseded", "off" },
}, step_states[] = {
    { "waiting", "to come", "off" },
    { "running", "running", "live" },
    { "done", "done", "good" },
    { "failed", "failed", "bad" },
    { "skipped", "skipped", "off" },
}, repository_states[] = {
    { "unreachable", "repository unreachable", "bad" },
    { "refused", "repository refused", "bad" },
    { "empty", "repository empty", "bad" },
    { "too_big", "repository too big", "bad" },
    { "vanished", "repository vanished", "bad" },
    { "denied", "repository denied", "bad" },
};

static const struct verdict_word verdicts[] = {
    { "ok", "Graded",
      "Every step passed. The board shows the newest graded version of each team." },
    { "exit", "A program ended with an error",
      "The last lines of the log below usually name the cause. Run the same step on the public "
      "sample on your own machine, then push again." },
    { "signal", "A program crashed",
      "It was ended by a signal, such as a segmentation fault or an abort. Run it under a debugger "
      "or a sanitizer on the public sample." },
    { "cpu", "Used more processor time than allowed",
      "Stop earlier: fewer rounds, fewer rows or a smaller model. A loop that never ends "
      "looks like this, too." },
    { "wall", "Took longer than allowed",
      "The clock ran out while little was computed. Look for a program that sleeps, "
      "waits for input, or waits for a network that does not exist here." },
    { "memory", "Needed more memory than allowed",
      "Read the data in pieces, keep fewer copies, or train on fewer rows. Memory is counted over "
      "all processes of the step." },
    { "processes", "Started more processes than allowed",
      "Lower the number of workers or threads; each thread counts as a process." },
    { "output", "Printed more than allowed",
      "Print a summary instead of every row, and results into files under /opt/ml." },
    { "disk", "Wrote more than allowed",
      "Keep only what the next step needs under /opt/ml/model, and remove intermediate files." },
    { "forbidden", "Tried something that the box forbids",
      "Programs have no network and no view of the host. Remove what needs either." },
    { "artifact", "A result was missing or not a plain file",
      "Check that training fills /opt/ml/model and that predicting writes "
      "/opt/ml/output/data/predictions.csv." },
    { "internal", "Something broke on our side",
      "This costs you nothing: the run is tried again, or your instructor looks at it." },
    { "submission", "submission.yaml could not be used",
      "Correct the line that is named, then push again. holdout check finds such mistakes "
      "on your own machine." },
    { "snapshot", "The repository could not be taken over",
      "No submodules, no links out of the tree, no LFS pointers, and within the size limit. "
      "Correct what is named, then push again." },
    { "predictions", "The prediction file was not accepted",
      "Every id of the held-out file exactly once, each with a finite number, under the header of "
      "sample_submission.csv." },
};

static const struct name {
    const char *key;
    const char *name;
} steps[] = {
    { "fetch", "Fetch the commit" },
    { "snapshot", "Take the files over" },
    { "build", "Build" },
    { "train", "Train" },
    { "sample", "Predict the public sample" },
    { "predict", "Predict held-out rows" },
    { "serve-sample", "Serve the public sample" },
    { "serve", "Serve held-out rows" },
    { "evaluate", "Measure" },
    { "judge", "Judge" },
    { "record", "Record" },
    { "announce", "Announce" },
};

static const struct state_word *state_in(const struct state_word *table, size_t count,
                                         struct str state)
{
    static const struct state_word unknown = { "", "unknown", "off" };
    for (size_t i = 0; i < count; i++)
        if (str_is(state, table[i].state))
            return &table[i];
    return &unknown;
}

const struct state_word *word_of_state(struct str state)
{
    return state_in(states, sizeof states / sizeof *states, state);
}

const struct state_word *word_of_step_state(struct str state)
{
    return state_in(step_states, sizeof step_states / sizeof *step_states, state);
}

const struct state_word *word_of_repository(struct str state)
{
    const struct state_word *word =
        state_in(repository_states, sizeof repository_states / sizeof *repository_states, state);
    return word->state[0] ? word : NULL;
}

const struct verdict_word *word_of_verdict(struct str verdict)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (str_is(verdict, verdicts[i].verdict))
            return &verdicts[i];
    return NULL;
}

static const char *name_of(const struct name *names, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(key, names[i].key))
            return names[i].name;
    return NULL;
}

const char *word_of_step(struct str step)
{
    return name_of(steps, sizeof steps / sizeof *steps, step);
}
