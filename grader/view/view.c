/* The window out: opening, the course, its tasks, teams and boards, cut to the viewer. */
#include "grader/view.h"
#include "grader/service/disk_guard.h"
#include "grader/view/view_sql.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct view *view_open(const char *state_dir, struct fault *why)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/store.db", state_dir);
    if (len < 0 || (size_t)len >= sizeof path) {
        fault_set(why, BLAME_COURSE, "the path of the course was too long");
        return NULL;
    }
    struct db *db = db_open(&(struct db_options){ .path = path,
                                                  .mode = DB_READ,
                                                  .queries = view_queries,
                                                  .query_count = VIEW_QUERY_COUNT },
                            why);
    if (!db)
        return NULL;
    struct view *view = calloc(1, sizeof *view);
    if (!view || !(view->state_dir = strdup(state_dir)))
        abort();
    view->db = db;
    return view;
}

void view_close(struct view *view)
{
    if (!view)
        return;
    db_close(view->db);
    free(view->state_dir);
    free(view);
}

void view_scoped(struct view **view)
{
    view_close(*view);
}

int64_t view_changed(struct view *view)
{
    return db_data_version(view->db);
}

bool view_begin(struct view *view, struct fault *why)
{
    return db_begin(view->db, why);
}

void view_end(struct view *view)
{
    db_rollback(view->db); /* nothing was written */
}

bool view_meta(struct view *view, struct arena *arena, const char *name, const struct json **out,
               struct fault *why)
{
    *out = NULL;
    struct row *row = db_start(view->db, VIEW_META, "z", name);
    struct str text = { 0 };
    if (row_next(row, why))
        text = row_text(row, 0, arena);
    if (!row_end(row, why))
        return false;
    return !text.at || json_parse(arena, text, out, why) || fault_within(why, "store.db: meta");
}

bool view_rules(struct view *view, struct arena *arena, enum viewer viewer, struct view_rules *out,
                struct fault *why)
{
    const struct json *course;
    if (!view_meta(view, arena, "course", &course, why))
        return false;
    struct str visibility = json_get_text(course, "visibility", "staff");
    bool staff = viewer == VIEWER_STAFF;
    *out = (struct view_rules){
        .masked = !staff && str_is(visibility, "pseudonym"),
        .scores = staff || str_is(visibility, "pseudonym") || str_is(visibility, "names"),
        .ladder = str_is(json_get_text(course, "release", "rounded"), "ladder"),
    };
    return true;
}

bool view_course(struct view *view, struct arena *arena, struct view_course *out, struct fault *why)
{
    *out = (struct view_course){ 0 };
    const struct json *course;
    if (!view_meta(view, arena, "course", &course, why))
        return false;
    out->loaded = course != NULL;
    out->id = json_get_text(course, "id", "");
    out->title = json_get_text(course, "title", "");
    out->timezone = json_get_text(course, "timezone", "UTC");
    out->visibility = json_get_text(course, "visibility", "staff");
    out->release = json_get_text(course, "release", "rounded");
    int64_t free_mb;
    out->disk_low = disk_low(view->state_dir, json_get_int(course, "disk_guard_mb", 0), &free_mb);
    struct row *row = db_start(view->db, VIEW_COURSE_FAULT, "");
    if (row_next(row, why))
        out->fault = row_text(row, 0, arena);
    return row_end(row, why);
}

bool view_counts(struct view *view, struct view_counts *out, struct fault *why)
{
    *out = (struct view_counts){ 0 };
    struct row *row = db_start(view->db, VIEW_COUNTS, "");
    if (row_next(row, why))
        *out = (struct view_counts){ .teams = row_int(row, 0),
                                     .waiting = row_int(row, 1),
                                     .running = row_int(row, 2),
                                     .ended = row_int(row, 3) };
    return row_end(row, why);
}

static void take_detail(struct arena *arena, struct str text, struct view_task *task)
{
    const struct json *detail;
    task->metric_title = task->metric;
    if (!json_parse(arena, text, &detail, NULL))
        return; /* it only decorates */
    task->metric_title = json_get_text(detail, "metric_title", task->metric.at);
    task->seeds = json_get_int(detail, "seeds", 0);
    task->runs_per_day = json_get_int(detail, "runs_per_day", 0);
    task->runs_total = json_get_int(detail, "runs_total", 0);
    task->limits = json_get(detail, "limits");
    task->metrics = json_get(detail, "metrics");
    const struct json *due = json_get(detail, "deliverables");
    if (!due)
        return;
    task->deliverables = arena_array(arena, struct view_deliverable, due->count);
    for (size_t i = 0; i < due->count; i++)
        task->deliverables[task->deliverable_count++] = (struct view_deliverable){
            .id = json_get_text(&due->members[i], "id", ""),
            .due_ms = json_get_int(&due->members[i], "due_ms", 0),
        };
}

