/* Putting a backup back: all of it is verified before the first file is written. */
#include "core/base/file.h"
#include "grader/backup/archive.h"
#include "grader/backup/archive_parts.h"
#include "grader/backup/backup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MOST ((int64_t)1 << 30)
#define BUFFER_BYTES 65536

struct found {
    char path[ARCHIVE_PATH_MOST], sha256[SHA256_HEX];
    int64_t bytes;
};

struct restoring {
    struct restore *restore;
    struct arena *arena;
    struct found *found;
    size_t count, room;
    const struct json *manifest;
    char *buffer;
};

static bool manifest_take(struct restoring *to, const struct archive_member *member,
                          struct archive_in *in, struct fault *why)
{
    if (to->manifest || member->bytes > MANIFEST_MOST)
        return fault_set(why, BLAME_OPEN, "the backup's manifest is none");
    char *bytes = arena_take(to->arena, (size_t)member->bytes + 1);
    return archive_read(in, bytes, (size_t)member->bytes, why) != SIZE_MAX &&
           json_parse(to->arena, (struct str){ bytes, (size_t)member->bytes }, &to->manifest, why);
}

static bool digest_take(void *at, const struct archive_member *member, struct archive_in *in,
                        struct fault *why)
{
    struct restoring *to = at;
    struct sha256 hash;
    if (strcmp(member->path, ARCHIVE_MANIFEST) == 0)
        return manifest_take(to, member, in, why);
    if (to->count == to->room) {
        size_t more = to->room ? 2 * to->room : 256;
        to->found = arena_grow(to->arena, to->found, to->room * sizeof *to->found,
                               more * sizeof *to->found);
        to->room = more;
    }
    struct found *found = &to->found[to->count++];
    sha256_start(&hash);
    for (size_t got; (got = archive_read(in, to->buffer, BUFFER_BYTES, why));) {
        if (got == SIZE_MAX)
            return false;
        sha256_add(&hash, to->buffer, got);
    }
    sha256_end(&hash, found->sha256);
    snprintf(found->path, sizeof found->path, "%s", member->path);
    found->bytes = member->bytes;
    return true;
}

/* The manifest lists what is there, in its order. */
static bool manifest_holds(struct restoring *to, struct fault *why)
{
    const struct json *files = json_get(to->manifest, "files");
    if (!files || files->kind != JSON_LIST || files->count != to->count)
        return fault_set(why, BLAME_OPEN, "the backup does not hold what its manifest lists");
    for (size_t i = 0; i < to->count; i++) {
        const struct json *file = &files->members[i];
        if (!str_is(json_get_text(file, "path", ""), to->found[i].path) ||
            !str_is(json_get_text(file, "sha256", ""), to->found[i].sha256))
            return fault_set(why, BLAME_OPEN, "%s in the backup is not what its manifest says",
                             to->found[i].path);
        to->restore->bytes += to->found[i].bytes;
    }
    to->restore->files = (int64_t)to->count;
    to->restore->truth = json_get_bool(json_get(to->manifest, "about"), "truth", false);
    return true;
}

static mode_t mode_of(const char *path)
{
    return strncmp(path, "state/artifacts/", 16) == 0      ? 0444
           : strncmp(path, "state/sealed/sealed", 19) == 0 ? 0600
           : strncmp(path, "state/sealed/", 13) == 0       ? 0400
           : strncmp(path, "private/", 8) == 0             ? 0600
                                                           : 0644;
}

static bool parents_make(int to, const char *path, struct fault *why)
{
    char parent[ARCHIVE_PATH_MOST];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (!slash)
        return true;
    *slash = 0;
    bool closed = strncmp(path, "state/sealed/", 13) == 0 || strncmp(path, "private/", 8) == 0;
    return dir_make(to, parent, closed ? 0700 : 0755, why);
}

static bool file_take(void *at, const struct archive_member *member, struct archive_in *in,
                      struct fault *why)
{
    struct restoring *to = at;
    if (strcmp(member->path, ARCHIVE_MANIFEST) == 0)
        return true;
    if (!parents_make(to->restore->to, member->path, why))
        return false;
    scoped(fd) int fd = openat(to->restore->to, member->path,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_errno(why, "%s", member->path);
    for (size_t got; (got = archive_read(in, to->buffer, BUFFER_BYTES, why));)
        if (got == SIZE_MAX || !fd_write(fd, (struct str){ to->buffer, got }, why))
            return false;
    return (fchmod(fd, mode_of(member->path)) == 0 && fsync(fd) == 0) ||
           fault_errno(why, "%s", member->path);
}

bool backup_restore(struct restore *restore, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct restoring to = { .restore = restore, .arena = arena };
    to.buffer = arena_take(arena, BUFFER_BYTES);
    struct archive_taking verify = { restore->passphrase, digest_take, &to };
    struct archive_taking write = { restore->passphrase, file_take, &to };
    return archive_walk(restore->from, &verify, why) && manifest_holds(&to, why) &&
           archive_walk(restore->from, &write, why);
}
