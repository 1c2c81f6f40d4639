/* Landlock: the rule set, from system calls alone since Debian 12's headers know its first
 * version only. */
#include "core/base/landlock.h"
#include "core/base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FS_EXECUTE (1u << 0)
#define FS_WRITE_FILE (1u << 1)
#define FS_READ_FILE (1u << 2)
#define FS_READ_DIR (1u << 3)
#define FS_REMOVE_DIR (1u << 4)
#define FS_REMOVE_FILE (1u << 5)
#define FS_MAKE_DIR (1u << 7)
#define FS_MAKE_REG (1u << 8)
#define FS_REFER (1u << 13)
#define FS_TRUNCATE (1u << 14)
#define FS_ALL_V1 0x1fffu /* bits 0 to 12 */
#define FS_FOR_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define NET_BIND 1u
#define NET_CONNECT 2u
#define SCOPE_ALL 3u /* abstract sockets, signals */
#define RULE_PATH 1
#define RULE_PORT 2

struct rule_set {
    uint64_t fs;
    uint64_t net;
    uint64_t scope;
};
struct rule_path {
    uint64_t access;
    int32_t parent;
} __attribute__((packed));
struct rule_port {
    uint64_t access;
    uint64_t port;
};

int landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    return version < 0 ? 0 : (int)version;
}

int landlock_threads(void)
{
    DIR *list = opendir("/proc/self/task");
    int count = 0;
    if (!list)
        return 0;
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list))
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static uint64_t access_bits(enum room_access access)
{
    uint64_t read = FS_READ_FILE | FS_READ_DIR;
    switch (access) {
    case ROOM_RUN:
        return read | FS_EXECUTE;
    case ROOM_WRITE:
        return read | FS_WRITE_FILE | FS_TRUNCATE | FS_REFER | FS_REMOVE_DIR | FS_REMOVE_FILE |
               FS_MAKE_DIR | FS_MAKE_REG;
    case ROOM_READ:
        break;
    }
    return read;
}

static bool add_room(int set, uint64_t handled, const struct room *room, struct fault *why)
{
    const char *path = room->path;
    scoped(fd) int opened = path ? openat(room->dir, path, O_PATH | O_CLOEXEC) : -1;
    if (path && opened < 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (path && opened < 0)
        return fault_errno(why, "%s could not be opened for Landlock", path);
    struct rule_path rule = { .parent = path ? opened : room->dir };
    struct stat info;
    if (fstat(rule.parent, &info) != 0)
        return fault_errno(why, "a Landlock room could not be read");
    rule.access = access_bits(room->access) & handled;
    if (!S_ISDIR(info.st_mode))
        rule.access &= FS_FOR_FILES;
    if (syscall(SYS_landlock_add_rule, set, RULE_PATH, &rule, 0) != 0)
        return fault_errno(why, "Landlock refused the rule for %s", path ? path : "a descriptor");
    return true;
}

static bool add_ports(int set, const struct landlock *wanted, struct fault *why)
{
    for (size_t i = 0; i < wanted->port_count; i++) {
        struct rule_port rule = { NET_CONNECT, wanted->ports[i] };
        if (syscall(SYS_landlock_add_rule, set, RULE_PORT, &rule, 0) != 0)
            return fault_errno(why, "Landlock refused the rule for port %d", wanted->ports[i]);
    }
    return true;
}

bool landlock_enter(const struct landlock *wanted, struct fault *why)
{
    int version = landlock_version();
    if (version == 0)
        return fault_set(why, BLAME_SYSTEM, "this kernel has no Landlock");
    struct rule_set rules = { .fs = FS_ALL_V1 };
    if (version >= 2)
        rules.fs |= FS_REFER;
    if (version >= 3)
        rules.fs |= FS_TRUNCATE;
    if (version >= 4 && wanted->tcp_bounded)
        rules.net = NET_BIND | NET_CONNECT;
    if (version >= 6)
        rules.scope = SCOPE_ALL;
    size_t size = version >= 6 ? sizeof rules : version >= 4 ? 16 : 8;
    scoped(fd) int set = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (set < 0)
        return fault_errno(why, "Landlock refused its rule set");
    for (size_t i = 0; i < wanted->room_count; i++)
        if (!add_room(set, rules.fs, &wanted->rooms[i], why))
            return false;
    if (rules.net && !add_ports(set, wanted, why))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fault_errno(why, "no_new_privs could not be set");
    if (syscall(SYS_landlock_restrict_self, set, 0) != 0)
        return fault_errno(why, "Landlock could not be entered");
    return true;
}
