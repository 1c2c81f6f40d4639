/* The manifest of a directory environment: what lies in it, by path, mode, size, time and link. */
#include "core/base/file.h"
#include "grader/course/environment.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST ENVIRONMENT_DEPTH_MOST
#define NAMES_MOST 200000 /* of one directory */
#define TARGET_MOST 4096

struct manifest {
    struct sha256 hash;
    int64_t files, bytes;
    bool contents; /* of files their content, not their times */
};

static void hash_text(struct manifest *manifest, const char *text)
{
    sha256_add(&manifest->hash, text, strlen(text) + 1);
}

static void hash_number(struct manifest *manifest, int64_t number)
{
    sha256_add(&manifest->hash, &number, sizeof number);
}

/* A box has its own. */
static bool is_own(const char *name, int depth)
{
    static const char *const names[] = { "proc", "dev", "tmp", "sys", "run" };
    for (size_t i = 0; depth == 0 && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * May a box look into it? Whoever asks, the answer is the same: a service that was started as root
 * runs boxes as others, and one that was not as itself.
 */
static bool is_open(const struct stat *directory)
{
    bool own = geteuid() != 0 && directory->st_uid == geteuid();
    mode_t wanted = own ? S_IRUSR | S_IXUSR : S_IROTH | S_IXOTH;
    return (directory->st_mode & wanted) == wanted;
}

/* Sorted. */
static size_t names_list(struct arena *arena, int fd, int depth, const char ***out)
{
    size_t room = 64, count = 0;
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    *out = arena_array(arena, const char *, room);
    for (struct dirent *one; dir && count < NAMES_MOST && (one = readdir(dir));) {
        if (is_own(one->d_name, depth))
            continue;
        if (count == room) {
            *out = arena_grow(arena, *out, room * sizeof **out, 2 * room * sizeof **out);
            room *= 2;
        }
        (*out)[count++] = str_zero(arena, str_of(one->d_name));
    }
    if (dir)
        closedir(dir);
    qsort(*out, count, sizeof **out, by_text);
    return count;
}

static bool content_hash(struct manifest *manifest, int dir, const char *name, struct fault *why)
{
    char hex[SHA256_HEX];
    scoped(fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return fault_errno(why, "%.100s", name);
    if (!sha256_file(fd, hex, NULL, why))
        return false;
    sha256_add(&manifest->hash, hex, sizeof hex);
    return true;
}

static bool directory_hash(struct manifest *manifest, int fd, int depth, struct fault *why);

static bool entry_hash(struct manifest *manifest, int dir, const char *name, int depth,
                       struct fault *why)
{
    struct stat info;
    char target[TARGET_MOST] = "";
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return fault_errno(why, "%.100s", name);
    if (++manifest->files > ARCHIVE_FILES_MOST)
        return fault_set(why, BLAME_OPEN, "has more than %d files", ARCHIVE_FILES_MOST);
    hash_text(manifest, name);
    hash_number(manifest, info.st_mode);
    if (S_ISREG(info.st_mode)) {
        hash_number(manifest, info.st_size);
        manifest->bytes += info.st_blocks * 512 / (int64_t)info.st_nlink;
        if (manifest->contents)
            return content_hash(manifest, dir, name, why);
        hash_number(manifest, info.st_mtim.tv_sec);
        hash_number(manifest, info.st_mtim.tv_nsec);
    } else if (S_ISLNK(info.st_mode)) {
        if (readlinkat(dir, name, target, sizeof target - 1) < 0)
            return fault_errno(why, "%.100s", name);
        hash_text(manifest, target);
    } else if (S_ISDIR(info.st_mode)) {
        if (!is_open(&info))
            return true; /* what a box may not read is none of its business */
        scoped(fd) int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return fault_errno(why, "%.100s", name);
        return directory_hash(manifest, fd, depth + 1, why);
    }
    return true;
}

static bool directory_hash(struct manifest *manifest, int fd, int depth, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const char **names;
    if (depth > DEPTH_MOST)
        return fault_set(why, BLAME_OPEN, "is nested more than %d deep", DEPTH_MOST);
    size_t count = names_list(arena, fd, depth, &names);
    hash_number(manifest, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        if (!entry_hash(manifest, fd, names[i], depth, why))
            return false;
    return true;
}

static bool manifest_make(int root, struct manifest *manifest, char hex[SHA256_HEX],
                          struct fault *why)
{
    struct stat info;
    if (fstat(root, &info) != 0)
        return fault_errno(why, "the directory");
    if (!is_open(&info))
        return fault_set(why, BLAME_COURSE,
                         "the directory is shut to boxes (mode %04o): chmod 755 it",
                         (unsigned)info.st_mode & 07777);
    sha256_start(&manifest->hash);
    if (!directory_hash(manifest, root, 0, why))
        return false;
    sha256_end(&manifest->hash, hex);
    return true;
}

bool environment_manifest(int root, char hex[SHA256_HEX], struct fault *why)
{
    struct manifest manifest = { .files = 0 };
    return manifest_make(root, &manifest, hex, why);
}

bool environment_contents(int root, char hex[SHA256_HEX], struct fault *why)
{
    struct manifest manifest = { .contents = true };
    return manifest_make(root, &manifest, hex, why);
}

int64_t environment_bytes(int root)
{
    char hex[SHA256_HEX];
    struct fault ignored = { 0 };
    struct manifest manifest = { .files = 0 };
    return manifest_make(root, &manifest, hex, &ignored) ? manifest.bytes : -1;
}
