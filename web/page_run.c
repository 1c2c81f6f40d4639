/* A submission: the verdict in large clear words with what to do, and where it stands. Its parts:
 * page_run_parts.c. */
#include "web/html.h"
#include "web/layout.h"
#include "web/page_run.h"
#include "web/words.h"

static const char *tone_of(const struct view_run *run)
{
    return word_of_state(run->state)->tone;
}

static void put_headline(struct visit *visit, const struct view_page *page)
{
    struct text *out = &visit->out;
    const struct view_run *run = &page->run;
    const struct verdict_word *verdict = word_of_verdict(run->verdict);
    if (run->ended && verdict && !str_is(run->state, "cancelled") &&
        !str_is(run->state, "superseded")) {
        html_put(out, "%z", verdict->headline);
    } else if (str_is(run->state, "superseded")) {
        html_put(out, "Replaced by a newer push");
    } else if (str_is(run->state, "cancelled")) {
        html_put(out, "Cancelled");
    } else if (str_is(run->state, "failed_ours")) {
        html_put(out, "Something broke on our side");
    } else if (run->ended) {
        html_put(out, "%z", str_is(run->state, "done") ? "Graded" : "Did not pass");
    } else if (page->ahead == 0) {
        html_put(out, "Waiting: next in line");
    } else if (run->paused) {
        html_put(out, "Waiting: grading is paused");
    } else if (page->ahead > 0) {
        html_put(out, "Waiting: %i ahead", page->ahead);
    } else {
        const char *label = word_of_state(run->state)->label;
        text_char(out, (char)(label[0] - 'a' + 'A'));
        html_put(out, "%z…", label + 1);
    }
}

/* The step that ended the run, in words; nothing when it is not known. */
static void put_where(struct text *out, const struct view_run *run)
{
    const char *step = word_of_step(run->step);
    if (run->ended && step && !str_is(run->state, "done"))
        html_put(out, "<p class=\"at\">at the step “%z”</p>", step);
}

static const char *advice_of(const struct view_run *run)
{
    if (str_is(run->state, "superseded"))
        return "Only the newest push of a task is graded; the newer run has its own page.";
    const struct verdict_word *verdict = word_of_verdict(run->verdict);
    if (run->ended && verdict)
        return verdict->advice;
    return str_is(run->state, "failed_ours") ? word_of_verdict(S("internal"))->advice : NULL;
}

static void put_points_sum(struct text *out, const struct view_page *page)
{
    double points = 0, most = 0;
    size_t open = 0;
    for (size_t i = 0; i < page->point_count; i++) {
        bool some = page->points[i].points >= 0;
        most += page->points[i].most;
        points += some ? page->points[i].points : 0;
        open += !some;
    }
    if (!page->point_count)
        return;
    html_put(out, "<p class=\"sum\"><b>");
    say_number(out, points);
    html_put(out, "</b> of ");
    say_number(out, most);
    html_put(out, " points");
    if (open)
        html_put(out, ", %i open", (int64_t)open);
    html_put(out, "</p>");
}

/* Lines about a file, as a tool would print them; else the grader's sentence says what to do. */
static bool is_complaint(const struct view_run *run)
{
    return str_is(run->verdict, "submission") || str_is(run->verdict, "snapshot");
}

static void put_message(struct text *out, const struct view_run *run)
{
    if (!run->message.len)
        return;
    html_put(out, "<p class=\"%z\">%t</p>", is_complaint(run) ? "message" : "advice", run->message);
}

