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
    int64_t cpu_us, setup_cpu_us;            /* the second is pid 1's: taken off the first */
    int64_t memory_bytes, memory_peak_bytes; /* anonymous, shared, scratch */
    int64_t disk_bytes, disk_inodes, process_peak;
    bool disk_full, processes_full;
};

/* pid: pid 1 of the box, before it runs anything. */
void meter_open(struct meter *meter, const struct group *group, pid_t pid);
void meter_close(struct meter *meter);
/* Every 20 ms: some 50 us. */
void meter_glance(struct meter *meter, const struct box_limits *limits);
void meter_finish(struct meter *meter);
