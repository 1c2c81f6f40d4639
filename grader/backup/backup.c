/* Making a backup while the course is graded. */
#include "grader/backup/backup.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/backup/archive.h"
#include "grader/store/db.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST 8

struct making {
    struct backup *backup;
    struct archive_out *out;
    struct arena *arena;
    int course;
};

static bool one_add(struct making *making, const char *path, int fd, struct fault *why)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fault_errno(why, "%s", path);
    if (!archive_put(making->out, path, fd, why))
        return false;
    making->backup->files++;
    making->backup->bytes += info.st_size;
    if (making->backup->progress)
        making->backup->progress(making->backup->at, making->backup->files, making->backup->bytes);
    return true;
}

/* A copy of its own: consistent, whoever writes meanwhile. */
static bool database_add(struct making *making, const char *path, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const char *from = arena_print(arena, "%s/%s", making->backup->course, path);
    const char *copy = arena_print(arena, "state/cache/backup-%d.db", (int)getpid());
    const char *to = arena_print(arena, "%s/%s", making->backup->course, copy);
    if (!file_exists(making->course, path))
        return true;
    struct db *db = db_open(&(struct db_options){ .path = from, .mode = DB_READ }, why);
    if (!db)
        return false;
    unlinkat(making->course, copy, 0);
    /* made before SQLite makes it as open as the umask allows: it may hold what is sealed */
    scoped(fd) int fd =
        openat(making->course, copy, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0 ? db_copy(db, to, why) : fault_errno(why, "%s", copy);
    db_close(db);
    unlinkat(making->course, copy, 0);
    return ok && one_add(making, path, fd, why);
}

static bool file_add(struct making *making, const char *path, struct fault *why)
{
    struct stat info;
    if (!archive_path_check(path)) {
        complain(&making->backup->said, path, 0, "is left out for its name");
        return true;
    }
    scoped(fd) int fd =
        openat(making->course, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ELOOP || fault_errno(why, "%s", path);
    return fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || one_add(making, path, fd, why);
}

static bool tree_add(struct making *making, const char *path, int depth, struct fault *why);

static bool entry_add(struct making *making, const char *path, int depth, struct fault *why)
{
    struct stat info;
    if (fstatat(making->course, path, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return true; /* it has just gone */
    if (S_ISDIR(info.st_mode))
        return depth >= DEPTH_MOST || tree_add(making, path, depth + 1, why);
    return !S_ISREG(info.st_mode) || file_add(making, path, why);
}

/* Not the databases, which have copies, nor what is kept for reuse only. */
static bool passed_over(const char *path)
{
    static const char *const names[] = { "state/sealed/sealed.db", "state/sealed/sealed.db-wal",
                                         "state/sealed/sealed.db-shm", "state/sealed/cache" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(path, names[i]) == 0)
            return true;
    return false;
}

static bool tree_add(struct making *making, const char *path, int depth, struct fault *why)
{
    int fd = openat(making->course, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = true;
    if (!entries && fd >= 0)
        close(fd);
    if (!entries)
        return errno == ENOENT || fault_errno(why, "%s", path);
    for (struct dirent *entry; ok && (entry = readdir(entries));) {
        scoped_arena arena = arena_open(NULL);
        const char *own = arena_print(arena, "%s/%s", path, entry->d_name);
        ok = entry->d_name[0] == '.' || passed_over(own) || entry_add(making, own, depth, why);
    }
    closedir(entries);
    return ok;
}

/* The store before the inbox: it may lag behind, never lead. Receipts and artifacts only grow. */
static bool all_add(struct making *making, struct fault *why)
{
    static const char *const files[] = { "course.yaml", "rubric.yaml", "teams.csv", "roster.csv" };
    static const char *const trees[] = { "data", "state/receipts", "state/artifacts" };
    bool truth = making->backup->passphrase.len > 0;
    if (!database_add(making, "state/store.db", why) ||
        (truth && !database_add(making, "state/sealed/sealed.db", why)) ||
        !database_add(making, "state/inbox.db", why))
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!file_add(making, files[i], why))
            return false;
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++)
        if (!tree_add(making, trees[i], 0, why))
            return false;
    return !truth ||
           (tree_add(making, "private", 0, why) && tree_add(making, "state/sealed", 0, why));
}

static struct str about_print(struct making *making)
{
    struct text text = { .arena = making->arena };
    struct json_out out = { .text = &text };
    struct clock clock = clock_system();
    char time[TIME_TEXT];
    clock_print(clock_utc_ms(&clock), time);
    json_open_map(&out, NULL);
    json_add_int(&out, "schema", 1);
    json_add_zero(&out, "holdout", HOLDOUT_VERSION);
    json_add_zero(&out, "made", time);
    json_add_bool(&out, "truth", making->backup->passphrase.len > 0);
    json_close_map(&out);
    return text_str(&text);
}

bool backup_make(struct backup *backup, int fd, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    scoped(fd) int course = dir_open(AT_FDCWD, backup->course, why);
    struct making making = { .backup = backup, .arena = arena, .course = course };
    if (course < 0 || !dir_make(course, "state/cache", 0700, why))
        return false;
    making.out = archive_create(arena, fd, backup->passphrase, why);
    bool ok = making.out && all_add(&making, why) &&
              archive_finish(making.out, about_print(&making), why);
    archive_abandon(making.out);
    return ok && (fsync(fd) == 0 || fault_errno(why, "the backup"));
}
