/* The fetch process: what a repository on this machine must not hold, since it would make
 * libgit2 read elsewhere. */
#include "core/base/file.h"
#include "grader/source/fetch_child.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const char *const borrowed[] = {
    "commondir",
    "gitdir",
    "worktrees",
    "objects/info/alternates",
    "objects/info/http-alternates",
    "shallow",
    "info/grafts",
};

static void dir_scoped(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

struct walk {
    int entries;
    struct fault *why;
};

static bool walk_dir(struct walk *walk, int parent, const char *name, int depth);

static bool walk_entry(struct walk *walk, int dir, const struct dirent *entry, int depth)
{
    unsigned char type = entry->d_type;
    struct stat info;
    if (++walk->entries > LOCAL_ENTRIES_MOST)
        return fault_set(walk->why, BLAME_OPEN, "the repository has more than %d files",
                         LOCAL_ENTRIES_MOST);
    if (type == DT_UNKNOWN) {
        if (fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT || fault_errno(walk->why, "%s could not be read", entry->d_name);
        type = (unsigned char)IFTODT(info.st_mode);
    }
    if (type == DT_LNK)
        return fault_set(walk->why, BLAME_OPEN,
                         "the repository holds the symbolic link \"%.100s\": links inside a "
                         "repository are not followed, push to a plain bare one",
                         entry->d_name);
    if (type == DT_DIR)
        return walk_dir(walk, dir, entry->d_name, depth + 1);
    return type == DT_REG || fault_set(walk->why, BLAME_OPEN,
                                       "\"%.100s\" in the repository is neither "
                                       "file nor directory",
                                       entry->d_name);
}

static bool walk_dir(struct walk *walk, int parent, const char *name, int depth)
{
    if (depth > LOCAL_DEPTH_MOST)
        return fault_set(walk->why, BLAME_OPEN, "the repository is nested deeper than %d",
                         LOCAL_DEPTH_MOST);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) /* a lock directory may have gone meanwhile */
        return errno == ENOENT || fault_errno(walk->why,
                                              "%.100s in the repository could not be "
                                              "listed",
                                              name);
    scoped(dir) DIR *list = fdopendir(fd);
    if (!list)
        return fault_errno(walk->why, "%.100s in the repository could not be listed", name);
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
        bool self = str_is(str_of(entry->d_name), ".") || str_is(str_of(entry->d_name), "..");
        if (!self && !walk_entry(walk, fd, entry, depth))
            return false;
    }
    return true;
}

bool fetch_local_check(int repository, struct fault *why)
{
    struct stat info;
    for (size_t i = 0; i < sizeof borrowed / sizeof *borrowed; i++)
        if (fstatat(repository, borrowed[i], &info, AT_SYMLINK_NOFOLLOW) == 0)
            return fault_set(
                why, BLAME_OPEN,
                "the repository holds %s and so is not whole by itself: push to a plain "
                "bare repository",
                borrowed[i]);
    if (fstatat(repository, "objects", &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        fstatat(repository, "HEAD", &info, AT_SYMLINK_NOFOLLOW) != 0)
        return fault_set(why, BLAME_OPEN, "the directory is not a bare Git repository");
    struct walk walk = { 0, why };
    return walk_dir(&walk, repository, ".", 0);
}