bool view_tasks(struct view *view, struct arena *arena, struct view_tasks *out, struct fault *why)
{
    *out = (struct view_tasks){ 0 };
    struct row *row = db_start(view->db, VIEW_TASKS, "");
    while (row_next(row, why)) {
        struct view_task *task = MORE(arena, out->at, out->count);
        *task = (struct view_task){ .id = row_text(row, 0, arena),
                                    .title = row_text(row, 1, arena),
                                    .kind = row_text(row, 2, arena),
                                    .metric = row_text(row, 3, arena),
                                    .higher_is_better = row_int(row, 4) != 0,
                                    .digits = (int)row_int(row, 5),
                                    .public_rows = row_int(row, 6),
                                    .rescore_due = row_int(row, 8) != 0,
                                    .coming = row_text(row, 9, arena),
                                    .ladder = row_int(row, 10) != 0 };
        take_detail(arena, row_text(row, 7, arena), task);
        task->coming_title = task->metric_title;
        if (!row_is_null(row, 11))
            task->metric_title = row_text(row, 11, arena);
    }
    return row_end(row, why);
}

const struct view_task *view_task_find(const struct view_tasks *tasks, struct str id)
{
    for (size_t i = 0; i < tasks->count; i++)
        if (str_equal(tasks->at[i].id, id))
            return &tasks->at[i];
    return NULL;
}

/* What may be said of a repository without its address; empty when it can be read. */
static struct str general_message(struct str state)
{
    static const char *const words[][2] = {
        { "unreachable", "The repository could not be reached." },
        { "refused", "The repository was refused." },
        { "empty", "The repository is empty." },
        { "too_big", "The repository is larger than the course allows." },
        { "vanished", "The repository is no longer there." },
        { "denied", "The repository did not let the grader in." },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(state, words[i][0]))
            return str_of(words[i][1]);
    return S("");
}

static int by_name(const void *a, const void *b)
{
    const struct view_team *one = a, *other = b;
    if (one->staff != other->staff)
        return one->staff ? 1 : -1;
    return str_order(one->name, other->name);
}

bool view_teams(struct view *view, struct arena *arena, enum viewer viewer, struct view_teams *out,
                struct fault *why)
{
    *out = (struct view_teams){ 0 };
    struct view_rules rules;
    if (!view_rules(view, arena, viewer, &rules, why))
        return false;
    struct row *row = db_start(view->db, VIEW_TEAMS, "");
    while (row_next(row, why)) {
        struct view_team *team = MORE(arena, out->at, out->count);
        *team = (struct view_team){ .team = row_text(row, rules.masked ? 2 : 0, arena),
                                    .name = row_text(row, rules.masked ? 2 : 1, arena),
                                    .staff = row_int(row, 3) != 0,
                                    .state = row_text(row, 5, arena) };
        team->message = general_message(team->state);
        if (rules.masked)
            continue;
        team->repository = row_text(row, 4, arena);
        struct str message = row_text(row, 6, arena);
        if (message.len)
            team->message = message;
        team->looked_ms = row_int(row, 7);
        team->hook_ms = row_int(row, 8);
        team->hook_forge = row_text(row, 9, arena);
        team->note = row_text(row, 10, arena);
    }
    if (rules.masked && out->count) /* the order of names or slugs would tell who is who */
        qsort(out->at, out->count, sizeof *out->at, by_name);
    return row_end(row, why);
}

const struct view_team *view_team_find(const struct view_teams *teams, struct str team)
{
    for (size_t i = 0; i < teams->count; i++)
        if (str_equal(teams->at[i].team, team))
            return &teams->at[i];
    return NULL;
}

bool view_team_slug(struct view *view, struct arena *arena, const struct view_rules *rules,
                    struct str key, struct str *slug, struct fault *why)
{
    *slug = (struct str){ 0 };
    struct row *row = db_start(view->db, VIEW_TEAMS, "");
    while (row_next(row, why))
        if (!slug->at && str_equal(row_text(row, rules->masked ? 2 : 0, arena), key))
            *slug = row_text(row, 0, arena);
    return row_end(row, why);
}