static void put_verdict(struct visit *visit, const struct view_page *page)
{
    struct text *out = &visit->out;
    const struct view_run *run = &page->run;
    const char *advice = advice_of(run);
    html_put(out, "<section class=\"verdict %z\" aria-label=\"Verdict\"><div><p class=\"big\">",
             tone_of(run));
    put_headline(visit, page);
    html_put(out, "</p>");
    put_where(out, run);
    put_message(out, run);
    if (advice && (!run->message.len || is_complaint(run)))
        html_put(out, "<p class=\"advice\">%z</p>", advice);
    if (run->starts_ms > visit->now_ms && run->not_before_ms <= visit->now_ms) {
        html_put(out, "<p class=\"advice\">It begins about ");
        say_ago(out, visit->now_ms, run->starts_ms);
        html_put(out, ", as earlier runs went.</p>");
    }
    if (run->not_before_ms > visit->now_ms) {
        html_put(out, "<p class=\"advice\">It is tried again ");
        say_ago(out, visit->now_ms, run->not_before_ms);
        html_put(out, ".</p>");
    }
    if (page->no_logs)
        html_put(out, "<p class=\"advice\">Its logs%z are no longer kept.</p>",
                 page->no_files ? " and files" : "");
    if (page->detail.len)
        html_put(out, "<p class=\"message staff\">%t</p>", page->detail);
    html_put(out, "</div>");
    put_points_sum(out, page);
    html_put(out, "</section>");
}

static void put_time(struct visit *visit, const char *name, int64_t at_ms)
{
    if (!at_ms)
        return;
    html_put(&visit->out, "<div><dt>%z</dt><dd>", name);
    say_ago(&visit->out, visit->now_ms, at_ms);
    html_put(&visit->out, "</dd></div>");
}

static void put_about(struct visit *visit, const struct view_run *run)
{
    struct text *out = &visit->out;
    html_put(out, "<dl class=\"about\">");
    if (run->commit.len)
        html_put(out, "<div><dt>commit</dt><dd><code title=\"%t\">%t</code></dd></div>",
                 run->commit, str_until(run->commit, 10));
    if (run->ref.len)
        html_put(out, "<div><dt>from</dt><dd><code>%t</code></dd></div>",
                 str_starts(run->ref, S("refs/heads/"))  ? str_from(run->ref, 11)
                 : str_starts(run->ref, S("refs/tags/")) ? str_from(run->ref, 10)
                                                         : run->ref);
    if (run->deliverable.len)
        html_put(out, "<div><dt>deliverable</dt><dd>%t</dd></div>", run->deliverable);
    put_time(visit, "received", run->received_ms);
    put_time(visit, "started", run->started_ms);
    put_time(visit, "ended", run->ended_ms);
    if (run->started_ms && run->ended_ms >= run->started_ms) {
        html_put(out, "<div><dt>took</dt><dd>");
        int64_t took_us = (run->ended_ms - run->started_ms) * 1000;
        if (took_us < 1000000)
            html_put(out, "under 1 s");
        else
            say_duration(out, took_us);
        html_put(out, "</dd></div>");
    }
    if (run->attempt > 1)
        html_put(out, "<div><dt>attempt</dt><dd>%i</dd></div>", run->attempt);
    html_put(out, "</dl>");
}

bool page_run(struct visit *visit, struct fault *why)
{
    struct text *out = &visit->out;
    struct view_page page = { 0 };
    bool found = false;
    if (visit->view &&
        !view_run(visit->view, visit->arena, visit->viewer, visit->parts[1], &page, &found, why))
        return false;
    if (!found)
        return visit_missing(visit, "This course has no such run.");
    const struct view_run *run = &page.run;
    layout_open(visit, &(struct layout){ .title = run->name, .here = "", .task = run->task });
    html_put(out, "<p class=\"crumbs\">");
    if (view_task_find(&visit->tasks, run->task)) {
        html_put(out, "<a href=\"");
        put_course_path(visit);
        html_put(out, "/tasks/%u\">%t</a> <span aria-hidden=\"true\">/</span> ", run->task,
                 task_title(visit, run->task));
    }
    html_put(out, "<a href=\"");
    put_course_path(visit);
    html_put(out, "/teams/%u\">all versions of <bdi>%t</bdi></a></p><h1><bdi>%t</bdi>", run->team,
             run->name, run->name);
    if (run->commit.len)
        html_put(out, " <code>%t</code>", str_until(run->commit, 7));
    html_put(out, "</h1>");
    put_verdict(visit, &page);
    put_about(visit, run);
    put_steps(visit, &page);
    put_serving(visit, &page);
    put_points(visit, &page);
    put_fact_table(visit, &page);
    layout_close(visit);
    return true;
}
