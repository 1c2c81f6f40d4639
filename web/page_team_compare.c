/* The team's page: its versions compared with its best, the one that counts, and the baselines. */
#include "web/html.h"
#include "web/layout.h"
#include "web/page_team.h"
#include "web/words.h"
#include <math.h>

/* The verdict's word, and its tone. */
static const char *const words[][3] = {
    { "better", "good", "better" },
    { "worse", "bad", "worse" },
    { "unclear", "off", "no difference can be shown" },
    { "unknown", "off", "cannot be tested" },
};

static void put_verdict(struct text *out, struct str verdict)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(verdict, words[i][0]))
            html_put(out, "<span class=\"state %z\">%z</span>", words[i][1], words[i][2]);
}

static void put_number(struct visit *visit, int64_t number, struct str run)
{
    struct text *out = &visit->out;
    if (!run.len) {
        html_put(out, "version %i", number);
        return;
    }
    html_put(out, "<a href=\"");
    put_course_path(visit);
    html_put(out, "/runs/%u\">version %i</a>", run, number);
}

static void put_role(struct text *out, bool best, bool counts)
{
    if (best || counts)
        html_put(out, "<small class=\"why\">%z%z%z</small>", best ? "the best" : "",
                 best && counts ? ", " : "", counts ? "counts" : "");
}

static void put_difference(struct text *out, double difference, int digits)
{
    html_put(out, "<td class=\"num\">");
    if (isfinite(difference)) {
        html_put(out, "%z", difference > 0 ? "+" : difference < 0 ? "−" : "");
        say_score(out, fabs(difference), digits);
    }
    html_put(out, "</td>");
}

static void put_against(struct visit *visit, const struct view_against *at, int digits)
{
    struct text *out = &visit->out;
    html_put(out, "<tr><td>");
    if (at->number) {
        put_number(visit, at->number, at->run);
        put_role(out, at->best, at->counts);
    } else {
        html_put(out, "<bdi>%t</bdi><small class=\"why\">baseline</small>", at->baseline);
    }
    html_put(out, "</td>");
    put_difference(out, at->difference, digits);
    html_put(out, "<td>");
    put_verdict(out, at->verdict);
    html_put(out, "</td></tr>");
}

static void put_compared(struct visit *visit, const struct view_compared *one, int digits)
{
    struct text *out = &visit->out;
    html_put(out, "<tbody data-key=\"compared-%t-%i\"><tr><th scope=\"rowgroup\" colspan=\"3\">",
             one->task, one->number);
    put_number(visit, one->number, one->run);
    html_put(out, " <span class=\"num\">");
    say_score(out, one->score, digits);
    html_put(out, "</span>%z%z</th></tr>", one->best ? ", the best" : "",
             one->counts ? ", counts" : "");
    for (size_t i = 0; i < one->against_count; i++)
        put_against(visit, &one->against[i], digits);
    html_put(out, "</tbody>");
}

static void put_task(struct visit *visit, const struct view_team_state *state,
                     const struct view_task *task)
{
    struct text *out = &visit->out;
    html_put(out,
             "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-label=\"%t: versions "
             "compared\"><table class=\"compared\"><caption>%t: %t, %z is better; newest version "
             "first</caption>"
             "<thead><tr><th scope=\"col\">Against</th>"
             "<th scope=\"col\" class=\"num\">Difference</th><th scope=\"col\">Result</th>"
             "</tr></thead>",
             task->title, task->title, task->metric_title,
             task->higher_is_better ? "higher" : "lower");
    for (size_t i = 0; i < state->compared_count; i++)
        if (str_equal(state->compared[i].task, task->id) && state->compared[i].against_count)
            put_compared(visit, &state->compared[i], task->digits);
    html_put(out, "</table></div>");
}

void put_comparisons(struct visit *visit, const struct view_team_state *state)
{
    struct text *out = &visit->out;
    if (!state->compared_count)
        return;
    html_put(out,
             "<section><h2 id=\"compared\">Versions compared</h2><p class=\"muted\">Each "
             "version beside the best one, the one that counts, and the baselines: the "
             "difference of the scores as they are on the board, and what a paired test on "
             "the same public rows can show at the level of 5 percent, corrected for all that one "
             "version is compared with.");
    if (str_is(visit->about.release, "ladder"))
        html_put(out, " Only versions that have moved the score take part.");
    html_put(out, "</p>");
    for (size_t i = 0; i < visit->tasks.count; i++) {
        bool any = false;
        for (size_t k = 0; k < state->compared_count; k++)
            any |= str_equal(state->compared[k].task, visit->tasks.at[i].id) &&
                   state->compared[k].against_count > 0;
        if (any)
            put_task(visit, state, &visit->tasks.at[i]);
    }
    html_put(out, "</section>");
}
