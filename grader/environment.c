/* Digests of environments and of holdout's own build. */
#include "grader/environment.h"
#include "core/base/file.h"
#include "grader/digest_memo.h"
#include <fcntl.h>
#include <stdio.h>

/* Each distribution says in one file which packages there are. */
static const char *const package_lists[] = { "/var/lib/dpkg/status", "/lib/apk/db/installed",
                                             "/var/lib/rpm/rpmdb.sqlite",
                                             "/usr/lib/sysimage/rpm/rpmdb.sqlite" };
static const char *const host_files[] = { "/etc/os-release", "/etc/ld.so.cache" };

static const char *const build_files[] = { "lib/libholdout.a", "lib/libholdout.so",
                                           "include/holdout.h", "bin/holdout-ml" };
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

static bool hash_where_there(const struct grader *grader, struct sha256 *hash, const char *path,
                             struct fault *why)
{
    sha256_add(hash, path, strlen(path) + 1);
    return !file_exists(AT_FDCWD, path) || hash_file(grader, hash, path, why);
}

bool environment_host_digest(const struct grader *grader, char hex[SHA256_HEX], struct fault *why)
{
    struct sha256 hash;
    sha256_start(&hash);
    for (size_t i = 0; i < COUNT(package_lists); i++)
        if (!hash_where_there(grader, &hash, package_lists[i], why))
            return false;
    for (size_t i = 0; i < COUNT(host_files); i++)
        if (!hash_where_there(grader, &hash, host_files[i], why))
            return false;
    sha256_end(&hash, hex);
    return true;
}
