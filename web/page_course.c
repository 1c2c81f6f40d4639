/* A course: what is being graded, its tasks, what is due when, and where each team stands. */
#include "web/html.h"
#include "web/layout.h"
#include "web/words.h"

static void put_facts(struct visit *visit, const struct view_counts *counts)
{
    html_put(&visit->out,
             "<dl class=\"facts\"><div><dt>teams</dt><dd>%i</dd></div>"
             "<div><dt>tasks</dt><dd>%i</dd></div><div><dt>runs graded</dt><dd>%i</dd></div>"
             "<div><dt>running</dt><dd>%i</dd></div><div><dt>waiting</dt><dd>%i</dd></div></dl>",
             counts->teams, (int64_t)visit->tasks.count, counts->ended, counts->running,
             counts->waiting);
}

static bool put_task(struct visit *visit, const struct view_task *task, struct fault *why)
{
    struct text *out = &visit->out;
    struct view_board board;
    if (!view_board(visit->view, visit->arena, visit->viewer, task->id, &board, why))
        return false;
    html_put(out, "<article class=\"card\"><h3><a href=\"");
    put_course_path(visit);
    html_put(out, "/tasks/%u\">%t</a></h3><p class=\"muted\">%t, %z is better</p>", task->id,
             task->title, task->metric_title, task->higher_is_better ? "higher" : "lower");
    if (board.hidden) {
        html_put(out, "<p class=\"muted\">Scores are hidden.</p></article>");
        return true;
    }
    html_put(out, "<ol class=\"leaders\">");
    size_t shown = 0;
    for (size_t i = 0; i < board.count && shown < 3; i++) {
        if (board.rows[i].baseline)
            continue;
        shown++;
        html_put(out, "<li><span class=\"place\">");
        put_ranks(out, &board.rows[i]);
        html_put(out, "</span><bdi>%t</bdi><b class=\"num\">", board.rows[i].name);
        say_score(out, board.rows[i].score, task->digits);
        html_put(out, "</b></li>");
    }
    html_put(out, "</ol>");
    if (!shown)
        html_put(out, "<p class=\"muted\">No score yet.</p>");
    html_put(out, "</article>");
    return true;
}

#define DUE_MOST 64u

/* Insert in the order of due times, each deliverable once; returns the new count. */
static size_t insert_due(struct view_deliverable *due, size_t count, struct view_deliverable one)
{
    size_t at = count;
    for (size_t i = 0; i < count; i++)
        if (str_equal(due[i].id, one.id) && due[i].due_ms == one.due_ms)
            return count;
    for (; at > 0 && due[at - 1].due_ms > one.due_ms; at--)
        due[at] = due[at - 1];
    due[at] = one;
    return count + 1;
}

static void put_deliverables(struct visit *visit)
{
    struct text *out = &visit->out;
    const struct view_tasks *tasks = &visit->tasks;
    struct view_deliverable seen[DUE_MOST];
    size_t count = 0;
    for (size_t i = 0; i < tasks->count; i++)
        for (size_t k = 0; k < tasks->at[i].deliverable_count && count < DUE_MOST; k++)
            count = insert_due(seen, count, tasks->at[i].deliverables[k]);
    if (!count)
        return;
    html_put(out, "<section><h2>Due</h2><ul class=\"due\">");
    for (size_t i = 0; i < count; i++) {
        html_raw(out, "<li");
        html_raw_if(seen[i].due_ms < visit->now_ms, out, " class=\"past\"");
        html_put(out, "><b>%t</b>", seen[i].id);
        say_when(out, seen[i].due_ms);
        html_put(out, "<span class=\"muted\">");
        if (seen[i].due_ms - visit->now_ms < 3650ll * 86400000)
            say_ago(out, visit->now_ms, seen[i].due_ms);
        html_put(out, "</span></li>");
    }
    html_put(out, "</ul></section>");
}

/* A badge and the sentence when the repository cannot be read; false when it can. */
static bool put_trouble(struct text *out, const struct view_team *team)
{
    const struct state_word *word = word_of_repository(team->state);
    if (!word)
        return false;
    html_put(out,
             "<div class=\"trouble\"><span class=\"state %z\">%z</span>"
             "<small class=\"why\">%t</small></div>",
             word->tone, word->label, team->message);
    return true;
}

/* team: whose repository is told of in this row; NULL when an earlier row has done so. */
static void put_run(struct visit *visit, const struct view_run *run, const struct view_team *team)
{
    struct text *out = &visit->out;
    const struct verdict_word *verdict = word_of_verdict(run->verdict);
    html_put(out, "<tr data-key=\"%t/%t\"><td>", run->team, run->task);
    put_team(visit, run->team, run->name);
    if (team)
        put_trouble(out, team);
    html_put(out, "</td><td class=\"hide\">%t</td><td>",
             run->task.len ? task_title(visit, run->task) : S("–"));
    put_state(out, run->state);
    if (verdict && strcmp(verdict->verdict, "ok") != 0)
        html_put(out, "<small class=\"why\">%z</small>", verdict->headline);
    html_put(out, "</td><td class=\"num hide\">");
    say_ago(out, visit->now_ms, run->ended_ms ? run->ended_ms : run->received_ms);
    html_put(out, "</td><td class=\"num\">");
    if (run->id.len) {
        html_put(out, "<a href=\"");
        put_course_path(visit);
        html_put(out, "/runs/%u\" class=\"go\" aria-label=\"Details of %t\">details</a>", run->id,
                 run->name);
    }
    html_put(out, "</td></tr>");
}

