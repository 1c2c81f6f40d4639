/* Environments: finding their roots, and their digests. */
#include "grader/course/environment_parts.h"
#include "core/base/file.h"
#include "grader/digest_memo.h"
#include "grader/steps/surroundings.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNFINISHED ".new"
#define FACTS ".json"
#define AGAIN_MS 60000

static const char *const build_files[] = { "lib/libholdout.a", "lib/libholdout.so",
                                           "include/holdout.h", "bin/holdout-ml" };
/* What changes when packages are added or removed. */
static const char *const main_parts[] = {
    "", "usr", "usr/bin", "usr/lib", "etc", "var/lib/dpkg/status", "lib/apk/db/installed"
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool hash_file(const struct grader *grader, struct sha256 *hash, const char *path,
                      struct fault *why)
{
    char hex[SHA256_HEX];
    if (!digest_memo_file(grader->memo, AT_FDCWD, path, hex, why))
        return false;
    sha256_add(hash, hex, sizeof hex);
    return true;
}

bool environment_build_digest(const struct grader *grader, char hex[SHA256_HEX], struct fault *why)
{
    char path[PATH_MAX], name[96];
    struct sha256 hash;
    sha256_start(&hash);
    sha256_add(&hash, HOLDOUT_VERSION, sizeof HOLDOUT_VERSION);
    snprintf(name, sizeof name, "bin/%s", grader->house.program);
    if (!house_program(&grader->house, name, path) || !hash_file(grader, &hash, path, why))
        return false;
    for (size_t i = 0; i < COUNT(build_files); i++)
        if (!house_program(&grader->house, build_files[i], path) ||
            !hash_file(grader, &hash, path, why))
            return false;
    sha256_end(&hash, hex);
    return true;
}

/* ---- directories ---- */

/* Identity and times of what changes with the packages: the manifest is made anew with it. */
static void signature_make(int root, char hex[SHA256_HEX])
{
    struct sha256 hash;
    sha256_start(&hash);
    for (size_t i = 0; i < COUNT(main_parts); i++) {
        struct stat info = { 0 };
        fstatat(root, main_parts[i], &info, AT_EMPTY_PATH);
        sha256_add(&hash, &info.st_dev, sizeof info.st_dev);
        sha256_add(&hash, &info.st_ino, sizeof info.st_ino);
        sha256_add(&hash, &info.st_mtim, sizeof info.st_mtim);
        sha256_add(&hash, &info.st_ctim, sizeof info.st_ctim);
    }
    sha256_end(&hash, hex);
}

static bool manifest_known(const struct grader *grader, int root, char hex[SHA256_HEX],
                           struct fault *why)
{
    char signature[SHA256_HEX];
    int64_t now = clock_boot_ms(&grader->clock);
    signature_make(root, signature);
    if (digest_memo_find(grader->memo, signature, now - AGAIN_MS, hex))
        return true;
    if (!environment_manifest(root, hex, why))
        return false;
    digest_memo_put(grader->memo, signature, now, hex);
    return true;
}

static bool directory_open(const struct grader *grader, const char *root, struct arena *arena,
                           struct environment *out, struct fault *why)
{
    out->path = root[0] == '/' ? root : arena_print(arena, "%s/%s", grader->course_path, root);
    return manifest_known(grader, out->root, out->digest, why);
}

/* ---- what is unpacked first ---- */

static bool empty_make(int state, const char *path, int *out, struct fault *why)
{
    if (!dir_remove(state, path, why) || !dir_make(state, path, 0755, why))
        return false;
    *out = dir_open(state, path, why);
    return *out >= 0 && (fchmod(*out, 0755) == 0 || fault_errno(why, "%s", path));
}

/* There whole or not at all, also after the power went. */
static bool in_place(int state, int root, const char *from, const char *to, struct fault *why)
{
    return (syncfs(root) == 0 && renameat(state, from, state, to) == 0) ||
           fault_errno(why, "%s", to);
}

static bool image_unpack(struct arena *arena, const struct grader *grader, int layout,
                         const char *path, struct fault *why)
{
    struct fault ignored = { 0 };
    struct environment_image image;
    const char *temporary = arena_print(arena, "%s.image" UNFINISHED, path);
    scoped(fd) int into = -1;
    bool ok =
        empty_make(grader->state, temporary, &into, why) &&
        environment_image_unpack(arena, layout, into, &image, why) &&
        environment_image_save(grader->state, arena_print(arena, "%s" FACTS, path), &image, why) &&
        in_place(grader->state, into, temporary, path, why);
    if (!ok)
        dir_remove(grader->state, temporary, &ignored);
    return ok;
}

/* What came out of the archive is a root, or a layout of an image. */
static bool archive_unpack(struct arena *arena, const struct grader *grader, int archive,
                           const char *path, struct fault *why)
{
    struct fault ignored = { 0 };
    const char *temporary = arena_print(arena, "%s" UNFINISHED, path);
    scoped(fd) int into = -1;
    bool ok =
        empty_make(grader->state, temporary, &into, why) && environment_unpack(archive, into, why);
    bool image = ok && image_is(into);
    if (ok)
        ok = image ? image_unpack(arena, grader, into, path, why)
                   : in_place(grader->state, into, temporary, path, why);
    if (!ok || image)
        dir_remove(grader->state, temporary, &ignored);
    return ok;
}

/* What an earlier unpacking left when it was killed. */
static void leftovers_remove(const struct grader *grader)
{
    struct fault ignored = { 0 };
    scoped(fd) int dir = dir_open(grader->state, ENVIRONMENT_UNPACKED, &ignored);
    int copy = dir >= 0 ? fcntl(dir, F_DUPFD_CLOEXEC, 0) : -1;
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    for (struct dirent *one; list && (one = readdir(list));)
        if (str_ends(str_of(one->d_name), S(UNFINISHED)))
            dir_remove(dir, one->d_name, &ignored);
    if (list)
        closedir(list);
}

/*
 * from: an archive, or a directory with a layout; out->digest says which it is. One at a time: who
 * needs it waits.
 */
static bool unpacked_open(const struct grader *grader, int from, bool layout, struct arena *arena,
                          struct environment *out, struct fault *why)
{
    const char *path = arena_print(arena, ENVIRONMENT_UNPACKED "/%s", out->digest);
    const char *facts = arena_print(arena, "%s" FACTS, path);
    digest_memo_lock(grader->memo);
    bool ok = file_exists(grader->state, path);
    if (!ok) {
        grader_log(grader, "info", "event=unpack environment=%s", out->name.at);
        leftovers_remove(grader);
        ok = layout ? image_unpack(arena, grader, from, path, why)
                    : archive_unpack(arena, grader, from, path, why);
    }
    out->root = ok ? dir_open(grader->state, path, why) : -1;
    if (out->root >= 0)
        futimens(out->root, NULL); /* used now: grader/tidy/environments.h */
    digest_memo_unlock(grader->memo);
    if (out->root >= 0 && file_exists(grader->state, facts)) {
        struct environment_image *image = arena_new(arena, struct environment_image);
        ok = environment_image_load(arena, grader->state, facts, image, why);
        memcpy(out->digest, image->digest, sizeof out->digest);
        out->image = image;
        if (image->reference[0])
            out->what = arena_print(arena, "image %s", image->reference);
        else
            out->what = arena_print(arena, "image %.12s", image->id);
    }
    out->path = arena_print(arena, "%s/%s", grader->state_path, path);
    return ok && out->root >= 0;
}

bool environment_key(const struct grader *grader, const char *root, char key[SHA256_HEX],
                     struct fault *why)
{
    struct stat info;
    key[0] = 0;
    if (strcmp(root, "host") == 0)
        return true;
    scoped(fd) int fd = openat(grader->course_dir, root, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0)
        return fault_errno(why, "%s", root);
    if (S_ISREG(info.st_mode))
        return digest_memo_file(grader->memo, grader->course_dir, root, key, why);
    return !S_ISDIR(info.st_mode) || !image_is(fd) || image_key(fd, key, why);
}

/* What the course names: a file is an archive; a directory is a root, or a layout. */
static bool named_open(const struct grader *grader, const char *root, struct arena *arena,
                       struct environment *out, struct fault *why)
{
    struct stat info;
    scoped(fd) int fd = openat(grader->course_dir, root, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0)
        return fault_errno(why, "%s", root);
    const char *slash = strrchr(root, '/'); /* where on this machine is nobody's business */
    out->what = arena_print(arena, "%s %s", S_ISREG(info.st_mode) ? "archive" : "directory",
                            slash && slash[1] ? slash + 1 : root);
    if (S_ISREG(info.st_mode))
        return (digest_memo_file(grader->memo, grader->course_dir, root, out->digest, why) &&
                unpacked_open(grader, fd, false, arena, out, why)) ||
               fault_within(why, "%s", root);
    if (!S_ISDIR(info.st_mode))
        return fault_set(why, BLAME_COURSE, "%s is neither a directory nor an archive", root);
    if (image_is(fd))
        return (image_key(fd, out->digest, why) &&
                unpacked_open(grader, fd, true, arena, out, why)) ||
               fault_within(why, "%s", root);
    out->root = fd;
    fd = -1;
    return directory_open(grader, root, arena, out, why);
}

bool environment_open(const struct grader *grader, const struct course *course, struct str name,
                      struct arena *arena, struct environment *out, struct fault *why)
{
    *out = (struct environment){ .name = name.len ? name : S("default"), .root = -1 };
    const struct course_environment *found = course_environment_find(course, out->name);
    out->path = "host";
    out->what = "programs of this machine";
    if (!found || str_is(found->root, "host"))
        return surroundings_host(grader->state, out->digest, why);
    bool ok = named_open(grader, found->root.at, arena, out, why);
    if (!ok) {
        fault_within(why, "environment %s", out->name.at);
        if (why->blame == BLAME_OPEN || why->blame == BLAME_SYSTEM)
            why->blame = BLAME_COURSE;
        environment_close(out);
    }
    return ok;
}

void environment_close(struct environment *environment)
{
    fd_scoped(&environment->root);
    environment->root = -1;
}
