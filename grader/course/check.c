/* holdout check: the files of a course or of a team's repository, held against each other. */
#include "grader/course/check.h"
#include "core/base/file.h"
#include "grader/course/course_kind.h"
#include "grader/course/image.h"
#include "grader/course/submission.h"
#include "rubrics/rubric.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum check_kind check_kind_find(int dir)
{
    if (file_exists(dir, "course.yaml"))
        return CHECK_COURSE;
    return file_exists(dir, "submission.yaml") ? CHECK_REPOSITORY : CHECK_NEITHER;
}

/* ---- a course ---- */

static bool is_directory(int dir, const char *path)
{
    struct stat info;
    return fstatat(dir, path, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

static void environments_check(int dir, const struct course *course, struct complaints *to)
{
    for (size_t i = 0; i < course->environment_count; i++) {
        const struct course_environment *one = &course->environments[i];
        struct stat info;
        if (str_is(one->root, "host") || one->root.len == 0)
            continue;
        if (fstatat(dir, one->root.at, &info, 0) != 0 ||
            (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))) {
            complain(to, "course.yaml", one->line,
                     "environment %s: there is no %s, allowed are host, a directory, an archive of "
                     "one, and an image as docker save writes it",
                     one->name.at, one->root.at);
            continue;
        }
        scoped(fd) int root = openat(dir, one->root.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (root >= 0 && !image_is(root) && !is_directory(root, "usr") &&
            !is_directory(root, "bin"))
            complain(to, "course.yaml", one->line,
                     "environment %s: root %s has no /usr, and is no image layout", one->name.at,
                     one->root.at);
    }
}

static void roster_check(const struct course *course, struct complaints *to)
{
    const char **words = arena_array(to->arena, const char *, course->team_count + 1);
    for (size_t i = 0; i < course->team_count; i++)
        words[i] = course->teams[i].id.at;
    for (size_t i = 0; i < course->student_count; i++) {
        const struct course_student *who = &course->students[i];
        if (who->team.len && !course->teams_unread && !course_team_find(course, who->team))
            complain(to, "roster.csv", who->line, "unknown team \"%s\"%s", who->team.at,
                     words_hint(to->arena, who->team, words));
    }
}

bool check_private_open(int dir)
{
    /* started as root, the service lets its own users pass through secrets/ by name */
    static const struct {
        const char *name;
        mode_t shut;
    } rows[] = { { "private", 077 }, { "secrets", 066 } };
    struct stat info;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fstatat(dir, rows[i].name, &info, 0) == 0 && (info.st_mode & rows[i].shut))
            return true;
    return false;
}

bool check_course(struct arena *arena, int dir, struct complaints *to)
{
    size_t before = to->count;
    struct course course;
    struct rubric rubric;
    course_load(arena, dir, &course, to);
    if (course.task_count == 0)
        return false;
    course_load_rubric(arena, dir, &course, &rubric, to);
    environments_check(dir, &course, to);
    check_teams(dir, &course, to);
    roster_check(&course, to);
    for (size_t i = 0; i < course.task_count; i++) {
        const struct course_task *task = &course.tasks[i];
        bool named = task->kind >= 0 && (task->target.len || !course_shape(task->kind)->has_target);
        if (id_check(task->id) && named)
            check_data(dir, task, to);
    }
    return to->count == before;
}

void check_repeat(struct arena *arena, int dir, struct complaints *notes)
{
    struct complaints ignored = { .arena = arena };
    struct course course;
    struct rubric rubric;
    if (!course_load(arena, dir, &course, &ignored) ||
        !course_load_rubric(arena, dir, &course, &rubric, &ignored))
        return;
    for (size_t i = 0; i < rubric.count; i++)
        for (size_t k = 0; k < course.task_count; k++) {
            const struct rubric_question *question = &rubric.questions[i];
            const struct course_task *task = &course.tasks[k];
            if (!task->repeat && str_is(question->from, "reproducible") &&
                (question->task.len == 0 || str_equal(question->task, task->id)))
                complain(notes, "rubric.yaml", question->line,
                         "question %s is never measured for task %s, which has repeat: false: "
                         "take that away, or mark it by hand",
                         question->id.at, task->id.at);
        }
}

/* ---- a team's repository ---- */

bool check_repository(struct arena *arena, int dir, const struct course *course,
                      struct complaints *to)
{
    size_t before = to->count;
    struct str yaml;
    struct fault why = { 0 };
    struct submission_file file;
    if (!file_exists(dir, "submission.yaml")) {
        complain(to, "submission.yaml", 0,
                 "the file is missing: it stands at the root of the repository");
        return false;
    }
    if (!file_load(arena, dir, "submission.yaml", YAML_BYTES_MOST + 1, &yaml, &why)) {
        complain(to, NULL, 0, "%s", why.text);
        return false;
    }
    if (!submission_parse(arena, yaml, course, &file, to))
        return false;
    submission_files_check(dir, &file, to);
    submission_pipeline_check(dir, &file, to);
    if (course && file.deliverable.len)
        submission_needs_check(&file, course_deliverable_find(course, file.deliverable), to);
    return to->count == before;
}
