/* The step cache: keeping what a step left. */
#include "core/base/file.h"
#include "grader/cache_parts.h"
#include "grader/execute/rundir.h"
#include "grader/store/cache.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES 4096
#define ENTRY_BLOCKS 6 /* its directories, result.json and row */

static int64_t on_disk(int64_t bytes)
{
    return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

static int64_t bytes_of(const struct job_step_result *result)
{
    int64_t bytes = ENTRY_BLOCKS * BLOCK_BYTES + on_disk(result->log.bytes);
    for (size_t i = 0; i < result->artifact_count; i++)
        bytes += on_disk(result->artifacts[i].bytes);
    return bytes;
}

/* A copy of our own that has the digest; modes as `mode` says, whatever the umask. */
static bool copy_checked(int from, int dir, const char *path, mode_t mode, const char *sha256,
                         struct fault *why)
{
    char hex[SHA256_HEX];
    uint64_t bytes;
    if (!file_copy(from, dir, path, 0600, why))
        return false;
    scoped(fd) int fd = rundir_open(dir, path, NULL, why);
    if (fd < 0 || !sha256_file(fd, hex, &bytes, why))
        return false;
    if (strcmp(hex, sha256) != 0)
        return fault_set(why, BLAME_SYSTEM, "%s was not what its digest says", path);
    return fchmod(fd, mode) == 0 || fault_errno(why, "%s", path);
}

/* An entry being filled. */
struct filling {
    const struct grader *grader;
    const struct cache_keeping *what;
    int dir;
};

/* A link to what state/artifacts/ has already, else a copy. */
static bool file_lay(const struct filling *to, const char *from, const char *path,
                     const char *sha256, struct fault *why)
{
    bool heldout = to->what->step->heldout;
    if (file_exists(to->dir, path))
        return true;
    if (!heldout && artifacts_has(&to->grader->artifacts, sha256))
        return artifacts_lay(&to->grader->artifacts, sha256, to->dir, path, why);
    scoped(fd) int fd = rundir_open(to->what->rundir, from, NULL, why);
    return fd >= 0 && copy_checked(fd, to->dir, path, heldout ? 0400 : 0444, sha256, why);
}

static bool files_lay(const struct filling *to, struct fault *why)
{
    char from[64], path[SHA256_HEX + 16];
    const struct job_step_result *result = to->what->result;
    if (!dir_make(to->dir, "artifacts", 0700, why) || !dir_make(to->dir, "logs", 0700, why))
        return false;
    snprintf(from, sizeof from, "logs/%zu.log", to->what->log_at);
    if (!file_lay(to, from, "logs/0.log", result->log.sha256, why))
        return false;
    for (size_t i = 0; i < result->artifact_count; i++) {
        snprintf(path, sizeof path, "artifacts/%s", result->artifacts[i].sha256);
        if (!file_lay(to, path, path, result->artifacts[i].sha256, why))
            return false;
    }
    return true;
}

static bool result_lay(const struct filling *to, struct arena *arena, char digest[SHA256_HEX],
                       struct fault *why)
{
    struct job_result *result = arena_new(arena, struct job_result);
    result->run = to->what->key;
    result->fence = "cache";
    result->layers = to->what->layers;
    result->host = to->what->host;
    result->steps[0] = *to->what->result;
    result->step_count = 1;
    struct str bytes = job_result_print(arena, result);
    sha256_of(bytes, digest);
    scoped(fd) int fd =
        openat(to->dir, "result.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    return fd >= 0 ? fd_write(fd, bytes, why) : fault_errno(why, "result.json");
}

/* Under its name once it is complete. */
static bool settle(const struct grader *grader, const char *temporary, const char *path,
                   struct fault *why)
{
    if (renameat(grader->state, temporary, grader->state, path) == 0)
        return true;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return fault_errno(why, "%s", path);
    return dir_remove(grader->state, path, why) &&
           (renameat(grader->state, temporary, grader->state, path) == 0 ||
            fault_errno(why, "%s", path));
}

bool cache_keep(const struct grader *grader, struct store *store, struct arena *arena,
                const struct cache_keeping *what, struct fault *why)
{
    char path[CACHE_PATH], digest[SHA256_HEX];
    int64_t bytes = bytes_of(what->result);
    if (bytes > what->most_bytes)
        return true;
    cache_path(what->key, what->step->heldout, path);
    /* its own: two runs of a team may keep the same step at once */
    const char *temporary = arena_print(arena, "%s.%s.new", path, what->run);
    if (!dir_remove(grader->state, temporary, why) ||
        !dir_make(grader->state, temporary, 0700, why))
        return false;
    scoped(fd) int dir = dir_open(grader->state, temporary, why);
    struct filling filling = { grader, what, dir };
    bool kept = dir >= 0 && files_lay(&filling, why) && result_lay(&filling, arena, digest, why) &&
                settle(grader, temporary, path, why);
    if (!kept) {
        struct fault ignored = { 0 };
        dir_remove(grader->state, temporary, &ignored);
        return false;
    }
    return store_cache_put(store,
                           &(struct store_cached){ .key = what->key,
                                                   .team = what->team,
                                                   .kind = what->step->kind,
                                                   .seed_at = what->seed_at,
                                                   .heldout = what->step->heldout,
                                                   .run = what->run,
                                                   .result = digest,
                                                   .bytes = bytes },
                           why);
}
