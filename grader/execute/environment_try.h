/* What a team can use in an environment, found out by running it in a box. */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

struct environment_look {
    bool runs;         /* holdout-ml runs there, and so does /bin/sh */
    const char *lacks; /* when not: what is missing, in words for who made the environment */
    const char *has; /* "holdout-ml pipelines, C (cc 12.2.0), Python 3.11.2 (numpy …), R 4.2.2" */
};

/*
 * root: a directory descriptor, -1 the host's. Starts a box launcher, two boxes of some 0.2 s.
 * False: this machine could not make a box (BLAME_SYSTEM). As root or as an ordinary user.
 */
bool environment_try(struct arena *arena, int root, struct environment_look *out,
                     struct fault *why);
