/*
 * The fetch process: a mirror, new or left by a fetch that was killed. Whoever fetches into it does
 * so alone, so that a lock found there is nobody's; left, it would keep the team out for good.
 */
#include "core/base/file.h"
#include "grader/source/fetch_child.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

/* ---- packs that did not reach the disk whole ---- */

#define ID_BYTES 20
#define INDEX_LEAST (8 + 256 * 4 + 2 * ID_BYTES) /* of version 2, without an object */
#define PACK_LEAST (12 + ID_BYTES)

static bool read_at(int fd, off_t at, unsigned char *to, size_t len)
{
    return at >= 0 && pread(fd, to, len, at) == (ssize_t)len;
}

/*
 * An index ends with the checksum that its pack ends with, and one of its own: a power cut leaves
 * files that are empty, cut short, or zeros at the end. O(1): nothing in between is read.
 */
static bool pack_is_whole(int dir, const char *index)
{
    char pack[300];
    unsigned char head[4], told[ID_BYTES], found[ID_BYTES];
    struct stat of_index, of_pack;
    size_t stem = strlen(index) - 4;
    if (stem > 256)
        return false;
    memcpy(pack, index, stem);
    memcpy(pack + stem, ".pack", 6);
    scoped(fd) int in = openat(dir, index, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    scoped(fd) int out = openat(dir, pack, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return in >= 0 && out >= 0 && fstat(in, &of_index) == 0 && fstat(out, &of_pack) == 0 &&
           of_index.st_size >= INDEX_LEAST && of_pack.st_size >= PACK_LEAST &&
           read_at(in, 0, head, 4) && memcmp(head, "\377tOc", 4) == 0 && read_at(out, 0, head, 4) &&
           memcmp(head, "PACK", 4) == 0 &&
           read_at(in, of_index.st_size - 2 * ID_BYTES, told, ID_BYTES) &&
           read_at(out, of_pack.st_size - ID_BYTES, found, ID_BYTES) &&
           memcmp(told, found, ID_BYTES) == 0;
}

bool fetch_mirror_whole(int mirror)
{
    DIR *dir = list(mirror, "objects/pack");
    struct dirent *entry;
    bool whole = true;
    while (dir && whole && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".idx") == 0)
            whole = pack_is_whole(dirfd(dir), entry->d_name);
    }
    if (dir)
        closedir(dir);
    return whole;
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

/* ---- a new one ---- */

static bool file_make(int mirror, const char *name, struct str bytes, struct fault *why)
{
    scoped(fd) int fd =
        openat(mirror, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    return fd >= 0 ? fd_write(fd, bytes, why) : fault_errno(why, "%s", name);
}

/* HEAD comes last and whole: without it the next fetch begins again. */
bool fetch_mirror_make(int mirror, struct fault *why)
{
    static const char *const folders[] = { "objects", "objects/pack", "refs", "refs/heads" };
    if (file_exists(mirror, "HEAD"))
        return true;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mkdirat(mirror, folders[i], 0777) != 0 && errno != EEXIST)
            return fault_errno(why, "%s", folders[i]);
    return file_make(mirror, "config", S("[core]\n\tbare = true\n\trepositoryformatversion = 0\n"),
                     why) &&
           file_make(mirror, "HEAD.lock", S("ref: refs/heads/main\n"), why) &&
           (renameat(mirror, "HEAD.lock", mirror, "HEAD") == 0 || fault_errno(why, "HEAD"));
}
