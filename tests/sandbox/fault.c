/* Lets one system call of the launcher fail; in a box ("probe"), tells which walls stand. */
#include "tests/sandbox/fault.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fault_page *page;

/* Does this call fail? `only`: the one errno that it can have; 0: any. */
static bool fails(const char *name, int only)
{
    if (!page || !__atomic_load_n(&page->armed, __ATOMIC_SEQ_CST))
        return false;
    uint32_t side = getpid() <= 2 ? SIDE_BOX : SIDE_LAUNCHER; /* pid 1, and what it starts first */
    uint32_t at = __atomic_fetch_add(&page->counts[side], 1, __ATOMIC_SEQ_CST);
    if (side != page->side || at != page->at)
        return false;
    snprintf(page->name, sizeof page->name, "%s", name);
    if (only && page->error != only)
        return false;
    page->fired = 1;
    errno = page->error;
    return true;
}

#define WRAP(type, name, only, parameters, arguments)                                              \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (fails(#name, only))                                                                    \
            return (type)-1;                                                                       \
        return __real_##name arguments;                                                            \
    }
#define WRAP_POINTER(type, name, parameters, arguments)                                            \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (fails(#name, 0))                                                                       \
            return NULL;                                                                           \
        return __real_##name arguments;                                                            \
    }

WRAP(int, close_range, 0, (unsigned from, unsigned to, int flags), (from, to, flags))
WRAP(int, fstat, 0, (int fd, struct stat *about), (fd, about))
WRAP(int, lstat, 0, (const char *path, struct stat *about), (path, about))
WRAP(int, fstatat, 0, (int dir, const char *path, struct stat *about, int flags),
     (dir, path, about, flags))
WRAP(int, mkdirat, 0, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, mount_setattr, 0,
     (int dir, const char *path, unsigned flags, struct mount_attr *attributes, size_t size),
     (dir, path, flags, attributes, size))
WRAP(int, unshare, 0, (int flags), (flags))
WRAP(int, symlinkat, 0, (const char *target, int dir, const char *path), (target, dir, path))
WRAP(ssize_t, readlinkat, 0, (int dir, const char *path, char *text, size_t size),
     (dir, path, text, size))
WRAP(ssize_t, readlink, 0, (const char *path, char *text, size_t size), (path, text, size))
WRAP(int, setresuid, 0, (uid_t a, uid_t b, uid_t c), (a, b, c))
WRAP(int, setresgid, 0, (gid_t a, gid_t b, gid_t c), (a, b, c))
WRAP(int, setgroups, 0, (size_t count, const gid_t *groups), (count, groups))
WRAP(ssize_t, sendmsg, 0, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, recvmsg, 0, (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, recv, 0, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags))
WRAP(void *, mmap, 0, (void *at, size_t size, int use, int flags, int fd, off_t from),
     (at, size, use, flags, fd, from))
WRAP(int, fsopen, 0, (const char *name, unsigned flags), (name, flags))
WRAP(int, fsmount, 0, (int fd, unsigned flags, unsigned attributes), (fd, flags, attributes))
WRAP(int, fspick, 0, (int dir, const char *path, unsigned flags), (dir, path, flags))
WRAP(int, fsconfig, 0, (int fd, unsigned command, const char *key, const void *value, int extra),
     (fd, command, key, value, extra))
WRAP(int, open_tree, 0, (int dir, const char *path, unsigned flags), (dir, path, flags))
WRAP(int, move_mount, 0, (int from, const char *path, int to, const char *to_path, unsigned flags),
     (from, path, to, to_path, flags))
WRAP(int, mount, 0,
     (const char *source, const char *target, const char *type, unsigned long flags,
      const void *data),
     (source, target, type, flags, data))
WRAP(int, umount2, 0, (const char *path, int flags), (path, flags))
WRAP(int, faccessat, 0, (int dir, const char *path, int mode, int flags), (dir, path, mode, flags))
WRAP(int, chdir, 0, (const char *path), (path))
WRAP(int, fchdir, 0, (int fd), (fd))
WRAP(int, pipe2, 0, (int *pair, int flags), (pair, flags))
WRAP(int, socket, 0, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, socketpair, 0, (int family, int type, int protocol, int *pair),
     (family, type, protocol, pair))
