/* Which control group hierarchies can be used, and the sweep of what an earlier launcher left. */
#include "sandbox/inside/group.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
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

/* As the kernel hands out directory entries: in one call, without memory of its own. */
struct entry {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t kind;
    char name[];
};

void group_clear(int base, const char *name)
{
    for (int try = 0; try < 100; try++) {
        if (unlinkat(base, name, AT_REMOVEDIR) == 0 || errno != EBUSY)
            return;
        scoped_fd dir = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir >= 0)
            kill_members(dir);
        usleep(2000);
    }
}

static void sweep(int base, const char *own)
{
    _Alignas(struct entry) char room[8192];
    long got;
    while ((got = syscall(SYS_getdents64, base, room, sizeof room)) > 0)
        for (long at = 0; at < got;) {
            const struct entry *entry = (const void *)(room + at);
            if (stale(entry->name, own))
                group_clear(base, entry->name);
            at += entry->size;
        }
}

/* ---- search ---- */

/* A line of words, for listed(). */
static void read_words(int dir, const char *path, char *text, size_t size)
{
    if (!read_text(dir, path, text, size))
        *text = 0;
    text[strcspn(text, "\n")] = 0;
    for (char *at = text; *at; at++)
        *at = *at == ' ' ? ',' : *at;
}

/* Version 2: ask for the controllers; which will a group made here have? */
static void find_controllers(struct groups *groups, int base)
{
    char word[16], text[256];
    read_words(base, "cgroup.controllers", text, sizeof text);
    for (size_t i = GROUP_MEMORY; i <= GROUP_CPU; i++) {
        snprintf(word, sizeof word, "+%s", controllers[i]);
        if (listed(text, controllers[i]))
            write_text(base, "cgroup.subtree_control", word);
    }
    read_words(base, "cgroup.subtree_control", text, sizeof text);
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

/* What /proc says about one hierarchy. */
struct place {
    char point[1024]; /* where it is mounted; "" */
    char own[1024];   /* the own group in it */
    bool listed;      /* it is there */
};

/* Lines of "4:memory:/path"; version 2 has no names. */
static void find_own(struct place *places)
{
    char text[8192], *rest = text;
    for (size_t i = 0; i < GROUP_KINDS; i++)
        snprintf(places[i].own, sizeof places[i].own, "/");
    if (!read_text(AT_FDCWD, "/proc/thread-self/cgroup", text, sizeof text))
        return;
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        char *names = strchr(line, ':');
        char *own = names ? strchr(names + 1, ':') : NULL;
        if (!own)
            continue;
        *own++ = 0;
        names++;
        for (size_t i = 0; i < GROUP_KINDS; i++)
            if (i == GROUP_V2 ? *names == 0 : listed(names, controllers[i])) {
                snprintf(places[i].own, sizeof places[i].own, "%s", own);
                places[i].listed = true;
            }
    }
}

/* Is this, a line of mountinfo behind its " - ", the hierarchy of `kind`? */
static bool is_hierarchy(const char *type, size_t kind)
{
    const char *super = strrchr(type, ' ');
    if (kind == GROUP_V2)
        return super && strncmp(type, "cgroup2 ", 8) == 0;
    return super && strncmp(type, "cgroup ", 7) == 0 && listed(super + 1, controllers[kind]);
}

/* The fifth word of a line. */
static void copy_point(const char *line, char *point, size_t size)
{
    for (size_t i = 0; i < 4; i++)
        line += strcspn(line, " "), line += *line != 0;
    snprintf(point, size, "%.*s", (int)strcspn(line, " "), line);
}

/*
 * Where the hierarchies are on nearly every machine: asked first, since whoever reads the list of
 * all mounts holds up those who mount. False: something that there is was not found.
 */
static bool find_usual(struct place *places)
{
    bool all = true;
    for (size_t i = 0; i < GROUP_KINDS; i++) {
        struct statfs about;
        char *point = places[i].point;
        const long magic = i == GROUP_V2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC;
        const char *names[] = { i == GROUP_V2 ? "unified" : controllers[i], i ? NULL : "" };
        for (size_t k = 0; k < 2 && names[k] && !*point; k++) {
            snprintf(point, sizeof places[i].point, "/sys/fs/cgroup%s%s", *names[k] ? "/" : "",
                     names[k]);
            if (statfs(point, &about) || (long)about.f_type != magic)
                *point = 0;
        }
        all &= *point || !places[i].listed;
    }
    return all;
}

static void find_points(struct place *places)
{
    static char text[1 << 18];
    char *rest = text;
    if (find_usual(places))
        return;
    if (!read_text(AT_FDCWD, "/proc/thread-self/mountinfo", text, sizeof text))
        return;
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        const char *type = strstr(line, " - cgroup");
        for (size_t i = 0; type && i < GROUP_KINDS; i++)
            if (!places[i].point[0] && is_hierarchy(type + 3, i))
                copy_point(line, places[i].point, sizeof places[i].point);
    }
}

static void find_base(struct groups *groups, size_t kind, const struct place *place)
{
    char path[2 * sizeof place->point];
    if (!place->point[0])
        return;
    snprintf(path, sizeof path, "%.1023s%.1023s", place->point, place->own);
    if (try_base(groups, kind, path) && (kind != GROUP_V2 || groups->v2_memory))
        return;
    if (strcmp(place->own, "/") == 0)
        return;
    struct groups first =
        *groups; /* version 2 without memory here: the hierarchy's root may have it */
    groups->base[kind] = -1;
    if (!try_base(groups, kind, place->point) || (first.base[kind] >= 0 && !groups->v2_memory)) {
        fd_close(&groups->base[kind]);
        *groups = first;
    } else if (first.base[kind] >= 0) {
        close(first.base[kind]);
    }
}

void groups_sweep(const struct groups *groups)
{
    for (size_t i = 0; i < GROUP_KINDS; i++)
        if (groups->base[i] >= 0)
            sweep(groups->base[i], groups->name);
}

void groups_open(struct groups *groups, const char *name)
{
    struct place places[GROUP_KINDS] = { 0 };
    memset(groups, 0, sizeof *groups);
    find_own(places);
    find_points(places);
    if (name && *name)
        snprintf(groups->name, sizeof groups->name, PREFIX "%.24s-", name);
    else
        snprintf(groups->name, sizeof groups->name, PREFIX "pid%d-", (int)getpid());
    for (size_t i = 0; i < GROUP_KINDS; i++) {
        groups->base[i] = -1;
        if (i != GROUP_CPUACCT || groups->base[GROUP_V2] < 0) /* one of them counts time */
            find_base(groups, i, &places[i]);
    }
}
