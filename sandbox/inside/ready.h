/*
 * A box without a job: its control groups, file systems and namespaces are there, pid 1 waits. Made
 * for the next job before it comes, or, when that one does not fit, for one job at once.
 */
#pragma once

#include "sandbox/inside/init.h"
#include "sandbox/inside/spaces.h"

#define LIVES_MOST 2 /* the running box and the next */

/* What boxes are made from, for a launcher's life. */
struct workshop {
    struct ground ground;
    struct groups groups;
    struct job_room room;
    bool ahead; /* the next box is made before its job comes */
    /* Beside the command, since its job was there before the launcher was ready for it: jobs follow
     * each other closely. Else the command has all processors. */
    bool pressed;
    struct box_limits limits; /* of the last job: the next one mostly has the same */
    bool disk;                /* it had something of its own beside /tmp */
    int64_t files;
    struct spaces spaces;   /* for the next box, as far as there are some */
    struct life *lives;     /* shared with the boxes, one for each that there is at a time */
    bool taken[LIVES_MOST]; /* by a box */
};

struct ready {
    struct workshop *shop;
    struct group group;
    struct box_limits limits; /* in force */
    struct spaces spaces;     /* no disk until a job wants one */
    int streams[2];           /* what comes out of stdout and stderr */
    struct life *life;
    int words; /* to and from pid 1 */
    int pidfd;
    int mounts;   /* its mount namespace: taken apart after the report, not while pid 1 dies */
    int net;      /* its own network namespace; -1 */
    int perf;     /* inherited task clock where no control group counts time; -1 */
    pid_t pid;    /* 0: there is none */
    bool stopped; /* killed already, and not waited for */
};

/* Control groups and tmpfs for the next box, as far as they are to be had; limits are set. */
void workshop_stock(struct workshop *shop);

void ready_nothing(struct ready *ready);
/* job: what it must fit, or NULL: what most jobs want. */
bool ready_make(struct ready *ready, struct workshop *shop, const struct job *job,
                struct trouble *why);
/* Has it anything beside /tmp and /dev/shm that is its own? */
bool wants_disk(const struct job *job);
/* Can this box, made before the job was known, run it? */
bool ready_fits(const struct ready *ready, const struct job *job);
/* The job's limits in place of the others, and its binds and the job itself to pid 1. */
bool ready_give(struct ready *ready, const struct job *job, struct trouble *why);
/* Everything inside is about to die. */
void ready_stop(struct ready *ready);
/* Everything inside is dead afterwards. */
void ready_kill(struct ready *ready);
/* The same, and nothing of the box is left. */
void ready_drop(struct ready *ready);
