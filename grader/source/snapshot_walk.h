/*
 * Walking a commit's tree with all rules of a snapshot, before any content is kept. The inside of
 * snapshot.c.
 */
#pragma once

#include "grader/source/snapshot.h"

struct snapshot_walk {
    struct arena *arena;
    struct git_store *store;
    struct snapshot_limits limits; /* without zeros */
    struct snapshot *out;
    uint32_t entries;
    size_t file_room, link_count, link_room;
    struct snapshot_file *links; /* blob holds the target's text */
    bool full;                   /* a limit stopped the walk */
};

/* The tree that a commit names. */
bool snapshot_tree_of(struct git_store *store, const char *commit, char tree[GIT_ID_TEXT],
                      struct fault *why);

/* One entry of a tree object's bytes off the front of *rest; false at the end, with *malformed
 * when that is not the end. */
struct snapshot_entry {
    uint32_t mode;
    struct str name;
    char id[GIT_ID_TEXT];
};
bool snapshot_entry_cut(struct str *rest, struct snapshot_entry *out, bool *malformed);

/* Fills files, their sizes, and problems of walk->out. False: an object is missing or broken. */
bool snapshot_walk_all(struct snapshot_walk *walk, struct fault *why);

/* The limits with the constants in place of zeros. */
struct snapshot_limits snapshot_limits_full(const struct snapshot_limits *given);
/* The fault of a snapshot with problems. Returns false. */
bool snapshot_refuse(const struct snapshot *snapshot, struct fault *why);
