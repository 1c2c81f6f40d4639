/* holdout runs: every version of the teams, and which of them count. */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/commands/named.h"
#include "grader/view.h"
#include <math.h>
#include <stdio.h>

struct wanted {
    const char *team, *task, *state;
    bool json;
};

static bool is_wanted(const struct wanted *wanted, const struct view_version *version)
{
    return (!wanted->task || str_is(version->task, wanted->task)) &&
           (!wanted->state || str_is(version->state, wanted->state));
}

static void version_print(struct str team, const struct view_version *version)
{
    char time[TIME_TEXT], number[24], score[32] = "-";
    clock_print(version->received_ms / 1000 * 1000, time);
    snprintf(number, sizeof number, "v%lld", (long long)version->number);
    if (isfinite(version->score))
        snprintf(score, sizeof score, "%.6g", version->score);
    printf("%-24s %-12s %-5s %.10s  %s  %-12s %10s  %s", team.at,
           version->task.len ? version->task.at : "?", number, version->commit.at, time,
           version->state.at, score, version->run.at);
    if (version->counts_for.len)
        printf("  counts for %s", version->counts_for.at);
    printf("%s\n", version->pinned ? "  pinned" : "");
}

static bool team_say(struct view *view, const struct wanted *wanted, struct str team,
                     struct json_out *out, struct fault *why)
{
    struct view_team_state state;
    scoped_arena arena = arena_open(NULL);
    if (!view_team_versions(view, arena, VIEWER_STAFF, team, &state, why))
        return false;
    for (size_t i = 0; i < state.version_count; i++) {
        if (!is_wanted(wanted, &state.versions[i]))
            continue;
        if (wanted->json)
            view_version_json(&state.versions[i], team, out);
        else
            version_print(team, &state.versions[i]);
    }
    return true;
}

static int runs_say(const char *dir, const struct wanted *wanted)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct view_teams teams;
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    scoped(view) struct view *view = view_open(arena_print(arena, "%s/state", dir), &why);
    if (!view)
        return command_no_state("runs", dir, "store.db", &why);
    bool found = false;
    if (!view_begin(view, &why) || !view_teams(view, arena, VIEWER_STAFF, &teams, &why))
        return command_fail("runs", &why);
    json_open_list(&out, NULL);
    for (size_t i = 0; i < teams.count; i++) {
        if (wanted->team && !str_is(teams.at[i].team, wanted->team))
            continue;
        found = true;
        if (!team_say(view, wanted, teams.at[i].team, &out, &why))
            return command_fail("runs", &why);
    }
    json_close_list(&out);
    if (wanted->team && !found) {
        fprintf(stderr, "holdout runs: the course has no team \"%s\"\n", wanted->team);
        return EXIT_INPUT;
    }
    if (wanted->json)
        printf("%s\n", text.at);
    return EXIT_DONE;
}

int runs_main(int argc, char **argv)
{
    struct wanted wanted = { 0 };
    const struct option_row options[] = {
        { "team", "T", "of this team only", &wanted.team, NULL },
        { "task", "T", "of this task only", &wanted.task, NULL },
        { "state", "S", "in this state only: done, failed_team, queued ...", &wanted.state, NULL },
        { "json", NULL, "one JSON document on stdout", NULL, &wanted.json },
    };
    const struct usage usage = {
        .line = "holdout runs DIR [--team T] [--task T] [--state S] [--json]",
        .about = "Lists every version of the teams in the order of receipt: its number, commit,\n"
                 "time, state, score as released, and for which deliverables it counts.",
        .example = "  holdout runs my-course --team ada\n"
                   "  holdout runs my-course --json | jq '.[] | select(.pinned)'",
        .options = options,
        .option_count = 4,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    return code >= 0 ? code : runs_say(operands[0], &wanted);
}
