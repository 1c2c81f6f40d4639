/*
 * Pid 1 of a box: builds the box's root out of what the launcher hands over, starts the command,
 * reaps, says how it ended; its own end takes everything else inside with it.
 */
#pragma once

#include "sandbox/inside/ground.h"
#include "sandbox/inside/group.h"
#include "sandbox/inside/job.h"
#include <sys/resource.h>

#define BOX_UID 1000 /* as seen inside; the group too */
#define BOX_GID 1000

struct setup {
    const struct job *job;
    const struct group *group;
    int disk;    /* tmpfs: the root itself, read-only but for the job's writable directories */
    int scratch; /* tmpfs: /tmp and /dev/shm */
    struct part *parts;
    size_t part_count;
    int bind_trees[WIRE_LIST_MOST];
    bool bind_directories[WIRE_LIST_MOST];
    int go;    /* gives one byte once the numbers are mapped */
    int words; /* to the launcher */
    int out, err;
};

enum init_kind { INIT_READY = 1, INIT_STARTED, INIT_ENDED, INIT_FAILED };

/* What pid 1 says; INIT_READY comes with the box's /proc, if it could be mounted. */
struct init_word {
    enum init_kind kind;
    int status;     /* INIT_ENDED: as waitpid tells */
    int exec_errno; /* INIT_ENDED: it was never executed */
    bool landlock;
    int64_t setup_cpu_us;   /* INIT_STARTED: of pid 1 itself, which is not the command's */
    int64_t left_count;     /* INIT_ENDED with a failure: processes and threads still alive */
    int64_t from_us, to_us; /* INIT_ENDED: the command's life, CLOCK_MONOTONIC */
    struct trouble trouble; /* INIT_FAILED */
};

/* Runs in the fresh clone. */
_Noreturn void init_main(struct setup *setup);

/* ---- payload.c ---- */

/* What the child of vfork writes into the memory that it shares. */
struct payload_result {
    volatile int exec_errno;
    const char *volatile step; /* that failed before exec; NULL */
    volatile bool landlock;
};
/* Last steps before the command runs: limits, capabilities, Landlock, filter, exec. */
_Noreturn void payload_main(const struct setup *setup, struct payload_result *result);

/* ---- root.c ---- */
bool root_build(struct setup *setup, struct trouble *why);
