/* What `holdout check` and `holdout doctor` say about the environments of a course. */
#pragma once

#include "core/base/json.h"
#include "grader/course/course.h"

struct environment_row {
    const char *name;
    int line;   /* of course.yaml */
    bool tried; /* false: no box could be made here; lacks says why */
    bool runs;
    const char *has, *lacks, *remedy;
    const char *what;   /* "host", "image python:3.11", … */
    const char *digest; /* "" unknown */
    int64_t bytes;      /* of its files on the disk; -1 unknown, as of the host's */
};
/* Opens (an archive is unpacked to a temporary directory) and tries each. Some seconds. */
size_t environments_look(struct arena *arena, int course_dir, const struct course *course,
                         struct environment_row **out);
/* One line each on stdout. */
void environments_print(const struct environment_row *rows, size_t count);
/* With all that is known, some lines each. */
void environments_describe(const struct environment_row *rows, size_t count);
/* "environments": [{"name", "what", "sha256", "bytes", "runs", "has", "lacks", "remedy"}] */
void environments_json(struct json_out *out, const struct environment_row *rows, size_t count);
