/*
 * fetch: is the pinned commit in our mirror? Polling brought it; a hand's request may be quicker
 * than polling.
 */
#include "core/base/file.h"
#include "grader/baseline.h"
#include "grader/pipeline.h"
#include "grader/replay.h"
#include "grader/source/git.h"
#include <stdio.h>

bool step_fetch(struct run *run, struct fault *why)
{
    if (!replay_begin(run, why))
        return false;
    if (run_is_baseline(run) || run_is_again(run))
        return true;
    char path[128];
    snprintf(path, sizeof path, "repos/%.*s", STR_ARGS(run->claim.team));
    scoped(fd) int mirror = dir_open(run->grader->state, path, why);
    if (mirror < 0)
        return false;
    struct git_store *store = git_store_open(mirror, why);
    if (!store)
        return false;
    enum git_kind kind;
    uint64_t size;
    bool there = git_store_measure(store, run->claim.commit.at, &kind, &size);
    git_store_close(store);
    if (there && kind == GIT_KIND_COMMIT)
        return true;
    return run_fail_team(
        run, "vanished",
        arena_print(run->arena,
                    "Commit %.10s is no longer in the repository. Push it again, or "
                    "push a newer one.",
                    run->claim.commit.at),
        why);
}