/* One row of VIEW_RELEASES as the viewer may see it. */
static struct view_release release_of(struct row *row, struct arena *arena,
                                      const struct view_rules *rules)
{
    return (struct view_release){ .run = rules->masked ? S("") : row_text(row, 1, arena),
                                  .score = row_double(row, 2),
                                  .low = row_double(row, 3),
                                  .high = row_double(row, 4),
                                  .submitted_ms = rules->masked ? 0 : row_int(row, 5) };
}

static struct view_row *row_of(const struct view_board *board, struct str slug)
{
    for (size_t i = 0; i < board->count; i++)
        if (str_equal(board->slugs[i], slug))
            return &board->rows[i];
    return NULL;
}

bool view_board_histories(struct view *view, struct arena *arena, enum viewer viewer,
                          struct view_board *board, struct fault *why)
{
    struct view_rules rules;
    if (!view_rules(view, arena, viewer, &rules, why))
        return false;
    if (!rules.scores)
        return true;
    struct row *row =
        db_start(view->db, VIEW_RELEASES, "tzi", board->task, "", (int64_t)VIEW_HISTORY_MOST);
    struct view_row *at = NULL;
    struct str last = { 0 };
    while (row_next(row, why)) {
        struct str slug = row_text(row, 0, arena);
        if (!last.at || !str_equal(slug, last)) { /* rows come team by team */
            at = row_of(board, slug);
            last = slug;
        }
        if (at)
            *MORE(arena, at->history, at->history_count) = release_of(row, arena, &rules);
    }
    return row_end(row, why);
}

static struct view_row board_row(struct row *row, struct arena *arena,
                                 const struct view_rules *rules)
{
    struct view_row out = { .rank_low = row_int(row, 0),
                            .rank_high = row_int(row, 1),
                            .team = row_text(row, rules->masked ? 4 : 2, arena),
                            .name = row_text(row, rules->masked ? 4 : 3, arena),
                            .score = row_double(row, 6),
                            .low = row_double(row, 7),
                            .high = row_double(row, 8),
                            .entries = row_int(row, 11),
                            .baseline = row_int(row, 12) != 0 };
    if (rules->masked)
        return out;
    out.run = row_text(row, 5, arena);
    out.submitted_ms = row_int(row, 9);
    out.commit = row_text(row, 10, arena);
    return out;
}

bool view_board(struct view *view, struct arena *arena, enum viewer viewer, struct str task,
                struct view_board *out, struct fault *why)
{
    *out = (struct view_board){ .task = task };
    struct view_rules rules;
    struct view_tasks tasks;
    if (!view_rules(view, arena, viewer, &rules, why) || !view_tasks(view, arena, &tasks, why))
        return false;
    const struct view_task *found = view_task_find(&tasks, task);
    if (found)
        out->metric = found->metric;
    out->hidden = !rules.scores;
    out->ladder = found && found->rescore_due ? found->ladder : rules.ladder;
    if (out->hidden)
        return true;
    struct row *due = db_start(view->db, VIEW_BOARD_DUE, "t", task);
    if (row_next(due, why))
        out->coming = row_int(due, 0);
    if (!row_end(due, why))
        return false;
    struct row *row = db_start(view->db, VIEW_BOARD, "t", task);
    size_t slug_count = 0;
    while (row_next(row, why)) {
        *MORE(arena, out->rows, out->count) = board_row(row, arena, &rules);
        *MORE(arena, out->slugs, slug_count) = row_text(row, 2, arena);
    }
    return row_end(row, why);
}

bool view_history(struct view *view, struct arena *arena, enum viewer viewer, struct str task,
                  struct str team, struct view_release **out, size_t *count, struct fault *why)
{
    *out = NULL;
    *count = 0;
    struct view_rules rules;
    struct str slug;
    if (!view_rules(view, arena, viewer, &rules, why) ||
        !view_team_slug(view, arena, &rules, team, &slug, why))
        return false;
    if (!rules.scores || !slug.at)
        return true;
    struct row *row =
        db_start(view->db, VIEW_RELEASES, "tti", task, slug, (int64_t)VIEW_RELEASES_MOST);
    while (row_next(row, why))
        *MORE(arena, *out, *count) = release_of(row, arena, &rules);
    return row_end(row, why);
}
