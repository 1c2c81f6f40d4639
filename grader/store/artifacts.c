/* Content-addressed files beneath a directory descriptor. */
#include "grader/store/artifacts.h"
#include "core/base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_TEXT (SHA256_HEX + 4)

static bool path_of(const char *sha256, char path[PATH_TEXT], struct fault *why)
{
    if (!sha256_is_hex(str_of(sha256)))
        return fault_set(why, BLAME_SYSTEM, "\"%.70s\" is no SHA-256", sha256);
    snprintf(path, PATH_TEXT, "%.2s/%s", sha256, sha256);
    return true;
}

bool artifacts_open(struct artifacts *out, int dir, const char *name, mode_t dir_mode,
                    mode_t file_mode, struct fault *why)
{
    if (!dir_make(dir, name, dir_mode, why))
        return false;
    out->root = dir_open(dir, name, why);
    out->mode = file_mode;
    return out->root >= 0;
}

void artifacts_close(struct artifacts *artifacts)
{
    fd_scoped(&artifacts->root);
    artifacts->root = -1;
}

bool artifacts_has(const struct artifacts *artifacts, const char *sha256)
{
    char path[PATH_TEXT];
    return path_of(sha256, path, NULL) && file_exists(artifacts->root, path);
}

/* As artifacts_has, and the file is young: it is not swept while it waits to be named. */
static bool has_fresh(const struct artifacts *artifacts, const char *sha256)
{
    char path[PATH_TEXT];
    return path_of(sha256, path, NULL) &&
           utimensat(artifacts->root, path, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

static int temporary_open(const struct artifacts *artifacts, char name[64], struct fault *why)
{
    snprintf(name, 64, "new.%d.%016llx", (int)getpid(), (unsigned long long)random_u64());
    int fd = openat(artifacts->root, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        fault_errno(why, "artifacts: %s", name);
    return fd;
}

/* Give the finished temporary file its mode and its name. */
static bool settle(const struct artifacts *artifacts, int fd, const char *temporary,
                   const char *sha256, struct fault *why)
{
    char path[PATH_TEXT], folder[3] = { sha256[0], sha256[1], 0 };
    if (!path_of(sha256, path, why))
        return false;
    struct stat root;
    if (fstat(artifacts->root, &root) != 0)
        return fault_errno(why, "artifacts");
    bool other = root.st_uid != geteuid(); /* root takes a course over for the grader */
    if (mkdirat(artifacts->root, folder, root.st_mode & 0777) == 0) {
        if (other && fchownat(artifacts->root, folder, root.st_uid, root.st_gid, 0) != 0)
            return fault_errno(why, "artifacts/%s", folder);
    } else if (errno != EEXIST) {
        return fault_errno(why, "artifacts/%s", folder);
    }
    if ((other && fchown(fd, root.st_uid, root.st_gid) != 0) || fchmod(fd, artifacts->mode) != 0 ||
        fsync(fd) != 0 || renameat(artifacts->root, temporary, artifacts->root, path) != 0)
        return fault_errno(why, "artifacts/%s", path);
    return true;
}

bool artifacts_put(const struct artifacts *artifacts, struct str bytes, char sha256[SHA256_HEX],
                   struct fault *why)
{
    sha256_of(bytes, sha256);
    if (has_fresh(artifacts, sha256))
        return true;
    char temporary[64];
    scoped(fd) int fd = temporary_open(artifacts, temporary, why);
    if (fd < 0)
        return false;
    if (fd_write(fd, bytes, why) && settle(artifacts, fd, temporary, sha256, why))
        return true;
    unlinkat(artifacts->root, temporary, 0);
    return false;
}

static bool copy_hashed(int from, int to, uint64_t most, char sha256[SHA256_HEX], struct fault *why)
{
    struct sha256 hash;
    sha256_start(&hash);
    char buffer[1 << 16];
    uint64_t at = 0;
    for (;;) {
        ssize_t got = pread(from, buffer, sizeof buffer, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_errno(why, "could not read");
        if (got == 0)
            break;
        at += (uint64_t)got;
        if (at > most)
            return fault_set(why, BLAME_OPEN, "was over %llu bytes", (unsigned long long)most);
        sha256_add(&hash, buffer, (size_t)got);
        if (!fd_write(to, (struct str){ buffer, (size_t)got }, why))
            return false;
    }
    sha256_end(&hash, sha256);
    return true;
}

bool artifacts_put_file(const struct artifacts *artifacts, int fd, uint64_t most,
                        char sha256[SHA256_HEX], struct fault *why)
{
    char temporary[64];
    scoped(fd) int to = temporary_open(artifacts, temporary, why);
    if (to < 0)
        return false;
    bool ok = copy_hashed(fd, to, most, sha256, why);
    if (ok && has_fresh(artifacts, sha256)) {
        unlinkat(artifacts->root, temporary, 0);
        return true;
    }
    if (ok && settle(artifacts, to, temporary, sha256, why))
        return true;
    unlinkat(artifacts->root, temporary, 0);
    return false;
}

int artifacts_get(const struct artifacts *artifacts, const char *sha256, struct fault *why)
{
    char path[PATH_TEXT];
    if (!path_of(sha256, path, why))
        return -1;
    int fd = openat(artifacts->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fault_errno(why, "artifact %.12s", sha256);
    return fd;
}

bool artifacts_load(const struct artifacts *artifacts, const char *sha256, struct arena *arena,
                    size_t most, struct str *out, struct fault *why)
{
    scoped(fd) int fd = artifacts_get(artifacts, sha256, why);
    return fd >= 0 &&
           (fd_load(arena, fd, most, out, why) || fault_within(why, "artifact %.12s", sha256));
}

bool artifacts_delete(const struct artifacts *artifacts, const char *sha256, struct fault *why)
{
    char path[PATH_TEXT];
    if (!path_of(sha256, path, why))
        return false;
    return unlinkat(artifacts->root, path, 0) == 0 || errno == ENOENT ||
           fault_errno(why, "artifact %.12s", sha256);
}

static int64_t put_ms(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

bool artifacts_drop(const struct artifacts *artifacts, const char *sha256,
                    const struct artifacts_dropping *how, struct fault *why)
{
    char path[PATH_TEXT], aside[PATH_TEXT + 8];
    struct stat info;
    *how->old = false;
    *how->bytes = 0;
    if (!path_of(sha256, path, why))
        return false;
    if (fstatat(artifacts->root, path, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || fault_errno(why, "artifact %.12s", sha256);
    *how->old = put_ms(&info) < how->before_ms;
    *how->bytes = info.st_size;
    if (!*how->old || how->dry)
        return true;
    snprintf(aside, sizeof aside, "new.%.64s", sha256);
    if (renameat(artifacts->root, path, artifacts->root, aside) != 0)
        return errno == ENOENT || fault_errno(why, "artifact %.12s", sha256);
    /* who put it between the two looks has set its time; who puts it now writes it anew */
    *how->old = fstatat(artifacts->root, aside, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
                put_ms(&info) < how->before_ms;
    if (!*how->old)
        return renameat(artifacts->root, aside, artifacts->root, path) == 0 ||
               fault_errno(why, "artifact %.12s", sha256);
    return unlinkat(artifacts->root, aside, 0) == 0 || errno == ENOENT ||
           fault_errno(why, "artifact %.12s", sha256);
}

static bool list_folder(int root, const char *folder, bool (*each)(void *at, const char *sha256),
                        void *at)
{
    int fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return true;
    bool more = true;
    struct dirent *entry;
    while (more && (entry = readdir(dir)))
        if (sha256_is_hex(str_of(entry->d_name)))
            more = each(at, entry->d_name);
    closedir(dir);
    return more;
}

bool artifacts_list(const struct artifacts *artifacts, bool (*each)(void *at, const char *sha256),
                    void *at, struct fault *why)
{
    int fd = openat(artifacts->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return fault_errno(why, "artifacts");
    struct dirent *entry;
    bool more = true;
    while (more && (entry = readdir(dir)))
        if (strlen(entry->d_name) == 2 && entry->d_name[0] != '.')
            more = list_folder(artifacts->root, entry->d_name, each, at);
    closedir(dir);
    return true;
}

bool artifacts_tidy(const struct artifacts *artifacts, struct fault *why)
{
    int fd = openat(artifacts->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return fault_errno(why, "artifacts");
    struct dirent *entry;
    bool ok = true;
    while (ok && (entry = readdir(dir)))
        if (strncmp(entry->d_name, "new.", 4) == 0)
            ok = unlinkat(artifacts->root, entry->d_name, 0) == 0 || errno == ENOENT ||
                 fault_errno(why, "artifacts/%s", entry->d_name);
    closedir(dir);
    return ok;
}

bool artifacts_lay(const struct artifacts *artifacts, const char *sha256, int dir, const char *name,
                   struct fault *why)
{
    char path[PATH_TEXT];
    if (!path_of(sha256, path, why))
        return false;
    if (file_exists(dir, name))
        return true;
    if ((artifacts->mode & S_IROTH) && linkat(artifacts->root, path, dir, name, 0) == 0)
        return true;
    scoped(fd) int fd = artifacts_get(artifacts, sha256, why);
    return fd >= 0 && file_copy(fd, dir, name, 0440, why);
}
