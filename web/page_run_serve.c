/* The page of a run: how the team's server did, over the public sample and the held-out rows. */
#include "web/html.h"
#include "web/layout.h"
#include "web/page_run.h"
#include "web/words.h"

enum shape { NUMBER, YES };

static const struct {
    const char *fact, *label;
    enum shape shape;
} lines[] = {
    { "serve.ready", "Ready in time", YES },
    { "serve.ping_ms", "Ready after", NUMBER },
    { "serve.p50_ms", "One row takes (median)", NUMBER },
    { "serve.p95_ms", "95 % of the answers within", NUMBER },
    { "serve.p99_ms", "99 % of the answers within", NUMBER },
    { "serve.rps", "Answers a second, at most", NUMBER },
    { "serve.types", "Content types answered, of 3", NUMBER },
    { "serve.agreement", "Answers as in predictions.csv", YES },
    { "serve.errors", "No requests failed", YES },
    { "serve.survived", "Malformed requests survived", YES },
    { "serve.stopped_cleanly", "Ended by SIGTERM in time", YES },
};
#define LINES (sizeof lines / sizeof *lines)

static const struct view_fact *fact_in(const struct view_page *page, const char *name,
                                       const char *rows)
{
    for (size_t i = 0; i < page->fact_count; i++)
        if (str_is(page->facts[i].name, name) && str_is(page->facts[i].rows, rows))
            return &page->facts[i];
    return NULL;
}

static void put_figure(struct text *out, const struct view_fact *fact, size_t at)
{
    html_put(out, "<td class=\"num\">");
    if (!fact) {
        html_put(out, "<span class=\"muted\">–</span>");
    } else if (lines[at].shape == NUMBER) {
        say_number(out, fact->value);
        if (fact->unit.len)
            html_put(out, " <small>%t</small>", fact->unit);
    } else {
        bool errors = str_is(fact->name, "serve.errors");
        bool pass = errors ? fact->value == 0 : fact->value >= 1;
        html_put(out, "<span class=\"state %z\">%z</span>", pass ? "good" : "bad",
                 pass ? "yes" : "no");
    }
    html_put(out, "</td>");
}

void put_serving(struct visit *visit, const struct view_page *page)
{
    struct text *out = &visit->out;
    if (!fact_in(page, "serve.ready", "none") && !fact_in(page, "serve.ready", "sample"))
        return;
    html_put(out,
             "<section><h2 id=\"serving\">Serving</h2>"
             "<p class=\"lede\">Asked by the grader, one row a request, over one connection; "
             "answers a second over four. Held-out figures are rounded.</p>"
             "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"serving\">"
             "<table class=\"factlist\"><caption>How the server did</caption><thead><tr>"
             "<th scope=\"col\">Question</th><th scope=\"col\" class=\"num\">Public sample</th>"
             "<th scope=\"col\" class=\"num\">Held-out rows</th></tr></thead><tbody>");
    for (size_t i = 0; i < LINES; i++) {
        const struct view_fact *sample = fact_in(page, lines[i].fact, "sample");
        const struct view_fact *heldout = fact_in(page, lines[i].fact, "none");
        if (!sample && !heldout)
            continue;
        html_put(out, "<tr data-key=\"%z\"><td>%z</td>", lines[i].fact, lines[i].label);
        put_figure(out, sample, i);
        put_figure(out, heldout, i);
        html_put(out, "</tr>");
    }
    html_put(out, "</tbody></table></div></section>");
}
