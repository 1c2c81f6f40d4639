/* The team's page: what is due and which version counts, late days, tries. */
#include "web/html.h"
#include "web/layout.h"
#include "web/page_team.h"
#include "web/words.h"
#include <math.h>

static void put_version_of(struct visit *visit, const struct view_version *version)
{
    html_put(&visit->out, "<a href=\"");
    put_course_path(visit);
    html_put(&visit->out, "/runs/%u\">version %i</a>", version->run, version->number);
}

static void put_counts(struct visit *visit, const struct view_team_state *state,
                       const struct view_due *due)
{
    struct text *out = &visit->out;
    html_put(out, "<td>");
    if (due->version < state->version_count) {
        put_version_of(visit, &state->versions[due->version]);
        html_put(out, "<small class=\"why\">%t; %t</small>", due->why, due->late);
    } else {
        html_put(out, "<span class=\"state off\">nothing yet</span><small class=\"why\">%t</small>",
                 due->why);
    }
    if (due->takes_percent && isfinite(due->points)) {
        html_put(out, "<small class=\"why\">");
        say_number(out, due->points);
        html_put(out, " of ");
        say_number(out, due->possible);
        html_put(out, " points, after lateness ");
        say_number(out, due->points_left);
        html_put(out, "</small>");
    }
    if (due->next < state->version_count) {
        html_put(out, "<small class=\"why\">on its way: ");
        put_version_of(visit, &state->versions[due->next]);
        html_put(out, ", %t</small>", due->next_late);
    }
    html_put(out, "</td>");
}

static void put_due(struct visit *visit, const struct view_team_state *state,
                    const struct view_due *due)
{
    struct text *out = &visit->out;
    html_put(out,
             "<tr data-key=\"due-%t-%t\"><td><b>%t</b><small class=\"why\">%t</small></td><td>",
             due->deliverable, due->task, due->deliverable, task_title(visit, due->task));
    say_when(out, due->due_ms);
    if (due->due_ms != due->course_due_ms)
        html_put(out, "<small class=\"why\">extended%z%t</small>", due->reason.len ? ": " : "",
                 due->reason);
    html_put(out, "<small class=\"why\">%t", due->terms);
    if (due->grace_ms)
        html_put(out, ", %i min grace", due->grace_ms / 60000);
    html_put(out, "</small></td>");
    put_counts(visit, state, due);
    html_put(out, "</tr>");
}

static void put_tries(struct visit *visit, const struct view_tries *tries)
{
    struct text *out = &visit->out;
    html_put(out, "<li><b>%t</b> <span>", task_title(visit, tries->task));
    if (tries->most)
        html_put(out, "%i of %i tries left today",
                 tries->used < tries->most ? tries->most - tries->used : 0, tries->most);
    if (tries->all_most)
        html_put(out, "%z%i of %i in all", tries->most ? ", " : "",
                 tries->all < tries->all_most ? tries->all_most - tries->all : 0, tries->all_most);
    html_put(out, "</span>");
    if (tries->next_ms) {
        html_put(out, " <span class=\"muted\">a version pushed now is graded from ");
        say_when(out, tries->next_ms);
        html_put(out, " on</span>");
    }
    html_put(out, "</li>");
}

void put_team_state(struct visit *visit, const struct view_team_state *state)
{
    struct text *out = &visit->out;
    if (!state->due_count)
        return;
    html_put(out, "<section><h2 id=\"due\">What counts</h2>");
    if (state->late_days)
        html_put(out, "<p class=\"lede\">%i of %i late days left.</p>", state->late_left,
                 state->late_days);
    html_put(out,
             "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"due\">"
             "<table class=\"stack\"><caption>Deliverables and the versions that count"
             "</caption><thead><tr><th scope=\"col\">Deliverable</th><th scope=\"col\">Due</th>"
             "<th scope=\"col\">Counts</th></tr></thead><tbody>");
    for (size_t i = 0; i < state->due_count; i++)
        put_due(visit, state, &state->dues[i]);
    html_put(out, "</tbody></table></div>");
    if (state->try_count)
        html_put(out, "<ul class=\"due tries\">");
    for (size_t i = 0; i < state->try_count; i++)
        if (state->tries[i].most || state->tries[i].all_most)
            put_tries(visit, &state->tries[i]);
    html_put(out, "%z</section>", state->try_count ? "</ul>" : "");
}

const struct view_version *version_of_run(const struct view_team_state *state, struct str run)
{
    for (size_t i = 0; i < state->version_count; i++)
        if (run.len && str_equal(state->versions[i].run, run))
            return &state->versions[i];
    return NULL;
}
