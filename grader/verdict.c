/* The sentences for verdicts. */
#include "grader/verdict.h"
#include <signal.h>
#include <stdbool.h>
#include <string.h>

static const char *subject(const char *kind)
{
    static const struct {
        const char *kind, *words;
    } subjects[] = {
        { "build", "The build" },
        { "train", "Training" },
        { "sample", "Predicting the public sample" },
        { "predict", "Predicting the held-out rows" },
    };
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (strcmp(kind, subjects[i].kind) == 0)
            return subjects[i].words;
    return "This step";
}

static bool is_heldout(const struct verdict *v)
{
    return strcmp(v->kind, "predict") == 0;
}

static const char *words_cpu(struct arena *arena, const struct verdict *v)
{
    return arena_print(arena,
                       "%s used up its limit of %lld s of processor time. Make it cheaper (fewer "
                       "rounds, less data, an early stop) and check for a loop that never ends.",
                       subject(v->kind), (long long)v->limit_s);
}

static const char *words_wall(struct arena *arena, const struct verdict *v)
{
    return arena_print(arena,
                       "%s was still not finished after %lld s, the longest that it may take, and "
                       "was stopped. It may sleep, wait for input, or wait for the network, which "
                       "a run does not have.",
                       subject(v->kind), (long long)v->wall_s);
}

static const char *words_memory(struct arena *arena, const struct verdict *v)
{
    return arena_print(arena,
                       "%s needed more than the %lld MB of memory that this task allows. Read the "
                       "data in pieces, use smaller types, or keep less of it at once.",
                       subject(v->kind), (long long)v->memory_mb);
}

static const char *words_processes(struct arena *arena, const struct verdict *v)
{
    return arena_print(arena,
                       "%s started more than the %lld processes and threads that this task allows. "
                       "Lower the number of workers.",
                       subject(v->kind), (long long)v->processes);
}

static const char *words_output(struct arena *arena, const struct verdict *v)
{
    return arena_print(
        arena,
        "%s printed more than %lld KB and was stopped. Print less: a line a round is "
        "plenty.",
        subject(v->kind), (long long)v->output_kb);
}

static const char *words_disk(struct arena *arena, const struct verdict *v)
{
    return arena_print(
        arena,
        "%s filled the %lld MB of disk that this task allows. Write smaller files, or "
        "remove what is no longer needed.",
        subject(v->kind), (long long)v->disk_mb);
}

static const char *words_signal(struct arena *arena, const struct verdict *v)
{
    if (is_heldout(v))
        return arena_print(arena,
                           "%s crashed, although the public sample went well. Look for cells that "
                           "only appear there: missing values, unseen categories, larger numbers.",
                           subject(v->kind));
    const char *name = strsignal(v->signal);
    return arena_print(arena,
                       "%s was ended by signal %d (%s). Run `%s` under a debugger or with a "
                       "sanitizer on the public data.",
                       subject(v->kind), v->signal, name ? name : "unknown", v->command);
}

static const char *words_exit(struct arena *arena, const struct verdict *v)
{
    if (is_heldout(v))
        return arena_print(arena,
                           "%s failed, although the public sample went well. Look for cells that "
                           "only appear there: missing values, unseen categories, larger numbers.",
                           subject(v->kind));
    if (v->exit_code == 126 || v->exit_code == 127)
        return arena_print(
            arena,
            "%s could not start: `%s` gave exit code %d. Is the file in the "
            "repository, executable (git update-index --chmod=+x FILE), and does its "
            "first line name a program that exists here?",
            subject(v->kind), v->command, v->exit_code);
    return arena_print(arena,
                       "%s failed: `%s` gave exit code %d. The log of this step tells why; try the "
                       "same on a clean checkout, without a network.",
                       subject(v->kind), v->command, v->exit_code);
}

/* What the box saw, for a step that saw no held-out data. */
static const char *seen(struct arena *arena, const struct verdict *v)
{
    if (is_heldout(v) || !v->message || !v->message[0])
        return "";
    return arena_print(arena, " Seen: %s.", v->message);
}

static const char *words_artifact(struct arena *arena, const struct verdict *v)
{
    return arena_print(
        arena,
        "%s left files that cannot be taken over: only plain files within the %lld MB "
        "of disk count, no links, pipes or devices.%s",
        subject(v->kind), (long long)v->disk_mb, seen(arena, v));
}

static const char *words_forbidden(struct arena *arena, const struct verdict *v)
{
    return arena_print(
        arena,
        "%s did something that no run may do here and was stopped. If you did not mean "
        "to, tell the course staff which library you use.%s",
        subject(v->kind), seen(arena, v));
}

static const char *words_predictions(struct arena *arena, const struct verdict *v)
{
    return arena_print(
        arena,
        "%s ended well but left no /opt/ml/output/data/predictions.csv. Write that file "
        "with the columns of sample_submission.csv.",
        subject(v->kind));
}

const char *verdict_words(struct arena *arena, const struct verdict *verdict)
{
    static const struct {
        const char *verdict;
        const char *(*words)(struct arena *arena, const struct verdict *v);
    } rows[] = {
        { "cpu", words_cpu },
        { "wall", words_wall },
        { "memory", words_memory },
        { "processes", words_processes },
        { "output", words_output },
        { "disk", words_disk },
        { "signal", words_signal },
        { "exit", words_exit },
        { "artifact", words_artifact },
        { "forbidden", words_forbidden },
        { "predictions", words_predictions },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(verdict->verdict, rows[i].verdict) == 0)
            return rows[i].words(arena, verdict);
    return arena_print(arena, "%s ended with the verdict \"%s\".", subject(verdict->kind),
                       verdict->verdict);
}
