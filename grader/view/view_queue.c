/* The window out: what is paused, and when waiting runs will begin. */
#include "core/base/clock.h"
#include "grader/forecast.h"
#include "grader/view.h"
#include "grader/view/view_sql.h"

#define OF_TEAM_MOST 5 /* how many of its last runs say how long the next one takes */
#define OF_TASK_MOST 20

bool view_pauses(struct view *view, struct arena *arena, enum viewer viewer,
                 struct view_pauses *out, struct fault *why)
{
    *out = (struct view_pauses){ 0 };
    struct view_rules rules;
    if (!view_rules(view, arena, viewer, &rules, why))
        return false;
    struct row *row = db_start(view->db, VIEW_PAUSES, "");
    while (row_next(row, why))
        *MORE(arena, out->at, out->count) =
            (struct view_pause){ .team = row_text(row, rules.masked ? 1 : 0, arena),
                                 .task = row_text(row, 2, arena),
                                 .reason = row_text(row, 3, arena),
                                 .since_ms = row_int(row, 4) };
    return row_end(row, why);
}

/* How long runs of a team and task take: looked up once. */
struct pace {
    struct str team, task;
    int64_t takes_ms;
};
struct reading {
    struct view *view;
    struct arena *arena;
    const struct view_tasks *tasks;
    struct pace *paces;
    size_t pace_count;
    struct str *teams; /* slugs, and beside them when they were served */
    int64_t *served_ms;
    size_t team_count, served_count;
};

static bool median_load(struct row *row, int64_t *out, struct fault *why)
{
    int64_t took[OF_TASK_MOST];
    size_t count = 0;
    while (count < OF_TASK_MOST && row_next(row, why))
        took[count++] = row_int(row, 0);
    *out = forecast_median(took, count);
    return row_end(row, why);
}

/* Never measured: what the limits allow. */
static int64_t limits_ms(const struct reading *reading, struct str task)
{
    const struct view_task *found = view_task_find(reading->tasks, task);
    if (!found)
        return 60000;
    int64_t seeds = found->seeds ? found->seeds : 1;
    return 1000 * (json_get_int(found->limits, "build_s", 0) +
                   seeds * (json_get_int(found->limits, "train_s", 0) +
                            json_get_int(found->limits, "predict_s", 0)));
}

static bool pace_find(struct reading *reading, struct str team, struct str task, int64_t *takes_ms,
                      struct fault *why)
{
    for (size_t i = 0; i < reading->pace_count; i++)
        if (str_equal(reading->paces[i].team, team) && str_equal(reading->paces[i].task, task)) {
            *takes_ms = reading->paces[i].takes_ms;
            return true;
        }
    struct db *db = reading->view->db;
    if (!median_load(db_start(db, VIEW_TOOK_TEAM, "tti", team, task, (int64_t)OF_TEAM_MOST),
                     takes_ms, why) ||
        (!*takes_ms && !median_load(db_start(db, VIEW_TOOK_TASK, "ti", task, (int64_t)OF_TASK_MOST),
                                    takes_ms, why)))
        return false;
    if (!*takes_ms)
        *takes_ms = limits_ms(reading, task);
    *MORE(reading->arena, reading->paces, reading->pace_count) =
        (struct pace){ team, task, *takes_ms };
    return true;
}

static size_t team_at(const struct reading *reading, struct str team)
{
    for (size_t i = 0; i < reading->team_count; i++)
        if (str_equal(reading->teams[i], team))
            return i;
    return 0;
}

static bool teams_load(struct reading *reading, struct fault *why)
{
    struct row *row = db_start(reading->view->db, VIEW_TURN_TEAMS, "");
    while (row_next(row, why)) {
        *MORE(reading->arena, reading->teams, reading->team_count) =
            row_text(row, 0, reading->arena);
        *MORE(reading->arena, reading->served_ms, reading->served_count) = row_int(row, 1);
    }
    return row_end(row, why);
}

/* The statement's rows as the play needs them, without how long they take: read behind it. */
static bool runs_load(struct reading *reading, size_t query, struct forecast_run **runs,
                      struct pace **of, struct str **ids, size_t *count, struct fault *why)
{
    size_t of_count = 0, id_count = 0;
    *count = 0;
    struct row *row = db_start(reading->view->db, query, "");
    while (row_next(row, why)) {
        struct str team = row_text(row, 1, reading->arena);
        *MORE(reading->arena, *ids, id_count) = row_text(row, 0, reading->arena);
        *MORE(reading->arena, *of, of_count) =
            (struct pace){ .team = team, .task = row_text(row, 2, reading->arena) };
        *MORE(reading->arena, *runs, *count) =
            (struct forecast_run){ .team = team_at(reading, team),
                                   .priority = row_int(row, 3),
                                   .again = row_int(row, 4) != 0,
                                   .ready_ms = row_int(row, 5),
                                   .paused = row_int(row, 6) != 0 };
    }
    if (!row_end(row, why))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!pace_find(reading, (*of)[i].team, (*of)[i].task, &(*runs)[i].takes_ms, why))
            return false;
    return true;
}

static bool slots_load(struct view *view, struct arena *arena, int64_t *slots, int64_t *per_team,
                       struct fault *why)
{
    const struct json *about = NULL;
    if (!view_meta(view, arena, "course", &about, why))
        return false;
    *slots = json_get_int(about, "slots", 1);
    *per_team = json_get_int(about, "per_team", 1);
    *slots = *slots < 1 || *slots > 1024 ? 1 : *slots;
    return true;
}

bool view_turns(struct view *view, struct arena *arena, struct view_turns *out, struct fault *why)
{
    *out = (struct view_turns){ 0 };
    struct clock clock = clock_system();
    struct view_tasks tasks;
    struct reading reading = { .view = view, .arena = arena, .tasks = &tasks };
    struct forecast forecast = { .now_ms = clock_utc_ms(&clock), .most = VIEW_ROWS_MOST };
    struct forecast_run *running = NULL, *waiting = NULL;
    struct pace *of_running = NULL, *of_waiting = NULL;
    struct str *running_ids = NULL;
    if (!slots_load(view, arena, &forecast.slots, &forecast.per_team, why) ||
        !view_tasks(view, arena, &tasks, why) || !teams_load(&reading, why) ||
        !runs_load(&reading, VIEW_TURN_RUNNING, &running, &of_running, &running_ids,
                   &forecast.under_way_count, why) ||
        !runs_load(&reading, VIEW_TURN_WAITING, &waiting, &of_waiting, &out->runs, &out->count,
                   why))
        return false;
    forecast.served_ms = reading.served_ms;
    forecast.team_count = reading.team_count;
    forecast.under_way = running;
    forecast.waiting = waiting;
    forecast.waiting_count = out->count;
    struct forecast_turn *turns = arena_array(arena, struct forecast_turn, out->count);
    if (out->count)
        forecast_find(arena, &forecast, turns);
    out->at = arena_array(arena, struct view_turn, out->count);
    for (size_t i = 0; i < out->count; i++) /* in whole seconds: it is a guess */
        out->at[i] = (struct view_turn){ turns[i].position, turns[i].starts_ms / 1000 * 1000,
                                         waiting[i].paused };
    return true;
}

struct view_turn view_turn_of(const struct view_turns *turns, struct str run)
{
    for (size_t i = 0; i < turns->count; i++)
        if (str_equal(turns->runs[i], run))
            return turns->at[i];
    return (struct view_turn){ 0 };
}
