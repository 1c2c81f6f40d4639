/*
 * The service: one grader a course, box launchers, and the web, all children of the warden, which
 * is the process that was started. `holdout serve` runs it until it is told to end; `holdout grade`
 * without a running service until one run ended.
 */
#pragma once

#include "core/base/complaint.h"
#include "core/base/fault.h"
#include "core/base/str.h"

struct waiting;

struct service {
    const char *const *dirs; /* course directories */
    size_t dir_count;
    const char *listen; /* ADDRESS:PORT for the web; NULL: no web */
    int64_t request;    /* 0, or end when the run of this inbox event has ended */
    int (*until)(struct waiting *waiting); /* or when this gives an exit code, not -1 */
    int slots;                             /* box slots a course; 0: cores / cpus */
    int64_t drain_ms; /* how long runs under way may take to end once it was told to end */
};

/* Returns an exit code; says on stderr what is wrong. */
int service_run(const struct service *service);

/*
 * Take the lock of the course's state (made when missing). -1 and a fault when another grader holds
 * it (*held true).
 */
int service_lock(int course, bool *held, struct fault *why);
