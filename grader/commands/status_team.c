/* holdout status --team T: what is due, which version counts and why, late days, tries. */
#include "grader/commands/status_team.h"
#include "core/base/clock.h"
#include "grader/commands/command.h"
#include <math.h>
#include <stdio.h>

static void due_print(const struct view_team_state *state, const struct view_due *due)
{
    char at[TIME_TEXT];
    clock_print(due->due_ms, at);
    printf("\n%s (%s)  due %s%s\n", due->deliverable.at, due->task.at, at,
           due->due_ms != due->course_due_ms ? ", extended" : "");
    if (due->reason.len)
        printf("  extension: %s\n", due->reason.at);
    printf("  lateness: %s\n", due->terms.at);
    if (due->version < state->version_count) {
        const struct view_version *version = &state->versions[due->version];
        printf("  counts: v%lld %.10s (%s), %s\n", (long long)version->number, version->commit.at,
               due->why.at, due->late.at);
        if (due->takes_percent && isfinite(due->points))
            printf("  points: %g of %g, after lateness %g\n", due->points, due->possible,
                   due->points_left);
    } else {
        printf("  counts: none, %s\n", due->why.at);
    }
    if (due->next < state->version_count)
        printf("  on its way: v%lld, %s\n", (long long)state->versions[due->next].number,
               due->next_late.at);
}

static void tries_print(const struct view_tries *tries)
{
    printf("  %s: ", tries->task.at);
    if (tries->most)
        printf("%lld of %lld left today, ",
               (long long)(tries->used < tries->most ? tries->most - tries->used : 0),
               (long long)tries->most);
    if (tries->all_most)
        printf("%lld of %lld left in all",
               (long long)(tries->all < tries->all_most ? tries->all_most - tries->all : 0),
               (long long)tries->all_most);
    else
        printf("%lld used", (long long)tries->all);
    char at[TIME_TEXT];
    if (tries->next_ms) {
        clock_print(tries->next_ms, at);
        printf("; a version pushed now is graded from %s on", at);
    }
    printf("\n");
}

static void state_print(const char *team, const struct view_team_state *state)
{
    printf("%s: %lld late days, %lld left\n", team, (long long)state->late_days,
           (long long)state->late_left);
    for (size_t i = 0; i < state->due_count; i++)
        due_print(state, &state->dues[i]);
    printf("\ntries\n");
    for (size_t i = 0; i < state->try_count; i++)
        tries_print(&state->tries[i]);
}

int status_team(struct view *view, const char *team, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct view_teams teams;
    struct view_team_state state;
    if (!view_begin(view, &why) || !view_teams(view, arena, VIEWER_STAFF, &teams, &why))
        return command_fail("status", &why);
    if (!view_team_find(&teams, str_of(team))) {
        fprintf(stderr, "holdout status: the course has no team \"%s\"\n", team);
        return EXIT_INPUT;
    }
    if (!view_team_state(view, arena, VIEWER_STAFF, str_of(team), &state, &why))
        return command_fail("status", &why);
    if (as_json) {
        struct text text = { .arena = arena };
        view_team_json(&state, str_of(team), &text);
        printf("%s\n", text.at);
    } else {
        state_print(team, &state);
    }
    return EXIT_DONE;
}

static void pause_print(const struct view_pause *pause)
{
    printf("paused%s%s%s%s%s%s\n", pause->team.len ? ": team " : "", pause->team.at,
           pause->task.len ? ": task " : "", pause->task.at, pause->reason.len ? ": " : "",
           pause->reason.at);
}

int status_queue(struct view *view)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct view_pauses pauses;
    struct view_runs runs;
    if (!view_pauses(view, arena, VIEWER_STAFF, &pauses, &why) ||
        !view_runs(view, arena, VIEWER_STAFF, VIEW_RUNS_ACTIVE, S(""), &runs, &why))
        return command_fail("status", &why);
    for (size_t i = 0; i < pauses.count; i++)
        pause_print(&pauses.at[i]);
    for (size_t i = 0; i < runs.count; i++) {
        const struct view_run *run = &runs.at[i];
        char at[TIME_TEXT] = "";
        if (!str_is(run->state, "queued"))
            continue;
        if (run->starts_ms)
            clock_print(run->starts_ms, at);
        printf("%s  %-24s %-12s %s%s%s\n", run->id.at, run->team.at, run->task.at,
               run->paused      ? "paused"
               : run->starts_ms ? "begins about "
                                : "waits",
               at, run->position == 1 ? " (next)" : "");
    }
    return EXIT_DONE;
}
