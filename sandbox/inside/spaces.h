/* What a box may write: tmpfs of its own, and a scratch space that serves again if nobody did. */
#pragma once

#include "sandbox/inside/ground.h"
#include <sys/stat.h>

#define SCRATCH_DIRECTORIES 3

/* How a scratch space is while nobody has touched it. */
struct untouched {
    struct stat directories[SCRATCH_DIRECTORIES];
    ino_t next; /* the number that its next file gets */
};

struct spaces {
    int scratch; /* with the directories tmp, shm, and disk to attach one to; -1 */
    int home;    /* the same once more, never attached, so that it outlives the box; -1 */
    int disk;    /* all else that the job may write; -1: none */
    int64_t bytes, inodes, disk_inodes;
    struct untouched untouched; /* with a home */
};

void spaces_nothing(struct spaces *spaces);
/*
 * Of these sizes, as far as what is there has others; disk: one is wanted. About 80 us each, a
 * scratch space that serves again 5. False: errno; what could be made is there.
 */
bool spaces_open(struct spaces *spaces, const struct ground *ground,
                 const struct box_limits *limits, bool disk, int64_t files);
bool spaces_resize(struct spaces *spaces, const struct box_limits *limits, int64_t files);
/*
 * What of a dead box's spaces another box may have: its scratch space, if it holds nothing and
 * never did. Some traces of a file that is gone are told by no number of free bytes: the times of
 * its directory, and that its inode's number is taken.
 */
void spaces_pass(struct spaces *from, struct spaces *to);
void spaces_close(struct spaces *spaces);
