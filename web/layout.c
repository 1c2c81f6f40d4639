/* What all pages share. */
#include "web/layout.h"
#include "web/assets.h"
#include "web/html.h"
#include "web/words.h"

static const char logo[] =
    "<svg class=\"logo\" width=\"20\" height=\"20\" viewBox=\"0 0 20 20\" aria-hidden=\"true\">"
    "<rect x=\"1\" y=\"11\" width=\"4\" height=\"8\" rx=\"1\"/>"
    "<rect x=\"8\" y=\"6\" width=\"4\" height=\"13\" rx=\"1\"/>"
    "<rect class=\"out\" x=\"15\" y=\"1.75\" width=\"3.5\" height=\"16.5\" rx=\"1\"/></svg>";

static void put_head(struct text *out, struct str title, const char *tail)
{
    html_put(out,
             "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<meta name=\"color-scheme\" content=\"light dark\">"
             "<title>%t%z</title>"
             "<link rel=\"icon\" type=\"image/svg+xml\" href=\"%z\">"
             "<link rel=\"preload\" as=\"font\" type=\"font/woff2\" crossorigin href=\"%z\">"
             "<link rel=\"stylesheet\" href=\"%z\">"
             "<script defer src=\"%z\"></script></head>",
             title, tail, assets_get(ASSET_ICON)->path, assets_get(ASSET_FONT)->path,
             assets_get(ASSET_CSS)->path, assets_get(ASSET_JS)->path);
}

static void put_brand(struct text *out)
{
    html_put(out, "<a class=\"skip\" href=\"#main\">Skip to content</a>"
                  "<header class=\"top\"><div><a class=\"brand\" href=\"/\">");
    text_add(out, str_of(logo));
    html_put(out, "<span>holdout</span></a>");
}

static void put_bar(struct visit *visit, const struct layout *layout)
{
    struct text *out = &visit->out;
    html_put(out, "<nav aria-label=\"Course\"><a href=\"");
    put_course_path(visit);
    html_put(out, "\"");
    html_raw_if(strcmp(layout->here, "overview") == 0, out, " aria-current=\"page\"");
    html_put(out, ">Overview</a>");
    for (size_t i = 0; i < visit->tasks.count && i < 12; i++) {
        const struct view_task *task = &visit->tasks.at[i];
        bool here = strcmp(layout->here, "task") == 0 && str_equal(layout->task, task->id);
        html_put(out, "<a href=\"");
        put_course_path(visit);
        html_put(out, "/tasks/%u\"", task->id);
        html_raw_if(here, out, " aria-current=\"page\"");
        html_put(out, ">%t</a>", task->title);
    }
    html_put(out, "</nav>");
}

static void put_disk(struct visit *visit)
{
    if (visit->about.disk_low)
        html_put(&visit->out,
                 "<p class=\"banner\" role=\"status\"><b>The grader waits: its disk is "
                 "nearly full</b>. What is pushed is received and waits.</p>");
}

/* What is paused: of a team on its own pages alone. */
static void put_pauses(struct visit *visit)
{
    struct text *out = &visit->out;
    for (size_t i = 0; i < visit->pauses.count; i++) {
        const struct view_pause *pause = &visit->pauses.at[i];
        if (pause->team.len && !str_equal(pause->team, visit->parts[1]))
            continue;
        html_put(out, "<p class=\"banner\" role=\"status\"><b>Grading is paused</b>");
        if (pause->task.len)
            html_put(out, " for %t", task_title(visit, pause->task));
        if (pause->team.len)
            html_put(out, " for this team");
        html_put(out, " since ");
        say_when(out, pause->since_ms);
        html_put(out, ". What is pushed is received and waits.");
        if (pause->reason.len)
            html_put(out, " <span>%t</span>", pause->reason);
        html_put(out, "</p>");
    }
}

void layout_open(struct visit *visit, const struct layout *layout)
{
    struct text *out = &visit->out;
    struct str course = visit->course ? course_key(visit->course, visit->arena) : S("");
    put_head(out, layout->title, " · holdout");
    if (visit->course) {
        html_put(out, "<body data-events=\"");
        put_course_path(visit);
        html_put(out, "/events\" data-zone=\"%t\">",
                 visit->about.timezone.len ? visit->about.timezone : S("UTC"));
    } else {
        html_put(out, "<body>");
    }
    put_brand(out);
    if (visit->course) {
        html_put(out, "<span class=\"course\">%t</span>",
                 visit->about.title.len ? visit->about.title : course);
        put_bar(visit, layout);
        html_put(out, "<span class=\"link\" id=\"live\" hidden>live</span>");
    }
    html_put(out, "</div></header><main id=\"main\" tabindex=\"-1\">");
    put_disk(visit);
    put_pauses(visit);
}

void layout_close(struct visit *visit)
{
    html_put(&visit->out, "</main></body></html>\n");
}

