/* The fence around attacks whose wall is left out. */
#include "tests/sandbox/hostile.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"
#define PREFIX "holdout-fence-"
#define MEMORY_MOST "671088640"
#define PROCESSES_MOST "300"
#define WAIT_MS 30000

/* Version 1 by its controllers, and version 2 beside or instead of it. */
static const char *const kinds[] = { "memory", "pids", "cpu", "cpuacct", "unified", "." };
#define KINDS (sizeof kinds / sizeof *kinds)

static bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool put_in(const char *kind, const char *name, const char *file, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, ROOT "/%s/%s/%s", kind, name, file);
    return put(path, text);
}

static bool is_hierarchy(const char *kind)
{
    char path[512];
    snprintf(path, sizeof path, ROOT "/%s/cgroup.procs", kind);
    return access(path, F_OK) == 0;
}

/* ---- its control groups ---- */

static void groups_drop(const char *name)
{
    char path[512], below[800];
    for (size_t i = 0; i < KINDS; i++) {
        snprintf(path, sizeof path, ROOT "/%s/%s", kinds[i], name);
        for (int try = 0; try < 500 && rmdir(path) && errno != ENOENT; try++) {
            DIR *list = opendir(path);
            for (struct dirent *entry; list && (entry = readdir(list));) {
                snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
                if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
                    rmdir(below);
            }
            if (list)
                closedir(list);
            usleep(2000);
        }
    }
}

/* False: memory and processes of what is inside would not be bounded. */
static bool groups_make(const char *name)
{
    char path[512];
    bool memory = false, processes = false;
    for (size_t i = 0; i < KINDS; i++) {
        snprintf(path, sizeof path, ROOT "/%s/%s", kinds[i], name);
        if (!is_hierarchy(kinds[i]) || mkdir(path, 0755))
            continue;
        memory |= put_in(kinds[i], name, "memory.limit_in_bytes", MEMORY_MOST) ||
                  put_in(kinds[i], name, "memory.max", MEMORY_MOST);
        processes |= put_in(kinds[i], name, "pids.max", PROCESSES_MOST);
    }
    if (!memory || !processes)
        groups_drop(name);
    return memory && processes;
}

static bool groups_join(const char *name)
{
    char path[512];
    for (size_t i = 0; i < KINDS; i++) {
        snprintf(path, sizeof path, ROOT "/%s/%s", kinds[i], name);
        if (access(path, F_OK) == 0 && !put_in(kinds[i], name, "cgroup.procs", "0"))
            return false;
    }
    return true;
}

size_t fences_left(void)
{
    char prefix[64];
    size_t count = 0;
    snprintf(prefix, sizeof prefix, PREFIX "%d-", (int)getpgrp());
    for (size_t i = 0; i < KINDS; i++) {
        char path[512];
        snprintf(path, sizeof path, ROOT "/%s", kinds[i]);
        DIR *list = opendir(path);
        for (struct dirent *entry; list && (entry = readdir(list));)
            count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
        if (list)
            closedir(list);
    }
    return count;
}

/* ---- inside ---- */

/* The groups once more, with the fence's as their roots. */
static bool groups_show(void)
{
    char path[512];
    bool there[KINDS], good = true;
    for (size_t i = 0; i < KINDS; i++)
        there[i] = is_hierarchy(kinds[i]);
    if (there[KINDS - 1])
        return mount("cgroup2", ROOT, "cgroup2", 0, NULL) == 0;
    good = mount("tmpfs", ROOT, "tmpfs", 0, "size=1m") == 0;
    for (size_t i = 0; good && i < KINDS; i++) {
        bool second = strcmp(kinds[i], "unified") == 0;
        snprintf(path, sizeof path, ROOT "/%s", kinds[i]);
        good = !there[i] || (mkdir(path, 0755) == 0 && mount(second ? "cgroup2" : "cgroup", path,
                                                             second ? "cgroup2" : "cgroup", 0,
                                                             second ? NULL : kinds[i]) == 0);
    }
    return good;
}

static bool loopback(void)
{
    struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0;
    close(fd);
    return good;
}

static bool powers_drop(void)
{
    static const int powers[] = { CAP_SYS_TIME,  CAP_SYS_MODULE, CAP_SYS_BOOT, CAP_SYS_RAWIO,
                                  CAP_SYS_PACCT, CAP_MKNOD,      CAP_SYSLOG,   CAP_NET_RAW };
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
        if (prctl(PR_CAPBSET_DROP, powers[i], 0, 0, 0))
            return false;
    return true;
}

static bool enclose(void)
{
    struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &readonly, sizeof readonly) == 0 &&
           mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1g") == 0 &&
           mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 &&
           groups_show() && loopback() && powers_drop() && chdir("/tmp") == 0;
}

static void inside(const struct attack *attack, const struct place *place, struct outcome *outcome)
{
    char *why = outcome->note;
    if (!enclose()) {
        snprintf(why, sizeof outcome->note, "no fence: %s", strerror(errno));
        return;
    }
    if (!bait_open(why, sizeof outcome->note))
        return;
    struct seat *seat = seat_open(place, why, sizeof outcome->note);
    if (!seat)
        return;
    why[0] = 0;
    attack_run(seat, attack, outcome);
}

/* ---- outside ---- */

static void wait_for(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd seat = { .fd = fd, .events = POLLIN };
    if (fd < 0 || poll(&seat, 1, WAIT_MS) != 1)
        kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(fd);
}

static void outside(const struct attack *attack, const struct place *place, const char *name,
                    struct outcome *outcome)
{
    const int all =
        CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!groups_join(name) || unshare(all)) {
        snprintf(outcome->note, sizeof outcome->note, "no fence: %s", strerror(errno));
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        inside(attack, place, outcome);
        _exit(0);
    }
    wait_for(pid);
}

static int program_open(void)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    path[len > 0 ? len : 0] = 0;
    int dir = open(dirname(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int program = openat(dir, "without", O_RDONLY | O_CLOEXEC);
    close(dir);
    return program;
}

void attack_prove(const struct attack *attack, const char *without, bool ordinary,
                  struct outcome *outcome)
{
    static int count;
    char name[64];
    const struct place place = { .ordinary = ordinary,
                                 .without = without,
                                 .program = program_open() };
    snprintf(name, sizeof name, PREFIX "%d-%d-%d", (int)getpgrp(), (int)getpid(), count++);
    snprintf(outcome->note, sizeof outcome->note, "no fence: its control groups");
    if (place.program >= 0 && groups_make(name)) {
        pid_t pid = fork();
        if (pid == 0) {
            outside(attack, &place, name, outcome);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
        groups_drop(name);
    }
    close(place.program);
}

bool fence_possible(char *why, size_t why_size)
{
    char name[64];
    snprintf(name, sizeof name, PREFIX "%d-try", (int)getpgrp());
    bool good = geteuid() == 0 && groups_make(name);
    if (good)
        groups_drop(name);
    else
        snprintf(why, why_size, "no fence without root and control groups of memory and processes");
    return good;
}
