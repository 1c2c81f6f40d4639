/* A team: its repository, the history of its released scores, and all of its versions. */
#include "core/plot/charts.h"
#include "web/html.h"
#include "web/layout.h"
#include "web/page_team.h"
#include "web/words.h"
#include <math.h>

static const char *repository_words(struct str state)
{
    static const char *const words[][2] = {
        { "unseen", "has not been looked at yet" },
        { "ok", "was read" },
        { "unreachable", "could not be reached" },
        { "refused", "was refused" },
        { "empty", "is empty" },
        { "too_big", "is too big" },
        { "vanished", "has vanished" },
        { "denied", "did not let us in" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(state, words[i][0]))
            return words[i][1];
    return "is in an unknown state";
}

static void put_repository(struct visit *visit, const struct view_team *team)
{
    struct text *out = &visit->out;
    if (team->repository.len) {
        html_put(out, "<p class=\"lede\">The repository <code>%t</code> %z", team->repository,
                 repository_words(team->state));
        if (team->looked_ms) {
            html_put(out, " ");
            say_ago(out, visit->now_ms, team->looked_ms);
        }
        if (team->hook_ms) {
            html_put(out, "; the last webhook of %t came ", team->hook_forge);
            say_ago(out, visit->now_ms, team->hook_ms);
        }
        html_put(out, ".</p>");
    }
    if (team->note.len)
        html_put(out, "<p class=\"muted\">%t</p>", team->note);
    if (team->message.len)
        html_put(out,
                 "<section class=\"verdict bad\"><div><p class=\"message\">%t</p></div>"
                 "</section>",
                 team->message);
}

#define HISTORY_MOST ((size_t)120)

/* Score and interval of each released version, in order. */
static void put_history(struct visit *visit, const struct view_release *at, size_t count)
{
    size_t skip = count > HISTORY_MOST ? count - HISTORY_MOST : 0;
    count -= skip;
    double *values = arena_array(visit->arena, double, 3 * count), *low = values + count,
           *high = low + count;
    for (size_t i = 0; i < count; i++) {
        values[i] = at[skip + i].score;
        low[i] = at[skip + i].low;
        high[i] = at[skip + i].high;
    }
    chart_history(&visit->out, visit->arena, values, low, high, count, skip + 1);
}

static bool put_histories(struct visit *visit, const struct view_team *team, struct fault *why)
{
    struct text *out = &visit->out;
    for (size_t i = 0; i < visit->tasks.count; i++) {
        const struct view_task *task = &visit->tasks.at[i];
        struct view_release *at;
        size_t count;
        if (!view_history(visit->view, visit->arena, visit->viewer, task->id, team->team, &at,
                          &count, why))
            return false;
        if (!count)
            continue;
        html_put(out,
                 "<section><h2>%t: %z</h2><div class=\"wrap plot\" tabindex=\"0\" "
                 "role=\"region\" aria-label=\"History of scores\">",
                 task->title, metric_name(task->metric, visit->arena));
        put_history(visit, at, count);
        html_put(out, "</div></section>");
    }
    return true;
}

static void put_version(struct visit *visit, const struct view_run *run,
                        const struct view_version *version)
{
    struct text *out = &visit->out;
    const struct view_task *task = view_task_find(&visit->tasks, run->task);
    const struct verdict_word *verdict = word_of_verdict(run->verdict);
    html_put(out, "<tr data-key=\"%t\"><td>", run->id);
    if (run->id.len) {
        put_run_link(visit, run);
    } else {
        html_put(out, "<span class=\"muted\">hidden</span>");
    }
    if (version)
        html_put(out, " <small>version %i</small>", version->number);
    if (version && version->pinned)
        html_put(out, " <span class=\"tag\">pinned</span>");
    if (version && version->counts_for.len)
        html_put(out, "<small class=\"why\">counts for %t</small>", version->counts_for);
    html_put(out, "</td><td class=\"hide\">%t</td><td>",
             run->task.len ? task_title(visit, run->task) : S("–"));
    put_state(out, run->state);
    if (verdict && strcmp(verdict->verdict, "ok") != 0)
        html_put(out, "<small class=\"why\">%z</small>", verdict->headline);
    html_put(out, "</td><td class=\"num\">");
    if (isfinite(run->score))
        say_score(out, run->score, task ? task->digits : 3);
    html_put(out, "</td><td class=\"num hide\">");
    say_ago(out, visit->now_ms, run->received_ms);
    html_put(out, "</td></tr>");
}

static void put_versions(struct visit *visit, const struct view_runs *runs,
                         const struct view_team_state *state)
{
    struct text *out = &visit->out;
    html_put(out, "<section><h2 id=\"versions\">Versions</h2>");
    if (!runs->count) {
        put_empty(out, "No submissions yet",
                  "The first push to the team's repository appears here within a minute.");
        html_put(out, "</section>");
        return;
    }
    html_put(out, "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"versions\">"
                  "<table><caption>All runs, newest first</caption><thead><tr>"
                  "<th scope=\"col\">Version</th><th scope=\"col\" class=\"hide\">Task</th>"
                  "<th scope=\"col\">State</th><th scope=\"col\" class=\"num\">Score</th>"
                  "<th scope=\"col\" class=\"num hide\">Pushed</th></tr></thead><tbody>");
    for (size_t i = 0; i < runs->count; i++)
        put_version(visit, &runs->at[i], version_of_run(state, runs->at[i].id));
    html_put(out, "</tbody></table></div></section>");
}

bool page_team(struct visit *visit, struct fault *why)
{
    struct view_teams teams = { 0 };
    struct view_runs runs;
    struct view_team_state state;
    if (visit->view && !view_teams(visit->view, visit->arena, visit->viewer, &teams, why))
        return false;
    const struct view_team *team = view_team_find(&teams, visit->parts[1]);
    if (!team)
        return visit_missing(visit, "This course has no such team.");
    if (!view_runs(visit->view, visit->arena, visit->viewer, VIEW_RUNS_TEAM, team->team, &runs,
                   why) ||
        !view_team_state(visit->view, visit->arena, visit->viewer, team->team, &state, why))
        return false;
    layout_open(visit, &(struct layout){ .title = team->name, .here = "" });
    html_put(&visit->out, "<h1><bdi>%t</bdi></h1>", team->name);
    put_repository(visit, team);
    put_team_state(visit, &state);
    if (!put_histories(visit, team, why))
        return false;
    put_versions(visit, &runs, &state);
    put_comparisons(visit, &state);
    layout_close(visit);
    return true;
}
