/*
 * The ground that boxes stand on: the launcher's own namespaces, made once. The root of its mount
 * namespace is the host environment (/usr /etc /dev /bin ..., read-only, masked) on a small file
 * system of the launcher's own, with empty /proc and /tmp; the host's tree does not exist there. A
 * box starts with a copy of it, in which nothing of this can be unmounted or made writable, and
 * mounts what is its own on top. Another way leads to the host's mount namespace, entered for a
 * moment, to clone what a caller has opened.
 */
#pragma once

#include "sandbox/inside/job.h"

#define PARTS_MOST 256
#define OOM_TEXT 8

/* One piece of a root that is a job's own: a symbolic link, or a tree to attach. */
struct part {
    char path[256]; /* without the first slash */
    char link[256]; /* target; "" when it is a tree */
    bool directory;
    int tree; /* -1 for a link */
};

struct ground {
    bool root; /* has privilege; else all happens inside an own user namespace */
    uid_t uid; /* of what runs in the box, as the launcher's user namespace counts */
    gid_t gid;
    int proc;            /* the host's /proc */
    pid_t nobody;        /* what was pid 1 where the root's /proc is from; ends soon */
    int host_ns, own_ns; /* mount namespaces */
    int oom;             /* the launcher's own oom_score_adj */
    char oom_own[OOM_TEXT];
    int network; /* the launcher's own namespace */
    int top;     /* the root's file system, where it can be written */
};

struct ground_options {
    uid_t uid;
    gid_t gid;
    char *const *masks; /* NULL-ended */
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
/* What is cloned now goes first when the whole machine runs out of memory; or as it was. */
void ground_mark(const struct ground *ground, bool box);
/*
 * Clone of what a caller opened, restricted: no setuid, no devices, read-only unless writable. Only
 * directories and regular files. -1 and a trouble.
 */
int ground_clone(const struct ground *ground, int fd, bool writable, struct trouble *why);
/*
 * Places in the root for all that the job has at paths whose first part is not there: noted in the
 * job, and taken away again when its box is gone.
 */
bool ground_places(const struct ground *ground, struct job *job, struct trouble *why);
void ground_clear(const struct ground *ground, struct job *job);
void parts_close(struct part *parts, size_t count); /* their trees */
/* The environment's /dev alone; -1. */
int ground_devices(struct trouble *why);
/*
 * The parts of a directory that is a whole root: every entry, but where one of the paths (absolute,
 * NULL-ended lists) lies beneath it, it is taken apart, so that the path can be made there.
 */
int ground_root_parts(struct ground *ground, int root, char **const *paths, size_t path_lists,
                      struct part *parts, struct trouble *why);
