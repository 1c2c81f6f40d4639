/* A loaded course put in force: written to the store, its boards made, its baselines asked for. */
#include "grader/course/course_begin.h"
#include "core/base/json.h"
#include "core/eval/metric_name.h"
#include "grader/course/baseline.h"
#include "grader/board.h"
#include "grader/board_rule.h"
#include "grader/course/deliverable.h"
#include "grader/course/scoring.h"
#include "grader/steps/release.h"
#include "grader/store/rescore.h"

static void course_json(const struct grader *grader, const struct course *course, struct text *text)
{
    static const char *const visibilities[] = { "names", "pseudonym", "staff" };
    static const char *const releases[] = { "rounded", "ladder" };
    struct json_out out = { .text = text };
    json_open_map(&out, NULL);
    json_add_text(&out, "id", course->id);
    json_add_text(&out, "title", course->title);
    json_add_text(&out, "timezone", course->timezone);
    json_add_zero(&out, "visibility", visibilities[course->board.visibility]);
    json_add_zero(&out, "release", releases[course->board.release]);
    json_add_int(&out, "slots", grader->slots);
    json_add_int(&out, "per_team", course->per_team);
    json_add_int(&out, "disk_guard_mb", course->disk_guard_mb);
    json_close_map(&out);
}

/* The primary metric in words: "log loss", "NDCG at 5". */
static const char *metric_title(struct arena *arena, const struct course_task *task)
{
    size_t k;
    struct str key = task->metrics[task->primary_at].key;
    const struct metric *metric = metric_named(key, &k);
    if (!metric)
        return key.at;
    return k ? arena_print(arena, "%s at %zu", metric->title, k) : metric->title;
}

static struct str task_json(struct arena *arena, const struct course *course,
                            const struct course_task *task)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "metrics");
    for (size_t i = 0; i < task->metric_count; i++)
        json_add_text(&out, NULL, task->metrics[i].key);
    json_close_list(&out);
    json_add_zero(&out, "metric_title", metric_title(arena, task));
    course_limits_json(&out, "limits", &task->limits);
    json_add_int(&out, "seeds", task->seeds);
    json_add_int(&out, "runs_per_day", task->limits.runs_per_day);
    json_add_int(&out, "runs_total", task->limits.runs_total);
    json_open_list(&out, "deliverables");
    for (size_t i = 0; i < course->deliverable_count; i++) {
        if (!course_has(&course->deliverables[i].tasks, task->id))
            continue;
        json_open_map(&out, NULL);
        json_add_text(&out, "id", course->deliverables[i].id);
        json_add_int(&out, "due_ms", course->deliverables[i].due_ms);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}

/* Names by which the teams go when names are hidden: drawn from the course's secret. */
static bool pseudonym_make(struct arena *arena, struct store *store, struct str team,
                           const char **out, struct fault *why)
{
    char secret[SHA256_HEX], hex[SHA256_HEX];
    if (!store_secret(store, "pseudonyms", secret, why))
        return false;
    hmac_sha256(str_of(secret), team, hex);
    *out = arena_print(arena, "team-%.8s", hex);
    return true;
}

static void late_json(struct json_out *out, const struct course *course,
                      const struct course_deliverable *one)
{
    static const char *const rules[] = { LATE_RULES };
    bool days = false; /* does anybody have late days? */
    for (size_t i = 0; i < course->student_count; i++)
        days |= course->students[i].late_days > 0;
    int rule = one->late.rule >= 0 ? one->late.rule : days ? LATE_DAYS : LATE_ACCEPT;
    json_open_map(out, "late");
    json_add_zero(out, "rule", rules[rule]);
    json_add_int(out, "days", one->late.days);
    json_add_double(out, "percent", one->late.percent);
    json_add_int(out, "per_ms", one->late.per ? 3600000 : 86400000);
    json_add_double(out, "floor", one->late.floor);
    json_close_map(out);
}

static struct str deliverables_json(struct arena *arena, const struct course *course)
{
    static const char *const counts[] = { DELIVER_RULES };
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_list(&out, NULL);
    for (size_t i = 0; i < course->deliverable_count; i++) {
        const struct course_deliverable *one = &course->deliverables[i];
        json_open_map(&out, NULL);
        json_add_text(&out, "id", one->id);
        json_add_int(&out, "due_ms", one->due_ms);
        json_add_int(&out, "grace_ms", one->grace_min * 60000);
        json_add_zero(&out, "count", counts[one->count]);
        late_json(&out, course, one);
        json_open_list(&out, "tasks");
        for (size_t j = 0; j < one->tasks.count; j++)
            json_add_text(&out, NULL, one->tasks.at[j]);
        json_close_list(&out);
        json_close_map(&out);
    }
    json_close_list(&out);
    return text_str(&text);
}

static struct str zone_json(struct arena *arena, const struct zone *zone)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_list(&out, NULL);
    for (size_t i = 0; i < zone->count; i++) {
        json_open_list(&out, NULL);
        json_add_int(&out, NULL, zone->at[i].from_ms);
        json_add_int(&out, NULL, zone->at[i].offset_s);
        json_close_list(&out);
    }
    json_close_list(&out);
    return text_str(&text);
}

static const char *tasks_joined(struct arena *arena, const struct str_list *tasks)
{
    struct text text = { .arena = arena };
    for (size_t i = 0; i < tasks->count; i++)
        text_print(&text, "%s%.*s", i ? " " : "", STR_ARGS(tasks->at[i]));
    return text.at;
}

