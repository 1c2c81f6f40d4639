/* Erasing a team: the turns. */
#include "grader/tidy/erase.h"
#include "core/base/file.h"
#include "grader/board.h"
#include "grader/cache.h"
#include "grader/repeat/batch_receipt.h"
#include "grader/service/poll.h"
#include "grader/tidy/erase_parts.h"
#include <stdio.h>

#define GRACE_MS 2000 /* files of a course that is being loaded get their event within */

/* ---- may it begin? ---- */

static bool course_names(const struct loaded *loaded, struct str team)
{
    for (size_t i = 0; i < loaded->course.student_count; i++)
        if (str_equal(loaded->course.students[i].team, team))
            return true;
    return course_team_find(&loaded->course, team) != NULL;
}

static bool is_held(struct grader *grader, struct str team)
{
    bool held = false;
    pthread_mutex_lock(&grader->held.lock);
    for (size_t i = 0; i < HOUSE_SLOTS_MOST; i++)
        held |= grader->held.claims[i] && str_equal(grader->held.claims[i]->team, team);
    pthread_mutex_unlock(&grader->held.lock);
    return held;
}

/* What it waits for; NULL: nothing. */
static const char *obstacle(const struct erase_turning *turning, const struct loaded *loaded,
                            const struct store_erasure *erasure)
{
    struct erase_memory *memory = turning->memory;
    struct grader *grader = turning->grader;
    int64_t now = clock_utc_ms(&grader->clock);
    if (memory->seq != erasure->seq)
        *memory = (struct erase_memory){ .seq = erasure->seq };
    const char *wait = NULL;
    if (course_names(loaded, erasure->team))
        wait = "waits until teams.csv and roster.csv, as the grader has them, do not name the team";
    else if (is_held(grader, erasure->team))
        wait = "waits until its run has stopped";
    if (wait)
        memory->quiet_ms = 0;
    else if (!memory->quiet_ms)
        memory->quiet_ms = now;
    if (!wait && now >= memory->quiet_ms && now - memory->quiet_ms < GRACE_MS)
        wait = "";
    return wait;
}

/* ---- what goes ---- */

static bool sweep(struct erasing *erasing, const struct grader *stop, int64_t before_ms,
                  struct fault *why)
{
    struct marks named __attribute__((cleanup(marks_scoped))) = { 0 };
    struct collecting how = { .state = erasing->state,
                              .artifacts = erasing->artifacts,
                              .sealed = erasing->sealed,
                              .store = erasing->store,
                              .team = erasing->team,
                              .skip = &erasing->run_set,
                              .stop = stop };
    struct collected gone;
    struct collect_sweep those = { .named = &named, .before_ms = before_ms };
    /* what a cancelled run of it put and nobody settled is found where all the others are */
    return artifacts_settle(erasing->artifacts, why) && artifacts_settle(erasing->sealed, why) &&
           collect_marks(&how, &named, why) && collect_sweep(&how, &those, &gone, why);
}

static bool trees_remove(struct erasing *erasing, struct grader *grader, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    int64_t count;
    for (size_t i = 0; i < erasing->run_count; i++)
        if (!dir_remove(erasing->state, arena_print(arena, "runs/%s", erasing->runs[i].at), why))
            return false;
    return mirror_forget(grader, str_of(erasing->team), why) &&
           cache_forget(grader, erasing->store, erasing->team, why) &&
           erase_old_stores(erasing->state, true, &count, why);
}

/* The sealed rows of runs that an earlier turn has erased already, before it was stopped, too. */
static bool rows_remove(struct erasing *erasing, const struct store_erasure *erasure,
                        struct fault *why)
{
    struct erased_list list;
    if (!erased_load(erasing->arena, erasing->inbox, &list, why))
        return false;
    struct str *runs = arena_array(erasing->arena, struct str, erasing->run_count + list.count);
    size_t count = 0;
    for (size_t i = 0; i < erasing->run_count; i++)
        runs[count++] = erasing->runs[i];
    for (size_t i = 0; i < list.count; i++)
        runs[count++] = list.at[i].run;
    return store_erase_rows(erasing->store, erasure, runs, count, why);
}