WRAP(int, memfd_create, 0, (const char *name, unsigned flags), (name, flags))
WRAP(ssize_t, read, 0, (int fd, void *bytes, size_t size), (fd, bytes, size))
WRAP(ssize_t, pread, 0, (int fd, void *bytes, size_t size, off_t at), (fd, bytes, size, at))
WRAP(ssize_t, write, 0, (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRAP(ssize_t, sendfile, 0, (int to, int from, off_t *at, size_t size), (to, from, at, size))
WRAP(int, poll, 0, (struct pollfd * seats, nfds_t count, int ms), (seats, count, ms))
WRAP(int, setns, 0, (int fd, int kind), (fd, kind))
WRAP(int, sethostname, 0, (const char *name, size_t size), (name, size))
WRAP(int, setrlimit, 0, (int what, const struct rlimit *limit), (what, limit))
WRAP(int, getrlimit, 0, (int what, struct rlimit *limit), (what, limit))
WRAP(int, setsid, 0, (void), ())
WRAP(int, ftruncate, 0, (int fd, off_t size), (fd, size))
WRAP(int, fallocate, 0, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
WRAP(int, fstatvfs, 0, (int fd, struct statvfs *about), (fd, about))
WRAP(int, fchmod, 0, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchmodat, 0, (int dir, const char *path, mode_t mode, int flags),
     (dir, path, mode, flags))
WRAP(int, dup2, 0, (int from, int to), (from, to))
WRAP(int, dup3, 0, (int from, int to, int flags), (from, to, flags))
WRAP(int, execve, 0, (const char *path, char *const *argv, char *const *envp), (path, argv, envp))
WRAP(int, unlinkat, EINTR, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(pid_t, waitpid, EINTR, (pid_t pid, int *status, int flags), (pid, status, flags))
WRAP(int, waitid, EINTR, (int kind, id_t id, siginfo_t *info, int flags), (kind, id, info, flags))
WRAP(int, sigtimedwait, EINTR, (const sigset_t *set, siginfo_t *info, const struct timespec *time),
     (set, info, time))
WRAP_POINTER(DIR *, opendir, (const char *path), (path))
WRAP_POINTER(DIR *, fdopendir, (int fd), (fd))
WRAP_POINTER(struct dirent *, readdir, (DIR * list), (list))

/* ---- with arguments that vary ---- */

#define REST(last, type, value)                                                                    \
    va_list rest;                                                                                  \
    va_start(rest, last);                                                                          \
    type value = va_arg(rest, type);                                                               \
    va_end(rest)

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    REST(flags, unsigned, mode);
    return fails("open", 0) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
    REST(flags, unsigned, mode);
    return fails("openat", 0) ? -1 : __real_openat(dir, path, flags, mode);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    REST(command, long, value);
    return fails("fcntl", 0) ? -1 : __real_fcntl(fd, command, value);
}

int __real_ioctl(int fd, unsigned long command, ...);
int __wrap_ioctl(int fd, unsigned long command, ...);
int __wrap_ioctl(int fd, unsigned long command, ...)
{
    REST(command, void *, value);
    return fails("ioctl", 0) ? -1 : __real_ioctl(fd, command, value);
}

int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
    long a[4];
    va_list rest;
    va_start(rest, option);
    for (size_t i = 0; i < 4; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    return fails("prctl", 0) ? -1 : __real_prctl(option, a[0], a[1], a[2], a[3]);
}

int __real_clone(int (*main)(void *), void *stack, int flags, void *arg, ...);
int __wrap_clone(int (*main)(void *), void *stack, int flags, void *arg, ...);
int __wrap_clone(int (*main)(void *), void *stack, int flags, void *arg, ...)
{
    void *a[3];
    va_list rest;
    va_start(rest, arg);
    for (size_t i = 0; i < 3; i++)
        a[i] = va_arg(rest, void *);
    va_end(rest);
    return fails("clone", 0) ? -1 : __real_clone(main, stack, flags, arg, a[0], a[1], a[2]);
}

/* Waking a futex and sending SIGKILL to a child cannot fail; waiting can be interrupted. */
static int syscall_only(long number, long operation)
{
    if (number == SYS_futex)
        return operation == FUTEX_WAIT ? EINTR : -1;
    return number == SYS_pidfd_send_signal ? -1 : 0;
}

static const char *syscall_name(long number)
{
    static const struct {
        long number;
        const char *name;
    } rows[] = {
        { SYS_clone3, "clone3" },
        { SYS_openat2, "openat2" },
        { SYS_pivot_root, "pivot_root" },
        { SYS_futex, "futex" },
        { SYS_pidfd_send_signal, "pidfd_send_signal" },
        { SYS_perf_event_open, "perf_event_open" },
        { SYS_capget, "capget" },
        { SYS_capset, "capset" },
        { SYS_seccomp, "seccomp" },
        { SYS_landlock_create_ruleset, "landlock_create_ruleset" },
        { SYS_landlock_add_rule, "landlock_add_rule" },
        { SYS_landlock_restrict_self, "landlock_restrict_self" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return rows[i].name;
    return "syscall";
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (size_t i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if (fails(syscall_name(number), syscall_only(number, a[1])))
        return -1;
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- in the box ---- */

static void tell_directory(const char *path)
{
    char *names[64];
    size_t count = 0, left = 0;
    DIR *list = __real_opendir(path);
    for (struct dirent *entry; list && (entry = __real_readdir(list)) && count < 64;)
        names[count++] = strdup(entry->d_name);
    printf("%s:", path);
    for (size_t i = 0; i < count; i++, left++)
        for (size_t k = i + 1; k < count; k++)
            if (strcmp(names[k], names[i]) < 0) {
                char *swap = names[i];
                names[i] = names[k];
                names[k] = swap;
            }
    for (size_t i = 0; i < count; i++)
        printf(" %s", names[i]);
    puts(list ? "" : " not there");
}

static void tell_limits(void)
{
    static const int limits[] = { RLIMIT_CORE,   RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_SIGPENDING,
                                  RLIMIT_RTPRIO, RLIMIT_NICE,    RLIMIT_CPU,      RLIMIT_FSIZE,
                                  RLIMIT_NOFILE, RLIMIT_STACK,   RLIMIT_NPROC };
    printf("limits:");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rlimit limit = { 0 };
        __real_getrlimit(limits[i], &limit);
        printf(" %llu", (unsigned long long)limit.rlim_max);
    }
    puts("");
}

static void tell_writes(void)
{
    static const char *const paths[] = { "/x",     "/usr/x",     "/etc/x",       "/dev/x",
                                         "/tmp/x", "/opt/out/x", "/opt/fixed/x", "/srv/x" };
    printf("writes:");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int fd = __real_open(paths[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        printf(" %d", fd < 0 ? errno : 0);
        if (fd >= 0)
            close(fd);
    }
    puts("");
}

static int probe(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { { 0 } };
    char name[64] = "", where[256] = "";
    int fds = 0, bound = 0;
    __real_syscall(SYS_capget, &head, sets);
    for (int fd = 0; fd < 1024; fd++)
        fds += __real_fcntl(fd, F_GETFD) >= 0;
    for (int i = 0; i < 64; i++)
        bound += __real_prctl(PR_CAPBSET_READ, i, 0L, 0L, 0L) == 1;
    gethostname(name, sizeof name - 1);
    printf("%d %d, parent %d, session %d, seccomp %d, nnp %d, caps %x %x %x, bounding %d, fds %d\n",
           (int)getuid(), (int)getgid(), (int)getppid(), getsid(0) == getpid(),
           __real_prctl(PR_GET_SECCOMP, 0L, 0L, 0L, 0L),
           __real_prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L), sets[0].permitted | sets[1].permitted,
           sets[0].effective | sets[1].effective, sets[0].inheritable | sets[1].inheritable, bound,
           fds);
    printf("host %s, in %s\n", name, getcwd(where, sizeof where));
    tell_limits();
    tell_writes();
    tell_directory("/");
    tell_directory("/dev");
    tell_directory("/opt/fixed");
    tell_directory("/srv/hidden");
    return fflush(stdout) != 0;
}

static __attribute__((constructor)) void start(int argc, char **argv)
{
    const char *number = getenv("FAULT");
    if (argc == 2 && strcmp(argv[1], "probe") == 0)
        _exit(probe());
    if (!number)
        return;
    int fd = (int)strtol(number, NULL, 10);
    void *at = __real_mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        _exit(64);
    page = at;
    close(fd);
}
