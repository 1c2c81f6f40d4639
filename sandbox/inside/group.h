/*
 * Control groups: one for each box, in every hierarchy that this machine has: version 2 (also
 * without controllers: it still counts CPU time), and version 1 of memory, pids, cpu and cpuacct.
 * Only groups named holdout-box-NAME-* are ever touched.
 *
 * Making and removing them is a sixth of a box's cost, so a launcher of more than one box keeps
 * those of version 1 for a later one when nothing in them could be told from fresh ones: no memory
 * to speak of is still charged, no more processes were there than every box has, no CPU share was
 * set. Counters that cannot be set back are read before.
 */
#pragma once

#include "sandbox/inside/sys.h"
#include "sandbox/box.h"

enum group_kind { GROUP_V2, GROUP_MEMORY, GROUP_PIDS, GROUP_CPU, GROUP_CPUACCT, GROUP_KINDS };

/* What is read of a group again and again: opened when it is made. */
enum group_file {
    FILE_CPU_TIME,
    FILE_CPU_USER,
    FILE_CPU_SYSTEM,
    FILE_CPU_SHARE,
    FILE_MEMORY,
    FILE_MEMORY_PEAK,
    FILE_MEMORY_KILLS,
    FILE_MEMORY_PARTS,
    FILE_PIDS,
    FILE_PIDS_PEAK,
    FILE_PIDS_EVENTS,
    GROUP_FILES
};

struct group_sample {
    int64_t cpu_us, cpu_user_us, cpu_system_us, throttled_us; /* -1: not counted here */
    int64_t anonymous_bytes, shared_bytes, file_bytes, memory_peak_bytes, oom_kills;
    int64_t processes, process_peak, processes_refused;
};

struct group {
    struct groups *groups;
    char name[80];
    int dirs[GROUP_KINDS];      /* -1 */
    int files[GROUP_FILES];     /* -1 */
    int tasks[GROUP_KINDS];     /* version 1: to join by writing, opened by who may */
    struct box_limits limits;   /* in force, once it is made */
    struct group_sample before; /* counters as an earlier box left them */
};

#define GROUPS_IDLE_MOST 2

struct groups {
    char name[48];                   /* "holdout-box-NAME-" */
    int base[GROUP_KINDS];           /* directories to make groups in; -1 */
    bool v2_memory, v2_pids, v2_cpu; /* version 2 has the controller */
    uint64_t count;                  /* made so far */
    bool keep;                       /* after a box, for the next one, where that is harmless */
    struct group idle[GROUPS_IDLE_MOST];
    size_t idle_count;
};

/* Look for what can be used, by host paths. name: NULL for one made from the own pid. */
void groups_open(struct groups *groups, const char *name);
/* Remove what an earlier launcher of this name, or one named by its pid, left. */
void groups_sweep(const struct groups *groups);
/* The one group of this name, with all that is in it. */
void group_clear(int base, const char *name);
bool groups_memory(const struct groups *groups);
bool groups_pids(const struct groups *groups);
bool groups_cpu(const struct groups *groups); /* a share can be set */

void group_nothing(struct group *group);
bool group_make(struct groups *groups, const struct box_limits *limits, struct group *group,
                struct trouble *why);
/* One ahead, as if it were kept from an earlier box; nothing where that is not to be had. */
void groups_stock(struct groups *groups, const struct box_limits *limits);
/* Others than now; a CPU share in both or in none. */
bool group_limit(struct group *group, const struct box_limits *limits, struct trouble *why);
/* In the process that joins, before it has threads. Version 2 was joined by clone3. */
bool group_join(const struct group *group);
void group_look(const struct group *group, struct group_sample *sample);
/* Empty by now: removed, or kept. */
void group_drop(struct group *group);
/* The kept ones, too. */
void groups_close(struct groups *groups);
