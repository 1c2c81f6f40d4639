/*
 * A backup of a course, made while it is graded, and put back. In it: the course's files, the
 * inbox, the store, receipts and artifacts; the truth and what is sealed only where asked for, and
 * then the whole file is locked with a passphrase. Never in it: secrets/, mirrors of repositories,
 * the step cache.
 */
#pragma once

#include "core/base/complaint.h"
#include "core/base/fault.h"

struct backup {
    const char *course;    /* path */
    struct str passphrase; /* empty: without the truth, not locked */
    void (*progress)(void *at, int64_t files, int64_t bytes);
    void *at;
    int64_t files, bytes;   /* out */
    struct complaints said; /* what was left out, and why; arena set by caller */
};
/* Into fd, an empty file. */
bool backup_make(struct backup *backup, int fd, struct fault *why);

struct restore {
    int from; /* the file */
    int to;   /* an empty directory */
    struct str passphrase;
    bool truth; /* out: the truth was in it */
    int64_t files, bytes;
};
/* Verifies all digests before anything is written. */
bool backup_restore(struct restore *restore, struct fault *why);
