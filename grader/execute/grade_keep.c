/* What a step left: hashed, measured, moved to artifacts by its digest. */
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST 32

struct keeping {
    struct grade *grade;
    const struct job_step *step;
    struct job_artifact *artifacts;
    size_t count, room;
    int64_t bytes;
    bool refused;
};

static bool refuse(struct keeping *keeping, struct fault *why, const char *what)
{
    keeping->refused = true;
    return fault_set(why, BLAME_OPEN, "%s", what);
}

static bool is_kept(const struct job_step *step, const char *path)
{
    for (size_t i = 0; i < step->keep_count; i++)
        if (job_path_beneath(path, step->keep[i]))
            return true;
    return false;
}

static struct job_artifact *artifact_add(struct keeping *keeping)
{
    if (keeping->count == keeping->room) {
        size_t room = keeping->room ? keeping->room * 2 : 16;
        keeping->artifacts = arena_grow(keeping->grade->arena, keeping->artifacts,
                                        keeping->room * sizeof *keeping->artifacts,
                                        room * sizeof *keeping->artifacts);
        keeping->room = room;
    }
    return &keeping->artifacts[keeping->count++];
}

static bool keep_file(struct keeping *keeping, int dir, const char *name, const char *path,
                      struct fault *why)
{
    char to[128];
    struct stat st;
    uint64_t hashed;
    struct grade *grade = keeping->grade;
    if (!is_kept(keeping->step, path))
        return true;
    if (!job_path_check(str_of(path)) || !str_is_utf8(str_of(path)))
        return refuse(keeping, why, "a kept file's name was too long or not plain text");
    if (keeping->count == JOB_ARTIFACTS_MOST)
        return refuse(keeping, why, "more files were left than can be kept");
    scoped(fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return fault_errno(why, "a kept file could not be opened");
    keeping->bytes += st.st_size;
    if (keeping->bytes > keeping->step->limits.disk_bytes)
        return refuse(keeping, why, "what was left is larger than the disk limit");
    struct job_artifact *artifact = artifact_add(keeping);
    *artifact = (struct job_artifact){
        .path = arena_print(grade->arena, "%s", path),
        .bytes = st.st_size,
        .mode = st.st_mode & 0111 ? 0755 : 0644,
    };
    if (!sha256_file(fd, artifact->sha256, &hashed, why))
        return false;
    snprintf(to, sizeof to, "artifacts/%s", artifact->sha256);
    return (fchmod(fd, artifact->mode & 0555) == 0 &&
            renameat(dir, name, grade->rundir, to) == 0) ||
           fault_errno(why, "%s", to);
}

static bool keep_dir(struct keeping *keeping, int dir, const char *path, int depth,
                     struct fault *why);

static bool keep_entry(struct keeping *keeping, int dir, const char *name, const char *above,
                       int depth, struct fault *why)
{
    char path[JOB_PATH_MOST + 300];
    struct stat st;
    int len = snprintf(path, sizeof path, "%s/%s", above, name);
    if (len < 0 || len > JOB_PATH_MOST || depth > DEPTH_MOST)
        return refuse(keeping, why, "a kept file's path was too long");
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return fault_errno(why, "out");
    if (S_ISREG(st.st_mode))
        return keep_file(keeping, dir, name, path, why);
    if (!S_ISDIR(st.st_mode))
        return true; /* links and the like are not kept */
    scoped(fd) int inner = dir_open(dir, name, why);
    return inner >= 0 && keep_dir(keeping, inner, path, depth, why);
}

static bool keep_dir(struct keeping *keeping, int dir, const char *path, int depth,
                     struct fault *why)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    if (!list)
        return fault_errno(why, "out");
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(list)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = keep_entry(keeping, dir, entry->d_name, path, depth + 1, why);
    closedir(list);
    return ok;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct job_artifact *)a)->path, ((const struct job_artifact *)b)->path);
}

bool grade_keep(struct grade *grade, size_t step_at, bool *refused, struct fault *why)
{
    char name[32];
    struct keeping keeping = { .grade = grade, .step = &grade->job.steps[step_at] };
    snprintf(name, sizeof name, "out/%zu", step_at);
    scoped(fd) int dir = dir_open(grade->rundir, name, why);
    bool ok = dir >= 0 && keep_dir(&keeping, dir, "", 0, why);
    *refused = keeping.refused;
    if (!ok && !keeping.refused)
        return false;
    struct job_step_result *result = &grade->result.steps[step_at];
    if (ok && keeping.count)
        qsort(keeping.artifacts, keeping.count, sizeof *keeping.artifacts, by_path);
    result->artifacts = keeping.artifacts;
    result->artifact_count = ok ? keeping.count : 0;
    struct fault ignored;
    return dir_remove(grade->rundir, name, ok ? why : &ignored) && ok;
}

bool grade_log(struct grade *grade, size_t step_at, struct fault *why)
{
    char path[32];
    uint64_t bytes;
    struct job_log *log = &grade->result.steps[step_at].log;
    snprintf(path, sizeof path, "logs/%zu.log", step_at);
    scoped(fd) int fd = openat(grade->rundir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fault_errno(why, "%s", path);
    if (!sha256_file(fd, log->sha256, &bytes, why))
        return false;
    log->bytes = (int64_t)bytes;
    return true;
}
