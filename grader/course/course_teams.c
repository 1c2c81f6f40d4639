/* teams.csv and roster.csv, and the finders. */
#include "grader/course/course.h"
#include "grader/course/course_csv.h"
#include "grader/course/course_words.h"

#define LATE_DAYS_MOST 365

/* ---- finders ---- */

const struct course_task *course_task_find(const struct course *course, struct str id)
{
    for (size_t i = 0; i < course->task_count; i++)
        if (str_equal(course->tasks[i].id, id))
            return &course->tasks[i];
    return NULL;
}

const struct course_team *course_team_find(const struct course *course, struct str id)
{
    for (size_t i = 0; i < course->team_count; i++)
        if (str_equal(course->teams[i].id, id))
            return &course->teams[i];
    return NULL;
}

const struct course_deliverable *course_deliverable_find(const struct course *course, struct str id)
{
    for (size_t i = 0; i < course->deliverable_count; i++)
        if (str_equal(course->deliverables[i].id, id))
            return &course->deliverables[i];
    return NULL;
}

const struct course_environment *course_environment_find(const struct course *course,
                                                         struct str name)
{
    for (size_t i = 0; i < course->environment_count; i++)
        if (str_equal(course->environments[i].name, name))
            return &course->environments[i];
    return NULL;
}

const struct course_metric *course_task_metric_find(const struct course_task *task, struct str key)
{
    for (size_t i = 0; i < task->metric_count; i++)
        if (str_equal(task->metrics[i].key, key))
            return &task->metrics[i];
    return NULL;
}

bool course_has(const struct str_list *list, struct str id)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->at[i], id))
            return true;
    return false;
}

const struct course_deliverable *course_deliverable_open(const struct course *course,
                                                         struct str task, int64_t now_ms)
{
    const struct course_deliverable *open = NULL, *last = NULL;
    for (size_t i = 0; i < course->deliverable_count; i++) {
        const struct course_deliverable *one = &course->deliverables[i];
        if (!course_has(&one->tasks, task))
            continue;
        if (!last || one->due_ms > last->due_ms)
            last = one;
        if (one->due_ms >= now_ms && (!open || one->due_ms < open->due_ms))
            open = one;
    }
    return open ? open : last;
}

int64_t course_late_days(const struct course *course, struct str team)
{
    int64_t least = -1;
    for (size_t i = 0; i < course->student_count; i++) {
        const struct course_student *student = &course->students[i];
        if (str_equal(student->team, team) && (least < 0 || student->late_days < least))
            least = student->late_days;
    }
    return least < 0 ? 0 : least;
}

/* ---- teams.csv ---- */

struct team_columns {
    int team, name, repository, tasks;
};

static bool team_columns_find(const struct course_csv *csv, struct team_columns *at,
                              struct complaints *to)
{
    static const char *const known[] = { "team", "name", "repository", "tasks", NULL };
    *at = (struct team_columns){ course_csv_column(csv, "team"), course_csv_column(csv, "name"),
                                 course_csv_column(csv, "repository"),
                                 course_csv_column(csv, "tasks") };
    for (size_t i = 0; i < csv->column_count; i++) {
        const char *near = words_nearest(csv->header[i], known, words_count(known));
        if (course_csv_column(csv, csv->header[i].at) >= 0 && near &&
            course_csv_column(csv, near) < 0)
            complain(to, csv->file, 1, "unknown column \"%s\", did you mean \"%s\"",
                     csv->header[i].at, near);
    }
    if (at->team >= 0 && at->repository >= 0)
        return true;
    complain(to, csv->file, 1, "missing column \"%s\", allowed are team, name, repository, tasks",
             at->team < 0 ? "team" : "repository");
    return false;
}

/* Cuts the next id, separated by blanks or semicolons, off *rest. */
static bool id_cut(struct str *rest, struct str *id)
{
    size_t start = 0, end;
    while (start < rest->len && strchr(" \t;", rest->at[start]))
        start++;
    for (end = start; end < rest->len && !strchr(" \t;", rest->at[end]);)
        end++;
    *id = str_from(str_until(*rest, end), start);
    *rest = str_from(*rest, end);
    return id->len > 0;
}

