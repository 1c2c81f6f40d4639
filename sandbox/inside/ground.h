/*
 * The ground that boxes stand on: the launcher's own namespaces, made once. In its mount namespace
 * the host's tree does not exist; there is only
 *
 *     /proc                     the host's: without it no box may mount its own
 *     /new /hold /empty /blank  places to build on, a directory and a file to hide things with
 *
 * and ways to two others, entered for a moment each time: the host's (host_ns), to clone what a
 * caller has opened, and the pantry, whose root is the host environment (/usr /etc /dev /bin …,
 * read-only, masked) to be cloned for each box. It is kept apart since every box starts with a copy
 * of the launcher's own mount namespace, and its many mounts would be copied twice. For one box
 * alone there is no pantry: the clones are made before the host's tree is left.
 */
#pragma once

#include "sandbox/inside/sys.h"

#define PARTS_MOST 256

/* One piece of a box's root: a symbolic link, or a tree to attach. */
struct part {
    char path[256]; /* without the first slash */
    char link[256]; /* target; "" when it is a tree */
    bool directory;
    int tree; /* -1 until cloned for one box */
};

struct ground {
    bool root; /* has privilege; else all happens inside an own user namespace */
    uid_t uid; /* of what runs in the box, as the launcher's user namespace counts */
    gid_t gid;
    int proc;                    /* the host's /proc */
    int host_ns, own_ns, pantry; /* mount namespaces; no pantry: -1 */
    int network;                 /* the launcher's own namespace */
    int top;                     /* the pantry's root */
    struct part parts[16];       /* for one box alone with their trees */
    size_t part_count;
};

struct ground_options {
    uid_t uid;
    gid_t gid;
    char *const *masks; /* NULL-ended */
    bool once;          /* for one box alone */
};

/*
 * Three steps, each once. The first with one thread. Then the network, which takes the kernel a
 * while, by a thread of its own beside the second step, after which no host path can be reached.
 * That one enters the network when the thread is gone.
 */
bool ground_begin(struct ground *ground, const struct ground_options *options, struct trouble *why);
bool ground_network(struct ground *ground, struct trouble *why);
bool ground_make(struct ground *ground, const struct ground_options *options, struct trouble *why);
bool ground_enter(struct ground *ground, struct trouble *why);
/*
 * Clone of what a caller opened, restricted: no setuid, no devices, read-only unless writable. Only
 * directories and regular files. -1 and a trouble.
 */
int ground_clone(const struct ground *ground, int fd, bool writable, bool *directory,
                 struct trouble *why);
void parts_close(struct part *parts, size_t count); /* their trees */
/* The parts of the host environment, trees cloned; -1 and a trouble, else their count. */
int ground_parts(struct ground *ground, struct part *parts, struct trouble *why);
/* Its /dev alone; -1. */
int ground_devices(struct ground *ground, struct trouble *why);
/*
 * The parts of a directory that is a whole root: every entry, but where one of the paths (absolute,
 * NULL-ended lists) lies beneath it, it is taken apart, so that the path can be made there.
 */
int ground_root_parts(struct ground *ground, int root, char **const *paths, size_t path_lists,
                      struct part *parts, struct trouble *why);
