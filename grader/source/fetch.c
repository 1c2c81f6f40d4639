/* Fetching, the parent's side: start the child, wait until the deadline, read what it says. */
#include "grader/source/fetch.h"
#include "grader/source/fetch_process.h"
#include "grader/source/fetch_words.h"

/* All that it says; false when it says too much or too late. */
static bool read_result(struct fetch_process *process, struct text *out)
{
    char piece[16384];
    ssize_t got;
    while ((got = fetch_process_read(process, piece, sizeof piece)) > 0) {
        if (out->len + (size_t)got > FETCH_RESULT_BYTES_MOST)
            return false;
        text_add(out, (struct str){ piece, (size_t)got });
    }
    return got == 0;
}

static bool run_child(const struct fetch_request *request, struct arena *arena,
                      struct fetch_result *out, struct fault *why)
{
    struct fetch_process process;
    struct fetch_process_plan plan = { .request = fetch_request_print(arena, request),
                                       .mirror = request->mirror,
                                       .repository = request->repository,
                                       .secrets = request->secrets,
                                       .deadline_ms = request->deadline_ms,
                                       .spawn = request->spawn };
    if (!fetch_process_start(&process, &plan, why))
        return false;
    struct text said = { .arena = arena };
    bool whole = read_result(&process, &said);
    bool ended = fetch_process_end(&process, why);
    if (whole && said.len > 0)
        return fetch_result_parse(arena, text_str(&said), out, why);
    if (!ended)
        return fault_within(why, "%.*s", STR_ARGS(str_until(request->address.text, 100)));
    if (!process.late)
        return fault_set(why, BLAME_SYSTEM, "the fetch process gave no readable result");
    out->state = FETCH_UNREACHABLE;
    out->text = str_of(arena_print(arena, "%.*s gave no complete answer within %.1f seconds",
                                   STR_ARGS(request->address.text), request->deadline_ms / 1000.0));
    return true;
}

bool fetch_run(const struct fetch_request *request, struct arena *arena, struct fetch_result *out,
               struct fault *why)
{
    struct fetch_request full = *request;
    *out = (struct fetch_result){ .state = FETCH_UNREACHABLE };
    if (full.most_bytes == 0)
        full.most_bytes = (uint64_t)FETCH_REPO_MB << 20;
    if (full.deadline_ms == 0)
        full.deadline_ms = FETCH_DEADLINE_MS;
    if (full.idle_ms == 0)
        full.idle_ms = FETCH_IDLE_MS;
    return run_child(&full, arena, out, why);
}
