/* Archives of environments, written beneath one directory: what no entry of them can do. */
#include "core/base/file.h"
#include "grader/course/environment_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH_MOST ENVIRONMENT_DEPTH_MOST

/* ---- names ---- */

bool unpacking_name(char *name, struct fault *why)
{
    char *to = name;
    const char *at = name;
    size_t depth = 0;
    while (*at) {
        size_t len = strcspn(at, "/");
        if (len == 2 && at[0] == '.' && at[1] == '.')
            return fault_set(why, BLAME_OPEN, "has %.150s, which leaves it", name);
        if (len > 0 && !(len == 1 && at[0] == '.')) {
            if (to != name)
                *to++ = '/';
            memmove(to, at, len);
            to += len;
            depth++;
        }
        at += len + (at[len] == '/');
    }
    *to = 0;
    return depth <= DEPTH_MOST ||
           fault_set(why, BLAME_OPEN, "is nested more than %d deep", DEPTH_MOST);
}

/*
 * Beneath the directory whatever links lie there. An archive's own names go through none; a
 * layer's may (lib/x where lib leads to usr/lib), and then the directory is the root of all.
 */
static int open_inside(const struct unpacking *work, const char *path, uint64_t flags)
{
    const struct open_how how = { .flags = flags | O_CLOEXEC | O_RDONLY | O_NONBLOCK,
                                  .resolve = (work->layered ? RESOLVE_IN_ROOT : RESOLVE_BENEATH) |
                                             (work->layered ? 0 : RESOLVE_NO_SYMLINKS) |
                                             RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };
    return (int)syscall(SYS_openat2, work->into, path, &how, sizeof how);
}

static int directory_open(const struct unpacking *work, const char *path)
{
    return open_inside(work, path[0] ? path : ".", O_DIRECTORY);
}

/* How deep a directory really lies, whatever links led to it. -1: it cannot be said. */
static int depth_of(const struct unpacking *work, int dir)
{
    char link[40], path[2][TAR_NAME_MOST];
    const int fds[2] = { work->into, dir };
    int depths[2] = { 0, 0 };
    for (int i = 0; i < 2; i++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fds[i]);
        ssize_t len = readlink(link, path[i], sizeof path[i]);
        if (len < 0 || len == (ssize_t)sizeof path[i])
            return -1;
        for (ssize_t k = 0; k < len; k++)
            depths[i] += path[i][k] == '/';
    }
    return depths[1] - depths[0];
}

/* mkdirat, but not deeper than allowed: ENAMETOOLONG. */
static bool directory_add(const struct unpacking *work, int above, const char *name)
{
    int depth = work->layered ? depth_of(work, above) : 0;
    if (depth < 0 || depth >= DEPTH_MOST) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (mkdirat(above, name, 0755) == 0) /* whatever the umask of the service is */
        return fchmodat(above, name, 0755, 0) == 0;
    return errno == EEXIST;
}

/* The path, from its first missing directory on. */
static int directories_make(const struct unpacking *work, const char *path)
{
    char copy[TAR_NAME_MOST];
    int dir = directory_open(work, "");
    snprintf(copy, sizeof copy, "%s", path);
    for (char *at = copy; dir >= 0 && *at;) {
        char *end = at + strcspn(at, "/"), ending = *end;
        *end = 0;
        int next = directory_open(work, copy);
        if (next < 0 && errno == ENOENT && directory_add(work, dir, at))
            next = directory_open(work, copy);
        int was = errno;
        close(dir);
        errno = was;
        dir = next;
        *end = ending;
        at = end + (ending == '/');
    }
    return dir;
}

int unpacking_parent(const struct unpacking *work, char *name, bool make, const char **last)
{
    char *slash = strrchr(name, '/');
    *last = slash ? slash + 1 : name;
    if (!slash)
        return directory_open(work, "");
    *slash = 0;
    int dir = directory_open(work, name);
    if (dir < 0 && errno == ENOENT && make)
        dir = directories_make(work, name);
    *slash = '/';
    return dir;
}

/* ---- writing ---- */

/* In a box nobody is the owner: what the owner may read and execute, all may. */
static mode_t mode_for_all(mode_t mode)
{
    return (mode & 0755) | 0600 | (mode & 0500) >> 3 | (mode & 0500) >> 6;
}

static bool entry_fault(const struct tar_entry *entry, struct fault *why)
{
    return errno == ENAMETOOLONG
               ? fault_set(why, BLAME_OPEN, "has %.60s…, which is too long or too deep",
                           entry->name)
               : fault_errno(why, "%.150s", entry->name);
}

/* A later entry takes the place of an earlier one. */
static bool place_clear(const struct tar_entry *entry, int dir, const char *last, struct fault *why)
{
    if (unlinkat(dir, last, 0) == 0 || errno == ENOENT)
        return true;
    return errno == EISDIR || errno == EPERM ? dir_remove(dir, last, why) : entry_fault(entry, why);
}

