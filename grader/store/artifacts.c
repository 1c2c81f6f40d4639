/* Content-addressed files beneath a directory descriptor. */
#include "grader/store/artifacts.h"
#include "core/base/file.h"
#include "grader/store/artifacts_fresh.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESH ".fresh"
#define PATH_TEXT (SHA256_HEX + sizeof FRESH)

static bool path_of(const char *sha256, char path[PATH_TEXT], struct fault *why)
{
    if (!sha256_is_hex(str_of(sha256)))
        return fault_set(why, BLAME_SYSTEM, "\"%.70s\" is no SHA-256", sha256);
    snprintf(path, PATH_TEXT, "%.2s/%s", sha256, sha256);
    return true;
}

static void path_of_fresh(const char *sha256, char path[PATH_TEXT])
{
    snprintf(path, PATH_TEXT, FRESH "/%s", sha256);
}

bool artifacts_open(struct artifacts *out, int dir, const char *name, mode_t dir_mode,
                    mode_t file_mode, struct fault *why)
{
    if (!dir_make(dir, name, dir_mode, why))
        return false;
    out->root = dir_open(dir, name, why);
    out->mode = file_mode;
    out->fresh = fresh_open();
    return out->root >= 0;
}

void artifacts_close(struct artifacts *artifacts)
{
    fd_scoped(&artifacts->root);
    artifacts->root = -1;
    fresh_close(artifacts->fresh);
    artifacts->fresh = NULL;
}

static bool is_settled(const struct artifacts *artifacts, const char *sha256)
{
    char path[PATH_TEXT];
    return path_of(sha256, path, NULL) && file_exists(artifacts->root, path);
}

