/* Unpacked environments that nobody uses any more. */
#include "grader/tidy/environments.h"
#include "core/base/file.h"
#include "grader/course/environment.h"
#include "grader/digest_memo.h"
#include "grader/store/erase.h"
#include "grader/tidy/marks.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 3600000
#define DAY_MS ((int64_t)86400000)
#define GONE ".gone"

/* False: one cannot be read, so nobody knows which are named. */
static bool named_find(const struct grader *grader, const struct course *course,
                       struct marks *named)
{
    for (size_t i = 0; i < course->environment_count; i++) {
        char key[SHA256_HEX];
        struct fault ignored = { 0 };
        if (!environment_key(grader, course->environments[i].root.at, key, &ignored))
            return false;
        if (key[0])
            marks_add(named, str_of(key));
    }
    return true;
}

static bool is_old(int dir, const char *name, int64_t before_ms)
{
    struct stat info;
    return fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode) &&
           (int64_t)info.st_mtim.tv_sec * 1000 < before_ms;
}

/* Aside under the lock that who opens one holds; the rest takes its time. */
static bool one_remove(const struct grader *grader, int dir, const char *name, int64_t before_ms,
                       struct fault *why)
{
    char aside[SHA256_HEX + sizeof GONE], facts[SHA256_HEX + sizeof ".json"];
    snprintf(aside, sizeof aside, "%.64s" GONE, name);
    snprintf(facts, sizeof facts, "%.64s.json", name);
    digest_memo_lock(grader->memo);
    bool old = is_old(dir, name, before_ms);
    bool moved = !old || renameat(dir, name, dir, aside) == 0 || errno == ENOENT ||
                 fault_errno(why, ENVIRONMENT_UNPACKED "/%.12s", name);
    if (moved && old)
        unlinkat(dir, facts, 0);
    digest_memo_unlock(grader->memo);
    if (!moved || !old)
        return moved;
    grader_log(grader, "info", "event=environment_gone digest=%.12s", name);
    return dir_remove(dir, aside, why);
}

static bool all_look(const struct grader *grader, const struct marks *named, int64_t before_ms,
                     struct fault *why)
{
    int fd = openat(grader->state, ENVIRONMENT_UNPACKED, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = true;
    if (!entries) /* none was unpacked yet */
        return true;
    for (struct dirent *one; ok && (one = readdir(entries));) {
        struct str name = str_of(one->d_name);
        if (str_ends(name, S(GONE)))
            ok = dir_remove(dirfd(entries), one->d_name, why);
        else if (sha256_is_hex(name) && !marks_has(named, name))
            ok = one_remove(grader, dirfd(entries), one->d_name, before_ms, why);
    }
    closedir(entries);
    return ok;
}

static bool look(const struct grader *grader, struct store *store, const struct loaded *loaded,
                 struct fault *why)
{
    struct marks named __attribute__((cleanup(marks_scoped))) = { 0 };
    int64_t days = loaded->course.keep.environments_days, begun_ms;
    int64_t before_ms = clock_utc_ms(&grader->clock) - days * DAY_MS;
    if (!days || !named_find(grader, &loaded->course, &named))
        return true;
    if (!store_oldest_begun(store, &begun_ms, why))
        return false;
    if (begun_ms && begun_ms < before_ms)
        before_ms = begun_ms;
    return all_look(grader, &named, before_ms, why);
}

bool environments_turn(const struct grader *grader, struct store *store,
                       struct environments_memory *memory, struct fault *why)
{
    const struct loaded *loaded = loaded_take(grader->loaded);
    int64_t now = clock_boot_ms(&grader->clock);
    bool due = now >= memory->next_ms || strcmp(memory->version, loaded->version.digest) != 0;
    memcpy(memory->version, loaded->version.digest, SHA256_HEX);
    memory->next_ms = due ? now + LOOK_MS : memory->next_ms;
    bool ok = !due || look(grader, store, loaded, why);
    loaded_give(grader->loaded, loaded);
    return ok;
}
