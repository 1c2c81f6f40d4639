/* Control groups of one box: made, joined, read, removed. */
#include "sandbox/inside/group.h"
#include "sandbox/inside/without.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CPU_PERIOD_US 100000
#define MEMORY_LEFT_MOST (4 << 20) /* bytes: caches of a few small files */
#define PROCESSES_ALWAYS 2         /* pid 1 and the command */

bool groups_memory(const struct groups *groups)
{
    return groups->v2_memory || groups->base[GROUP_MEMORY] >= 0;
}

bool groups_pids(const struct groups *groups)
{
    return groups->v2_pids || groups->base[GROUP_PIDS] >= 0;
}

bool groups_cpu(const struct groups *groups)
{
    return groups->v2_cpu || groups->base[GROUP_CPU] >= 0;
}

/* ---- limits ---- */

static int64_t memory_most(const struct box_limits *limits)
{
    return limits->memory_bytes + limits->disk_bytes;
}

/* raised: above what holds now. */
static bool limit_memory(const struct group *group, const struct box_limits *limits, bool raised)
{
    int64_t bytes = memory_most(limits);
    int dir = group->dirs[GROUP_V2];
    if (!STANDS("memory"))
        return true;
    if (group->groups->v2_memory)
        return write_number(dir, "memory.max", bytes);
    dir = group->dirs[GROUP_MEMORY];
    if (dir < 0)
        return true;
    /* With swap it may not be below the limit without; absent where swap is not accounted. */
    if (raised)
        write_number(dir, "memory.memsw.limit_in_bytes", bytes);
    if (!write_number(dir, "memory.limit_in_bytes", bytes))
        return false;
    if (!raised)
        write_number(dir, "memory.memsw.limit_in_bytes", bytes);
    return true;
}

static bool limit_processes(const struct group *group, const struct box_limits *limits)
{
    int dir = group->dirs[group->groups->v2_pids ? GROUP_V2 : GROUP_PIDS];
    return dir < 0 || (!group->groups->v2_pids && group->dirs[GROUP_PIDS] < 0) || !STANDS("pids") ||
           write_number(dir, "pids.max", limits->processes + 1); /* and pid 1 of the box */
}

static bool limit_cpu(const struct group *group, const struct box_limits *limits)
{
    int64_t quota_us = limits->cpu_milli * CPU_PERIOD_US / 1000;
    char text[64];
    if (!limits->cpu_milli)
        return true;
    if (group->groups->v2_cpu) {
        snprintf(text, sizeof text, "%lld %d", (long long)quota_us, CPU_PERIOD_US);
        return write_text(group->dirs[GROUP_V2], "cpu.max", text);
    }
    return group->dirs[GROUP_CPU] < 0 ||
           (write_number(group->dirs[GROUP_CPU], "cpu.cfs_period_us", CPU_PERIOD_US) &&
            write_number(group->dirs[GROUP_CPU], "cpu.cfs_quota_us", quota_us));
}

/* ---- life ---- */

static bool needed(const struct groups *groups, size_t kind, const struct box_limits *limits)
{
    if (groups->base[kind] < 0)
        return false;
    switch (kind) {
    case GROUP_MEMORY:
        return !groups->v2_memory;
    case GROUP_PIDS:
        return !groups->v2_pids;
    case GROUP_CPU:
        return !groups->v2_cpu && limits->cpu_milli;
    case GROUP_CPUACCT:
        return groups->base[GROUP_V2] < 0;
    default:
        return true;
    }
}

void group_nothing(struct group *group)
{
    memset(group, 0, sizeof *group);
    for (size_t i = 0; i < GROUP_KINDS; i++)
        group->dirs[i] = group->tasks[i] = -1;
    for (size_t i = 0; i < GROUP_FILES; i++)
        group->files[i] = -1;
}

