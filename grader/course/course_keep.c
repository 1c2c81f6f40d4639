/* course.yaml: how long files of runs are kept. */
#include "grader/course/course_parts.h"
#include <stddef.h>

#define DAYS_MOST 36500

#define KEEP(name, most)                                                                           \
    {                                                                                              \
        .key = #name, .kind = FIELD_INT, .offset = offsetof(struct course_keep, name), .low = 0,   \
        .high = (most)                                                                             \
    }
static const struct field keep_fields[] = {
    KEEP(runs_days, DAYS_MOST),
    KEEP(logs_days, DAYS_MOST),
    KEEP(artifacts_mb, 1 << 26),
    KEEP(environments_days, DAYS_MOST),
};
const struct field_table course_keep_table = {
    .fields = keep_fields,
    .count = sizeof keep_fields / sizeof *keep_fields,
};

void course_keep_check(const struct yaml *map, const struct course_keep *keep,
                       struct complaints *to)
{
    const struct yaml *logs = yaml_get(map, "logs_days");
    if (keep->runs_days && keep->logs_days > keep->runs_days)
        complain(to, COURSE_FILE, logs ? logs->key_line : 0,
                 "keep.logs_days was %lld, allowed is at most runs_days, %lld: logs go with the "
                 "rest of a run",
                 (long long)keep->logs_days, (long long)keep->runs_days);
}
