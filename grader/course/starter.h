/*
 * What `holdout init` and `holdout kit` put in place: files to start from. Texts with placeholders
 * TASK, TARGET, ID that are filled in.
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
    const struct starter_file *files; /* ended by a NULL path */
};

/* By name; NULL when there is none. Names are "pipeline", "python", "c", "shell". */
const struct starter *starter_find(struct str name);
/* NULL-ended. */
const char *const *starter_names(void);

struct starter_words {
    struct str task, target, id;
    const char *learner; /* of the pipeline */
};
/* Files beneath dir, which must not hold any of them yet. */
bool starter_write(struct arena *arena, int dir, const struct starter *starter,
                   const struct starter_words *words, struct fault *why);
