/* The threads that look at repositories: a job at a time from the schedule. */
#include "core/base/file.h"
#include "grader/service/fetching.h"
#include "grader/service/poll.h"
#include "grader/service/schedule.h"
#include "grader/source/look.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IDLE_MS 50

static struct schedule_now now_of(const struct grader *grader)
{
    return (struct schedule_now){ clock_boot_ms(&grader->clock), clock_utc_ms(&grader->clock) };
}

/* ---- a fetch ---- */

static void fetch_one(const struct look *look, struct arena *arena, const struct schedule_job *job,
                      struct schedule_result *result)
{
    struct fault why = { 0 };
    const struct course_team *team = course_team_find(&look->loaded->course, job->teams[0].team);
    if (team && !look_team(look, arena, team, job->teams[0].looked_ms, result, &why))
        grader_log(look->grader, "warning", "event=look team=%s fault=\"%s\"", team->id.at,
                   why.text);
}

/* ---- a look at all of a host ---- */

static int secrets_of(const struct grader *grader, const struct address *address)
{
    char path[300];
    snprintf(path, sizeof path, "secrets/grader/%.*s", STR_ARGS(address->host));
    return address->host.len ? openat(grader->course_dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                             : -1;
}

struct batch {
    struct look_item *items;
    size_t *of; /* which team of the job an item is */
    size_t count;
    int64_t began_ms;
};

/* Addresses that may be looked at together; who has none is fetched, which says what is wrong. */
static void batch_fill(const struct look *look, struct arena *arena, const struct schedule_job *job,
                       struct batch *batch, struct schedule_result *results)
{
    batch->items = arena_array(arena, struct look_item, job->count);
    batch->of = arena_array(arena, size_t, job->count);
    for (size_t i = 0; i < job->count; i++) {
        struct fault why = { 0 };
        struct fetch_request request = { .repository = -1 };
        const struct course_team *team =
            course_team_find(&look->loaded->course, job->teams[i].team);
        results[i].outcome = team ? SCHEDULE_MOVED : SCHEDULE_BAD;
        if (!team || !look_address(arena, look, team->repository, &request, &why))
            continue;
        fd_scoped(&request.repository);
        batch->items[batch->count].address = request.address;
        batch->of[batch->count++] = i;
    }
}

/* What the look says of one team; what is worth telling it goes to the store. */
static bool item_take(const struct look *look, const struct schedule_team *team,
                      const struct look_item *item, struct schedule_result *out, struct fault *why)
{
    bool good = item->state == FETCH_OK || item->state == FETCH_EMPTY;
    if (!item->looked) {
        out->outcome = SCHEDULE_NOT_LOOKED;
        return true;
    }
    out->retry_s = item->retry_s;
    if (good && item->seen[0] && str_is(team->seen, item->seen)) {
        out->outcome = SCHEDULE_SAME;
        return true;
    }
    out->outcome = SCHEDULE_MOVED; /* or its own process finds out what is wrong */
    if (item->state != FETCH_UNREACHABLE || item->address.scheme == ADDRESS_FILE)
        return true;
    out->outcome = SCHEDULE_UNREACHABLE;
    return store_team_look(look->store, team->team.at, fetch_state_name(item->state), item->text.at,
                           0, why);
}

static bool batch_take(const struct look *look, struct arena *arena, const struct schedule_job *job,
                       const struct batch *batch, struct schedule_result *results,
                       struct fault *why)
{
    struct store_look *same = arena_array(arena, struct store_look, batch->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct schedule_result *result = &results[batch->of[i]];
        const struct schedule_team *team = &job->teams[batch->of[i]];
        if (!item_take(look, team, &batch->items[i], result, why))
            return false;
        if (result->outcome != SCHEDULE_SAME)
            continue;
        result->looked_ms = batch->began_ms;
        same[count++] = (struct store_look){ .team = team->team, .looked_ms = batch->began_ms };
    }
    return store_looked(look->store, same, count, why);
}

static void look_together(const struct look *look, struct arena *arena,
                          const struct schedule_job *job, struct schedule_result *results)
{
    const struct grader *grader = look->grader;
    struct fetching fetching = { .grader = grader };
    struct batch batch = { .began_ms = clock_utc_ms(&grader->clock) };
    struct fault why = { 0 };
    batch_fill(look, arena, job, &batch, results);
    if (batch.count == 0)
        return;
    bool local = batch.items[0].address.scheme == ADDRESS_FILE;
    scoped(fd) int secrets = secrets_of(grader, &batch.items[0].address);
    struct look_request request = {
        .items = batch.items,
        .count = batch.count,
        .secrets = secrets,
        .local = local ? grader->local : -1,
        .local_path = str_of(grader->local_path),
        .allow_private = look->loaded->course.git.allow_private,
        .spawn = fetching_spawn(&fetching),
    };
    bool ok =
        look_run(&request, arena, &why) && batch_take(look, arena, job, &batch, results, &why);
    fetching_end(&fetching);
    if (ok)
        return;
    grader_log(grader, "warning", "event=look count=%zu fault=\"%s\"", batch.count, why.text);
    for (size_t i = 0; i < job->count; i++) /* our own fault: none of it counts */
        results[i] = (struct schedule_result){ .outcome = SCHEDULE_UNREACHABLE };
}

/* ---- the thread ---- */

static void job_do(const struct look *look, struct arena *arena, const struct schedule_job *job)
{
    struct schedule *schedule = look->grader->schedule;
    struct schedule_result *results = arena_array(arena, struct schedule_result, job->count);
    memset(results, 0, job->count * sizeof *results);
    if (job->kind == SCHEDULE_FETCH) {
        results[0].outcome = SCHEDULE_UNREACHABLE;
        fetch_one(look, arena, job, &results[0]);
    } else {
        look_together(look, arena, job, results);
    }
    schedule_done(schedule, job, results, now_of(look->grader));
    grader_news(look->grader); /* what moved is for whoever is free */
}

static bool course_take_up(struct look *look, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct store_look *looks;
    size_t count;
    if (!store_look_list(look->store, arena, &looks, &count, why))
        return false;
    schedule_course(look->grader->schedule, &look->loaded->course, looks, count,
                    now_of(look->grader));
    return true;
}

/*
 * The first thread keeps the schedule to the course and answers requests, which may take long:
 * while it does, another one answers the next. All but the first take jobs.
 */
static void turn(struct look *look, bool first, const struct loaded **known)
{
    struct grader *grader = look->grader;
    struct fault why = { 0 };
    if (first && look->loaded != *known) {
        const struct loaded *held = loaded_take(grader->loaded);
        const struct loaded *old =
            held == look->loaded && course_take_up(look, &why) ? *known : held;
        if (old != held)
            *known = held; /* kept, so that no other one can take its address */
        if (old)
            loaded_give(grader->loaded, old);
        if (why.text[0])
            grader_log(grader, "warning", "event=look fault=\"%s\"", why.text);
    }
    if (first || look_is_asked(look))
        look_requests(look);
    while (!first && !grader->until_seq && !grader_stopping(grader)) {
        scoped_arena arena = arena_open(NULL);
        struct schedule_job job;
        if (!schedule_next(grader->schedule, arena, now_of(grader), &job))
            return;
        job_do(look, arena, &job);
    }
}

void *poll_thread(void *at)
{
    struct grader *grader = at;
    bool first = __atomic_fetch_add(&grader->poller_next, 1, __ATOMIC_RELAXED) == 0;
    struct look look = { .grader = grader };
    const struct loaded *known = NULL;
    uint64_t seen = 0;
    if (!grader_open(grader, &look.store, &look.inbox))
        return NULL;
    do {
        look.loaded = loaded_take(grader->loaded);
        turn(&look, first, &known);
        loaded_give(grader->loaded, look.loaded);
    } while (!grader_idle(grader, &seen, IDLE_MS));
    inbox_close(look.inbox);
    store_close(look.store);
    return NULL;
}
