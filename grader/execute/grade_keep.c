/* What a step left: copied out of the box while hashed, and named by its digest. */
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES (64u << 10)
#define TEMPORARY "artifacts/new"

static struct job_artifact *artifact_add(struct grade_keep *keep)
{
    if (keep->count == keep->room) {
        size_t room = keep->room ? keep->room * 2 : 16;
        keep->artifacts =
            arena_grow(keep->grade->arena, keep->artifacts, keep->room * sizeof *keep->artifacts,
                       room * sizeof *keep->artifacts);
        keep->room = room;
    }
    return &keep->artifacts[keep->count++];
}

/* As many bytes as were announced, and no more: the file is dead, but foreign. */
static bool copy_hashed(int from, int to, int64_t bytes, char hex[SHA256_HEX], struct fault *why)
{
    unsigned char piece[PIECE_BYTES];
    struct sha256 hash;
    sha256_start(&hash);
    for (int64_t left = bytes; left > 0;) {
        size_t want = left < (int64_t)sizeof piece ? (size_t)left : sizeof piece;
        ssize_t got = read(from, piece, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fault_errno(why, "a kept file could not be read to its end");
        sha256_add(&hash, piece, (size_t)got);
        if (!fd_write(to, (struct str){ (const char *)piece, (size_t)got }, why))
            return false;
        left -= got;
    }
    sha256_end(&hash, hex);
    return true;
}

static bool store(const struct grade *grade, int from, struct job_artifact *artifact,
                  struct fault *why)
{
    char path[96];
    unlinkat(grade->rundir, TEMPORARY, 0);
    scoped(fd) int to = openat(grade->rundir, TEMPORARY,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return fault_errno(why, TEMPORARY);
    if (!copy_hashed(from, to, artifact->bytes, artifact->sha256, why))
        return false;
    snprintf(path, sizeof path, "artifacts/%s", artifact->sha256);
    return (fchmod(to, artifact->mode & 0555) == 0 &&
            renameat(grade->rundir, TEMPORARY, grade->rundir, path) == 0) ||
           fault_errno(why, "%s", path);
}

bool grade_keep_file(void *arg, const char *path, int fd, int64_t bytes, mode_t mode)
{
    struct grade_keep *keep = arg;
    if (!job_path_check(str_of(path)) || !str_is_utf8(str_of(path)))
        keep->refused = "the name of a file that was left is too long or not plain text";
    else if (keep->count == JOB_ARTIFACTS_MOST)
        keep->refused = "more files were left than can be kept";
    if (keep->refused)
        return true;
    struct job_artifact *artifact = artifact_add(keep);
    *artifact = (struct job_artifact){
        .path = arena_print(keep->grade->arena, "%s", path),
        .bytes = bytes,
        .mode = mode & 0111 ? 0755 : 0644,
    };
    return store(keep->grade, fd, artifact, &keep->why);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct job_artifact *)a)->path, ((const struct job_artifact *)b)->path);
}

void grade_keep_sort(struct grade_keep *keep)
{
    if (keep->count)
        qsort(keep->artifacts, keep->count, sizeof *keep->artifacts, by_path);
}
