/*
 * teams.csv and roster.csv from any bytes, one behind the other with a NUL between: a word for each
 * mistake, and ids of teams, which become names of directories, that are harmless.
 */
#include "grader/course/course.h"
#include "grader/course/course_csv.h"
#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void course_begin(struct arena *arena, struct course *out)
{
    static const char text[] =
        "schema: 1\ncourse: {id: c}\ngit: {}\ntasks:\n"
        "  - {id: fraud, kind: binary, target: y, metrics: [{key: roc_auc}]}\n"
        "  - {id: text, kind: text, target: y, metrics: [{key: accuracy}]}\n"
        "deliverables:\n  - {id: d, tasks: [fraud], due: 2026-02-10T18:00:00Z, needs: [model]}\n";
    struct complaints none = { .arena = arena };
    check(course_parse(arena, str_of(text), out, &none));
}

static void teams_check(const struct course *course, bool fine)
{
    for (size_t i = 0; fine && i < course->team_count; i++) {
        const struct course_team *team = &course->teams[i];
        check(team->id.len && team->id.len < 64 && !memchr(team->id.at, '/', team->id.len));
        check(!str_is(team->id, ".") && !str_is(team->id, ".."));
        check(course_team_find(course, team->id) == team);
        check(team->repository.len && team->tasks.count <= course->task_count);
        for (size_t k = 0; k < team->tasks.count; k++)
            check(course_task_find(course, team->tasks.at[k]) != NULL);
    }
}

static void cells_check(struct arena *arena, struct str bytes)
{
    struct complaints to = { .arena = arena };
    struct course_csv csv;
    check(course_csv_parse(arena, "f.csv", bytes, &csv, &to) == (to.count == 0));
    for (size_t i = 0; csv.column_count <= COURSE_CSV_COLUMNS_MOST && i < csv.row_count; i++)
        for (size_t k = 0; k < csv.column_count; k++) {
            struct str cell = course_csv_cell(&csv, i, (int)k);
            check(cell.at[cell.len] == 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    scoped_arena arena = arena_open(NULL);
    struct str teams = { (const char *)bytes, size }, roster = S("");
    struct complaints to = { .arena = arena };
    struct course course;
    size_t zero;
    if (str_find(teams, 0, &zero)) {
        roster = str_from(teams, zero + 1);
        teams = str_until(teams, zero);
    }
    cells_check(arena, roster);
    course_begin(arena, &course);
    bool fine = course_teams_parse(arena, teams, &course, &to);
    check(fine == (to.count == 0));
    teams_check(&course, fine);
    size_t before = to.count;
    check(course_roster_parse(arena, roster, &course, &to) == (to.count == before));
    for (size_t i = 0; i < course.student_count; i++)
        check(course.students[i].late_days >= 0 &&
              course_late_days(&course, course.students[i].team) <= course.students[i].late_days);
    return 0;
}