static void put_quiet_team(struct visit *visit, const struct view_team *team)
{
    struct text *out = &visit->out;
    html_put(out, "<tr data-key=\"%t\"><td>", team->team);
    put_team(visit, team->team, team->name);
    html_put(out, "</td><td class=\"hide\">–</td><td>");
    if (!put_trouble(out, team))
        html_put(out, "<span class=\"state off\">nothing yet</span>");
    html_put(out, "</td><td class=\"num hide\">");
    say_ago(out, visit->now_ms, team->looked_ms);
    html_put(out, "</td><td></td></tr>");
}

static bool has_run(const struct view_runs *runs, struct str team)
{
    for (size_t i = 0; i < runs->count; i++)
        if (str_equal(runs->at[i].team, team))
            return true;
    return false;
}

static void put_teams(struct visit *visit, const struct view_runs *runs,
                      const struct view_teams *teams)
{
    struct text *out = &visit->out;
    html_put(out, "<section><h2 id=\"teams\">Teams</h2>");
    if (!teams->count) {
        put_empty(out, "No teams yet", "They appear here as soon as teams.csv names them.");
        html_put(out, "</section>");
        return;
    }
    html_put(out, "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"teams\">"
                  "<table><caption>Newest run of each team and task</caption><thead><tr>"
                  "<th scope=\"col\">Team</th><th scope=\"col\" class=\"hide\">Task</th>"
                  "<th scope=\"col\">Newest run</th><th scope=\"col\" class=\"num hide\">When</th>"
                  "<th scope=\"col\"><span class=\"sr\">Link</span></th></tr></thead><tbody>");
    for (size_t i = 0; i < runs->count; i++) {
        struct str team = runs->at[i].team;
        bool again = i && str_equal(team, runs->at[i - 1].team);
        put_run(visit, &runs->at[i], again ? NULL : view_team_find(teams, team));
    }
    for (size_t i = 0; i < teams->count; i++)
        if (!has_run(runs, teams->at[i].team))
            put_quiet_team(visit, &teams->at[i]);
    html_put(out, "</tbody></table></div></section>");
}

static void put_environment(struct text *out, const struct view_environment *one)
{
    bool usable = str_is(one->state, "usable"), unusable = str_is(one->state, "unusable");
    html_put(out, "<li><div><b>%t</b><span class=\"state %z\">%z</span></div>", one->name,
             usable     ? "good"
             : unusable ? "ours"
                        : "wait",
             usable     ? "usable"
             : unusable ? "not usable"
                        : "not tried yet");
    if (unusable)
        html_put(out, "<p>The course staff has to mend it: nobody is graded in it meanwhile.</p>");
    if (one->has_count) {
        html_raw(out, "<ul>");
        for (size_t i = 0; i < one->has_count; i++)
            html_put(out, "<li>%t</li>", one->has[i]);
        html_raw(out, "</ul>");
    }
    html_put(out, "<p class=\"what\">%t", one->what);
    if (one->digest.len)
        html_put(out, " <code title=\"SHA-256 %t\">%t</code>", one->digest,
                 str_until(one->digest, 12));
    html_raw(out, "</p></li>");
}

static void put_environments(struct visit *visit, const struct view_environments *environments)
{
    struct text *out = &visit->out;
    if (!environments->count)
        return;
    struct str example = S("default");
    for (size_t i = 0; i < environments->count; i++)
        if (str_is(environments->at[i].state, "usable"))
            example = environments->at[i].name;
    html_put(
        out,
        "<section><h2 id=\"environments\">Environments</h2><p class=\"lede\">What programs can "
        "use in the box. A team names one in submission.yaml, as in <code>environment: "
        "%t</code>; without a name it gets default.</p><ul class=\"environments\">",
        example);
    for (size_t i = 0; i < environments->count; i++)
        put_environment(out, &environments->at[i]);
    html_put(out, "</ul></section>");
}

static void put_waiting_course(struct visit *visit)
{
    html_put(&visit->out, "<h1>%t</h1>", course_key(visit->course, visit->arena));
    put_empty(&visit->out, "This course is being prepared",
              "The grader has not taken it over yet. This page fills itself as soon as it has.");
    layout_close(visit);
}

bool page_course(struct visit *visit, struct fault *why)
{
    struct text *out = &visit->out;
    struct str title = visit->about.title;
    layout_open(visit,
                &(struct layout){ .title = title.len ? title : S("Course"), .here = "overview" });
    if (!visit->view || !visit->about.loaded) {
        put_waiting_course(visit);
        return true;
    }
    struct view_counts counts;
    struct view_runs active, latest;
    struct view_teams teams;
    struct view_environments environments;
    if (!view_counts(visit->view, &counts, why) ||
        !view_environments(visit->view, visit->arena, visit->viewer, &environments, why) ||
        !view_runs(visit->view, visit->arena, visit->viewer, VIEW_RUNS_ACTIVE, S(""), &active,
                   why) ||
        !view_runs(visit->view, visit->arena, visit->viewer, VIEW_RUNS_LATEST, S(""), &latest,
                   why) ||
        !view_teams(visit->view, visit->arena, visit->viewer, &teams, why))
        return false;
    html_put(out, "<h1>%t</h1>", title.len ? title : visit->about.id);
    if (visit->about.fault.len) /* what is wrong is told to the staff alone: holdout status */
        html_put(out, "<p class=\"lede\" role=\"status\">The course staff changed this course, and "
                      "something in it is not right yet. Until it is mended, everything goes on as "
                      "before the change.</p>");
    put_facts(visit, &counts);
    put_active(visit, &active, true);
    html_put(out, "<section><h2>Tasks</h2><div class=\"cards\">");
    for (size_t i = 0; i < visit->tasks.count; i++)
        if (!put_task(visit, &visit->tasks.at[i], why))
            return false;
    html_put(out, "</div></section>");
    put_deliverables(visit);
    put_teams(visit, &latest, &teams);
    put_environments(visit, &environments);
    layout_close(visit);
    return true;
}
