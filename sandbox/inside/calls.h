/* Calls of the kernel that not every C library has a function for: as glibc declares them. */
#pragma once

#include <sys/mount.h>
#ifndef __GLIBC__
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int open_tree(int dir, const char *path, unsigned flags)
{
    return (int)syscall(SYS_open_tree, dir, path, flags);
}

static inline int move_mount(int from, const char *path, int to, const char *to_path,
                             unsigned flags)
{
    return (int)syscall(SYS_move_mount, from, path, to, to_path, flags);
}

static inline int mount_setattr(int dir, const char *path, unsigned flags,
                                struct mount_attr *attributes, size_t size)
{
    return (int)syscall(SYS_mount_setattr, dir, path, flags, attributes, size);
}

static inline int fsopen(const char *name, unsigned flags)
{
    return (int)syscall(SYS_fsopen, name, flags);
}

static inline int fsconfig(int fd, unsigned command, const char *key, const void *value, int extra)
{
    return (int)syscall(SYS_fsconfig, fd, command, key, value, extra);
}

static inline int fsmount(int fd, unsigned flags, unsigned attributes)
{
    return (int)syscall(SYS_fsmount, fd, flags, attributes);
}

static inline int fspick(int dir, const char *path, unsigned flags)
{
    return (int)syscall(SYS_fspick, dir, path, flags);
}

static inline int close_range(unsigned from, unsigned to, int flags)
{
    return (int)syscall(SYS_close_range, from, to, flags);
}
#endif