static bool course_write(const struct grader *grader, const struct loaded *loaded,
                         struct store *store, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const struct course *course = &loaded->course;
    struct store_task *tasks = arena_array(arena, struct store_task, course->task_count);
    struct store_team *teams =
        arena_array(arena, struct store_team, course->team_count + baseline_teams_most(course));
    for (size_t i = 0; i < course->task_count; i++) {
        const struct course_task *task = &course->tasks[i];
        size_t k;
        const struct metric *metric = metric_named(task->metrics[task->primary_at].key, &k);
        int64_t rows = 0;
        double scale = 1;
        if (!board_public_rows(grader, loaded, task, &rows, &scale, why))
            return false;
        tasks[i] = (struct store_task){
            .id = task->id.at,
            .title = task->title.at,
            .kind = course_kind_name(task->kind),
            .metric = task->metrics[task->primary_at].key.at,
            .detail = task_json(arena, course, task).at,
            .higher_is_better = metric && metric->higher_is_better,
            .digits = metric ? release_decimals(metric, scale, (int)course->board.digits) : 3,
            .public_rows = rows,
        };
    }
    for (size_t i = 0; i < course->team_count; i++) {
        const struct course_team *team = &course->teams[i];
        teams[i] = (struct store_team){ .id = team->id.at,
                                        .name = team->name.at,
                                        .repository = team->repository.at,
                                        .members = (int64_t)team->member_count,
                                        .late_days = course_late_days(course, team->id),
                                        .tasks = tasks_joined(arena, &team->tasks) };
        if (!pseudonym_make(arena, store, team->id, &teams[i].pseudonym, why))
            return false;
    }
    size_t baselines = baseline_teams(arena, course, teams + course->team_count);
    struct text about = { .arena = arena };
    course_json(grader, course, &about);
    return store_course_set(
        store,
        &(struct store_course){ .about = about.at,
                                .deliverables = deliverables_json(arena, course).at,
                                .zone = zone_json(arena, &course->zone).at,
                                .version = loaded->version.digest,
                                .files = version_json(arena, &loaded->version).at,
                                .tasks = tasks,
                                .teams = teams,
                                .task_count = course->task_count,
                                .team_count = course->team_count + baselines },
        why);
}

static bool baselines_begin(const struct grader *grader, const struct loaded *loaded,
                            struct fault *why)
{
    struct inbox *inbox = inbox_open(grader->state_path, false, why);
    bool ok = inbox && baselines_ask(grader, loaded, inbox, why);
    inbox_close(inbox);
    return ok;
}

/* A board stays by the version before while teams have scores by it. */
static bool rule_begin(const struct grader *grader, const struct loaded *loaded,
                       struct store *store, const struct course_task *task, int64_t at_ms,
                       struct fault *why)
{
    char scoring[SHA256_HEX], board[SHA256_HEX];
    bool held;
    scoring_digest(loaded, task, scoring);
    scoring_board_digest(loaded, task, board);
    if (!store_scoring_put(store, task->id.at, scoring, board, why) ||
        !board_rule_begin(loaded, store, task, at_ms, &held, why))
        return false;
    if (held)
        grader_log(grader, "warning", "event=rescore_due task=%s version=%.12s", task->id.at,
                   loaded->version.digest);
    return true;
}

/* Predictions that a failing disk lost cost a board its news, and not the course its grader. */
static bool board_begin(const struct grader *grader, const struct loaded *loaded,
                        struct store *store, const struct course_task *task, struct fault *why)
{
    if (board_renew(grader, loaded, store, task, why))
        return true;
    if (why->blame == BLAME_PASSING)
        return false;
    grader_log(grader, "error", "event=board task=%s fault=\"%s\"", task->id.at, why->text);
    why->text[0] = 0;
    return true;
}

bool course_begin(const struct grader *grader, const struct loaded *loaded, struct store *store,
                  int64_t at_ms, struct fault *why)
{
    bool ok = course_write(grader, loaded, store, why);
    for (size_t i = 0; ok && i < loaded->course.task_count; i++)
        ok = rule_begin(grader, loaded, store, &loaded->course.tasks[i], at_ms, why);
    for (size_t i = 0; ok && i < loaded->course.task_count; i++)
        ok = board_begin(grader, loaded, store, &loaded->course.tasks[i], why);
    return ok && baselines_begin(grader, loaded, why);
}

struct str course_event_body(struct arena *arena, const struct version *version)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "version", version->digest);
    json_add_raw(&out, "files", version_json(arena, version));
    json_close_map(&out);
    return text_str(&text);
}

static bool note_first(struct grader *grader, struct inbox *inbox, const struct loaded *first,
                       struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct event_new event = { .kind = "course",
                               .actor = "grader",
                               .body = course_event_body(arena, &first->version),
                               .at_ms = clock_utc_ms(&grader->clock) };
    return inbox_append(inbox, &event, NULL, why);
}

static bool newest_in(struct grader *grader, struct inbox *inbox, const struct loaded *first,
                      int64_t first_seq, struct loaded **out, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct event event;
    const struct json *body = NULL;
    bool found;
    if (!inbox_newest(inbox, arena, "course", &event, &found, why) ||
        (found && !json_parse(arena, event.body, &body, why)))
        return false;
    bool same = found && str_is(json_get_text(body, "version", ""), first->version.digest);
    if (same)
        return true;
    if (found && event.seq > first_seq) /* taken over while this service ran */
        return course_take(grader, json_get(body, "files"), out, why);
    return note_first(grader, inbox, first, why);
}

bool course_newest(struct grader *grader, const struct loaded *first, int64_t first_seq,
                   struct loaded **out, struct fault *why)
{
    *out = NULL;
    struct inbox *inbox = inbox_open(grader->state_path, false, why);
    bool ok = inbox && newest_in(grader, inbox, first, first_seq, out, why);
    inbox_close(inbox);
    return ok;
}