/* The same, and the file is young: it is not swept while it waits to be named. */
static bool is_settled_young(const struct artifacts *artifacts, const char *sha256)
{
    char path[PATH_TEXT];
    return path_of(sha256, path, NULL) &&
           utimensat(artifacts->root, path, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Settled while we look, it is at its place the second time. */
bool artifacts_has(const struct artifacts *artifacts, const char *sha256)
{
    char path[PATH_TEXT];
    if (is_settled(artifacts, sha256))
        return true;
    if (!sha256_is_hex(str_of(sha256)))
        return false;
    path_of_fresh(sha256, path);
    return file_exists(artifacts->root, path) || is_settled(artifacts, sha256);
}

/* ---- putting ---- */

/* root takes a course over for the grader */
static bool owner_follow(const struct artifacts *artifacts, int dir, const char *path,
                         struct fault *why)
{
    struct stat root;
    if (fstat(artifacts->root, &root) != 0)
        return fault_errno(why, "artifacts");
    return root.st_uid == geteuid() ||
           fchownat(dir, path, root.st_uid, root.st_gid, path[0] ? 0 : AT_EMPTY_PATH) == 0 ||
           fault_errno(why, "artifacts/%s", path);
}

static bool folder_make(const struct artifacts *artifacts, const char *folder, mode_t mode,
                        bool *made, struct fault *why)
{
    if (mkdirat(artifacts->root, folder, mode) != 0)
        return errno == EEXIST || fault_errno(why, "artifacts/%s", folder);
    *made = true;
    return owner_follow(artifacts, artifacts->root, folder, why);
}

static int temporary_open(const struct artifacts *artifacts, char name[PATH_TEXT],
                          struct fault *why)
{
    bool made = false;
    snprintf(name, PATH_TEXT, FRESH "/new.%d.%016llx", (int)getpid(),
             (unsigned long long)random_u64());
    int fd = openat(artifacts->root, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOENT && folder_make(artifacts, FRESH, 0700, &made, why))
        fd = openat(artifacts->root, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        fault_errno(why, "artifacts: %s", name);
    return fd;
}

/* A name is given once: what somebody is about to settle is not replaced beneath his hands. */
static bool name_give(int root, const char *from, const char *to)
{
    if (renameat2(root, from, root, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST)
        return unlinkat(root, from, 0) == 0;
    return errno == EINVAL && renameat(root, from, root, to) == 0; /* a file system without */
}

/* Give the finished temporary file its owner, its mode and its name. */
static bool finish(const struct artifacts *artifacts, int fd, const char *temporary,
                   const char *sha256, struct fault *why)
{
    char path[PATH_TEXT];
    path_of_fresh(sha256, path);
    if (!owner_follow(artifacts, fd, "", why))
        return false;
    if (fchmod(fd, artifacts->mode) != 0)
        return fault_errno(why, "artifacts/%s", path);
    fresh_hold(artifacts->fresh);
    bool given = name_give(artifacts->root, temporary, path);
    if (given)
        fresh_add(artifacts->fresh, sha256);
    fresh_release(artifacts->fresh);
    return given || fault_errno(why, "artifacts/%s", path);
}

/* What is fresh may be another process': whoever relies on it settles it. */
bool artifacts_keep(const struct artifacts *artifacts, const char *sha256)
{
    if (is_settled_young(artifacts, sha256))
        return true;
    bool found = artifacts_has(artifacts, sha256);
    if (found) {
        fresh_hold(artifacts->fresh);
        fresh_add(artifacts->fresh, sha256);
        fresh_release(artifacts->fresh);
    }
    return found;
}

bool artifacts_put_later(const struct artifacts *artifacts, struct str bytes,
                         char sha256[SHA256_HEX], struct fault *why)
{
    sha256_of(bytes, sha256);
    if (artifacts_keep(artifacts, sha256))
        return true;
    char temporary[PATH_TEXT];
    scoped(fd) int fd = temporary_open(artifacts, temporary, why);
    if (fd < 0)
        return false;
    if (fd_write(fd, bytes, why) && finish(artifacts, fd, temporary, sha256, why))
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

bool artifacts_put_file_later(const struct artifacts *artifacts, int fd, uint64_t most,
                              char sha256[SHA256_HEX], struct fault *why)
{
    char temporary[PATH_TEXT];
    scoped(fd) int to = temporary_open(artifacts, temporary, why);
    if (to < 0)
        return false;
    bool ok = copy_hashed(fd, to, most, sha256, why);
    bool known = ok && artifacts_keep(artifacts, sha256);
    if (ok && !known && finish(artifacts, to, temporary, sha256, why))
        return true;
    unlinkat(artifacts->root, temporary, 0);
    return known;
}

bool artifacts_put(const struct artifacts *artifacts, struct str bytes, char sha256[SHA256_HEX],
                   struct fault *why)
{
    return artifacts_put_later(artifacts, bytes, sha256, why) &&
           (is_settled(artifacts, sha256) || artifacts_settle(artifacts, why));
}

bool artifacts_put_file(const struct artifacts *artifacts, int fd, uint64_t most,
                        char sha256[SHA256_HEX], struct fault *why)
{
    return artifacts_put_file_later(artifacts, fd, most, sha256, why) &&
           (is_settled(artifacts, sha256) || artifacts_settle(artifacts, why));
}

/* ---- settling ---- */

#define BATCH 64

/* Written out together and waited for one by one: the first one's journal takes most of them. */
static bool batch_sync(const int *fds, size_t count, struct fault *why)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            sync_file_range(fds[i], 0, 0, SYNC_FILE_RANGE_WRITE);
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0 && fsync(fds[i]) != 0)
            return fault_errno(why, "an artifact could not be synced");
    return true;
}

static bool place_take(const struct artifacts *artifacts, const char *sha256, bool *made,
                       struct fault *why)
{
    char from[PATH_TEXT], to[PATH_TEXT], folder[3] = { sha256[0], sha256[1], 0 };
    struct stat root;
    path_of_fresh(sha256, from);
    return path_of(sha256, to, why) &&
           (fstat(artifacts->root, &root) == 0 || fault_errno(why, "artifacts")) &&
           folder_make(artifacts, folder, root.st_mode & 0777, made, why) &&
           (renameat(artifacts->root, from, artifacts->root, to) == 0 ||
            (errno == ENOENT && is_settled(artifacts, sha256)) ||
            fault_errno(why, "artifacts/%s", to));
}

static bool batch_settle(const struct artifacts *artifacts, const struct fresh_list *list,
                         size_t from, size_t count, bool *made, struct fault *why)
{
    int fds[BATCH];
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        char path[PATH_TEXT];
        const char *sha256 = list->at[from + i];
        path_of_fresh(sha256, path);
        fds[i] = openat(artifacts->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        /* another process may have put and settled the same */
        if (fds[i] >= 0)
            futimens(fds[i], NULL);
        else if (!is_settled(artifacts, sha256))
            ok = fault_errno(why, "artifact %.12s", sha256);
    }
    ok = ok && batch_sync(fds, count, why);
    for (size_t i = 0; i < count; i++) {
        ok = ok && (fds[i] < 0 || place_take(artifacts, list->at[from + i], made, why));
        fd_scoped(&fds[i]);
    }
    return ok;
}

static bool folder_sync(const struct artifacts *artifacts, const char *folder, struct fault *why)
{
    scoped(fd) int fd = openat(artifacts->root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (fd >= 0 && fsync(fd) == 0) || fault_errno(why, "artifacts/%s", folder);
}

/* Each folder once: the list is in order. */
static bool folders_sync(const struct artifacts *artifacts, const struct fresh_list *list,
                         bool made, struct fault *why)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *sha256 = list->at[i], folder[3] = { sha256[0], sha256[1], 0 };
        bool again = i > 0 && memcmp(sha256, list->at[i - 1], 2) == 0;
        if (!again && !folder_sync(artifacts, folder, why))
            return false;
    }
    return !made || folder_sync(artifacts, ".", why);
}

bool artifacts_settle(const struct artifacts *artifacts, struct fault *why)
{
    struct fresh_list list;
    bool ok = true, made = false;
    fresh_begin(artifacts->fresh, &list);
    for (size_t i = 0; ok && i < list.count; i += BATCH)
        ok = batch_settle(artifacts, &list, i, list.count - i < BATCH ? list.count - i : BATCH,
                          &made, why);
    ok = ok && folders_sync(artifacts, &list, made, why);
    fresh_end(artifacts->fresh, &list, ok);
    return ok;
}

/* ---- getting ---- */

int artifacts_get(const struct artifacts *artifacts, const char *sha256, struct fault *why)
{
    char path[PATH_TEXT], fresh[PATH_TEXT];
    const char *const places[] = { path, fresh, path };
    int fd = -1;
    if (!path_of(sha256, path, why))
        return -1;
    path_of_fresh(sha256, fresh);
    for (size_t i = 0; fd < 0 && i < sizeof places / sizeof *places; i++)
        fd = openat(artifacts->root, places[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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
    char path[PATH_TEXT], fresh[PATH_TEXT];
    const char *const places[] = { path, fresh, path };
    if (!path_of(sha256, path, why))
        return false;
    path_of_fresh(sha256, fresh);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (unlinkat(artifacts->root, places[i], 0) != 0 && errno != ENOENT)
            return fault_errno(why, "artifact %.12s", sha256);
    return true;
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
        if (strncmp(entry->d_name, "new.", 4) == 0) /* taken aside by artifacts_drop */
            ok = unlinkat(artifacts->root, entry->d_name, 0) == 0 || errno == ENOENT ||
                 fault_errno(why, "artifacts/%s", entry->d_name);
    closedir(dir);
    return ok && dir_remove(artifacts->root, FRESH, why);
}

bool artifacts_lay(const struct artifacts *artifacts, const char *sha256, int dir, const char *name,
                   struct fault *why)
{
    char path[PATH_TEXT], fresh[PATH_TEXT];
    if (!path_of(sha256, path, why))
        return false;
    path_of_fresh(sha256, fresh);
    if (file_exists(dir, name))
        return true;
    if ((artifacts->mode & S_IROTH) && (linkat(artifacts->root, path, dir, name, 0) == 0 ||
                                        linkat(artifacts->root, fresh, dir, name, 0) == 0))
        return true;
    scoped(fd) int fd = artifacts_get(artifacts, sha256, why);
    return fd >= 0 && file_copy(fd, dir, name, 0440, why);
}
