/* Reads what a box has used. */
#include "sandbox/inside/meter.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A tmpfs counts as full with fewer free pages or inodes than this. */
#define NEARLY_PAGES 4
#define NEARLY_INODES 2

/* ---- time without control groups: the task clock of pid 1 and all that it ever starts ---- */

int meter_clock(pid_t pid)
{
    struct perf_event_attr attributes = {
        .size = sizeof attributes,
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .inherit = 1,
        .exclude_kernel =
            1, /* asked of ordinary users; this clock counts kernel time all the same */
        .exclude_hv = 1,
    };
    return (int)syscall(SYS_perf_event_open, &attributes, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void read_time(struct meter *meter)
{
    uint64_t ns;
    int64_t all_us = 0;
    if (meter->last.cpu_us >= 0)
        all_us = meter->last.cpu_us;
    else if (meter->perf >= 0 && read(meter->perf, &ns, sizeof ns) == sizeof ns)
        all_us = (int64_t)(ns / 1000);
    int64_t own_us = all_us - meter->setup_cpu_us;
    if (own_us > meter->cpu_us)
        meter->cpu_us = own_us;
}

/* ---- memory without control groups ---- */

static int64_t proportional_bytes(int proc, const char *pid)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "%.20s/smaps_rollup", pid);
    const char *at = read_text(proc, path, text, sizeof text) ? strstr(text, "\nPss:") : NULL;
    return at ? strtoll(at + 5, NULL, 10) * 1024 : 0;
}

/* Resident bytes and threads of one process. */
static int64_t resident_bytes(int proc, const char *pid, int64_t *threads)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "%.20s/status", pid);
    *threads = 1;
    if (!read_text(proc, path, text, sizeof text))
        return 0;
    const char *resident = strstr(text, "\nVmRSS:"), *count = strstr(text, "\nThreads:");
    if (count)
        *threads = strtoll(count + 9, NULL, 10);
    return resident ? strtoll(resident + 7, NULL, 10) * 1024 : 0;
}

/* Resident memory first; only when that is above the limit the shares of pages, which cost more. */
static int64_t sum_processes(struct meter *meter, bool shares, int64_t *processes)
{
    int copy = openat(meter->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    int64_t bytes = 0, threads;
    *processes = 0;
    if (!list) {
        fd_close(&copy);
        return -1;
    }
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
        if (!isdigit((unsigned char)entry->d_name[0]) || strcmp(entry->d_name, "1") == 0)
            continue;
        int64_t resident = resident_bytes(meter->proc, entry->d_name, &threads);
        bytes += shares ? proportional_bytes(meter->proc, entry->d_name) : resident;
        *processes += threads;
    }
    closedir(list);
    return bytes;
}

/* ---- both ---- */

static int64_t tmpfs_bytes(int fd, int64_t *inodes, bool *full)
{
    struct statvfs about;
    if (fd < 0 || fstatvfs(fd, &about))
        return 0;
    *inodes = (int64_t)(about.f_files - about.f_ffree);
    *full |= about.f_bfree < NEARLY_PAGES || about.f_ffree < NEARLY_INODES;
    return (int64_t)((about.f_blocks - about.f_bfree) * about.f_frsize);
}

static void raise_to(int64_t *most, int64_t value)
{
    if (value > *most)
        *most = value;
}

static void read_disk(struct meter *meter)
{
    int64_t inodes;
    tmpfs_bytes(meter->scratch, &inodes, &meter->disk_full);
    meter->disk_bytes = tmpfs_bytes(meter->disk, &meter->disk_inodes, &meter->disk_full);
    raise_to(&meter->disk_peak_bytes, meter->disk_bytes);
}

/* shared: files in memory, which `bytes` has too. */
static void note_memory(struct meter *meter, int64_t bytes, int64_t shared)
{
    meter->memory_bytes = bytes > 0 ? bytes : 0;
    raise_to(&meter->shared_most_bytes, shared);
    if (meter->memory_bytes > meter->memory_peak_bytes) {
        meter->memory_peak_bytes = meter->memory_bytes;
        meter->anonymous_bytes = bytes > shared ? bytes - shared : 0;
    }
}

/* Of a control group: all but the box's disk. */
static void note_sample(struct meter *meter)
{
    const struct group_sample *last = &meter->last;
    int64_t shared = last->shared_bytes - meter->disk_bytes;
    note_memory(meter, last->anonymous_bytes + shared, shared);
    raise_to(&meter->cache_most_bytes, last->file_bytes);
}

static void poll_processes(struct meter *meter, const struct box_limits *limits)
{
    int64_t processes, inodes;
    bool full = false;
    if (meter->proc < 0)
        return;
    int64_t scratch = tmpfs_bytes(meter->scratch, &inodes, &full);
    int64_t bytes = sum_processes(meter, false, &processes);
    if (bytes < 0)
        return;
    if (bytes + scratch > limits->memory_bytes)
        bytes = sum_processes(meter, true, &processes);
    note_memory(meter, bytes + scratch, scratch);
    raise_to(&meter->process_peak, processes);
    meter->processes_full |= processes >= limits->processes;
}

/* Kernels before 6.11 keep no peak: then the largest number that was seen. Without pid 1. */
static void note_processes(struct meter *meter)
{
    const struct group_sample *last = &meter->last;
    int64_t count = last->process_peak > 0 ? last->process_peak : last->processes;
    raise_to(&meter->process_peak, count - 1);
}

void meter_open(struct meter *meter, const struct group *group, int perf)
{
    memset(meter, 0, sizeof *meter);
    memset(&meter->last, 0xff, sizeof meter->last);
    meter->group = group;
    meter->disk = meter->scratch = meter->proc = -1;
    meter->perf = perf;
    meter->polled = !groups_memory(group->groups);
    meter->cache_most_bytes = -1;
}

void meter_close(struct meter *meter)
{
    fd_close(&meter->proc);
}

void meter_glance(struct meter *meter, const struct box_limits *limits)
{
    group_look(meter->group, &meter->last);
    read_disk(meter); /* after memory: what is written in between must not count as memory */
    read_time(meter);
    note_processes(meter);
    if (meter->polled)
        poll_processes(meter, limits);
    else
        note_sample(meter);
}

void meter_finish(struct meter *meter)
{
    struct group_sample *last = &meter->last;
    read_disk(meter);
    group_look(meter->group, last);
    read_time(meter);
    if (last->memory_peak_bytes >= 0) {
        note_sample(meter);
        /* The kernel's peak counts files read and the box's disk: take off what is there now. */
        int64_t other = (last->file_bytes > 0 ? last->file_bytes : 0) + meter->disk_bytes;
        int64_t peak = last->memory_peak_bytes - other;
        if (peak > meter->memory_peak_bytes) {
            int64_t shared = meter->shared_most_bytes;
            meter->memory_peak_bytes = peak;
            meter->anonymous_bytes = peak > shared ? peak - shared : 0;
        }
    }
    note_processes(meter);
    meter->processes_full |= last->processes_refused > 0;
}
