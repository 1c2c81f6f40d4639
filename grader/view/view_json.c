/* The window out as JSON: boards, runs and the status document, the same for the API and the
 * commands. */
#include "grader/view.h"

/* 0 means unknown. */
static void add_number(struct json_out *out, const char *key, int64_t value)
{
    if (value)
        json_add_int(out, key, value);
    else
        json_add_null(out, key);
}

static void add_rows(struct json_out *out, const char *key, const struct view_board *board)
{
    json_open_list(out, key);
    for (size_t i = 0; i < board->count; i++) {
        const struct view_row *row = &board->rows[i];
        json_open_map(out, NULL);
        add_number(out, "rank_low", row->rank_low);
        add_number(out, "rank_high", row->rank_high);
        json_add_text(out, "team", row->team);
        json_add_double(out, "score", row->score);
        json_add_double(out, "low", row->low);
        json_add_double(out, "high", row->high);
        json_add_time(out, "submitted_at", row->submitted_ms);
        json_add_text_or_null(out, "commit", row->commit);
        json_add_bool(out, "baseline", row->baseline);
        json_close_map(out);
    }
    json_close_list(out);
}

void view_leaderboard_json(const struct view_board *board, struct text *text)
{
    struct json_out out = { .text = text };
    json_open_map(&out, NULL);
    json_add_text(&out, "task", board->task);
    json_add_text(&out, "metric", board->metric);
    add_rows(&out, "rows", board);
    json_close_map(&out);
}

static void add_steps(struct json_out *out, const struct view_page *page)
{
    json_open_list(out, "steps");
    for (size_t i = 0; i < page->step_count; i++) {
        const struct view_step *step = &page->steps[i];
        json_open_map(out, NULL);
        json_add_text(out, "name", step->name);
        json_add_int(out, "seed", step->seed_at);
        json_add_text(out, "state", step->state);
        json_add_text(out, "verdict", step->verdict);
        json_add_bool(out, "heldout", step->heldout);
        json_add_bool(out, "cached", step->cached);
        json_add_time(out, "started_at", step->started_ms);
        add_number(out, "wall_us", step->wall_us);
        add_number(out, "cpu_us", step->cpu_us);
        add_number(out, "memory_peak_bytes", step->memory_peak_bytes);
        json_add_text(out, "message", step->message);
        json_add_text(out, "log_tail", step->tail);
        json_close_map(out);
    }
    json_close_list(out);
}

static void add_facts(struct json_out *out, const struct view_page *page)
{
    json_open_list(out, "facts");
    for (size_t i = 0; i < page->fact_count; i++) {
        const struct view_fact *fact = &page->facts[i];
        json_open_map(out, NULL);
        json_add_text(out, "name", fact->name);
        json_add_text(out, "rows", fact->rows);
        json_add_text(out, "audience", fact->audience);
        json_add_double(out, "value", fact->value);
        json_add_text(out, "unit", fact->unit);
        json_add_double(out, "low", fact->low);
        json_add_double(out, "high", fact->high);
        json_close_map(out);
    }
    json_close_list(out);
}

static void add_points(struct json_out *out, const struct view_page *page)
{
    json_open_list(out, "points");
    for (size_t i = 0; i < page->point_count; i++) {
        const struct view_point *point = &page->points[i];
        json_open_map(out, NULL);
        json_add_text(out, "question", point->question);
        json_add_text(out, "title", point->title);
        json_add_double(out, "most", point->most);
        json_add_text(out, "state", point->state);
        json_add_double(out, "points", point->points);
        json_add_text(out, "reason", point->reason);
        json_close_map(out);
    }
    json_close_list(out);
}