static const char *status_name(int status)
{
    switch (status) {
    case 400:
        return "That request could not be read";
    case 404:
        return "Not found";
    case 405:
        return "Read only";
    case 413:
        return "No body, please";
    case 414:
        return "Address too long";
    case 421:
        return "Another name";
    case 503:
        return "Busy";
    default:
        return "Something went wrong";
    }
}

void layout_error(struct text *out, int status, const char *words)
{
    put_head(out, str_of(status_name(status)), " · holdout");
    html_put(out, "<body>");
    put_brand(out);
    html_put(out,
             "</div></header><main id=\"main\" tabindex=\"-1\" class=\"error\">"
             "<p class=\"code\">%i</p><h1>%z</h1><p class=\"lede\">%z</p>"
             "<p><a class=\"button\" href=\"/\">All courses</a></p></main></body></html>\n",
             (int64_t)status, status_name(status), words);
}

void put_course_path(struct visit *visit)
{
    html_put(&visit->out, "/courses/%u", course_key(visit->course, visit->arena));
}

void put_team(struct visit *visit, struct str team, struct str name)
{
    html_put(&visit->out, "<a class=\"team\" href=\"");
    put_course_path(visit);
    html_put(&visit->out, "/teams/%u\"><bdi>%t</bdi></a>", team, name);
}

void put_ranks(struct text *out, const struct view_row *row)
{
    html_put(out, "%i", row->rank_low);
    if (row->rank_high > row->rank_low)
        html_put(out, "–%i", row->rank_high);
}

void put_state(struct text *out, struct str state)
{
    const struct state_word *word = word_of_state(state);
    html_put(out, "<span class=\"state %z\">%z</span>", word->tone, word->label);
}

struct str task_title(const struct visit *visit, struct str task)
{
    const struct view_task *found = view_task_find(&visit->tasks, task);
    return found ? found->title : task;
}

void put_run_link(struct visit *visit, const struct view_run *run)
{
    html_put(&visit->out, "<a href=\"");
    put_course_path(visit);
    html_put(&visit->out, "/runs/%u\"><code>%t</code></a>", run->id,
             run->commit.len ? str_until(run->commit, 10) : run->id);
}

/* Where a waiting run stands, or since when a running one runs. */
static void put_turn(struct visit *visit, const struct view_run *run, int64_t turn)
{
    struct text *out = &visit->out;
    if (run->not_before_ms > visit->now_ms) {
        html_put(out, "again ");
        say_ago(out, visit->now_ms, run->not_before_ms);
    } else if (run->paused) {
        html_put(out, "paused");
    } else if (turn == 1) {
        html_put(out, "next in line");
    } else if (turn > 1) {
        say_ordinal(out, turn);
        html_put(out, " in line");
        if (run->starts_ms) {
            html_put(out, ", begins ");
            say_ago(out, visit->now_ms, run->starts_ms);
        }
    } else if (run->started_ms) {
        html_put(out, "started ");
        say_ago(out, visit->now_ms, run->started_ms);
    }
}

static void put_active_run(struct visit *visit, const struct view_run *run, int64_t turn,
                           bool with_task)
{
    struct text *out = &visit->out;
    html_put(out, "<li data-key=\"%t\"", run->id);
    html_raw_if(!turn, out, " class=\"on\"");
    html_put(out, "><div><b>");
    if (run->id.len) {
        html_put(out, "<a href=\"");
        put_course_path(visit);
        html_put(out, "/runs/%u\"><bdi>%t</bdi></a>", run->id, run->name);
    } else {
        html_put(out, "<bdi>%t</bdi>", run->name);
    }
    html_put(out, "</b><small>");
    if (with_task && run->task.len)
        html_put(out, "%t · ", task_title(visit, run->task));
    put_turn(visit, run, turn);
    html_put(out, "</small></div>");
    put_state(out, run->state);
    html_put(out, "</li>");
}

void put_active(struct visit *visit, const struct view_runs *runs, bool with_task)
{
    struct text *out = &visit->out;
    if (!runs->count)
        return;
    html_put(out, "<section class=\"now\" aria-labelledby=\"now\"><h2 id=\"now\">Being graded</h2>"
                  "<ul>");
    int64_t turn = 0;
    for (size_t i = 0; i < runs->count && i < 12; i++) {
        const struct view_run *run = &runs->at[i];
        bool waits = str_is(run->state, "queued") || str_is(run->state, "received");
        turn += waits;
        put_active_run(visit, run, !waits ? 0 : run->position ? run->position : turn, with_task);
    }
    html_put(out, "</ul>");
    if (runs->count > 12)
        html_put(out, "<p class=\"muted\">and %i more</p>", (int64_t)runs->count - 12);
    html_put(out, "</section>");
}

void put_empty(struct text *out, const char *headline, const char *words)
{
    html_put(out, "<div class=\"empty\"><p class=\"head\">%z</p><p>%z</p></div>", headline, words);
}
