/* A worker: claims a run, walks it through the pipeline, and claims the next. */
#include "grader/service/disk_guard.h"
#include "grader/service/environment_survey.h"
#include "grader/pipeline.h"
#include "grader/repeat/replay.h"
#include <stdlib.h>

#define IDLE_MS 100 /* runs that waited for a time of their own */

/* A run of ours may take long anywhere, not only in a box: its lease is kept for it meanwhile. */
static void hold(struct grader *grader, const struct claim *claim, bool begins)
{
    pthread_mutex_lock(&grader->held.lock);
    for (size_t i = 0; i < HOUSE_SLOTS_MOST; i++)
        if (grader->held.claims[i] == (begins ? NULL : claim)) {
            grader->held.claims[i] = begins ? claim : NULL;
            break;
        }
    pthread_mutex_unlock(&grader->held.lock);
}

/* true: there was one. */
static bool work_with(struct grader *grader, const struct loaded *loaded, struct store *store)
{
    scoped_arena arena = arena_open(NULL);
    struct run *run = arena_new(arena, struct run);
    struct fault why = { 0 };
    run->grader = grader;
    run->loaded = loaded;
    run->store = store;
    run->arena = arena;
    run->work.layers = run->work.host = "";
    run->evaluated.same_seed = -1; /* not measured */
    if (!store_claim(store, arena,
                     &(struct claiming){ .version = loaded->version.digest,
                                         .deadline_ms = pipeline_deadline_ms(&loaded->course),
                                         .per_team = loaded->course.per_team,
                                         .slots = grader->slots },
                     &run->claim, &why)) {
        if (why.text[0])
            grader_log(grader, "warning", "event=claim fault=\"%s\"", why.text);
        return false;
    }
    hold(grader, &run->claim, true);
    bool walked = pipeline_walk(run, &why);
    hold(grader, &run->claim, false);
    work_clear(run);
    replay_end(run);
    if (!walked) /* the lease lapses, the sweeper brings it back */
        grader_log(grader, "error", "event=walk run=%s fault=\"%s\"", run->claim.run, why.text);
    return true;
}

static bool work_one(struct grader *grader, struct store *store)
{
    const struct loaded *loaded = loaded_take(grader->loaded);
    bool found = !disk_guard_waits(grader, loaded->course.disk_guard_mb) &&
                 (work_with(grader, loaded, store) || environment_survey(grader, loaded, store));
    loaded_give(grader->loaded, loaded);
    return found;
}

void *work_thread(void *at)
{
    struct grader *grader = at;
    struct store *store;
    if (!grader_open(grader, &store, NULL))
        return NULL;
    uint64_t seen = 0;
    while (!grader_stopping(grader) && !__atomic_load_n(&grader->draining, __ATOMIC_ACQUIRE))
        if (!work_one(grader, store))
            grader_idle(grader, &seen, IDLE_MS);
    store_close(store);
    return NULL;
}
