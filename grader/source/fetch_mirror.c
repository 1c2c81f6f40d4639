/*
 * The fetch process: a mirror in which one before us was killed. Whoever fetches into a mirror does
 * so alone, so that a lock found there is nobody's; left, it would keep the team out for good.
 */
#include "core/base/file.h"
#include "grader/source/fetch_child.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST 16

static DIR *list(int parent, const char *name)
{
    int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return dir < 0 ? NULL : fdopendir(dir);
}

static bool is_lock(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && strcmp(name + len - 5, ".lock") == 0;
}

/* A ref whose name reached the disk, and whose content did not. */
static bool is_empty(int dir, const char *name)
{
    struct stat info;
    return fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_size == 0;
}

void fetch_mirror_mend(int parent, const char *name, int depth)
{
    DIR *dir = depth < DEPTH_MOST ? list(parent, name) : NULL;
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_type == DT_REG &&
            (is_lock(entry->d_name) || (depth && is_empty(dirfd(dir), entry->d_name))))
            unlinkat(dirfd(dir), entry->d_name, 0);
        else if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
                 (depth || strcmp(entry->d_name, "refs") == 0))
            fetch_mirror_mend(dirfd(dir), entry->d_name, depth + 1);
    }
    if (dir)
        closedir(dir);
}

bool fetch_mirror_empty(int mirror, struct fault *why)
{
    DIR *dir = list(mirror, ".");
    struct dirent *entry;
    bool ok = dir != NULL || fault_errno(why, "the mirror could not be read");
    while (ok && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = dir_remove(mirror, entry->d_name, why);
    if (dir)
        closedir(dir);
    return ok;
}