static bool all_remove(struct erasing *erasing, const struct erase_turning *turning,
                       const struct store_erasure *erasure, struct fault *why)
{
    struct erase_events events;
    return erase_lists(erasing, false, why) && trees_remove(erasing, turning->grader, why) &&
           erase_events_find(erasing, &events, why) &&
           erase_inbox(erasing, &events, clock_utc_ms(&turning->grader->clock), why) &&
           erase_receipts(erasing, why) && erase_lists(erasing, true, why) &&
           rows_remove(erasing, erasure, why);
}

/* Runs under way that were there before it was quiet may lean on files that only they name. */
static bool others_wait(const struct erase_turning *turning, const struct store_erasure *erasure,
                        bool *wait, struct fault *why)
{
    int64_t begun_ms;
    if (!store_oldest_begun(turning->store, &begun_ms, why))
        return false;
    *wait = begun_ms && begun_ms <= turning->memory->quiet_ms;
    return store_erase_say(turning->store, erasure->seq,
                           *wait ? "waits for runs of other teams that were under way before" : "",
                           why);
}

static bool go(const struct erase_turning *turning, const struct store_erasure *erasure, bool *did,
               struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct grader *grader = turning->grader;
    struct erasing erasing = { .arena = arena,
                               .state = grader->state,
                               .artifacts = &grader->artifacts,
                               .sealed = &grader->sealed,
                               .store = turning->store,
                               .inbox = turning->inbox,
                               .seq = erasure->seq,
                               .team = erasure->team.at };
    if (!store_erase_runs(turning->store, arena, erasing.team, &erasing.runs, &erasing.run_count,
                          why))
        return false;
    for (size_t i = 0; i < erasing.run_count; i++)
        marks_add(&erasing.run_set, erasing.runs[i]);
    bool ok = sweep(&erasing, grader, turning->memory->quiet_ms + 1, why) &&
              all_remove(&erasing, turning, erasure, why);
    marks_scoped(&erasing.run_set);
    *did = ok;
    return ok;
}

static bool boards_make(const struct erase_turning *turning, const struct loaded *loaded,
                        struct fault *why)
{
    for (size_t i = 0; i < loaded->course.task_count; i++)
        if (!board_make(turning->grader, loaded, turning->store, &loaded->course.tasks[i], why))
            return false;
    return true;
}

static bool waiting_turn(const struct erase_turning *turning, const struct loaded *loaded,
                         const struct store_erasure *erasure, bool *did, struct fault *why)
{
    const char *wait = obstacle(turning, loaded, erasure);
    bool others = false;
    if (wait)
        return !wait[0] || store_erase_say(turning->store, erasure->seq, wait, why);
    if (!others_wait(turning, erasure, &others, why) || others)
        return others;
    /* nobody computes with the team's rows meanwhile, or writes some */
    pthread_rwlock_wrlock(&turning->grader->rows);
    bool ok = go(turning, erasure, did, why);
    pthread_rwlock_unlock(&turning->grader->rows);
    if (*did)
        grader_log(turning->grader, "info", "event=erase seq=%lld", (long long)erasure->seq);
    return ok && (!*did || boards_make(turning, loaded, why));
}

static bool wiping_turn(const struct erase_turning *turning, const struct store_erasure *erasure,
                        bool *did, struct fault *why)
{
    *did = batch_records_renew(turning->grader, turning->store, why) &&
           inbox_wipe(turning->inbox, why) && store_forget(turning->store, why) &&
           store_erase_done(turning->store, erasure->seq, why);
    return *did;
}

bool erase_turn(const struct erase_turning *turning, bool *did, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct store_erasure erasure;
    bool found;
    *did = false;
    if (!store_erase_next(turning->store, arena, &erasure, &found, why) || !found)
        return !found;
    if (str_is(erasure.state, "wiping"))
        return wiping_turn(turning, &erasure, did, why);
    const struct loaded *loaded = loaded_take(turning->grader->loaded);
    bool ok = waiting_turn(turning, loaded, &erasure, did, why);
    loaded_give(turning->grader->loaded, loaded);
    return ok;
}
