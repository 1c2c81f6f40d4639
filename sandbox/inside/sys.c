/* System calls as the launcher uses them. */
#include "sandbox/inside/sys.h"
#include "sandbox/inside/calls.h"
#include "sandbox/inside/without.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool trouble_set(struct trouble *trouble, const char *format, ...)
{
    int error = errno;
    if (trouble->text[0])
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(trouble->text, sizeof trouble->text, format, arguments);
    va_end(arguments);
    size_t len = strlen(trouble->text);
    if (error)
        snprintf(trouble->text + len, sizeof trouble->text - len, ": %s", strerror(error));
    return false;
}

bool is_passing(void)
{
    return errno == EINTR || errno == EAGAIN || errno == ENOMEM || errno == EMFILE ||
           errno == ENFILE || errno == ENOSPC || errno == EIO;
}

int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void namespace_return(int ns, int kind)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    for (int try = 0; setns(ns, kind); try++) {
        if (try == 1000)
            abort();
        nanosleep(&moment, NULL);
    }
}

void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int open_beneath(int dir, const char *path, uint64_t flags, mode_t mode, bool cross)
{
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
                   (cross ? 0 : RESOLVE_NO_XDEV),
    };
    while (*path == '/')
        path++;
    return (int)syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof how);
}

bool make_parents(int dir, const char *path, bool whole, mode_t mode)
{
    char name[256];
    if (!strchr(path, '/') && strlen(path) < sizeof name) { /* mostly */
        if (!whole || mkdirat(dir, path, mode) == 0)
            return true;
        if (errno != EEXIST)
            return false;
    }
    scoped_fd at = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (;;) {
        path += strspn(path, "/");
        size_t len = strcspn(path, "/");
        if (at < 0 || len >= sizeof name)
            return false;
        if (len == 0 || (!whole && path[len] == 0))
            return true;
        memcpy(name, path, len);
        name[len] = 0;
        int next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0 && errno == ENOENT && mkdirat(at, name, mode) == 0)
            next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        fd_close(&at);
        at = next;
        path += len;
    }
}

static bool fs_set(int fs, const char *key, int64_t number)
{
    char text[32];
    if (!STANDS(key)) /* "size", "nr_inodes" */
        return true;
    snprintf(text, sizeof text, "%lld", (long long)number);
    return fsconfig(fs, FSCONFIG_SET_STRING, key, text, 0) == 0;
}

int tmpfs_open(int64_t bytes, int64_t inodes, const char *mode, uid_t uid, gid_t gid)
{
    scoped_fd fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (fs < 0 || !fs_set(fs, "size", bytes) || !fs_set(fs, "nr_inodes", inodes) ||
        !fs_set(fs, "uid", uid) || !fs_set(fs, "gid", gid) ||
        fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
        return -1;
    return fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

bool tmpfs_resize(int tree, int64_t bytes, int64_t inodes)
{
    scoped_fd fs = fspick(tree, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
    return fs >= 0 && fs_set(fs, "size", bytes) && fs_set(fs, "nr_inodes", inodes) &&
           fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) == 0;
}

int proc_open(void)
{
    scoped_fd fs = fsopen("proc", FSOPEN_CLOEXEC);
    if (fs < 0 ||
        (STANDS("proc") && (fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) ||
                            fsconfig(fs, FSCONFIG_SET_STRING, "hidepid", "invisible", 0))) ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
        return -1;
    return fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

bool tree_restrict(int tree, uint64_t set, uint64_t clear)
{
    struct mount_attr attributes = { .attr_set = set, .attr_clr = clear };
    return mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) ==
           0;
}

int tree_clone(int dir, const char *path, uint64_t attributes, bool recursive)
{
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW |
                     (*path ? 0 : AT_EMPTY_PATH) | (recursive ? AT_RECURSIVE : 0);
    int tree = open_tree(dir, path, flags);
    /* What lies below may be locked to what covers it: then all of it comes along. */
    if (tree < 0 && errno == EINVAL && !recursive)
        tree = open_tree(dir, path, flags | AT_RECURSIVE);
    if (tree < 0)
        return -1;
    if (attributes && !tree_restrict(tree, attributes, 0)) {
        int error = errno;
        close(tree);
        errno = error;
        return -1;
    }
    return tree;
}

bool tree_attach(int tree, int dir, const char *path)
{
    unsigned to = *path ? 0 : MOVE_MOUNT_T_EMPTY_PATH;
    return move_mount(tree, "", dir, path, MOVE_MOUNT_F_EMPTY_PATH | to) == 0;
}

bool pivot_here(int root)
{
    return fchdir(root) == 0 && syscall(SYS_pivot_root, ".", ".") == 0;
}

bool pivot_leave(void)
{
    if (!STANDS("root")) /* it stays where it can be seen */
        return move_mount(AT_FDCWD, "/..", AT_FDCWD, "/usr/local", 0) == 0 && chdir("/") == 0;
    return umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

bool process_signal(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0;
}

void files_as(uid_t uid, gid_t gid)
{
    setfsgid(gid);
    setfsuid(uid);
}

bool process_kill(int pidfd)
{
    return process_signal(pidfd, SIGKILL);
}

bool read_text(int dir, const char *path, char *text, size_t size)
{
    scoped_fd fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t have = 0;
    while (have < size - 1) {
        ssize_t got = read(fd, text + have, size - 1 - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    text[have] = 0;
    return true;
}

bool write_text(int dir, const char *path, const char *text)
{
    scoped_fd fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
    size_t size = strlen(text);
    return fd >= 0 && write(fd, text, size) == (ssize_t)size;
}

bool write_number(int dir, const char *path, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return write_text(dir, path, text);
}

int64_t find_number(const char *text, const char *key)
{
    size_t len = strlen(key);
    for (const char *line = text; line && *line;) {
        if (strncmp(line, key, len) == 0 && line[len] == ' ')
            return strtoll(line + len + 1, NULL, 10);
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return -1;
}
