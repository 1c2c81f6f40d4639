/*
 * Control groups of every kind of machine, on a tree of plain files that stands for the kernel's:
 * what is looked for, written and read. Where the hierarchies are, the code learns from
 * /proc/thread-self/mountinfo and /proc/thread-self/cgroup: in a mount namespace of their own the
 * tests cover both.
 */
#include "sandbox/inside/group.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define NAME "holdout-box-test-0"
#define MiB ((int64_t)1 << 20)

static const struct box_limits limits = { .wall_ms = 1000,
                                          .memory_bytes = 256 * MiB,
                                          .disk_bytes = 64 * MiB,
                                          .processes = 64,
                                          .cpu_milli = 500 };

static int work = -1;
static char work_path[] = "/tmp/holdout-groups-XXXXXX";
static char mounted[8][600];
static size_t mounted_count;

static void put_file(const char *name, const char *text)
{
    int fd = openat(work, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void make_folders(const char *path)
{
    char part[512];
    for (size_t i = 1; i <= strlen(path); i++)
        if (path[i] == '/' || !path[i]) {
            snprintf(part, sizeof part, "%.*s", (int)i, path);
            assert_true(mkdirat(work, part, 0755) == 0 || errno == EEXIST);
        }
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    put_file(path, text);
}

static const char *got(const char *folder, const char *name)
{
    static char text[512];
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    text[0] = 0;
    assert_true(read_text(work, path, text, sizeof text));
    return text;
}

/* Reads as given, and takes no writing, as of a group whose controllers are fixed from above. */
static void put_controllers(const char *folder, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", folder);
    if (faccessat(work, path, F_OK, 0) == 0)
        return; /* of an earlier test */
    put(folder, "cgroup.subtree_control", text);
    put(folder, "cgroup.procs", "");
    snprintf(path, sizeof path, "%s/%s/cgroup.subtree_control", work_path, folder);
    assert_int_equal(mount(path, path, NULL, MS_BIND, NULL), 0);
    memcpy(mounted[mounted_count++], path, sizeof path);
    assert_int_equal(mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
}

/* The machine of a test: its mounts (with %s for the tree) and its own groups. */
static void machine(const char *mounts, const char *own)
{
    char text[4096], *to = text;
    for (const char *at = mounts; *at; at++)
        if (*at == '@')
            to += snprintf(to, sizeof text / 2, "%s", work_path);
        else
            *to++ = *at;
    *to = 0;
    put_file("mountinfo", text);
    put_file("cgroup", own);
}

static bool is_folder(int fd, const char *folder)
{
    struct stat a, b;
    return fd >= 0 && fstat(fd, &a) == 0 && fstatat(work, folder, &b, 0) == 0 &&
           a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void close_all(struct groups *groups)
{
    for (size_t i = 0; i < GROUP_KINDS; i++)
        fd_close(&groups->base[i]);
}

/* As mkdir in a control group would: files included. */
static void make_group(const char *folder, const char *const *names)
{
    make_folders(folder);
    for (; *names; names++)
        put(folder, *names, "");
}

static void remove_files(const char *folder)
{
    char line[600];
    snprintf(line, sizeof line, "rm -f %s/%s/*", work_path, folder);
    assert_int_equal(system(line), 0);
}

static const char *const v2_files[] = {
    "memory.max",       "memory.swap.max",
    "memory.oom.group", "pids.max",
    "cpu.max",          "cpu.stat",
    "memory.current",   "memory.peak",
    "memory.events",    "memory.stat",
    "pids.current",     "pids.peak",
    "pids.events",      NULL,
};
#define V2_GROUP "v2/a/b/" NAME

static void v2_open(struct groups *groups)
{
    make_folders("v2/a/b");
    put("v2", "cgroup.procs", "");
    put_controllers("v2/a/b", "cpu memory pids\n");
    machine("30 24 0:26 / @/v2 rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n", "0::/a/b\n");
    groups_open(groups, "test");
    groups_sweep(groups);
    make_group(V2_GROUP, v2_files);
}

static void version_2_holds_all_limits_in_one_group(void **state)
{
    struct groups groups;
    struct group group;
    struct trouble why = { "" };
    (void)state;
    v2_open(&groups);
    assert_true(is_folder(groups.base[GROUP_V2], "v2/a/b"));
    assert_true(groups_memory(&groups) && groups_pids(&groups) && groups_cpu(&groups));
    assert_true(group_make(&groups, &limits, &group, &why));
    assert_string_equal(why.text, "");
    assert_true(is_folder(group.dirs[GROUP_V2], V2_GROUP));
    assert_string_equal(got(V2_GROUP, "memory.max"), "335544320"); /* with the disk */
    assert_string_equal(got(V2_GROUP, "memory.swap.max"), "0");
    assert_string_equal(got(V2_GROUP, "memory.oom.group"), "1");
    assert_string_equal(got(V2_GROUP, "pids.max"), "65"); /* with pid 1 of the box */
    assert_string_equal(got(V2_GROUP, "cpu.max"), "50000 100000");
    struct box_limits other = limits;
    other.memory_bytes = 512 * MiB;
    other.processes = 31;
    other.cpu_milli = 250;
    assert_true(group_limit(&group, &other, &why));
    assert_string_equal(got(V2_GROUP, "memory.max"), "603979776");
    assert_string_equal(got(V2_GROUP, "pids.max"), "32");
    assert_string_equal(got(V2_GROUP, "cpu.max"), "25000 100000");
    assert_true(group_join(&group)); /* by clone3: nothing is written */
    remove_files(V2_GROUP);
    group_drop(&group);
    assert_int_equal(faccessat(work, V2_GROUP, F_OK, 0), -1);
    close_all(&groups);
}

static void version_2_is_read_by_its_own_names(void **state)
{
    struct groups groups;
    struct group group;
    struct group_sample seen;
    struct trouble why = { "" };
    (void)state;
    v2_open(&groups);
    put(V2_GROUP, "cpu.stat",
        "usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\ncore_sched.force_idle_usec 0\n"
        "nr_periods 7\nnr_throttled 2\nthrottled_usec 400\nnr_bursts 0\nburst_usec 0\n");
    put(V2_GROUP, "memory.current", "9437184\n");
    put(V2_GROUP, "memory.peak", "12582912\n");
    put(V2_GROUP, "memory.events", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 2\noom_group_kill 1\n");
    put(V2_GROUP, "memory.stat",
        "anon 4194304\nfile 3145728\nkernel 1000\nkernel_stack 16384\nshmem 1048576\n"
        "file_mapped 5\nanon_thp 7\n");
    put(V2_GROUP, "pids.current", "5\n");
    put(V2_GROUP, "pids.peak", "11\n");
    put(V2_GROUP, "pids.events", "max 3\n");
    assert_true(group_make(&groups, &limits, &group, &why));
    group_look(&group, &seen);
    assert_int_equal(seen.cpu_us, 5000);
    assert_int_equal(seen.cpu_user_us, 3000);
    assert_int_equal(seen.cpu_system_us, 2000);
    assert_int_equal(seen.throttled_us, 400);
    assert_int_equal(seen.memory_peak_bytes, 12582912);
    assert_int_equal(seen.oom_kills, 2);
    assert_int_equal(seen.anonymous_bytes, 4194304);
    assert_int_equal(seen.shared_bytes, 1048576);
    assert_int_equal(seen.file_bytes, 2097152); /* without what is shared memory */
    assert_int_equal(seen.process_peak, 11);
    assert_int_equal(seen.processes_refused, 3);
    put(V2_GROUP, "pids.peak", ""); /* kernels before 6.11 */
    group_look(&group, &seen);
    assert_int_equal(seen.process_peak, -1);
    assert_int_equal(seen.processes, 5);
    remove_files(V2_GROUP);
    group_drop(&group);
    close_all(&groups);
}

static void a_limit_that_cannot_be_written_is_no_box(void **state)
{
    static const char *const rows[][2] = { { "memory.max", "could not limit memory" },
                                           { "pids.max", "could not limit processes" },
                                           { "cpu.max", "could not limit the CPU share" } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct groups groups;
        struct group group;
        struct trouble why = { "" };
        char path[512];
        v2_open(&groups);
        snprintf(path, sizeof path, V2_GROUP "/%s", rows[i][0]);
        assert_int_equal(unlinkat(work, path, 0), 0);
        assert_false(group_make(&groups, &limits, &group, &why));
        assert_non_null(strstr(why.text, rows[i][1]));
        remove_files(V2_GROUP);
        group_drop(&group);
        close_all(&groups);
    }
}

static void version_2_without_controllers_counts_time_alone(void **state)
{
    static const char *const files[] = { "cpu.stat", NULL };
    struct groups groups;
    struct group group;
    struct group_sample seen;
    struct trouble why = { "" };
    (void)state;
    make_folders("bare");
    put_controllers("bare", "\n");
    machine("30 24 0:26 / @/bare rw - cgroup2 cgroup2 rw\n", "0::/\n");
    groups_open(&groups, "test");
    groups_sweep(&groups);
    assert_true(is_folder(groups.base[GROUP_V2], "bare"));
    assert_false(groups_memory(&groups) || groups_pids(&groups) || groups_cpu(&groups));
    make_group("bare/" NAME, files);
    put("bare/" NAME, "cpu.stat", "usage_usec 70\nuser_usec 40\nsystem_usec 30\n");
    assert_true(group_make(&groups, &limits, &group, &why));
    group_look(&group, &seen);
    assert_int_equal(seen.cpu_us, 70);
    assert_int_equal(seen.process_peak, -1);
    remove_files("bare/" NAME);
    group_drop(&group);
    close_all(&groups);
}

static void the_root_of_version_2_is_used_when_it_has_memory(void **state)
{
    struct groups groups;
    (void)state;
    make_folders("top/mine");
    put_controllers("top", "memory pids\n");
    put_controllers("top/mine", "");
    machine("30 24 0:26 / @/top rw - cgroup2 cgroup2 rw\n", "0::/mine\n");
    groups_open(&groups, "test");
    groups_sweep(&groups);
    assert_true(is_folder(groups.base[GROUP_V2], "top"));
    assert_true(groups_memory(&groups) && groups_pids(&groups) && !groups_cpu(&groups));
    close_all(&groups);
}

/* ---- version 1 and hybrid ---- */

static const char *const memory_files[] = {
    "tasks",
    "memory.limit_in_bytes",
    "memory.memsw.limit_in_bytes",
    "memory.usage_in_bytes",
    "memory.max_usage_in_bytes",
    "memory.oom_control",
    "memory.stat",
    NULL,
};
static const char *const pids_files[] = { "tasks", "pids.max", "pids.current", "pids.events",
                                          NULL };
static const char *const cpu_files[] = {
    "tasks",         "cpu.cfs_period_us",  "cpu.cfs_quota_us",  "cpu.stat",
    "cpuacct.usage", "cpuacct.usage_user", "cpuacct.usage_sys", NULL,
};

/* cpu and cpuacct in one hierarchy, as distributions have it. */
static void v1_open(struct groups *groups, const char *more, const char *more_own)
{
    char mounts[1024], own[256];
    static const char *const folders[] = { "v1/memory/s", "v1/pids", "v1/cpu,cpuacct" };
    for (size_t i = 0; i < 3; i++) {
        make_folders(folders[i]);
        put(folders[i], "cgroup.procs", "");
    }
    snprintf(mounts, sizeof mounts,
             "31 24 0:27 / @/v1/memory rw - cgroup cgroup rw,memory\n"
             "32 24 0:28 / @/v1/pids rw shared:9 - cgroup cgroup rw,pids\n"
             "33 24 0:29 / @/v1/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
             "34 24 0:30 / @/v1/named rw - cgroup cgroup rw,name=memory\n%s",
             more);
    snprintf(own, sizeof own, "4:memory:/s\n3:pids:/\n2:cpu,cpuacct:/\n%s", more_own);
    machine(mounts, own);
    groups_open(groups, "test");
    groups_sweep(groups);
    make_group("v1/memory/s/" NAME, memory_files);
    make_group("v1/pids/" NAME, pids_files);
    make_group("v1/cpu,cpuacct/" NAME, cpu_files);
}

static void v1_close(struct groups *groups, struct group *group)
{
    remove_files("v1/memory/s/" NAME);
    remove_files("v1/pids/" NAME);
    remove_files("v1/cpu,cpuacct/" NAME);
    group_drop(group);
    assert_int_equal(faccessat(work, "v1/memory/s/" NAME, F_OK, 0), -1);
    assert_int_equal(faccessat(work, "v1/cpu,cpuacct/" NAME, F_OK, 0), -1);
    close_all(groups);
}

static void version_1_holds_each_limit_in_its_hierarchy(void **state)
{
    struct groups groups;
    struct group group;
    struct trouble why = { "" };
    (void)state;
    v1_open(&groups, "", "");
    assert_true(is_folder(groups.base[GROUP_MEMORY], "v1/memory/s"));
    assert_true(is_folder(groups.base[GROUP_PIDS], "v1/pids"));
    assert_true(is_folder(groups.base[GROUP_CPU], "v1/cpu,cpuacct"));
    assert_int_equal(groups.base[GROUP_V2], -1);
    assert_true(group_make(&groups, &limits, &group, &why));
    assert_string_equal(got("v1/memory/s/" NAME, "memory.limit_in_bytes"), "335544320");
    assert_string_equal(got("v1/memory/s/" NAME, "memory.memsw.limit_in_bytes"), "335544320");
    assert_string_equal(got("v1/pids/" NAME, "pids.max"), "65");
    assert_string_equal(got("v1/cpu,cpuacct/" NAME, "cpu.cfs_period_us"), "100000");
    assert_string_equal(got("v1/cpu,cpuacct/" NAME, "cpu.cfs_quota_us"), "50000");
    assert_true(group_join(&group)); /* the process that writes it */
    assert_string_equal(got("v1/memory/s/" NAME, "tasks"), "0");
    assert_string_equal(got("v1/pids/" NAME, "tasks"), "0");
    v1_close(&groups, &group);
}

static void version_1_is_read_by_its_own_names(void **state)
{
    struct groups groups;
    struct group group;
    struct group_sample seen;
    struct trouble why = { "" };
    (void)state;
    v1_open(&groups, "", "");
    put("v1/memory/s/" NAME, "memory.usage_in_bytes", "9437184\n");
    put("v1/memory/s/" NAME, "memory.max_usage_in_bytes", "12582912\n");
    put("v1/memory/s/" NAME, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    put("v1/memory/s/" NAME, "memory.stat",
        "cache 3145728\nrss 4194304\nrss_huge 0\nshmem 1048576\nmapped_file 0\n");
    put("v1/pids/" NAME, "pids.current", "5\n");
    put("v1/pids/" NAME, "pids.events", "max 3\n");
    put("v1/cpu,cpuacct/" NAME, "cpuacct.usage", "5000000\n");
    put("v1/cpu,cpuacct/" NAME, "cpuacct.usage_user", "3000000\n");
    put("v1/cpu,cpuacct/" NAME, "cpuacct.usage_sys", "2000000\n");
    put("v1/cpu,cpuacct/" NAME, "cpu.stat",
        "nr_periods 7\nnr_throttled 2\nthrottled_time 400000\n");
    assert_true(group_make(&groups, &limits, &group, &why));
    group_look(&group, &seen);
    assert_int_equal(seen.cpu_us, 5000);
    assert_int_equal(seen.cpu_user_us, 3000);
    assert_int_equal(seen.cpu_system_us, 2000);
    assert_int_equal(seen.throttled_us, 400);
    assert_int_equal(seen.memory_peak_bytes, 12582912);
    assert_int_equal(seen.oom_kills, 2);
    assert_int_equal(seen.anonymous_bytes, 4194304);
    assert_int_equal(seen.shared_bytes, 1048576);
    assert_int_equal(seen.file_bytes, 2097152);
    assert_int_equal(seen.processes, 5);
    assert_int_equal(seen.processes_refused, 3);
    put("v1/cpu,cpuacct/" NAME, "cpuacct.usage_user", ""); /* not told: not 0 either */
    group_look(&group, &seen);
    assert_int_equal(seen.cpu_user_us, -1);
    v1_close(&groups, &group);
}

static void a_hybrid_machine_counts_time_in_version_2(void **state)
{
    static const char *const files[] = { "cpu.stat", NULL };
    struct groups groups;
    struct group group;
    struct group_sample seen;
    struct trouble why = { "" };
    (void)state;
    make_folders("v1/unified");
    put_controllers("v1/unified", "");
    v1_open(&groups, "35 24 0:31 / @/v1/unified rw - cgroup2 cgroup2 rw\n", "0::/\n");
    make_group("v1/unified/" NAME, files);
    put("v1/unified/" NAME, "cpu.stat", "usage_usec 70\nuser_usec 40\nsystem_usec 30\n");
    assert_true(groups_memory(&groups) && groups_pids(&groups) && groups_cpu(&groups));
    assert_false(groups.v2_memory || groups.v2_pids || groups.v2_cpu);
    assert_true(group_make(&groups, &limits, &group, &why));
    assert_int_equal(group.dirs[GROUP_CPUACCT], -1);
    group_look(&group, &seen);
    assert_int_equal(seen.cpu_us, 70);
    assert_string_equal(got("v1/memory/s/" NAME, "memory.limit_in_bytes"), "335544320");
    remove_files("v1/unified/" NAME);
    v1_close(&groups, &group);
}

static void without_control_groups_there_are_none(void **state)
{
    struct groups groups;
    struct group group;
    struct group_sample seen;
    struct trouble why = { "" };
    (void)state;
    machine("24 1 0:5 / / rw - ext4 /dev/root rw\n", "0::/\n");
    groups_open(&groups, "test");
    groups_sweep(&groups);
    for (size_t i = 0; i < GROUP_KINDS; i++)
        assert_int_equal(groups.base[i], -1);
    assert_false(groups_memory(&groups) || groups_pids(&groups) || groups_cpu(&groups));
    assert_true(group_make(&groups, &limits, &group, &why));
    group_look(&group, &seen);
    assert_int_equal(seen.cpu_us, -1);
    group_drop(&group);
}

/* ---- */

static void cover(const char *name)
{
    char from[256], to[64];
    snprintf(from, sizeof from, "%s/%s", work_path, name);
    snprintf(to, sizeof to, "/proc/%d/task/%d/%s", (int)getpid(), (int)getpid(), name);
    assert_int_equal(mount(from, to, NULL, MS_BIND, NULL), 0);
}

/* Root has the right; others get it in a user namespace. */
static int start(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) || !mkdtemp(work_path))
        return -1;
    work = open(work_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put_file("mountinfo", "");
    put_file("cgroup", "");
    cover("mountinfo");
    cover("cgroup");
    return 0;
}

static int stop(void **state)
{
    char line[128];
    (void)state;
    while (mounted_count)
        if (umount2(mounted[--mounted_count], MNT_DETACH))
            return -1;
    snprintf(line, sizeof line, "rm -rf %s", work_path);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_holds_all_limits_in_one_group),
        cmocka_unit_test(version_2_is_read_by_its_own_names),
        cmocka_unit_test(a_limit_that_cannot_be_written_is_no_box),
        cmocka_unit_test(version_2_without_controllers_counts_time_alone),
        cmocka_unit_test(the_root_of_version_2_is_used_when_it_has_memory),
        cmocka_unit_test(version_1_holds_each_limit_in_its_hierarchy),
        cmocka_unit_test(version_1_is_read_by_its_own_names),
        cmocka_unit_test(a_hybrid_machine_counts_time_in_version_2),
        cmocka_unit_test(without_control_groups_there_are_none),
    };
    return cmocka_run_group_tests_name("groups", tests, start, stop);
}
