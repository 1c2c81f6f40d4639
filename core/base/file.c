/* Files and directories beneath opened directories. */
#include "core/base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_scoped(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

bool fd_load(struct arena *arena, int fd, size_t most, struct str *out, struct fault *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fault_errno(why, "could not look at the file");
    size_t room = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size + 1 : 4096;
    if (room > most + 1)
        room = most + 1;
    char *at = arena_take(arena, room + 1);
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, at + len, room - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_errno(why, "could not read");
        if (got == 0)
            break;
        len += (size_t)got;
        if (len > most)
            return fault_set(why, BLAME_OPEN, "was over %zu bytes", most);
        if (len == room) {
            size_t wider = room * 2 < most + 1 ? room * 2 : most + 1;
            at = arena_grow(arena, at, room + 1, wider + 1);
            room = wider;
        }
    }
    at[len] = 0;
    *out = (struct str){ at, len };
    return true;
}

bool file_load(struct arena *arena, int dir, const char *path, size_t most, struct str *out,
               struct fault *why)
{
    scoped(fd) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fault_errno(why, "%s", path);
    return fd_load(arena, fd, most, out, why) || fault_within(why, "%s", path);
}

bool fd_write(int fd, struct str bytes, struct fault *why)
{
    while (bytes.len) {
        ssize_t put = write(fd, bytes.at, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fault_errno(why, "could not write");
        bytes = str_from(bytes, (size_t)put);
    }
    return true;
}

/* Make the directory entry last: fsync of the directory that holds path. */
static bool parent_sync(int dir, const char *path, struct fault *why)
{
    char parent[512] = ".";
    const char *slash = strrchr(path, '/');
    if (slash && slash > path)
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
    scoped(fd) int fd = openat(dir, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fault_errno(why, "%s: could not sync the directory", path);
    return true;
}

bool file_save_by(int dir, const char *path, mode_t mode,
                  bool (*write)(int fd, void *work, struct fault *why), void *work,
                  struct fault *why)
{
    char temporary[512];
    static unsigned count;
    snprintf(temporary, sizeof temporary, "%s.%d.%u.new", path, (int)getpid(),
             __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED));
    scoped(fd) int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return fault_errno(why, "%s", path);
    if (write(fd, work, why) && (fsync(fd) == 0 || fault_errno(why, "could not sync")) &&
        (renameat(dir, temporary, dir, path) == 0 || fault_errno(why, "could not rename")))
        return parent_sync(dir, path, why);
    unlinkat(dir, temporary, 0);
    return fault_within(why, "%s", path);
}

static bool bytes_write(int fd, void *work, struct fault *why)
{
    return fd_write(fd, *(const struct str *)work, why);
}

bool file_save(int dir, const char *path, struct str bytes, mode_t mode, struct fault *why)
{
    return file_save_by(dir, path, mode, bytes_write, &bytes, why);
}

bool dir_make(int dir, const char *path, mode_t mode, struct fault *why)
{
    char part[1024];
    size_t len = strlen(path);
    if (len >= sizeof part)
        return fault_set(why, BLAME_OPEN, "%.60s...: path was too long", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdirat(dir, part, mode) != 0 && errno != EEXIST)
            return fault_errno(why, "%s", part);
    }
    return true;
}

int dir_open(int dir, const char *path, struct fault *why)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fault_errno(why, "%s", path);
    return fd;
}

static bool remove_inside(int fd, struct fault *why)
{
    DIR *list = fdopendir(fd);
    if (!list)
        return fault_errno(why, "could not list a directory");
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(list))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(list), entry->d_name, 0) != 0 && errno != ENOENT)
            ok = errno == EISDIR || errno == EPERM ? dir_remove(dirfd(list), entry->d_name, why)
                                                   : fault_errno(why, "%s", entry->d_name);
    }
    closedir(list);
    return ok;
}

bool dir_remove(int dir, const char *path, struct fault *why)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0)
        return unlinkat(dir, path, 0) == 0 || fault_errno(why, "%s", path);
    if (!remove_inside(fd, why))
        return false;
    return unlinkat(dir, path, AT_REMOVEDIR) == 0 || errno == ENOENT ||
           fault_errno(why, "%s", path);
}

bool file_copy(int from, int dir, const char *path, mode_t mode, struct fault *why)
{
    scoped(fd) int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return fault_errno(why, "%s", path);
    off_t at = 0;
    for (;;) {
        ssize_t got = sendfile(fd, from, &at, (size_t)1 << 30);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_errno(why, "%s", path);
        if (got == 0)
            return true;
    }
}

bool file_exists(int dir, const char *path)
{
    return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