/* Where each file is: by the controller's version, each in the group that has the controller. */
static bool open_files(struct group *group)
{
    const struct groups *groups = group->groups;
    bool memory = groups->v2_memory, pids = groups->v2_pids, time = group->dirs[GROUP_V2] >= 0;
    const struct {
        enum group_file file;
        enum group_kind kind;
        const char *name; /* NULL: this version has none */
    } rows[] = {
        { FILE_CPU_TIME, time ? GROUP_V2 : GROUP_CPUACCT, time ? "cpu.stat" : "cpuacct.usage" },
        { FILE_CPU_USER, GROUP_CPUACCT, time ? NULL : "cpuacct.usage_user" },
        { FILE_CPU_SYSTEM, GROUP_CPUACCT, time ? NULL : "cpuacct.usage_sys" },
        { FILE_CPU_SHARE, GROUP_CPU, "cpu.stat" },
        { FILE_MEMORY, memory ? GROUP_V2 : GROUP_MEMORY,
          memory ? "memory.current" : "memory.usage_in_bytes" },
        { FILE_MEMORY_PEAK, memory ? GROUP_V2 : GROUP_MEMORY,
          memory ? "memory.peak" : "memory.max_usage_in_bytes" },
        { FILE_MEMORY_KILLS, memory ? GROUP_V2 : GROUP_MEMORY,
          memory ? "memory.events" : "memory.oom_control" },
        { FILE_MEMORY_PARTS, memory ? GROUP_V2 : GROUP_MEMORY, "memory.stat" },
        { FILE_PIDS, pids ? GROUP_V2 : GROUP_PIDS, "pids.current" },
        { FILE_PIDS_PEAK, pids ? GROUP_V2 : GROUP_PIDS, "pids.peak" },
        { FILE_PIDS_EVENTS, pids ? GROUP_V2 : GROUP_PIDS, "pids.events" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].name || group->dirs[rows[i].kind] < 0)
            continue;
        /* The peak of version 1 is set back through the same. */
        int flags = rows[i].file == FILE_MEMORY_PEAK && !memory ? O_RDWR : O_RDONLY;
        int fd = openat(group->dirs[rows[i].kind], rows[i].name, flags | O_CLOEXEC);
        if (fd < 0 && is_passing()) /* others are not there in this version */
            return false;
        group->files[rows[i].file] = fd;
    }
    return true;
}

static bool make_one(struct group *group, size_t kind)
{
    int base = group->groups->base[kind];
    bool made = mkdirat(base, group->name, 0755) == 0;
    if (!made && errno == EEXIST) { /* an earlier launcher left it */
        group_clear(base, group->name);
        made = mkdirat(base, group->name, 0755) == 0 || errno == EEXIST;
    }
    if (!made)
        return false;
    group->dirs[kind] = openat(base, group->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group->dirs[kind] < 0)
        unlinkat(base, group->name, AT_REMOVEDIR);
    if (group->dirs[kind] < 0 || kind == GROUP_V2)
        return group->dirs[kind] >= 0;
    group->tasks[kind] = openat(group->dirs[kind], "tasks", O_WRONLY | O_CLOEXEC);
    return group->tasks[kind] >= 0;
}

static bool limit_all(struct group *group, const struct box_limits *from,
                      const struct box_limits *limits, struct trouble *why)
{
    bool raised = from && memory_most(limits) > memory_most(from);
    if ((!from || memory_most(from) != memory_most(limits)) && !limit_memory(group, limits, raised))
        return trouble_set(why, "could not limit memory");
    if ((!from || from->processes != limits->processes) && !limit_processes(group, limits))
        return trouble_set(why, "could not limit processes");
    if ((!from || from->cpu_milli != limits->cpu_milli) && !limit_cpu(group, limits))
        return trouble_set(why, "could not limit the CPU share");
    group->limits = *limits;
    return true;
}

bool group_limit(struct group *group, const struct box_limits *limits, struct trouble *why)
{
    return limit_all(group, &group->limits, limits, why);
}

bool group_join(const struct group *group)
{
    /* To `tasks`, not cgroup.procs: that one waits 10 ms for an RCU grace period after a gap. */
    for (size_t i = 0; i < GROUP_KINDS; i++)
        if (group->tasks[i] >= 0 && write(group->tasks[i], "0", 1) != 1)
            return false;
    return true;
}

