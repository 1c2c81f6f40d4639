/* Which control group hierarchies can be used, and the sweep of what an earlier launcher left. */
#include "sandbox/inside/group.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "holdout-box-"

static const char *const controllers[GROUP_KINDS] = { "", "memory", "pids", "cpu", "cpuacct" };

/* Is word one of the comma-separated words of list? */
static bool listed(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at;) {
        size_t size = strcspn(at, ",\n ");
        if (size == len && memcmp(at, word, len) == 0)
            return true;
        at += size;
        at += *at != 0;
    }
    return false;
}

/* ---- sweep ---- */

static void kill_members(int dir)
{
    char text[65536];
    if (!read_text(dir, "cgroup.procs", text, sizeof text))
        return;
    for (char *at = text; *at;) {
        char *end;
        long pid = strtol(at, &end, 10);
        if (end == at)
            break;
        if (pid > 1)
            kill((pid_t)pid, SIGKILL);
        at = *end ? end + 1 : end;
    }
}

/* Of the own name; or named by the pid of a launcher that is no more. */
static bool stale(const char *entry, const char *own)
{
    if (strncmp(entry, own, strlen(own)) == 0)
        return true;
    if (strncmp(entry, PREFIX "pid", sizeof PREFIX "pid" - 1) != 0)
        return false;
    char *end;
    long pid = strtol(entry + sizeof PREFIX "pid" - 1, &end, 10);
    return *end == '-' && pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH;
}

static void sweep(int base, const char *own)
{
    int copy = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) {
        fd_close(&copy);
        return;
    }
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
        if (!stale(entry->d_name, own))
            continue;
        for (int try = 0; try < 100; try++) {
            if (unlinkat(base, entry->d_name, AT_REMOVEDIR) == 0 || errno != EBUSY)
                break;
            scoped_fd dir = openat(base, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (dir >= 0)
                kill_members(dir);
            usleep(2000);
        }
    }
    closedir(list);
}

/* ---- search ---- */

/* Version 2: ask for the controllers; which will a group made here have? */
static void find_controllers(struct groups *groups, int base)
{
    char word[16], text[256] = "";
    for (size_t i = GROUP_MEMORY; i <= GROUP_CPU; i++) {
        snprintf(word, sizeof word, "+%s", controllers[i]);
        write_text(base, "cgroup.subtree_control", word);
    }
    read_text(base, "cgroup.subtree_control", text, sizeof text);
    text[strcspn(text, "\n")] = 0;
    for (char *at = text; *at; at++)
        *at = *at == ' ' ? ',' : *at;
    groups->v2_memory = listed(text, "memory");
    groups->v2_pids = listed(text, "pids");
    groups->v2_cpu = listed(text, "cpu");
}

/* Can groups be made beneath path? Then it is the base. */
static bool try_base(struct groups *groups, size_t kind, const char *path)
{
    int base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0)
        return false;
    if (faccessat(base, ".", W_OK | X_OK, AT_EACCESS) ||
        faccessat(base, "cgroup.procs", W_OK, AT_EACCESS)) {
        close(base);
        return false;
    }
    sweep(base, groups->name);
    if (kind == GROUP_V2)
        find_controllers(groups, base);
    groups->base[kind] = base;
    return true;
}

/* Cuts the next line off; NULL at the end. */
static char *next_line(char **text)
{
    char *line = *text;
    if (!line || !*line)
        return NULL;
    char *end = strchr(line, '\n');
    if (end)
        *end = 0;
    *text = end ? end + 1 : NULL;
    return line;
}

/* The own group in the hierarchy of `controller` ("" for version 2): "4:memory:/path". */
static void own_path(const char *controller, char *path, size_t size)
{
    char text[8192], *rest = text;
    snprintf(path, size, "/");
    if (!read_text(AT_FDCWD, "/proc/self/cgroup", text, sizeof text))
        return;
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        char *names = strchr(line, ':');
        char *own = names ? strchr(names + 1, ':') : NULL;
        if (!own)
            continue;
        *own++ = 0;
        names++;
        if (*controller ? listed(names, controller) : *names == 0)
            snprintf(path, size, "%s", own);
    }
}

/* Word number `at` (from 0) of a line, zero-ended in place of its space; NULL. */
static char *word_at(char *line, size_t at, char **save)
{
    char *word = strtok_r(line, " ", save);
    for (; word && at; at--)
        word = strtok_r(NULL, " ", save);
    return word;
}

/* Is this line of mountinfo the hierarchy of `kind`? Then where it is mounted. */
static char *mount_point(char *line, size_t kind)
{
    char *save = NULL, *end = strstr(line, " - ");
    if (!end)
        return NULL;
    *end = 0;
    char *type = end + 3, *super = strrchr(type, ' ');
    if (!super)
        return NULL;
    bool v2 = strncmp(type, "cgroup2 ", 8) == 0;
    if (kind == GROUP_V2 ? !v2 : v2 || strncmp(type, "cgroup ", 7) != 0)
        return NULL;
    if (kind != GROUP_V2 && !listed(super + 1, controllers[kind]))
        return NULL;
    return word_at(line, 4, &save);
}

static void find_base(struct groups *groups, size_t kind)
{
    static char text[1 << 18];
    char own[1024], path[2048], *rest = text, *point = NULL;
    if (!read_text(AT_FDCWD, "/proc/self/mountinfo", text, sizeof text))
        return;
    for (char *line = next_line(&rest); line && !point; line = next_line(&rest))
        point = mount_point(line, kind);
    if (!point)
        return;
    own_path(controllers[kind], own, sizeof own);
    snprintf(path, sizeof path, "%s%s", point, own);
    if (try_base(groups, kind, path) && (kind != GROUP_V2 || groups->v2_memory))
        return;
    if (strcmp(own, "/") == 0)
        return;
    struct groups first =
        *groups; /* version 2 without memory here: the hierarchy's root may have it */
    groups->base[kind] = -1;
    if (!try_base(groups, kind, point) || (first.base[kind] >= 0 && !groups->v2_memory)) {
        fd_close(&groups->base[kind]);
        *groups = first;
    } else if (first.base[kind] >= 0) {
        close(first.base[kind]);
    }
}

void groups_open(struct groups *groups, const char *name)
{
    memset(groups, 0, sizeof *groups);
    if (name && *name)
        snprintf(groups->name, sizeof groups->name, PREFIX "%.24s-", name);
    else
        snprintf(groups->name, sizeof groups->name, PREFIX "pid%d-", (int)getpid());
    for (size_t i = 0; i < GROUP_KINDS; i++) {
        groups->base[i] = -1;
        find_base(groups, i);
    }
}
