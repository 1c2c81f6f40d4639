/* The step cache: finding entries, and taking them away. */
#include "grader/cache.h"
#include "core/base/file.h"
#include "grader/cache_parts.h"
#include "grader/execute/rundir.h"
#include "grader/store/cache.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIM_MOST 10000 /* entries that go in one turn */
#define OUTPUT_PATH "/opt/ml/output/data/"

void cache_path(const char *key, bool heldout, char out[CACHE_PATH])
{
    snprintf(out, CACHE_PATH, "%s/%s", heldout ? CACHE_SEALED : CACHE_STEPS, key);
}

struct job *cache_job(struct arena *arena, const struct job_step *step, const char *key)
{
    struct job *job = arena_new(arena, struct job);
    job->run = key;
    job->fence = "cache";
    job->steps[0] = *step;
    job->step_count = 1;
    return job;
}

static bool has_digest(int dir, const char *path, const char *sha256)
{
    char hex[SHA256_HEX];
    uint64_t bytes;
    struct fault ignored = { 0 };
    scoped(fd) int fd = rundir_open(dir, path, NULL, &ignored);
    return fd >= 0 && sha256_file(fd, hex, &bytes, &ignored) && strcmp(hex, sha256) == 0;
}

static bool has_size(int dir, const struct job_artifact *artifact)
{
    char path[SHA256_HEX + 16];
    struct stat info;
    snprintf(path, sizeof path, "artifacts/%s", artifact->sha256);
    return fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
           info.st_size == artifact->bytes;
}

static bool artifact_has_digest(int dir, const struct job_artifact *artifact)
{
    char path[SHA256_HEX + 16];
    snprintf(path, sizeof path, "artifacts/%s", artifact->sha256);
    return has_digest(dir, path, artifact->sha256);
}

/* What is read on any use is read here; models and built code when a step gets to see them. */
static bool looks_whole(int dir, const struct job_step_result *result)
{
    if (!has_digest(dir, "logs/0.log", result->log.sha256))
        return false;
    for (size_t i = 0; i < result->artifact_count; i++) {
        const struct job_artifact *artifact = &result->artifacts[i];
        bool read = strncmp(artifact->path, OUTPUT_PATH, strlen(OUTPUT_PATH)) == 0;
        if (!has_size(dir, artifact) || (read && !artifact_has_digest(dir, artifact)))
            return false;
    }
    return true;
}

static bool entry_read(struct arena *arena, int dir, const struct cache_wanted *wanted,
                       const char *digest, struct cache_entry *out)
{
    struct str bytes;
    struct fault why = { 0 };
    char hex[SHA256_HEX];
    scoped(fd) int fd = rundir_open(dir, "result.json", NULL, &why);
    if (fd < 0 || !fd_load(arena, fd, JOB_BYTES_MOST, &bytes, &why))
        return false;
    sha256_of(bytes, hex);
    struct job_result *result = arena_new(arena, struct job_result);
    if (strcmp(hex, digest) != 0 ||
        !job_result_parse(arena, bytes, cache_job(arena, wanted->step, wanted->key), result,
                          &why) ||
        strcmp(result->steps[0].verdict, "ok") != 0)
        return false;
    out->result = &result->steps[0];
    out->host = result->host;
    out->layers = result->layers;
    return looks_whole(dir, out->result);
}

static bool drop(const struct grader *grader, struct store *store, const char *key, bool heldout,
                 struct fault *why)
{
    char path[CACHE_PATH];
    cache_path(key, heldout, path);
    return store_cache_drop(store, key, why) && dir_remove(grader->state, path, why);
}

