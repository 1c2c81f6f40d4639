/* course.yaml: what a table cannot say of deliverables, and the course's time zone. */
#include "core/base/file.h"
#include "grader/course/course_parts.h"
#include "grader/course/course_words.h"
#include "grader/course/deliverable.h"
#include <fcntl.h>

#define FILE_NAME COURSE_FILE

#define ZONES "/usr/share/zoneinfo"

/* Zones are known for these years. */
#define ZONE_FROM_MS ((int64_t)1577836800000)  /* 2020 */
#define ZONE_UNTIL_MS ((int64_t)4133980800000) /* 2101 */

static void tasks_known(struct arena *arena, const struct course *course,
                        const struct course_deliverable *one, struct complaints *to)
{
    const char *const *tasks = course_task_words(arena, course);
    for (size_t j = 0; j < one->tasks.count; j++)
        if (!course_task_find(course, one->tasks.at[j]))
            complain(to, FILE_NAME, one->tasks.lines[j], "unknown task \"%s\"%s",
                     one->tasks.at[j].at, words_hint(arena, one->tasks.at[j], tasks));
}

/* Keys that say nothing under the rule that was given. */
static void late_check(const struct yaml *late, const struct course_deliverable *one,
                       struct complaints *to)
{
    static const struct {
        const char *key;
        int rule;
        const char *word;
    } keys[] = { { "days", LATE_DAYS, "days" },
                 { "percent", LATE_PERCENT, "percent" },
                 { "per", LATE_PERCENT, "percent" },
                 { "floor", LATE_PERCENT, "percent" } };
    for (size_t i = 0; late && i < sizeof keys / sizeof *keys; i++) {
        const struct yaml *value = yaml_get(late, keys[i].key);
        if (value && one->late.rule >= 0 && one->late.rule != keys[i].rule)
            complain(to, FILE_NAME, value->key_line, "late: %s was given without rule: %s",
                     keys[i].key, keys[i].word);
    }
    if (late && one->late.rule == LATE_PERCENT && !yaml_get(late, "percent"))
        complain(to, FILE_NAME, late->key_line,
                 "late: rule: percent lacks percent, the share that each started day or hour "
                 "takes");
}

void course_deliverables_check(struct arena *arena, const struct yaml *list,
                               const struct course *course, struct complaints *to)
{
    const struct course_deliverable *all = course->deliverables;
    for (size_t i = 0; i < course->deliverable_count; i++) {
        tasks_known(arena, course, &all[i], to);
        if (list && i < list->count)
            late_check(yaml_get(&list->members[i], "late"), &all[i], to);
        for (size_t j = 0; j < i; j++)
            if (all[i].id.len && str_equal(all[j].id, all[i].id))
                complain(to, FILE_NAME, all[i].line, "deliverable %s was there already, in line %d",
                         all[i].id.at, all[j].line);
    }
}

const struct course_deliverable *course_pinned_by(const struct course *course, struct str ref)
{
    struct str final = S("refs/tags/final/");
    return str_starts(ref, final) ? course_deliverable_find(course, str_from(ref, final.len))
                                  : NULL;
}

void course_zone_load(struct arena *arena, const struct yaml *root, struct course *course,
                      struct complaints *to)
{
    static const int64_t years[2] = { ZONE_FROM_MS, ZONE_UNTIL_MS };
    struct fault why = { 0 };
    const struct yaml *at = yaml_get(yaml_get(root, "course"), "timezone");
    if (!file_exists(AT_FDCWD, ZONES))
        return; /* a machine that knows none counts days as UTC does */
    if (!zone_load(arena, course->timezone, years, &course->zone, &why))
        complain(to, FILE_NAME, at ? at->key_line : 0, "%s, allowed are names as Europe/Berlin",
                 why.text);
}
