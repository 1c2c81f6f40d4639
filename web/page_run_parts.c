/* Parts of the page of a run: its steps with resources and logs, points with reasons, facts. */
#include "web/html.h"
#include "web/layout.h"
#include "web/page_run.h"
#include "web/words.h"
#include <math.h>

/* What the course allows this step, 0 when unknown. */
static int64_t limit_of(const struct visit *visit, struct str task, const char *key)
{
    const struct view_task *found = view_task_find(&visit->tasks, task);
    return found ? json_get_int(found->limits, key, 0) : 0;
}

static int64_t cpu_limit_s(const struct visit *visit, const struct view_page *page,
                           const struct view_step *step)
{
    static const char *const keys[][2] = {
        { "build", "build_s" },     { "train", "train_s" },        { "sample", "predict_s" },
        { "predict", "predict_s" }, { "serve-sample", "serve_s" }, { "serve", "serve_s" }
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (str_is(step->name, keys[i][0]))
            return limit_of(visit, page->run.task, keys[i][1]);
    return 0;
}

/* A short bar: how much of the allowed was used. */
static void put_meter(struct text *out, double used, double allowed)
{
    if (!(allowed > 0))
        return;
    double share = fmin(used / allowed, 1);
    html_put(out,
             "<svg class=\"meter%z\" width=\"64\" height=\"4\" viewBox=\"0 0 64 4\" "
             "aria-hidden=\"true\"><rect class=\"all\" width=\"64\" height=\"4\" rx=\"2\"/>"
             "<rect class=\"used\" width=\"%f\" height=\"4\" rx=\"2\"/></svg>",
             share > .9 ? " high" : "", fmax(64 * share, 2));
}

static void put_name(struct text *out, const struct view_step *step)
{
    const char *name = word_of_step(step->name);
    if (name)
        html_put(out, "%z", name);
    else
        html_put(out, "%t", step->name);
    if (step->seed_at > 0)
        html_put(out, " <span class=\"tag off\">seed %i</span>", step->seed_at);
    else if (step->seed_at < 0)
        html_put(out, " <span class=\"tag off\">seed 1 again</span>");
    if (step->heldout)
        html_put(out, " <span class=\"tag off\" title=\"This step saw held-out data: it has no log "
                      "and only rounded numbers\">held-out</span>");
    if (step->cached)
        html_put(out, " <span class=\"tag off\" title=\"Nothing that this step can see has changed "
                      "since an earlier run\">reused</span>");
}

static void put_resources(struct visit *visit, const struct view_page *page,
                          const struct view_step *step)
{
    struct text *out = &visit->out;
    html_put(out, "<td class=\"num\">");
    if (step->wall_us)
        say_duration(out, step->wall_us);
    html_put(out, "</td><td class=\"num hide\">");
    int64_t limit_s = cpu_limit_s(visit, page, step);
    if (step->cpu_us) {
        say_duration(out, step->cpu_us);
        if (limit_s)
            html_put(out, "<small> of %i s</small>", limit_s);
        put_meter(out, (double)step->cpu_us, (double)limit_s * 1e6);
    }
    html_put(out, "</td><td class=\"num hide\">");
    int64_t limit_mb = limit_of(visit, page->run.task, "memory_mb");
    if (step->memory_peak_bytes) {
        say_bytes(out, step->memory_peak_bytes);
        if (limit_mb)
            html_put(out, "<small> of %i MB</small>", limit_mb);
        put_meter(out, (double)step->memory_peak_bytes, (double)limit_mb * 1048576);
    }
    html_put(out, "</td>");
}

static void put_log(struct text *out, const struct view_step *step, size_t at)
{
    bool failed = str_is(step->state, "failed");
    bool running = str_is(step->state, "running");
    html_put(out, "<tr class=\"log\" data-key=\"log%i\"><td></td><td colspan=\"4\">", (int64_t)at);
    if (step->message.len)
        html_put(out, "<p class=\"message\">%t</p>", step->message);
    if (step->tail.len) {
        html_put(out, "<details id=\"log%i\"%z><summary>Log%z</summary><pre tabindex=\"0\">",
                 (int64_t)at, failed || running ? " open" : "", running ? ", as it grows" : "");
        html_log(out, step->tail);
        html_put(out, "</pre></details>");
    }
    html_put(out, "</td></tr>");
}

static void put_step(struct visit *visit, const struct view_page *page, size_t at)
{
    struct text *out = &visit->out;
    const struct view_step *step = &page->steps[at];
    const struct state_word *word = word_of_step_state(step->state);
    bool below = step->message.len || step->tail.len;
    html_put(out, "<tr data-key=\"step%i\" class=\"step %z%z\"><td class=\"mark\">", (int64_t)at,
             word->tone, below ? " more" : "");
    html_put(out, "<span class=\"state %z\">%z</span></td><td>", word->tone, word->label);
    put_name(out, step);
    const struct verdict_word *verdict = word_of_verdict(step->verdict);
    if (verdict && strcmp(verdict->verdict, "ok") != 0)
        html_put(out, "<small class=\"why\">%z</small>", verdict->headline);
    html_put(out, "</td>");
    put_resources(visit, page, step);
    html_put(out, "</tr>");
    if (below)
        put_log(out, step, at);
}

void put_steps(struct visit *visit, const struct view_page *page)
{
    struct text *out = &visit->out;
    html_put(out, "<section><h2 id=\"steps\">Steps</h2>");
    if (!page->step_count) {
        put_empty(out, "Not begun yet", "The steps appear here as soon as it is this run's turn.");
        html_put(out, "</section>");
        return;
    }
    html_put(out, "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"steps\">"
                  "<table class=\"steps\"><caption>Steps with times and resources</caption><thead>"
                  "<tr><th scope=\"col\">State</th><th scope=\"col\">Step</th>"
                  "<th scope=\"col\" class=\"num\">Time</th>"
                  "<th scope=\"col\" class=\"num hide\">Processor</th>"
                  "<th scope=\"col\" class=\"num hide\">Memory</th></tr></thead><tbody>");
    for (size_t i = 0; i < page->step_count; i++)
        put_step(visit, page, i);
    html_put(out, "</tbody></table></div></section>");
}

static void put_point(struct text *out, const struct view_point *point)
{
    html_put(out,
             "<tr data-key=\"%t\"><td class=\"question\">%t<small class=\"why\">%t</small></td>"
             "<td class=\"num points\">",
             point->question, point->title.len ? point->title : point->question, point->reason);
    if (isfinite(point->points)) {
        html_put(out, "<b>");
        say_number(out, point->points);
        html_put(out, "</b>");
    } else {
        html_put(out, "<span class=\"muted\">–</span>");
    }
    html_put(out, "<small> of ");
    say_number(out, point->most);
    html_put(out, "</small>");
    if (isfinite(point->points))
        put_meter(out, point->points, point->most);
    html_put(out, "</td><td>");
    if (str_is(point->state, "human_needed"))
        html_put(out, "<span class=\"state wait\">read by a person</span>");
    else if (str_is(point->state, "not_measured"))
        html_put(out, "<span class=\"state off\">not measured</span>");
    else if (str_is(point->state, "marked") || point->by_hand)
        html_put(out, "<span class=\"state good\">confirmed</span>");
    else
        html_put(out, "<span class=\"state off\">suggested</span>");
    html_put(out, "</td></tr>");
}

void put_points(struct visit *visit, const struct view_page *page)
{
    struct text *out = &visit->out;
    if (!page->point_count)
        return;
    html_put(out, "<section><h2 id=\"points\">Points</h2>"
                  "<p class=\"lede\">Suggested from what was measured; the instructor confirms.</p>"
                  "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"points\">"
                  "<table class=\"stack\"><caption>Points with their reasons</caption><thead><tr>"
                  "<th scope=\"col\">Question</th><th scope=\"col\" class=\"num\">Points</th>"
                  "<th scope=\"col\">State</th></tr></thead><tbody>");
    for (size_t i = 0; i < page->point_count; i++)
        put_point(out, &page->points[i]);
    html_put(out, "</tbody></table></div></section>");
}

static const char *rows_name(struct str rows)
{
    if (str_is(rows, "train"))
        return "training rows";
    if (str_is(rows, "sample"))
        return "public sample";
    if (str_is(rows, "public"))
        return "held-out, public part";
    return str_is(rows, "private") ? "held-out, private part" : "";
}

static void put_value(struct text *out, const struct view_fact *fact)
{
    if (str_is(fact->unit, "bytes"))
        say_bytes(out, (int64_t)fact->value);
    else if (str_is(fact->unit, "us"))
        say_duration(out, (int64_t)fact->value);
    else
        say_number(out, fact->value);
    if (fact->unit.len && !str_is(fact->unit, "bytes") && !str_is(fact->unit, "us"))
        html_put(out, " <small>%t</small>", fact->unit);
}

static void put_fact(struct text *out, const struct view_fact *fact)
{
    html_put(out, "<tr data-key=\"%t/%t\"><td><code>%t</code></td><td class=\"num\">", fact->name,
             fact->rows, fact->name);
    put_value(out, fact);
    html_put(out, "</td><td class=\"num\">");
    if (isfinite(fact->low) && isfinite(fact->high)) {
        say_number(out, fact->low);
        html_put(out, " – ");
        say_number(out, fact->high);
    }
    html_put(out, "</td><td>");
    if (*rows_name(fact->rows))
        html_put(out, "<span class=\"muted\">%z</span>", rows_name(fact->rows));
    html_put(out, "</td></tr>");
}

void put_fact_table(struct visit *visit, const struct view_page *page)
{
    struct text *out = &visit->out;
    if (!page->fact_count)
        return;
    html_put(out, "<section><h2 id=\"facts\">What was measured</h2>"
                  "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"facts\">"
                  "<table class=\"factlist stack\"><caption>Facts of this run</caption><thead><tr>"
                  "<th scope=\"col\">Fact</th><th scope=\"col\" class=\"num\">Value</th>"
                  "<th scope=\"col\" class=\"num\">95 %% interval</th>"
                  "<th scope=\"col\">On</th></tr></thead><tbody>");
    for (size_t i = 0; i < page->fact_count; i++)
        put_fact(out, &page->facts[i]);
    html_put(out, "</tbody></table></div></section>");
}
