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
                 "<section><h2>%t: %t</h2><div class=\"wrap plot\" tabindex=\"0\" "
                 "role=\"region\" aria-label=\"History of scores\">",
                 task->title, task->metric_title);
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

/* From one page of versions to the next: the first is on the team's page itself. */
static void put_pages(struct visit *visit, struct str team, int64_t piece, bool more)
{
    struct text *out = &visit->out;
    if (!piece && !more)
        return;
    html_put(out, "<p class=\"pages\">");
    for (int side = 0; side < 2; side++) {
        int64_t to = side ? piece + 1 : piece - 1;
        if (side ? !more : !piece)
            continue;
        html_put(out, "<a href=\"");
        put_course_path(visit);
        html_put(out, "/teams/%u", team);
        if (to)
            html_put(out, "/page/%i", to + 1);
        html_put(out, "\">%z</a> ", side ? "older versions" : "newer versions");
    }
    html_put(out, "</p>");
}

/* A hundred of the team's versions. */
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
                  "<table><caption>Runs, newest first</caption><thead><tr>"
                  "<th scope=\"col\">Version</th><th scope=\"col\" class=\"hide\">Task</th>"
                  "<th scope=\"col\">State</th><th scope=\"col\" class=\"num\">Score</th>"
                  "<th scope=\"col\" class=\"num hide\">Pushed</th></tr></thead><tbody>");
    for (size_t i = 0; i < runs->count; i++)
        put_version(visit, &runs->at[i], version_of_run(state, runs->at[i].id));
    html_put(out, "</tbody></table></div></section>");
}

/* piece: which hundred of the versions; the first stands below all else that there is to say. */
static bool page(struct visit *visit, int64_t piece, struct fault *why)
{
    struct view_teams teams = { 0 };
    struct view_runs runs;
    struct view_team_state state;
    if (visit->view && !view_teams(visit->view, visit->arena, visit->viewer, &teams, why))
        return false;
    const struct view_team *team = view_team_find(&teams, visit->parts[1]);
    if (!team)
        return visit_missing(visit, "This course has no such team.");
    bool (*load)(struct view *, struct arena *, enum viewer, struct str, struct view_team_state *,
                 struct fault *) = piece ? view_team_versions : view_team_state;
    if (!view_team_runs(visit->view, visit->arena, visit->viewer, team->team, piece, &runs, why) ||
        !load(visit->view, visit->arena, visit->viewer, team->team, &state, why))
        return false;
    if (piece && !runs.count)
        return visit_missing(visit, "This team has no versions that old.");
    layout_open(visit, &(struct layout){ .title = team->name, .here = "" });
    html_put(&visit->out, "<h1><bdi>%t</bdi></h1>", team->name);
    if (!piece) {
        put_repository(visit, team);
        put_team_state(visit, &state);
        if (!put_histories(visit, team, why))
            return false;
    }
    put_versions(visit, &runs, &state);
    put_pages(visit, team->team, piece, runs.more);
    if (!piece)
        put_comparisons(visit, &state);
    layout_close(visit);
    return true;
}

bool page_team(struct visit *visit, struct fault *why)
{
    return page(visit, 0, why);
}

bool page_team_more(struct visit *visit, struct fault *why)
{
    int64_t number;
    if (!str_to_int(visit->parts[2], &number) || number < 2 || number > 1000000)
        return visit_missing(visit, "Pages of older versions are numbered from 2.");
    return page(visit, number - 1, why);
}
