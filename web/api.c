/* The JSON of the pages: /api/v1/…, described in docs/api.md. */
#include "core/base/clock.h"
#include "web/visit.h"

static bool no_store(struct visit *visit)
{
    return visit_missing(visit, "The course is being prepared: there is nothing to read yet.");
}

bool api_courses(struct visit *visit, struct fault *why)
{
    struct json_out out = { .text = &visit->out };
    json_open_map(&out, NULL);
    json_open_list(&out, "courses");
    bool ok = true;
    for (size_t i = 0; i < visit->courses->count && ok; i++) {
        struct course *course = &visit->courses->at[i];
        struct view *view = course_take(course, NULL);
        struct view_course about = { 0 };
        ok = !view || view_course(view, visit->arena, &about, why);
        if (view)
            course_give(course, view);
        json_open_map(&out, NULL);
        json_add_text(&out, "id", course_key(course, visit->arena));
        json_add_text(&out, "title", about.title);
        json_add_bool(&out, "ready", about.loaded);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return ok;
}

static void add_task(struct json_out *out, const struct view_task *task)
{
    json_open_map(out, NULL);
    json_add_text(out, "id", task->id);
    json_add_text(out, "title", task->title);
    json_add_text(out, "kind", task->kind);
    json_add_text(out, "metric", task->metric);
    json_add_bool(out, "higher_is_better", task->higher_is_better);
    json_add_int(out, "digits", task->digits);
    json_add_bool(out, "rescore_due", task->rescore_due);
    json_open_list(out, "deliverables");
    for (size_t i = 0; i < task->deliverable_count; i++) {
        char due[TIME_TEXT];
        clock_print(task->deliverables[i].due_ms, due);
        json_open_map(out, NULL);
        json_add_text(out, "id", task->deliverables[i].id);
        json_add_zero(out, "due", due);
        json_close_map(out);
    }
    json_close_list(out);
    json_close_map(out);
}

static void add_runs(struct json_out *out, const struct view_runs *runs)
{
    json_open_list(out, "runs");
    for (size_t i = 0; i < runs->count; i++) {
        const struct view_run *run = &runs->at[i];
        json_open_map(out, NULL);
        json_add_zero(out, "id", run->id.len ? run->id.at : NULL);
        json_add_text(out, "team", run->team);
        json_add_zero(out, "task", run->task.len ? run->task.at : NULL);
        json_add_text(out, "state", run->state);
        json_add_text(out, "verdict", run->verdict);
        json_close_map(out);
    }
    json_close_list(out);
}

static void add_teams(struct json_out *out, const struct view_teams *teams)
{
    json_open_list(out, "teams");
    for (size_t i = 0; i < teams->count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "team", teams->at[i].team);
        json_add_text(out, "name", teams->at[i].name);
        json_add_bool(out, "baseline", teams->at[i].staff);
        json_add_text(out, "repository_state", teams->at[i].state);
        json_add_text(out, "repository_message", teams->at[i].message);
        json_close_map(out);
    }
    json_close_list(out);
}

static void add_pauses(struct json_out *out, const struct view_pauses *pauses)
{
    json_open_list(out, "paused");
    for (size_t i = 0; i < pauses->count; i++) {
        const struct view_pause *pause = &pauses->at[i];
        char since[TIME_TEXT];
        clock_print(pause->since_ms, since);
        json_open_map(out, NULL);
        json_add_zero(out, "team", pause->team.len ? pause->team.at : NULL);
        json_add_zero(out, "task", pause->task.len ? pause->task.at : NULL);
        json_add_text(out, "reason", pause->reason);
        json_add_zero(out, "since", since);
        json_close_map(out);
    }
    json_close_list(out);
}

static void add_environments(struct json_out *out, const struct view_environments *environments)
{
    json_open_list(out, "environments");
    for (size_t i = 0; i < environments->count; i++) {
        const struct view_environment *one = &environments->at[i];
        json_open_map(out, NULL);
        json_add_text(out, "name", one->name);
        json_add_text(out, "what", one->what);
        json_add_zero(out, "sha256", one->digest.len ? one->digest.at : NULL);
        if (str_is(one->state, "unknown"))
            json_add_null(out, "usable");
        else
            json_add_bool(out, "usable", str_is(one->state, "usable"));
        json_open_list(out, "has");
        for (size_t k = 0; k < one->has_count; k++)
            json_add_text(out, NULL, one->has[k]);
        json_close_list(out);
        json_close_map(out);
    }
    json_close_list(out);
}

bool api_course(struct visit *visit, struct fault *why)
{
    if (!visit->view || !visit->about.loaded)
        return no_store(visit);
    struct view_counts counts;
    struct view_runs runs;
    struct view_teams teams;
    struct view_environments environments;
    if (!view_counts(visit->view, &counts, why) ||
        !view_environments(visit->view, visit->arena, visit->viewer, &environments, why) ||
        !view_runs(visit->view, visit->arena, visit->viewer, VIEW_RUNS_LATEST, S(""), &runs, why) ||
        !view_teams(visit->view, visit->arena, visit->viewer, &teams, why))
        return false;
    struct json_out out = { .text = &visit->out };
    json_open_map(&out, NULL);
    json_add_text(&out, "id", visit->about.id);
    json_add_text(&out, "title", visit->about.title);
    json_add_text(&out, "timezone", visit->about.timezone);
    json_add_text(&out, "visibility", visit->about.visibility);
    json_add_int(&out, "waiting", counts.waiting);
    json_add_int(&out, "running", counts.running);
    add_pauses(&out, &visit->pauses);
    json_add_bool(&out, "disk_low", visit->about.disk_low);
    json_open_list(&out, "tasks");
    for (size_t i = 0; i < visit->tasks.count; i++)
        add_task(&out, &visit->tasks.at[i]);
    json_close_list(&out);
    add_environments(&out, &environments);
    add_teams(&out, &teams);
    add_runs(&out, &runs);
    json_close_map(&out);
    return true;
}

bool api_leaderboard(struct visit *visit, struct fault *why)
{
    const struct view_task *task = view_task_find(&visit->tasks, visit->parts[1]);
    if (!visit->view || !visit->about.loaded)
        return no_store(visit);
    if (!task)
        return visit_missing(visit, "This course has no such task.");
    struct view_board board;
    if (!view_board(visit->view, visit->arena, visit->viewer, task->id, &board, why))
        return false;
    if (board.hidden)
        return visit_missing(visit, "The course shows this board to its staff only.");
    view_leaderboard_json(&board, &visit->out);
    return true;
}

bool api_run(struct visit *visit, struct fault *why)
{
    struct view_page page;
    bool found;
    if (!visit->view)
        return no_store(visit);
    if (!view_run(visit->view, visit->arena, visit->viewer, visit->parts[1], &page, &found, why))
        return false;
    if (!found)
        return visit_missing(visit, "This course has no such run.");
    view_run_json(&page, &visit->out);
    return true;
}

bool api_team(struct visit *visit, struct fault *why)
{
    struct view_teams teams;
    struct view_team_state state;
    if (!visit->view)
        return no_store(visit);
    if (!view_teams(visit->view, visit->arena, visit->viewer, &teams, why))
        return false;
    if (!view_team_find(&teams, visit->parts[1]))
        return visit_missing(visit, "This course has no such team.");
    if (!view_team_state(visit->view, visit->arena, visit->viewer, visit->parts[1], &state, why))
        return false;
    view_team_json(&state, visit->parts[1], &visit->out);
    return true;
}
