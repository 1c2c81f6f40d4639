/* From what was seen to the report. */
#include "sandbox/inside/verdict.h"
#include "sandbox/inside/wall.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static void add(char *text, size_t size, const char *word)
{
    size_t len = strlen(text);
    if (len + 1 < size)
        snprintf(text + len, size - len, "%s%s", len ? " " : "", word);
}

/* ---- layers ---- */

bool verdict_degraded(const struct groups *groups, char *text, size_t size)
{
    text[0] = 0;
    if (!groups_memory(groups))
        add(text, size, "memory is polled, without a control group");
    return text[0] != 0;
}

static void layers_tell(const struct findings *findings, char *text, size_t size)
{
    const struct groups *groups = findings->groups;
    const struct watch *watch = findings->watch;
    add(text, size, "userns mountns pidns netns ipcns utsns cgroupns caps nnp seccomp");
    if (watch->landlock)
        add(text, size, "landlock");
    if (watch->proc)
        add(text, size, "proc");
    add(text, size,
        groups->v2_memory       ? "memory:cgroup-v2"
        : groups_memory(groups) ? "memory:cgroup-v1"
                                : "memory:polled");
    add(text, size,
        groups->v2_pids       ? "pids:cgroup-v2"
        : groups_pids(groups) ? "pids:cgroup-v1"
                              : "pids:rlimit");
    add(text, size,
        groups->base[GROUP_V2] >= 0        ? "cpu:cgroup-v2"
        : groups->base[GROUP_CPUACCT] >= 0 ? "cpu:cgroup-v1"
        : watch->meter.perf >= 0           ? "cpu:perf"
                                           : "cpu:rlimit");
    if (findings->job->limits.cpu_milli && groups_cpu(groups))
        add(text, size, groups->v2_cpu ? "share:cgroup-v2" : "share:cgroup-v1");
}

/* ---- verdict ---- */

static enum box_verdict how_it_ended(const struct findings *findings)
{
    const struct watch *watch = findings->watch;
    const struct init_word *ended = &watch->ended;
    bool failed = ended->kind != INIT_ENDED || ended->exec_errno || ended->status != 0;
    if (findings->trouble->text[0] || watch->trouble.text[0] || watch->cancelled ||
        watch->caller_left || findings->keep->failed.text[0])
        return BOX_INTERNAL;
    if (ended->kind != INIT_ENDED && !watch->started_us)
        return BOX_INTERNAL; /* never came to the command, whatever limit its files hit */
    if (ended->kind == INIT_ENDED && WIFSIGNALED(ended->status) &&
        WTERMSIG(ended->status) == SIGSYS)
        return BOX_FORBIDDEN;
    if (watch->memory || watch->meter.last.oom_kills > 0)
        return BOX_MEMORY;
    if (watch->cpu || watch->meter.cpu_us > findings->job->limits.cpu_ms * 1000)
        return BOX_CPU;
    if (watch->wall)
        return BOX_WALL;
    if (watch->output)
        return BOX_OUTPUT;
    if (ended->kind != INIT_ENDED)
        return BOX_INTERNAL; /* pid 1 died of something else */
    if (failed && watch->meter.disk_full)
        return BOX_DISK;
    if (failed && watch->meter.processes_full)
        return BOX_PROCESSES;
    if (WIFSIGNALED(ended->status))
        return BOX_SIGNAL;
    if (failed)
        return BOX_EXIT;
    return findings->keep->refused.text[0] ? BOX_ARTIFACT : BOX_OK;
}

static void message_tell(const struct findings *findings, struct box_report *report)
{
    const struct watch *watch = findings->watch;
    char *text = report->message;
    size_t size = sizeof report->message;
    if (findings->trouble->text[0])
        snprintf(text, size, "%s", findings->trouble->text);
    else if (watch->trouble.text[0])
        snprintf(text, size, "%s", watch->trouble.text);
    else if (watch->cancelled)
        snprintf(text, size, "cancelled");
    else if (watch->caller_left)
        snprintf(text, size, "the caller left");
    else if (findings->keep->failed.text[0])
        snprintf(text, size, "%s", findings->keep->failed.text);
    else if (report->verdict == BOX_INTERNAL)
        snprintf(text, size, "pid 1 of the box died%s",
                 watch->started_us ? "" : " before the command: its files may not fit the limits");
    else if (report->exec_errno)
        snprintf(text, size, "%.150s could not be executed: %s", findings->job->lists[LIST_ARGV][0],
                 strerror(report->exec_errno));
    else if (report->verdict == BOX_ARTIFACT)
        snprintf(text, size, "%s", findings->keep->refused.text);
    else if (report->verdict == BOX_FORBIDDEN)
        snprintf(text, size, "a system call of another architecture");
}

static void facts_tell(const struct watch *watch, struct box_report *report)
{
    const struct meter *meter = &watch->meter;
    const struct init_word *ended = &watch->ended;
    report->exit_code = -1;
    report->syscall = watch->refused.first;
    report->syscalls_refused = watch->refused.count;
    snprintf(report->syscall_name, sizeof report->syscall_name, "%s",
             wall_call_name(report->syscall));
    if (ended->kind == INIT_ENDED) {
        report->exec_errno = ended->exec_errno;
        report->wall_us = ended->to_us - ended->from_us;
        if (WIFSIGNALED(ended->status))
            report->signal = WTERMSIG(ended->status);
        else
            report->exit_code = WEXITSTATUS(ended->status);
    } else if (watch->started_us) {
        report->wall_us = now_us() - watch->started_us;
        report->signal = SIGKILL;
    }
    report->cpu_us = meter->cpu_us;
    report->cpu_user_us = meter->last.cpu_user_us;
    report->cpu_system_us = meter->last.cpu_system_us;
    report->throttled_us = meter->last.throttled_us;
    report->memory_peak_bytes = meter->memory_peak_bytes;
    report->memory_anonymous_bytes = meter->anonymous_bytes;
    report->memory_shared_bytes = meter->shared_most_bytes;
    report->memory_cache_bytes = meter->cache_most_bytes;
    report->oom_kills = meter->last.oom_kills;
    report->process_peak = meter->process_peak;
    report->processes_refused = meter->last.processes_refused;
    report->stdout_bytes = watch->streams[0].bytes;
    report->stderr_bytes = watch->streams[1].bytes;
    report->disk_bytes = meter->disk_bytes;
    report->disk_inodes = meter->disk_inodes;
    report->disk_peak_bytes = meter->disk_peak_bytes;
    report->cancelled = watch->cancelled;
}

static void machine_tell(struct box_report *report)
{
    struct utsname machine;
    snprintf(report->filter, sizeof report->filter, "%s", wall_filter_digest());
    if (uname(&machine) == 0)
        snprintf(report->kernel, sizeof report->kernel, "%s", machine.release);
}

void verdict_find(const struct findings *findings, struct box_report *report)
{
    char weaker[160];
    machine_tell(report);
    facts_tell(findings->watch, report);
    report->verdict = how_it_ended(findings);
    report->degraded = verdict_degraded(findings->groups, weaker, sizeof weaker);
    message_tell(findings, report);
    wire_plain(report->message);
    if (!findings->trouble->text[0])
        layers_tell(findings, report->layers, sizeof report->layers);
}
