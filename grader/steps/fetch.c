/*
 * fetch: is the pinned commit in our mirror? Polling brought it; a hand's request may be quicker
 * than polling.
 */
#include "core/base/file.h"
#include "grader/course/baseline.h"
#include "grader/pipeline.h"
#include "grader/service/poll.h"
#include "grader/repeat/replay.h"
#include "grader/source/git.h"
#include <stdio.h>

static bool is_there(const struct run *run, bool *there, struct fault *why)
{
    char path[128];
    snprintf(path, sizeof path, "repos/%.*s", STR_ARGS(run->claim.team));
    scoped(fd) int mirror = dir_open(run->grader->state, path, why);
    struct git_store *store = mirror < 0 ? NULL : git_store_open(mirror, why);
    if (!store)
        return false;
    enum git_kind kind;
    uint64_t size;
    *there =
        git_store_measure(store, run->claim.commit.at, &kind, &size) && kind == GIT_KIND_COMMIT;
    git_store_close(store);
    return true;
}

/* A machine that went down may have taken from our mirror what the team still has. */
static bool again(struct run *run, const struct course_team *team, bool *there, struct fault *why)
{
    struct look look = { .grader = (struct grader *)run->grader, .loaded = run->loaded };
    struct fetch_result result;
    if (!look_fetch(&look, run->arena, team, &result, why))
        return false;
    if (result.state == FETCH_UNREACHABLE)
        return fault_set(why, BLAME_PASSING, "the repository could not be reached: %.*s",
                         STR_ARGS(str_until(result.text, 150)));
    *there = false;
    why->text[0] = 0; /* how the process ended is told even when all went well */
    return result.state != FETCH_OK || is_there(run, there, why);
}

bool step_fetch(struct run *run, struct fault *why)
{
    if (!replay_begin(run, why))
        return false;
    if (run_is_baseline(run) || run_is_again(run))
        return true;
    bool there = false;
    const struct course_team *team = course_team_find(&run->loaded->course, run->claim.team);
    struct fault unread = { 0 }; /* a mirror that cannot be read is fetched again, too */
    if (!is_there(run, &there, team ? &unread : why) && !team)
        return false;
    if (!there && team && !again(run, team, &there, why))
        return false;
    if (there)
        return true;
    return run_fail_team(
        run, "vanished",
        arena_print(run->arena,
                    "Commit %.10s is no longer in the repository. Push it again, or "
                    "push a newer one.",
                    run->claim.commit.at),
        why);
}