/* No ids at all stand for every task. */
static struct str_list tasks_split(struct arena *arena, const struct course *course,
                                   struct str cell, int line, struct complaints *to)
{
    struct str *ids = arena_array(arena, struct str, course->task_count);
    int *lines = arena_array(arena, int, course->task_count);
    struct str_list list = { ids, lines, 0 };
    struct str id, rest = cell;
    while (id_cut(&rest, &id)) {
        id = str_keep(arena, id);
        if (!course_task_find(course, id)) {
            complain(to, "teams.csv", line, "unknown task \"%s\"%s", id.at,
                     words_hint(arena, id, course_task_words(arena, course)));
        } else if (course_has(&list, id)) {
            complain(to, "teams.csv", line, "task %s was named twice", id.at);
        } else {
            lines[list.count] = line;
            ids[list.count++] = id;
        }
    }
    for (size_t i = 0; cell.len == 0 && i < course->task_count; i++) {
        lines[list.count] = line;
        ids[list.count++] = course->tasks[i].id;
    }
    return list;
}

static void team_check(const struct course *course, const struct course_team *team,
                       struct complaints *to)
{
    if (!id_check(team->id))
        complain(to, "teams.csv", team->line,
                 "team was \"%s\", allowed is a name of letters, digits, _ . - (63 at most)",
                 team->id.at);
    if (team->repository.len == 0)
        complain(to, "teams.csv", team->line, "team %s has no repository", team->id.at);
    const struct course_team *before = course_team_find(course, team->id);
    if (before)
        complain(to, "teams.csv", team->line, "team %s was there already, in line %d", team->id.at,
                 before->line);
}

bool course_teams_parse(struct arena *arena, struct str csv_text, struct course *course,
                        struct complaints *to)
{
    size_t before = to->count;
    struct course_csv csv;
    struct team_columns at;
    course->teams_unread = true;
    if (str_trim(csv_text).len == 0) {
        complain(to, NULL, 0, "teams.csv is empty, its header is team,name,repository,tasks");
        return false;
    }
    bool fine = course_csv_parse(arena, "teams.csv", csv_text, &csv, to);
    if ((!fine && csv.column_count == 0) || !team_columns_find(&csv, &at, to))
        return false;
    struct course_team *teams = arena_array(arena, struct course_team, csv.row_count);
    course->teams = teams;
    course->team_count = 0;
    course->teams_unread = !fine;
    for (size_t i = 0; i < csv.row_count; i++) {
        struct course_team team = { .id = course_csv_cell(&csv, i, at.team),
                                    .name = course_csv_cell(&csv, i, at.name),
                                    .repository = course_csv_cell(&csv, i, at.repository),
                                    .line = csv.lines[i] };
        if (team.name.len == 0)
            team.name = team.id;
        team.tasks = tasks_split(arena, course, course_csv_cell(&csv, i, at.tasks), team.line, to);
        team.tasks_empty = at.tasks >= 0 && course_csv_cell(&csv, i, at.tasks).len == 0;
        team_check(course, &team, to);
        teams[course->team_count++] = team;
    }
    return to->count == before;
}

/* ---- roster.csv ---- */

static int64_t late_days_read(const struct course_csv *csv, size_t row, struct complaints *to)
{
    struct str cell = course_csv_cell(csv, row, course_csv_column(csv, "late_days"));
    int64_t days = 0;
    if (cell.len && (!str_to_int(cell, &days) || days < 0 || days > LATE_DAYS_MOST)) {
        complain(to, csv->file, csv->lines[row], "late_days was \"%s\", allowed is 0 to %d",
                 cell.at, LATE_DAYS_MOST);
        days = 0;
    }
    return days;
}

static void member_add(struct course *course, struct str team)
{
    struct course_team *teams = (struct course_team *)course->teams; /* ours until we return */
    for (size_t i = 0; i < course->team_count; i++)
        teams[i].member_count += str_equal(teams[i].id, team);
}

bool course_roster_parse(struct arena *arena, struct str csv_text, struct course *course,
                         struct complaints *to)
{
    size_t before = to->count;
    struct course_csv csv;
    if (!course_csv_parse(arena, "roster.csv", csv_text, &csv, to) && csv.column_count == 0)
        return false;
    if (course_csv_column(&csv, "identifier") < 0)
        complain(to, csv.file, 1,
                 "missing column \"identifier\", allowed are identifier, "
                 "github_username, github_id, name, team, late_days");
    struct course_student *students = arena_array(arena, struct course_student, csv.row_count);
    for (size_t i = 0; i < csv.row_count; i++) {
        students[i] = (struct course_student){
            .identifier = course_csv_cell(&csv, i, course_csv_column(&csv, "identifier")),
            .github_username = course_csv_cell(&csv, i, course_csv_column(&csv, "github_username")),
            .name = course_csv_cell(&csv, i, course_csv_column(&csv, "name")),
            .team = course_csv_cell(&csv, i, course_csv_column(&csv, "team")),
            .late_days = late_days_read(&csv, i, to),
            .line = csv.lines[i],
        };
        member_add(course, students[i].team);
    }
    course->students = students;
    course->student_count = csv.row_count;
    return to->count == before;
}
