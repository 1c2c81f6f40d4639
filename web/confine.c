/* Landlock for the process that faces the network. */
#include "web/confine.h"
#include "core/base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's header. */
struct ruleset {
    uint64_t files;
    uint64_t net;    /* from version 4 */
    uint64_t scoped; /* from version 6 */
};
#define NET_BIND_AND_CONNECT 3u
#define SCOPE_ALL 3u
#define TRUNCATE (1ull << 14) /* from version 3 */

static uint64_t all_file_rights(long version)
{
    unsigned bits = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
    return (1ull << bits) - 1;
}

static int make_ruleset(long version)
{
    struct ruleset rules = { .files = all_file_rights(version),
                             .net = version >= 4 ? NET_BIND_AND_CONNECT : 0,
                             .scoped = version >= 6 ? SCOPE_ALL : 0 };
    size_t size = version >= 6   ? sizeof rules
                  : version >= 4 ? offsetof(struct ruleset, scoped)
                                 : offsetof(struct ruleset, net);
    return (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
}

static bool allow(int ruleset, const char *dir, const char *name, uint64_t rights,
                  struct fault *why)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/state/%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof path)
        return fault_set(why, BLAME_COURSE, "the path of the course was too long");
    scoped(fd) int file = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return true; /* not there yet: the keeper starts this process anew when it is */
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = file };
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return true;
    return fault_errno(why, "confining to %.100s", path);
}

static bool allow_course(int ruleset, const char *dir, bool append, uint64_t known,
                         struct fault *why)
{
    static const char *const names[CONFINE_FILE_COUNT] = CONFINE_FILES;
    static const char *const inbox[CONFINE_INBOX_COUNT] = CONFINE_INBOX;
    const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE;
    const uint64_t writing = known & (reading | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE);
    for (size_t k = 0; k < CONFINE_FILE_COUNT; k++)
        if (!allow(ruleset, dir, names[k], reading, why))
            return false;
    for (size_t k = 0; append && k < CONFINE_INBOX_COUNT; k++)
        if (!allow(ruleset, dir, inbox[k], writing, why))
            return false;
    return true;
}

bool web_confine(const char *const *dirs, const bool *appends, size_t count, bool *in_force,
                 struct fault *why)
{
    *in_force = false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fault_errno(why, "no_new_privs");
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return true;
    scoped(fd) int ruleset = make_ruleset(version);
    if (ruleset < 0)
        return fault_errno(why, "landlock_create_ruleset");
    for (size_t i = 0; i < count; i++)
        if (!allow_course(ruleset, dirs[i], appends && appends[i], all_file_rights(version), why))
            return false;
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        return fault_errno(why, "landlock_restrict_self");
    *in_force = true;
    return true;
}