void view_run_json(const struct view_page *page, struct text *text)
{
    struct json_out out = { .text = text };
    const struct view_run *run = &page->run;
    json_open_map(&out, NULL);
    json_add_text(&out, "id", run->id);
    json_add_text(&out, "team", run->team);
    json_add_text_or_null(&out, "task", run->task);
    json_add_text_or_null(&out, "deliverable", run->deliverable);
    json_add_text(&out, "state", run->state);
    json_add_text(&out, "verdict", run->verdict);
    json_add_text(&out, "step", run->step);
    json_add_text(&out, "message", run->message);
    json_add_int(&out, "attempt", run->attempt);
    if (page->ahead >= 0)
        json_add_int(&out, "ahead", page->ahead);
    else
        json_add_null(&out, "ahead");
    json_add_time(&out, "starts_at", run->starts_ms);
    json_add_bool(&out, "paused", run->paused);
    json_add_text_or_null(&out, "commit", run->commit);
    json_add_text_or_null(&out, "ref", run->ref);
    json_add_time(&out, "received_at", run->received_ms);
    json_add_time(&out, "pushed_at", run->pushed_ms);
    json_add_time(&out, "started_at", run->started_ms);
    json_add_time(&out, "ended_at", run->ended_ms);
    json_add_zero(&out, "kept", page->no_files ? "results" : page->no_logs ? "files" : "all");
    add_steps(&out, page);
    add_facts(&out, page);
    add_points(&out, page);
    json_close_map(&out);
}

/* A run whose task nobody could read stands under the first task. */
static bool belongs(const struct view_tasks *tasks, size_t at, struct str task)
{
    return str_equal(tasks->at[at].id, task) || (at == 0 && !view_task_find(tasks, task));
}

static bool add_task(struct view *view, struct arena *arena, enum viewer viewer, struct str task,
                     struct json_out *out, struct fault *why)
{
    struct view_board board;
    if (!view_board(view, arena, viewer, task, &board, why))
        return false;
    json_add_text(out, "id", task);
    add_rows(out, "board", &board);
    return true;
}

static void add_runs(struct json_out *out, const struct view_tasks *tasks, size_t at,
                     const struct view_runs *runs)
{
    json_open_list(out, "runs");
    for (size_t i = 0; i < runs->count; i++) {
        const struct view_run *run = &runs->at[i];
        if (!belongs(tasks, at, run->task))
            continue;
        json_open_map(out, NULL);
        json_add_text(out, "team", run->team);
        json_add_text(out, "state", run->state);
        json_add_text(out, "verdict", run->verdict);
        json_add_text_or_null(out, "id", run->id);
        json_close_map(out);
    }
    json_close_list(out);
}

/* What of runs is kept, where the course limits it. */
static bool add_kept(struct view *view, struct json_out *out, struct fault *why)
{
    struct view_kept kept;
    if (!view_kept(view, &kept, why) || !kept.at_ms)
        return !kept.at_ms;
    json_open_map(out, "kept");
    json_add_int(out, "files", kept.files);
    json_add_int(out, "bytes", kept.bytes);
    json_add_time(out, "at", kept.at_ms);
    json_add_int(out, "runs_without_files", kept.without_files);
    json_add_int(out, "runs_without_logs", kept.without_logs);
    json_close_map(out);
    return true;
}

bool view_status_json(struct view *view, struct arena *arena, enum viewer viewer, struct text *text,
                      struct fault *why)
{
    struct view_course course;
    struct view_counts counts;
    struct view_tasks tasks;
    struct view_runs runs;
    if (!view_course(view, arena, &course, why) || !view_counts(view, &counts, why) ||
        !view_tasks(view, arena, &tasks, why) ||
        !view_runs(view, arena, viewer, VIEW_RUNS_LATEST, S(""), &runs, why))
        return false;
    struct json_out out = { .text = text };
    json_open_map(&out, NULL);
    json_add_text(&out, "course", course.id);
    json_add_int(&out, "pending", counts.waiting + counts.running);
    if (viewer == VIEWER_STAFF)
        json_add_text(&out, "course_fault", course.fault);
    json_add_bool(&out, "disk_low", course.disk_low);
    if (viewer == VIEWER_STAFF && !add_kept(view, &out, why))
        return false;
    json_open_list(&out, "tasks");
    for (size_t i = 0; i < tasks.count; i++) {
        int64_t outdated;
        json_open_map(&out, NULL);
        if (!add_task(view, arena, viewer, tasks.at[i].id, &out, why) ||
            !view_outdated(view, tasks.at[i].id, &outdated, why))
            return false;
        if (viewer == VIEWER_STAFF) {
            json_add_int(&out, "outdated", outdated);
            json_add_text(&out, "metric", tasks.at[i].metric);
            json_add_bool(&out, "rescore_due", tasks.at[i].rescore_due);
            json_add_text(&out, "metric_coming", tasks.at[i].coming);
        }
        add_runs(&out, &tasks, i, &runs);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return true;
}