static void group_remove(struct group *group)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    for (size_t i = 0; i < GROUP_FILES; i++)
        fd_close(&group->files[i]);
    for (size_t i = 0; i < GROUP_KINDS; i++) {
        fd_close(&group->tasks[i]);
        if (group->dirs[i] < 0)
            continue;
        fd_close(&group->dirs[i]);
        for (int try = 0; try < 200; try++) {
            if (unlinkat(group->groups->base[i], group->name, AT_REMOVEDIR) == 0 || errno == ENOENT)
                break;
            nanosleep(&pause, NULL);
        }
    }
}

/* ---- reading ---- */

static const char *look_at(const struct group *group, enum group_file file)
{
    static char text[8192]; /* one launcher, one thread */
    ssize_t got = group->files[file] < 0 ? -1 : pread(group->files[file], text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    return got > 0 ? text : NULL;
}

static int64_t number_at(const struct group *group, enum group_file file)
{
    const char *text = look_at(group, file);
    char *end;
    long long number = text ? strtoll(text, &end, 10) : -1;
    return text && end != text ? number : -1;
}

/* What is not counted stays -1. */
static int64_t micro(int64_t ns)
{
    return ns < 0 ? -1 : ns / 1000;
}

static void read_cpu(const struct group *group, struct group_sample *sample)
{
    const char *text;
    if (group->dirs[GROUP_V2] >= 0 && (text = look_at(group, FILE_CPU_TIME))) {
        sample->cpu_us = find_number(text, "usage_usec");
        sample->cpu_user_us = find_number(text, "user_usec");
        sample->cpu_system_us = find_number(text, "system_usec");
        sample->throttled_us = find_number(text, "throttled_usec");
    } else if (group->dirs[GROUP_CPUACCT] >= 0) {
        sample->cpu_us = micro(number_at(group, FILE_CPU_TIME));
        sample->cpu_user_us = micro(number_at(group, FILE_CPU_USER));
        sample->cpu_system_us = micro(number_at(group, FILE_CPU_SYSTEM));
    }
    if ((text = look_at(group, FILE_CPU_SHARE)))
        sample->throttled_us = micro(find_number(text, "throttled_time"));
}

static void read_kills(const struct group *group, struct group_sample *sample)
{
    const char *text = look_at(group, FILE_MEMORY_KILLS);
    if (text)
        sample->oom_kills = find_number(text, "oom_kill");
}

static void read_memory(const struct group *group, struct group_sample *sample)
{
    const char *text;
    bool v2 = group->groups->v2_memory;
    if (group->files[FILE_MEMORY] < 0)
        return;
    read_kills(group, sample);
    sample->memory_peak_bytes = number_at(group, FILE_MEMORY_PEAK);
    if ((text = look_at(group, FILE_MEMORY_PARTS))) {
        sample->anonymous_bytes = find_number(text, v2 ? "anon" : "rss");
        sample->shared_bytes = find_number(text, "shmem");
        sample->file_bytes = find_number(text, v2 ? "file" : "cache") - sample->shared_bytes;
    }
}

static void read_refusals(const struct group *group, struct group_sample *sample)
{
    const char *text = look_at(group, FILE_PIDS_EVENTS);
    if (text)
        sample->processes_refused = find_number(text, "max");
}

static void read_processes(const struct group *group, struct group_sample *sample)
{
    sample->process_peak = number_at(group, FILE_PIDS_PEAK);
    if (sample->process_peak < 0)
        sample->processes = number_at(group, FILE_PIDS);
    read_refusals(group, sample);
}

static void look(const struct group *group, struct group_sample *sample)
{
    memset(sample, 0xff, sizeof *sample); /* -1 in every field */
    read_cpu(group, sample);
    read_memory(group, sample);
    read_processes(group, sample);
}

static void take_off(int64_t *now, int64_t before)
{
    if (*now >= 0 && before > 0)
        *now -= before;
}

void group_look(const struct group *group, struct group_sample *sample)
{
    const struct group_sample *before = &group->before;
    look(group, sample);
    take_off(&sample->cpu_us, before->cpu_us);
    take_off(&sample->cpu_user_us, before->cpu_user_us);
    take_off(&sample->cpu_system_us, before->cpu_system_us);
    take_off(&sample->throttled_us, before->throttled_us);
    take_off(&sample->oom_kills, before->oom_kills);
    take_off(&sample->processes_refused, before->processes_refused);
}

/* ---- keeping ---- */

/* Or not counted here. */
static bool at_most(const struct group *group, enum group_file file, int64_t most)
{
    int64_t number = group->files[file] < 0 ? 0 : number_at(group, file);
    return number >= 0 && number <= most;
}

/* What an earlier box used must not be charged to the next. */
static bool read_before(struct group *group)
{
    struct group_sample *before = &group->before;
    memset(before, 0xff, sizeof *before);
    read_cpu(group, before);
    read_kills(group, before);
    read_refusals(group, before);
    return (group->files[FILE_CPU_TIME] < 0 || before->cpu_us >= 0) &&
           (group->files[FILE_MEMORY_KILLS] < 0 || before->oom_kills >= 0) &&
           (group->files[FILE_PIDS_EVENTS] < 0 || before->processes_refused >= 0);
}

static bool can_be_kept(const struct group *group)
{
    const struct groups *groups = group->groups;
    return !groups->v2_memory && !groups->v2_pids && group->dirs[GROUP_CPU] < 0;
}

static bool like_fresh(const struct group *group)
{
    return at_most(group, FILE_MEMORY, MEMORY_LEFT_MOST) &&
           at_most(group, FILE_PIDS_PEAK, PROCESSES_ALWAYS);
}

void group_drop(struct group *group)
{
    struct groups *groups = group->groups;
    if (groups && groups->keep && groups->idle_count < GROUPS_IDLE_MOST && group->limits.wall_ms &&
        can_be_kept(group) && like_fresh(group))
        groups->idle[groups->idle_count++] = *group;
    else
        group_remove(group);
    group_nothing(group);
}

void groups_close(struct groups *groups)
{
    while (groups->idle_count)
        group_remove(&groups->idle[--groups->idle_count]);
}

/* A kept one, with the counters read that cannot be set back. */
static bool take_idle(struct groups *groups, const struct box_limits *limits, struct group *group)
{
    struct trouble ignored = { "" };
    if (limits->cpu_milli || !groups->idle_count)
        return false;
    *group = groups->idle[--groups->idle_count];
    bool good = (group->files[FILE_MEMORY_PEAK] < 0 ||
                 pwrite(group->files[FILE_MEMORY_PEAK], "0", 1, 0) == 1) &&
                limit_all(group, &group->limits, limits, &ignored) && read_before(group);
    if (!good)
        group_remove(group);
    return good;
}

static bool make_fresh(struct groups *groups, const struct box_limits *limits, struct group *group,
                       struct trouble *why)
{
    group_nothing(group);
    group->groups = groups;
    snprintf(group->name, sizeof group->name, "%s%llu", groups->name,
             (unsigned long long)groups->count++);
    for (size_t i = 0; i < GROUP_KINDS; i++)
        if (needed(groups, i, limits) && !make_one(group, i))
            return trouble_set(why, "could not make a control group");
    if (groups->v2_memory) {
        write_text(group->dirs[GROUP_V2], "memory.swap.max", "0");
        write_text(group->dirs[GROUP_V2], "memory.oom.group", "1");
    }
    if (!open_files(group))
        return trouble_set(why, "could not open a control group");
    return limit_all(group, NULL, limits, why);
}

bool group_make(struct groups *groups, const struct box_limits *limits, struct group *group,
                struct trouble *why)
{
    return take_idle(groups, limits, group) || make_fresh(groups, limits, group, why);
}

void groups_stock(struct groups *groups, const struct box_limits *limits)
{
    struct group group;
    struct trouble ignored = { "" };
    if (groups->v2_memory || groups->v2_pids || limits->cpu_milli)
        return;
    if (make_fresh(groups, limits, &group, &ignored))
        groups->idle[groups->idle_count++] = group;
    else
        group_remove(&group);
}
