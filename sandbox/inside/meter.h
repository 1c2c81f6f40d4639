/* What a box has used so far: from its control groups, or where there are none by looking. */
#pragma once

#include "sandbox/inside/group.h"

struct meter {
    const struct group *group;
    int perf;          /* inherited task clock; -1 */
    int proc;          /* the box's own /proc; -1 until pid 1 gave it */
    int disk, scratch; /* tmpfs */
    bool polled;       /* no memory group: look at the processes */
    struct group_sample last;
    int64_t cpu_us, setup_cpu_us;               /* the second is pid 1's: taken off the first */
    int64_t memory_bytes, memory_peak_bytes;    /* anonymous, shared, scratch */
    int64_t anonymous_bytes, shared_most_bytes; /* parts of the peak */
    int64_t cache_most_bytes;                   /* -1: not counted */
    int64_t disk_bytes, disk_peak_bytes, disk_inodes, process_peak;
    bool disk_full, processes_full;
};

/* The task clock of pid 1 and all that it will start, before it starts anything; -1. */
int meter_clock(pid_t pid);
/* perf: such a clock, borrowed, or -1. */
void meter_open(struct meter *meter, const struct group *group, int perf);
void meter_close(struct meter *meter);
/* Every 20 ms: some 50 us. */
void meter_glance(struct meter *meter, const struct box_limits *limits);
void meter_finish(struct meter *meter);
