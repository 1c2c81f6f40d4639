/* What a team can use in an environment, found out by running it in a box. */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

struct environment_look {
    bool runs;          /* holdout-ml runs there, and so does /bin/sh */
    const char *lacks;  /* when not: what is missing, in words for who made the environment */
    const char *remedy; /* and what to do about it */
    const char *has; /* "holdout-ml pipelines, C (cc 12.2.0), Python 3.11.2 (numpy …), R 4.2.2" */
};

/* What is run for it, one behind the other, NULL-ended. The last one's output tells of it. */
#define ENVIRONMENT_TRIES 2
#define ENVIRONMENT_TRY_ARGV 4
extern const char *const environment_tries[ENVIRONMENT_TRIES][ENVIRONMENT_TRY_ARGV];
const char *environment_has(struct arena *arena, struct str output);

/*
 * root: a directory descriptor, -1 the host's; env: its variables, NULL-ended, or NULL. Starts a
 * box launcher, two boxes of some 0.2 s. False: this machine could not make a box (BLAME_SYSTEM).
 * As root or as an ordinary user.
 */
bool environment_try(struct arena *arena, int root, const char *const *env,
                     struct environment_look *out, struct fault *why);
