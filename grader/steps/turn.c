/* Pauses and tries, held against a version whose task is known. */
#include "grader/steps/turn.h"
#include "grader/quota.h"
#include "grader/store/rules.h"

static bool needs_try(const struct run *run)
{
    return !str_is(run->claim.source, "hand") && !str_is(run->claim.source, "baseline") &&
           !run->claim.purpose.len;
}

static bool tries_end(struct run *run, const struct quota_room *room, struct fault *why)
{
    run->end.state = "cancelled";
    run->end.verdict = "";
    run->end.detail = "";
    run->end.message =
        arena_print(run->arena,
                    "Your team has used all of its %lld tries for this task: this version is kept "
                    "but not graded. Ask the course staff if you need a further try.",
                    (long long)room->all_most);
    return fault_set(why, BLAME_STUDENT, "all tries were used");
}

static bool tries_wait(struct run *run, const struct quota_room *room, struct fault *why)
{
    const struct course *course = &run->loaded->course;
    int64_t from_ms = zone_day_start(&course->zone, room->day);
    char from[ZONE_TEXT];
    zone_print(&course->zone, from_ms, from);
    return run_put_back(
        run, from_ms, "quota",
        arena_print(run->arena,
                    "Your team's %lld tries of this day are used. This version is kept and graded "
                    "from %s (%.*s) on, unless you push a newer one before.",
                    (long long)room->most, from, STR_ARGS(course->timezone)),
        why);
}

static bool tries_check(struct run *run, struct fault *why)
{
    const struct zone *zone = &run->loaded->course.zone;
    struct quota quota;
    struct tries_of of = { .team = run->claim.team,
                           .task = run->claim.task,
                           .without = run->claim.run,
                           .per_day = run->task->limits.runs_per_day,
                           .total = run->task->limits.runs_total };
    if (!store_tries(run->store, run->arena, zone, &of, &quota, why))
        return false;
    int64_t today = zone_day(zone, clock_utc_ms(&run->grader->clock));
    struct quota_room room = quota_find(&quota, zone_day(zone, run->claim.received_ms), today);
    if (room.spent)
        return tries_end(run, &room, why);
    return room.day <= today || tries_wait(run, &room, why);
}

bool turn_check(struct run *run, struct fault *why)
{
    bool paused;
    if (!store_paused(run->store, run->claim.team, run->claim.task, &paused, why))
        return false;
    if (paused)
        return run_put_back(run, 0, "", "The grading of this task is paused; this version waits.",
                            why);
    return !needs_try(run) || tries_check(run, why);
}
