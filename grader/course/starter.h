/*
 * What `holdout init` and `holdout kit` put in place: files to start from. Texts with placeholders
 * TASK, TARGET, ID and others that are filled in, and what else depends on the kind of the task.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

struct starter_file {
    const char *path, *text;
    bool executable;
};
struct starter {
    const char *name, *about;
};

/* By name; NULL when there is none. Names are "pipeline", "python", "c", "shell". */
const struct starter *starter_find(struct str name);
/* NULL-ended. */
const char *const *starter_names(void);

/* Is there one for such a task? Rankings and labels are answers that holdout-ml does not write. */
bool starter_suits(const struct starter *starter, int kind);

struct starter_words {
    struct str task, target, id;
    int kind; /* enum course_kind */
};
/* Files beneath dir, which must not hold any of them yet. */
bool starter_write(struct arena *arena, int dir, const struct starter *starter,
                   const struct starter_words *words, struct fault *why);
