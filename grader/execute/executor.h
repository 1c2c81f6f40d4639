/*
 * The executor: where a job runs. A seam: `local` starts grade-one on this machine; a cluster's
 * queue can take its place. All functions may be called by several threads.
 */
#pragma once

#include "grader/execute/house.h"
#include "grader/execute/warden.h"
#include <stdint.h>

#define EXECUTOR_ID 48 /* with the zero */

/*
 * A run directory as the caller made it, of mode 2770 and the runner's group, with
 *     job.json           readable by the runner (0640, runner's group, or 0644)
 *     inputs/SHA256      one file for each sha256 that job.json names, readable by the runner
 * and nothing else. grade-one adds lock, out/, artifacts/SHA256, logs/N.log, progress, result.json,
 * all readable by the group.
 */
struct executor_job {
    int rundir;       /* directory descriptor */
    int root;         /* the same of the environment's root; -1: the host's, or by its path */
    const char *path; /* the same by path, for executors on other hosts; may be NULL for local */
};

enum executor_answer {
    EXECUTOR_STARTED, /* id is filled */
    EXECUTOR_REFUSED, /* it certainly does not run: no place free, or the fault says why */
    EXECUTOR_UNKNOWN, /* the answer was lost: it may run; the fence guards against its result */
};
enum executor_state { EXECUTOR_RUNNING, EXECUTOR_ENDED, EXECUTOR_LOST };

struct executor_task {
    char id[EXECUTOR_ID];
    enum executor_state state;
    int exit_code; /* ended: 0 a result was written, 75 and others not; -1 killed by a signal */
};

/* What a way of executing fills in; the first member of its own struct. */
struct executor {
    const struct executor_way *way;
};
struct executor_way {
    enum executor_answer (*start)(struct executor *executor, const struct executor_job *job,
                                  char id[EXECUTOR_ID], struct fault *why);
    bool (*poll)(struct executor *executor, struct executor_task *tasks, size_t count,
                 int timeout_ms, struct fault *why);
    bool (*kill)(struct executor *executor, const char *id, struct fault *why);
    size_t (*capacity)(struct executor *executor);
    void (*close)(struct executor *executor);
};

/* Runs on `slots` slots of the warden from slot_first on; the client is borrowed. */
struct executor *executor_local_open(struct warden_client *warden, size_t slot_first, size_t slots);
void executor_close(struct executor *executor);

enum executor_answer executor_start(struct executor *executor, const struct executor_job *job,
                                    char id[EXECUTOR_ID], struct fault *why);
/*
 * Look at all tasks; waits until one of them has ended or timeout_ms passed. A task that was told
 * as ended or lost is forgotten by the executor.
 */
bool executor_poll(struct executor *executor, struct executor_task *tasks, size_t count,
                   int timeout_ms, struct fault *why);
/*
 * Ask it to end, and end it after 5 s (while polled) or when asked again; poll tells when it has.
 */
bool executor_kill(struct executor *executor, const char *id, struct fault *why);
size_t executor_capacity(struct executor *executor); /* places free now */
