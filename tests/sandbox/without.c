/*
 * Walls left out of a launcher, for tests alone: linked into $(BUILD)/tests/sandbox/without, which
 * is the launcher compiled with -DBOX_WITHOUT and started with WITHOUT=WALL[,WALL]. What protects
 * the host meanwhile is tests/sandbox/fence.c.
 */
#include "sandbox/inside/without.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

/* Every wall that can be left out: STANDS() in sandbox/inside. */
static const char *const walls[] = {
    "pidns",   "netns",       "ipcns",     "utsns",    "cgroupns", "root",      "readonly",
    "proc",    "caps",        "nnp",       "seccomp",  "landlock", "rlimits",   "pids",
    "memory",  "cpu",         "wall",      "output",   "size",     "nr_inodes", "keep",
    "environ", "descriptors", "pdeathsig", "dumpable",
};

static bool named(const char *list, const char *wall)
{
    size_t len = strlen(wall);
    for (const char *at = list ? list : ""; *at;) {
        size_t size = strcspn(at, ",");
        if (size == len && memcmp(at, wall, len) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return false;
}

/* A list that names a wall which does not exist ends the launcher: no proof rests on a typo. */
static __attribute__((constructor)) void list_check(void)
{
    const char *list = getenv("WITHOUT");
    size_t known = 0, count = list && *list;
    for (const char *at = list; at && *at; at++)
        count += *at == ',';
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++)
        known += named(list, walls[i]);
    if (known != count)
        _exit(64);
}

bool without(const char *wall)
{
    return named(getenv("WITHOUT"), wall);
}

bool without_capabilities(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { { 0 } };
    if (syscall(SYS_capget, &head, sets))
        return false;
    for (size_t i = 0; i < 2; i++)
        sets[i].inheritable = sets[i].permitted;
    if (syscall(SYS_capset, &head, sets))
        return false;
    for (unsigned long i = 0; i < 64; i++)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
    return true;
}

/* The launcher's in place of the job's; and with "descriptors" what is open stays open. */
char **without_environment(char **envp)
{
    for (int fd = 3; without("descriptors") && fd < 1024; fd++)
        fcntl(fd, F_SETFD, 0);
    return without("environ") ? environ : envp;
}
