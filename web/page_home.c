/* The home page: the courses that are served here, each with its tasks and leaders. */
#include "web/html.h"
#include "web/layout.h"
#include "web/words.h"

/* Who leads; where the data cannot tell the first ones apart, how many they are. */
static void put_first(struct text *out, const struct view_board *board, int digits)
{
    const struct view_row *first = NULL;
    int64_t sharing = 0;
    for (size_t i = 0; i < board->count; i++) {
        if (board->rows[i].baseline)
            continue;
        if (!first)
            first = &board->rows[i];
        sharing += board->rows[i].rank_low == 1;
    }
    if (!first) {
        html_put(out, "<span class=\"muted\">%z</span>",
                 board->hidden ? "scores hidden" : "no score yet");
    } else if (sharing > 1 || first->rank_high > 1) {
        html_put(out, "<span class=\"muted\">%i teams share the lead</span>",
                 sharing > 1 ? sharing : first->rank_high);
    } else {
        html_put(out, "<span class=\"muted\"><bdi>%t</bdi> <b class=\"num\">", first->name);
        say_score(out, first->score, digits);
        html_put(out, "</b></span>");
    }
}

static bool put_leader(struct visit *visit, struct view *view, const struct view_task *task,
                       struct fault *why)
{
    struct text *out = &visit->out;
    struct view_board board;
    if (!view_board(view, visit->arena, visit->viewer, task->id, &board, why))
        return false;
    html_put(out, "<li><a href=\"/courses/%u/tasks/%u\">%t</a>",
             course_key(visit->course, visit->arena), task->id, task->title);
    put_first(out, &board, task->digits);
    html_put(out, "</li>");
    return true;
}

static bool put_card(struct visit *visit, struct view *view, struct fault *why)
{
    struct text *out = &visit->out;
    struct view_course about;
    struct view_counts counts;
    struct view_tasks tasks;
    if (!view_course(view, visit->arena, &about, why) || !view_counts(view, &counts, why) ||
        !view_tasks(view, visit->arena, &tasks, why))
        return false;
    struct str key = course_key(visit->course, visit->arena);
    html_put(out,
             "<h2><a href=\"/courses/%u\">%t</a></h2><p class=\"muted\">%i teams · "
             "%i runs graded",
             key, about.title.len ? about.title : key, counts.teams, counts.ended);
    if (counts.running + counts.waiting)
        html_put(out, " · %i in progress", counts.running + counts.waiting);
    html_put(out, "</p><ul class=\"leaders\">");
    for (size_t i = 0; i < tasks.count; i++)
        if (!put_leader(visit, view, &tasks.at[i], why))
            return false;
    html_put(out, "</ul>");
    return true;
}

static void put_bare_card(struct visit *visit, const char *words)
{
    struct str key = course_key(visit->course, visit->arena);
    html_put(&visit->out, "<h2><a href=\"/courses/%u\">%t</a></h2><p class=\"muted\">%z</p>", key,
             key, words);
}

/* One course that cannot be read does not take the others from the page. */
static void put_course(struct visit *visit)
{
    struct fault why = { 0 };
    struct text *out = &visit->out;
    struct view *view = course_take(visit->course, &why);
    html_put(out, "<article class=\"card\">");
    size_t before = out->len;
    bool ok = view && put_card(visit, view, &why);
    if (view)
        course_give(visit->course, view);
    if (!ok) {
        out->len = before;
        put_bare_card(visit, view ? "cannot be read at the moment" : "is being prepared");
    }
    html_put(out, "</article>");
}

bool page_home(struct visit *visit, struct fault *why)
{
    (void)why;
    struct text *out = &visit->out;
    layout_open(visit, &(struct layout){ .title = S("Courses"), .here = "" });
    html_put(out, "<h1>Courses</h1><p class=\"lede\">Models are rebuilt, retrained and measured on "
                  "data that their teams have never seen.</p><div class=\"cards\">");
    for (size_t i = 0; i < visit->courses->count; i++) {
        visit->course = &visit->courses->at[i];
        put_course(visit);
    }
    visit->course = NULL;
    html_put(out, "</div>");
    layout_close(visit);
    return true;
}