static bool file_write(struct unpacking *work, struct tar *tar, const struct tar_entry *entry,
                       int file, struct fault *why)
{
    const struct timespec times[2] = { { .tv_sec = entry->mtime_s }, { .tv_sec = entry->mtime_s } };
    work->bytes += entry->size;
    if (work->bytes > ARCHIVE_BYTES_MOST)
        return fault_set(why, BLAME_OPEN, "unpacks to more than %lld bytes", ARCHIVE_BYTES_MOST);
    return tar_content(tar, file, why) &&
           ((fchmod(file, mode_for_all(entry->mode)) == 0 && futimens(file, times) == 0) ||
            entry_fault(entry, why));
}

static bool file_make(struct unpacking *work, struct tar *tar, const struct tar_entry *entry,
                      int dir, const char *last, struct fault *why)
{
    scoped(fd) int file =
        openat(dir, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return file >= 0 ? file_write(work, tar, entry, file, why) : entry_fault(entry, why);
}

/* A second name of a file, or of a link, that is there already. */
static bool hard_link(const struct unpacking *work, struct tar_entry *entry, int dir,
                      const char *last, struct fault *why)
{
    const char *name;
    struct stat info;
    if (!unpacking_name(entry->target, why))
        return false;
    scoped(fd) int from = unpacking_parent(work, entry->target, false, &name);
    if (from < 0 || fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return fault_errno(why, "%.100s, a second name of %.100s", entry->name, entry->target);
    if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode))
        return fault_set(why, BLAME_OPEN, "has %.100s, a second name of no file", entry->name);
    struct stat there;
    if (fstatat(dir, last, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == info.st_ino)
        return true;
    return place_clear(entry, dir, last, why) &&
           (linkat(from, name, dir, last, 0) == 0 || entry_fault(entry, why));
}

/* What is no directory gives way to one; its mode is set on what was opened, through no link. */
static bool directory_make(const struct unpacking *work, const struct tar_entry *entry, int dir,
                           const char *last, struct fault *why)
{
    struct stat info;
    bool there = fstatat(dir, last, &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISDIR(info.st_mode) && !place_clear(entry, dir, last, why))
        return false;
    scoped(fd) int made = directory_add(work, dir, last)
                              ? openat(dir, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                              : -1;
    return (made >= 0 && fchmod(made, mode_for_all(entry->mode) | 0700) == 0) ||
           entry_fault(entry, why);
}

static bool entry_make(struct unpacking *work, struct tar *tar, struct tar_entry *entry, int dir,
                       const char *last, struct fault *why)
{
    switch (entry->type) {
    case '0':
    case '7':
    case 0:
        return place_clear(entry, dir, last, why) && file_make(work, tar, entry, dir, last, why);
    case '1':
        return hard_link(work, entry, dir, last, why);
    case '2':
        return place_clear(entry, dir, last, why) &&
               (symlinkat(entry->target, dir, last) == 0 || entry_fault(entry, why));
    case '5':
        return directory_make(work, entry, dir, last, why);
    default:
        return true; /* devices, pipes */
    }
}

bool unpacking_write(struct unpacking *work, struct tar *tar, struct tar_entry *entry,
                     struct fault *why)
{
    const char *last;
    if (!unpacking_name(entry->name, why))
        return false;
    if (!entry->name[0])
        return true;
    if (++work->files > ARCHIVE_FILES_MOST)
        return fault_set(why, BLAME_OPEN, "has more than %d files", ARCHIVE_FILES_MOST);
    scoped(fd) int dir = unpacking_parent(work, entry->name, true, &last);
    return dir >= 0 ? entry_make(work, tar, entry, dir, last, why) : entry_fault(entry, why);
}

static bool unpack_all(struct unpacking *work, struct tar *tar, struct fault *why)
{
    struct tar_entry *entry = calloc(1, sizeof *entry);
    enum tar_step step = TAR_ENTRY;
    if (!entry)
        abort();
    while (step == TAR_ENTRY && (step = tar_next(tar, entry, why)) == TAR_ENTRY)
        if (!unpacking_write(work, tar, entry, why))
            step = TAR_FAULT;
    free(entry);
    if (step == TAR_CUT)
        return fault_set(why, BLAME_OPEN, "ends too early");
    return step == TAR_END &&
           (work->files > 0 || fault_set(why, BLAME_OPEN, "is an empty archive"));
}

bool environment_unpack(int fd, int into, struct fault *why)
{
    struct unpacking work = { .into = into };
    struct tar *tar = tar_open(fd, why);
    bool ok = tar && unpack_all(&work, tar, why);
    tar_close(tar);
    return ok;
}
