/* Environments: finding their roots, and their digests. */
#include "grader/course/environment.h"
#include "core/base/file.h"
#include "grader/digest_memo.h"
#include "grader/steps/surroundings.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNPACKED "cache/env"
#define AGAIN_MS 60000

static const char *const build_files[] = { "lib/libholdout.a", "lib/libholdout.so",
                                           "include/holdout.h", "bin/holdout-ml" };
/* What changes when packages are added or removed. */
static const char *const main_parts[] = {
    "", "usr", "usr/bin", "usr/lib", "etc", "var/lib/dpkg/status", "lib/apk/db/installed"
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

bool environment_is_archive(struct str root)
{
    static const char *const ends[] = { ".tar", ".tar.gz", ".tgz", ".tar.zst" };
    for (size_t i = 0; i < COUNT(ends); i++)
        if (str_ends(root, str_of(ends[i])))
            return true;
    return false;
}

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
    out->root = openat(grader->course_dir, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    out->path = root[0] == '/' ? root : arena_print(arena, "%s/%s", grader->course_path, root);
    return out->root >= 0 ? manifest_known(grader, out->root, out->digest, why)
                          : fault_errno(why, "%s", root);
}

/* ---- archives ---- */

/* One at a time: each thread that needs it waits for it. */
static bool unpack(const struct grader *grader, int archive, const char *path, struct fault *why)
{
    char temporary[128];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    if (!dir_remove(grader->state, temporary, why) ||
        !dir_make(grader->state, temporary, 0755, why))
        return false;
    scoped(fd) int into = dir_open(grader->state, temporary, why);
    if (into < 0 || fchmod(into, 0755) != 0 || lseek(archive, 0, SEEK_SET) != 0 ||
        !environment_unpack(archive, into, why)) {
        struct fault ignored = { 0 };
        dir_remove(grader->state, temporary, &ignored);
        return false;
    }
    return renameat(grader->state, temporary, grader->state, path) == 0 ||
           fault_errno(why, "%s", path);
}

static bool archive_open(const struct grader *grader, const char *root, struct arena *arena,
                         struct environment *out, struct fault *why)
{
    const char *path;
    if (!digest_memo_file(grader->memo, grader->course_dir, root, out->digest, why))
        return false;
    path = arena_print(arena, UNPACKED "/%s", out->digest);
    digest_memo_lock(grader->memo);
    bool ok = file_exists(grader->state, path);
    if (!ok) {
        grader_log(grader, "info", "event=unpack environment=%s", out->name.at);
        scoped(fd) int archive = openat(grader->course_dir, root, O_RDONLY | O_CLOEXEC);
        ok = archive >= 0 ? unpack(grader, archive, path, why) : fault_errno(why, "%s", root);
    }
    digest_memo_unlock(grader->memo);
    if (!ok)
        return fault_within(why, "%s", root);
    out->path = arena_print(arena, "%s/%s", grader->state_path, path);
    out->root = dir_open(grader->state, path, why);
    return out->root >= 0;
}

bool environment_open(const struct grader *grader, const struct course *course, struct str name,
                      struct arena *arena, struct environment *out, struct fault *why)
{
    *out = (struct environment){ .name = name.len ? name : S("default"), .root = -1 };
    const struct course_environment *found = course_environment_find(course, out->name);
    out->path = "host";
    if (!found || str_is(found->root, "host"))
        return surroundings_host(grader->state, out->digest, why);
    bool ok = environment_is_archive(found->root)
                  ? archive_open(grader, found->root.at, arena, out, why)
                  : directory_open(grader, found->root.at, arena, out, why);
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
