/* Capabilities, Landlock, system call filter. */
#include "sandbox/inside/wall.h"
#include "sandbox/inside/without.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/seccomp-filter.h"

/* Everything but the capabilities of `keep`, also out of the bounding set. */
static bool capabilities_reduce(uint64_t keep)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { { 0 } };
    for (unsigned long i = 0; i <= 63; i++)
        if (!(keep >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0)) {
            if (errno != EINVAL)
                return false;
            break; /* past the last one that this kernel has */
        }
    if (keep && syscall(SYS_capget, &head, sets))
        return false;
    for (size_t i = 0; i < 2; i++) {
        sets[i].permitted &= (uint32_t)(keep >> 32 * i);
        sets[i].effective = sets[i].permitted;
        sets[i].inheritable = 0;
    }
    return syscall(SYS_capset, &head, sets) == 0;
}

bool wall_capabilities(void)
{
    if (!STANDS("caps"))
        return without_capabilities();
    return capabilities_reduce(0);
}

static bool filter_load(struct sock_filter *ops, size_t count)
{
    const struct sock_fprog program = { (unsigned short)count, ops };
    return !STANDS("seccomp") || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

bool wall_launcher(bool root)
{
    static const int needed[] = {
        CAP_SYS_ADMIN,    CAP_SYS_CHROOT,      CAP_SETUID, CAP_SETGID,
        CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_KILL,   CAP_SYS_PTRACE
    };
    uint64_t keep = 0;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        keep |= 1ULL << needed[i];
    if ((STANDS("nnp") && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) ||
        (root && !capabilities_reduce(keep)))
        return false;
    return filter_load(seccomp_outer, sizeof seccomp_outer / sizeof *seccomp_outer);
}

/* ---- Landlock ---- */

/* Of newer kernel headers than those of Debian 12. */
struct ruleset {
    uint64_t files, network, scoped;
};
#define FILTER_WAIT_KILLABLE (1U << 5)
#define FILE_REFER (1ULL << 13)
#define FILE_TRUNCATE (1ULL << 14)
#define FILE_IOCTL (1ULL << 15)
#define FILES_READ                                                                                 \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES_WRITE                                                                                \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM |   \
     FILE_REFER | FILE_TRUNCATE)
#define FILES_DEVICES (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
#define SCOPED (1ULL << 0 | 1ULL << 1) /* abstract unix sockets, signals */

int wall_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static bool allow(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = access };
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT;
    long failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = errno;
    close(rule.parent_fd);
    errno = error;
    return failed == 0;
}

static bool allow_fixed(int ruleset, uint64_t handled)
{
    const struct {
        const char *path;
        uint64_t access;
    } rows[] = {
        { "/", FILES_READ | FILE_REFER },
        { "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE | FILE_IOCTL },
        { "/proc", LANDLOCK_ACCESS_FS_WRITE_FILE },
        { "/tmp", ~FILES_DEVICES },
        { "/dev/shm", ~FILES_DEVICES },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!allow(ruleset, rows[i].path, handled & rows[i].access))
            return false;
    return true;
}

static bool allow_job(int ruleset, const struct job *job, uint64_t handled)
{
    uint64_t all = handled & ~FILES_DEVICES;
    /* Of files alone: what a directory can be asked for is refused on a file. */
    uint64_t file = handled & (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                               LANDLOCK_ACCESS_FS_WRITE_FILE | FILE_TRUNCATE | FILE_IOCTL);
    for (size_t i = 0; i < job->counts[LIST_WRITABLE]; i++)
        if (!allow(ruleset, job->lists[LIST_WRITABLE][i], all))
            return false;
    for (size_t i = 0; i < job->counts[LIST_BINDS]; i++) {
        const char *text = job->lists[LIST_BINDS][i];
        if (job_bind_writable(text) && !allow(ruleset, job_bind_path(text), all) &&
            !allow(ruleset, job_bind_path(text), file))
            return false;
    }
    return true;
}

bool wall_landlock_begin(struct wall *wall)
{
    int version = wall_landlock_version();
    struct ruleset wanted = {
        .files = FILES_READ | FILES_WRITE | FILES_DEVICES,
        .scoped = version >= 6 ? SCOPED : 0,
    };
    wall->ruleset = -1;
    if (version == 0 && is_passing())
        return false;
    if (version < 2 || !STANDS("landlock")) /* the first one cannot rename between directories */
        return true;
    if (version < 3)
        wanted.files &= ~FILE_TRUNCATE;
    if (version >= 5)
        wanted.files |= FILE_IOCTL;
    size_t size = version >= 6 ? sizeof wanted : sizeof wanted.files;
    wall->handled = wanted.files;
    wall->ruleset = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
    return wall->ruleset >= 0 && allow_fixed(wall->ruleset, wall->handled);
}

bool wall_landlock_end(struct wall *wall, const struct job *job)
{
    if (wall->ruleset < 0)
        return true;
    bool done = allow_job(wall->ruleset, job, wall->handled) &&
                syscall(SYS_landlock_restrict_self, wall->ruleset, 0) == 0;
    int error = errno;
    close(wall->ruleset);
    errno = error;
    return done;
}

bool wall_seccomp(int *listener)
{
    static const unsigned flags[] = {
        SECCOMP_FILTER_FLAG_NEW_LISTENER | FILTER_WAIT_KILLABLE, /* a signal does not interrupt */
        SECCOMP_FILTER_FLAG_NEW_LISTENER,
    };
    const struct sock_fprog program = { sizeof seccomp_inner / sizeof *seccomp_inner,
                                        seccomp_inner };
    *listener = -1;
    if (!STANDS("seccomp"))
        return true;
    for (size_t i = 0; i < sizeof flags / sizeof *flags && *listener < 0; i++)
        *listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], &program);
    return *listener >= 0 || filter_load(seccomp_inner, program.len);
}

const char *wall_filter_digest(void)
{
    return SECCOMP_DIGEST;
}

const char *wall_call_name(int number)
{
    for (size_t i = 0; i < sizeof seccomp_noted / sizeof *seccomp_noted; i++)
        if (seccomp_noted[i].number == number)
            return seccomp_noted[i].name;
    return "";
}