bool cache_find(const struct grader *grader, struct store *store, struct arena *arena,
                const struct cache_wanted *wanted, struct cache_entry *out, bool *found,
                struct fault *why)
{
    char path[CACHE_PATH];
    struct store_cached row;
    why->text[0] = 0;
    if (!store_cache_find(store, arena, wanted->key, &row, found, why) || !*found)
        return !why->text[0];
    cache_path(wanted->key, wanted->step->heldout, path);
    *out = (struct cache_entry){ .key = wanted->key, .run = row.run };
    out->path = str_zero(arena, str_of(path));
    scoped(fd) int dir = openat(grader->state, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *found = dir >= 0 && entry_read(arena, dir, wanted, row.result, out);
    return *found || drop(grader, store, wanted->key, wanted->step->heldout, why);
}

bool cache_is_whole(const struct grader *grader, const struct cache_entry *entry)
{
    scoped(fd) int dir = openat(grader->state, entry->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; dir >= 0 && i < entry->result->artifact_count; i++)
        if (!artifact_has_digest(dir, &entry->result->artifacts[i]))
            return false;
    return dir >= 0;
}

/* An entry shares files with state/artifacts/: what is damaged is so in both. */
static bool artifacts_mend(const struct grader *grader, const struct job_step_result *result,
                           struct fault *why)
{
    for (size_t i = 0; i < result->artifact_count; i++) {
        const char *sha256 = result->artifacts[i].sha256;
        char hex[SHA256_HEX];
        uint64_t bytes;
        if (!artifacts_has(&grader->artifacts, sha256))
            continue;
        scoped(fd) int fd = artifacts_get(&grader->artifacts, sha256, why);
        if (fd < 0 || !sha256_file(fd, hex, &bytes, why))
            return false;
        if (strcmp(hex, sha256) != 0 && !artifacts_delete(&grader->artifacts, sha256, why))
            return false;
    }
    return true;
}

bool cache_discard(const struct grader *grader, struct store *store,
                   const struct cache_entry *entry, struct fault *why)
{
    return artifacts_mend(grader, entry->result, why) && store_cache_drop(store, entry->key, why) &&
           dir_remove(grader->state, entry->path, why);
}

/* ---- making room ---- */

bool cache_trim(const struct grader *grader, struct store *store, int64_t most_bytes,
                struct fault *why)
{
    for (int i = 0; i < TRIM_MOST; i++) {
        int64_t bytes;
        struct store_cache_key oldest;
        bool found;
        why->text[0] = 0;
        if (!store_cache_bytes(store, &bytes, why))
            return false;
        if (bytes <= most_bytes)
            return true;
        if (!store_cache_oldest(store, NULL, &oldest, &found, why) || !found)
            return !why->text[0];
        if (!drop(grader, store, oldest.key, oldest.heldout, why))
            return false;
    }
    return true;
}

bool cache_forget(const struct grader *grader, struct store *store, const char *team,
                  struct fault *why)
{
    struct store_cache_key key;
    bool found;
    do {
        if (!store_cache_oldest(store, team, &key, &found, why) ||
            (found && !drop(grader, store, key.key, key.heldout, why)))
            return false;
    } while (found);
    return true;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct store_cache_key *)a)->key,
                  ((const struct store_cache_key *)b)->key);
}

struct rows {
    const struct store_cache_key *at;
    size_t count;
};

static bool folder_tidy(const struct grader *grader, bool heldout, const struct rows *rows,
                        struct fault *why)
{
    const char *folder = heldout ? CACHE_SEALED : CACHE_STEPS;
    int fd = openat(grader->state, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = true;
    if (!dir) /* nothing was kept yet */
        return true;
    for (struct dirent *one; ok && (one = readdir(dir));) {
        struct store_cache_key key = { .heldout = heldout };
        if (one->d_name[0] == '.')
            continue;
        snprintf(key.key, sizeof key.key, "%.64s", one->d_name);
        bool whole = strlen(one->d_name) == SHA256_HEX - 1; /* else one that was being filled */
        const struct store_cache_key *row =
            whole && rows->count ? bsearch(&key, rows->at, rows->count, sizeof key, by_key) : NULL;
        if (!row || row->heldout != heldout)
            ok = dir_remove(dirfd(dir), one->d_name, why);
    }
    closedir(dir);
    return ok;
}

bool cache_tidy(const struct grader *grader, struct store *store, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct store_cache_key *keys;
    struct rows rows;
    if (!store_cache_keys(store, arena, &keys, &rows.count, why))
        return false;
    rows.at = keys;
    return folder_tidy(grader, false, &rows, why) && folder_tidy(grader, true, &rows, why);
}
