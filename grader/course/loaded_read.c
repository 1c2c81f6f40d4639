/* A course read again from the files of a version that was taken over by digest. */
#include "core/base/file.h"
#include "grader/course/loaded.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool lay_one(const struct loaded_from *from, const struct version_file *file, int dir,
                    struct fault *why)
{
    char path[sizeof VERSION_REDACTED + SHA256_HEX];
    const struct artifacts *root = file->sealed ? from->sealed : from->open;
    snprintf(path, sizeof path, VERSION_REDACTED "/%s", file->sha256);
    if (artifacts_has(root, file->sha256) || !file_exists(from->sealed->root, path))
        return artifacts_lay(root, file->sha256, dir, file->path.at, why);
    scoped(fd) int fd = openat(from->sealed->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 ? file_copy(fd, dir, file->path.at, 0440, why) : fault_errno(why, "%s", path);
}

/* The files at the course's top, which say what it is; the data stay where they are. */
static bool lay(const struct loaded_from *from, const struct version *version, int dir,
                struct fault *why)
{
    for (size_t i = 0; i < version->file_count; i++) {
        const struct version_file *file = &version->files[i];
        size_t slash;
        if (!str_find(file->path, '/', &slash) && !lay_one(from, file, dir, why))
            return false;
    }
    return true;
}

static bool parse(struct loaded *loaded, int dir, struct fault *why)
{
    struct complaints to = { .arena = loaded->arena };
    if (course_load(loaded->arena, dir, &loaded->course, &to) &&
        (!file_exists(dir, "rubric.yaml") ||
         course_load_rubric(loaded->arena, dir, &loaded->course, &loaded->rubric, &to)))
        return true;
    return fault_set(why, BLAME_OPEN, "a version of the course could not be read: %.200s",
                     to.kept ? to.lines[0].at : "no reason given");
}

static bool read_in(const struct loaded_from *from, const char *name, struct loaded *loaded,
                    struct fault *why)
{
    if (mkdirat(from->scratch, name, 0700) != 0)
        return fault_errno(why, "%s", name);
    scoped(fd) int dir = dir_open(from->scratch, name, why);
    return dir >= 0 && lay(from, &loaded->version, dir, why) && parse(loaded, dir, why);
}

bool loaded_read(const struct loaded_from *from, const struct json *files, struct loaded **out,
                 struct fault *why)
{
    struct arena *arena = arena_open(NULL);
    struct loaded *loaded = arena_new(arena, struct loaded);
    struct fault ignored = { 0 };
    char name[48];
    loaded->arena = arena;
    snprintf(name, sizeof name, "course.%016llx", (unsigned long long)random_u64());
    bool ok = version_files_parse(arena, files, &loaded->version, why) &&
              read_in(from, name, loaded, why);
    dir_remove(from->scratch, name, &ignored);
    if (!ok) {
        loaded_free(loaded);
        return false;
    }
    version_digest(arena, &loaded->course, &loaded->version);
    *out = loaded;
    return true;
}
