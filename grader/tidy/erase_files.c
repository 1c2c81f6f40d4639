/* Erasing: sizes of trees, and stores that were put aside. */
#include "core/base/file.h"
#include "grader/tidy/erase_parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t tree_bytes(int state, const char *path)
{
    struct stat info;
    int64_t bytes = 0;
    if (fstatat(state, path, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    if (!S_ISDIR(info.st_mode))
        return info.st_size;
    int fd = openat(state, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *one; entries && (one = readdir(entries));)
        if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
            bytes += tree_bytes(fd, one->d_name);
    if (entries)
        closedir(entries);
    return bytes;
}

/* A copy of a database whose maker is gone. */
static bool is_dead_copy(const char *name)
{
    int64_t pid;
    struct str rest = str_of(name), start = S("backup-"), end = S(".db");
    if (!str_starts(rest, start) || !str_ends(rest, end))
        return false;
    rest = str_from(str_until(rest, rest.len - end.len), start.len);
    return str_to_int(rest, &pid) && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static bool is_old_store(const char *name)
{
    return str_starts(str_of(name), S("store.db.before-"));
}

static bool those_take(int dir, bool (*is_one)(const char *name), bool remove, int64_t *count,
                       struct fault *why)
{
    int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = own >= 0 ? fdopendir(own) : NULL;
    bool ok = entries != NULL || fault_errno(why, "state");
    for (struct dirent *one; ok && (one = readdir(entries));) {
        if (!is_one(one->d_name))
            continue;
        *count += 1;
        ok = !remove || unlinkat(dir, one->d_name, 0) == 0 || errno == ENOENT ||
             fault_errno(why, "%s", one->d_name);
    }
    if (entries)
        closedir(entries);
    return ok;
}

bool erase_old_stores(int state, bool remove, int64_t *count, struct fault *why)
{
    int64_t copies = 0;
    *count = 0;
    scoped(fd) int cache = openat(state, "cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return those_take(state, is_old_store, remove, count, why) &&
           (cache < 0 || those_take(cache, is_dead_copy, remove, &copies, why));
}
