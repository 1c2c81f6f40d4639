/*
 * Who lives in the house: users by number and what each may reach. Started as root, holdout gives
 * the grader, grade-one, fetch, send, the web and each box slot a user of its own, counted from a
 * base (no useradd), and reaches its directories by a private mount namespace, so that nothing
 * turns on the parents of the project (which may be 0700). Started by an ordinary user, all have
 * that user and plain paths.
 */
#pragma once

#include "core/base/fault.h"
#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#define HOUSE_COURSES_MOST 64
#define HOUSE_UID_BASE 61000 /* HOLDOUT_UID_BASE in the environment overrides it */
#define HOUSE_SLOTS_MOST 64

enum house_role {
    HOUSE_SELF,
    HOUSE_GRADER,
    HOUSE_RUNNER,
    HOUSE_FETCH,
    HOUSE_WEB,
    HOUSE_SEND,
    HOUSE_ROLES
};
const char *house_role_name(enum house_role role); /* "grader", "runner", … */

struct house_course {
    const char *path;  /* of the course directory */
    const char *local; /* its git.local directory; NULL without */
};

struct house {
    bool root;
    uid_t uid[HOUSE_ROLES]; /* HOUSE_SELF: who started. Group numbers are the same when root */
    gid_t gid[HOUSE_ROLES];
    uid_t slot_first;      /* of the box slots when root: slot k has slot_first + k */
    char prefix[PATH_MAX]; /* of bin, lib, include */
    char program[64];      /* the file in PREFIX/bin that runs now */
    size_t course_count;
    char course[HOUSE_COURSES_MOST][PATH_MAX];
    char local[HOUSE_COURSES_MOST][PATH_MAX]; /* "" without git.local */
};

/*
 * Find the users and the program's prefix (the directory above that of /proc/self/exe); as root
 * also enter the private view: /mnt/prefix/{bin,lib,include}, /mnt/course/N, /mnt/local/N. Call
 * once, single-threaded, before anything else is opened by path; the paths in *out are from then on
 * the ones to use, by any role. BLAME_COURSE when a directory is missing.
 */
bool house_enter(struct house *out, const struct house_course *courses, size_t course_count,
                 struct fault *why);

/* "PREFIX/bin/holdout-ml" for "bin/holdout-ml"; false when it does not fit. */
bool house_program(const struct house *house, const char *name, char out[PATH_MAX]);

/*
 * Become the role for good, in a process with one thread: groups (the grader gets those of runner,
 * fetch and web too), user, no capability, no_new_privs, SIGKILL when the parent dies, not
 * dumpable. Checked afterwards. When not root: the last three only. parent: the pid that must still
 * be the parent; 0: do not bind to a parent.
 */
bool house_drop(const struct house *house, enum house_role role, pid_t parent, struct fault *why);

/*
 * Give dir/path (never through a link) to the role with this mode; `group` may be another role's.
 * Without root the mode only.
 */
struct house_owner {
    enum house_role user, group;
    mode_t mode;
};
bool house_own(const struct house *house, int dir, const char *path, struct house_owner owner,
               struct fault *why);
