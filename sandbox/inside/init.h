/*
 * Pid 1 of a box: builds the box's root out of what the launcher hands over, waits for its job,
 * starts the command, reaps, says how it ended; its own end takes everything else inside with it.
 *
 *     launcher                         pid 1
 *     INIT_GO     numbers are mapped ->
 *                                    <- INIT_LISTENING   with the filter's listener, if any
 *                                    <- INIT_READY   with the box's /proc
 *     INIT_BINDS  clones             ->   (when the job has some)
 *     INIT_JOB                       ->
 *                                    <- INIT_STARTED, INIT_ENDED, or INIT_FAILED at any time
 */
#pragma once

#include "sandbox/inside/ground_host.h"
#include "sandbox/inside/group.h"
#include "sandbox/inside/job.h"
#include "sandbox/inside/words.h"
#include <sys/resource.h>

#define BOX_UID 1000 /* as seen inside; the group too */
#define BOX_GID 1000

/* Shared with the launcher: what it must know even when pid 1 dies without a word. */
struct life {
    int64_t started_us; /* the command was executed; 0: not yet */
};

struct setup {
    const struct job_room *room; /* its job is there from INIT_JOB on */
    const struct group *group;
    int disk;    /* tmpfs: all of the job's own, read-only but for its writable directories; -1 */
    int scratch; /* tmpfs: /tmp and /dev/shm */
    bool disk_attached;
    int root; /* the disk for a job with a root of its own, else the launcher's */
    bool own_root;
    struct covers covers;
    struct part *parts; /* of that own root */
    size_t part_count;
    int bind_trees[WIRE_LIST_MOST];
    size_t bind_count;
    bool network;    /* it has its own, whose loopback is still down */
    bool known;      /* the job comes at once: nobody prepares for an unknown one */
    bool proc;       /* it has its own /proc */
    bool enter_late; /* an own root with masks, which are made of what lies outside of it */
    int job_socket;  /* its files come from there; -1 */
    int words;       /* to the launcher */
    int null, out, err;
    struct life *life;
    struct payload *payload; /* pid 1's own */
    pid_t child;
};

enum init_kind { INIT_READY = 1, INIT_LISTENING, INIT_STARTED, INIT_ENDED, INIT_FAILED };
enum init_orders { INIT_GO = 1, INIT_BINDS, INIT_JOB };

#define WORDS_FD 3 /* behind 0, 1, 2, which are empty; in the end nothing else stays open */
#define INIT_FDS_MOST WIRE_FDS_MOST

/*
 * To pid 1; INIT_BINDS with trees, INIT_JOB with the job's socket when files will come, and with
 * the disk if there was none before.
 */
struct init_order {
    enum init_orders kind;
    bool files, disk;
};
bool init_tell(int words, const struct init_order *order, const int *fds, size_t count);

/*
 * What pid 1 says; INIT_READY comes with the box's /proc, if it could be mounted and memory is read
 * there, INIT_STARTED with the command's pidfd.
 */
struct init_word {
    enum init_kind kind;
    int status;     /* INIT_ENDED: as waitpid tells */
    int exec_errno; /* INIT_ENDED: it was never executed */
    bool landlock;
    bool proc;            /* INIT_READY */
    int64_t setup_cpu_us; /* INIT_STARTED: of pid 1 itself, which is not the command's */
    int64_t left_count;   /* INIT_ENDED with a failure: processes and threads still alive */
    bool alone;           /* INIT_ENDED: nobody is left inside but pid 1, which waits for its end */
    int64_t from_us, to_us; /* INIT_ENDED: the command's life, CLOCK_MONOTONIC */
    struct trouble trouble; /* INIT_FAILED */
};

/* Runs in the fresh clone. */
_Noreturn void init_main(struct setup *setup);

/* ---- payload.c ---- */

enum { PAYLOAD_NEW, PAYLOAD_PREPARED, PAYLOAD_GO };

/* Shared by pid 1 and the process that becomes the command, until that one executes it. */
struct payload {
    uint32_t turn;    /* PAYLOAD_*: whose turn it is */
    uint32_t running; /* cleared by the kernel once it has executed the command, or ended */
    int words;        /* as inherited: pid 1 moves its own meanwhile */
    int exec_errno;
    const char *step; /* that failed before; NULL */
    bool landlock;
    int64_t setup_cpu_us; /* until the job was there */
    int64_t from_us;      /* when it executes the command */
};
/* A struct setup: what needs no job, a wait if it is not there, the rest, the command. */
int payload_main(void *arg);

void turn_set(uint32_t *turn, uint32_t value);
void turn_wait(uint32_t *turn, uint32_t while_value); /* returns once it is another value */
int64_t own_cpu_us(void);

/* ---- root.c ---- */
bool root_prepare(struct setup *setup, struct trouble *why); /* what every job wants */
bool root_finish(struct setup *setup, struct trouble *why);  /* what this job wants */
