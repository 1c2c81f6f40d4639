/* Copying a course's files by digest. */
#include "grader/course/version.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/course/version_known.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

struct wanted {
    const char *path; /* with %s for the task */
    bool sealed, optional;
};

static const struct wanted course_files[] = {
    { "course.yaml", true, false },
    { "rubric.yaml", true, true },
    { "teams.csv", true, false },
    { "roster.csv", true, true },
};
static const struct wanted task_files[] = {
    { "data/%s/train.csv", false, false },     { "data/%s/boxes.csv", false, true },
    { "data/%s/sample.csv", false, false },    { "data/%s/sample_submission.csv", false, true },
    { "private/%s/heldout.csv", true, false }, { "private/%s/solution.csv", true, false },
    { "private/%s/world.csv", true, true },
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool install_one(const struct version_roots *roots, const struct wanted *wanted,
                        const char *path, struct version *out, struct fault *why)
{
    scoped(fd) int fd = openat(roots->course, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && wanted->optional)
        return true;
    if (fd < 0) {
        fault_errno(why, "%s", path);
        why->blame = BLAME_COURSE;
        return false;
    }
    struct stat st;
    struct version_file *file = &out->files[out->file_count];
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return fault_set(why, BLAME_COURSE, "%s is no plain file", path);
    const struct artifacts *to = wanted->sealed ? roots->sealed : roots->open;
    const char *known = version_known_find(roots->known, path, &st);
    int64_t now_s = time(NULL); /* the times of files are the machine's */
    if (known && (!to || artifacts_keep(to, known)))
        memcpy(file->sha256, known, SHA256_HEX);
    else if (to ? !artifacts_put_file(to, fd, VERSION_FILE_BYTES_MOST, file->sha256, why)
                : !sha256_file(fd, file->sha256, NULL, why))
        return fault_within(why, "%s", path);
    if (!known)
        version_known_put(roots->known, path, &st, file->sha256, now_s);
    file->path = str_of(path);
    file->bytes = st.st_size;
    file->sealed = wanted->sealed;
    out->file_count++;
    return true;
}

static void digest_make(struct version *version)
{
    struct sha256 hash;
    sha256_start(&hash);
    for (size_t i = 0; i < version->file_count; i++) {
        const struct version_file *file = &version->files[i];
        sha256_add(&hash, file->path.at, file->path.len + 1);
        sha256_add(&hash, file->sha256, SHA256_HEX);
    }
    sha256_end(&hash, version->digest);
}

static bool is_of_task(struct str path, struct str task)
{
    struct str folder;
    return str_cut(&path, '/', &folder) && (str_is(folder, "data") || str_is(folder, "private")) &&
           path.len > task.len && str_starts(path, task) && path.at[task.len] == '/';
}

static void text_hash(struct sha256 *hash, struct str text)
{
    uint64_t length = text.len;
    sha256_add(hash, &length, sizeof length);
    sha256_add(hash, text.at, text.len);
}

static void task_digest_make(const struct version *version, const struct course_task *task,
                             struct version_task *out)
{
    struct sha256 hash;
    out->id = task->id;
    sha256_start(&hash);
    text_hash(&hash, task->id);
    text_hash(&hash, str_of(course_kind_name(task->kind)));
    text_hash(&hash, task->target);
    text_hash(&hash, task->id_column);
    sha256_add(&hash, &task->seeds, sizeof task->seeds);
    if (task->season != 1)
        sha256_add(&hash, &task->season, sizeof task->season);
    for (size_t i = 0; i < version->file_count; i++)
        if (is_of_task(version->files[i].path, task->id)) {
            text_hash(&hash, version->files[i].path);
            sha256_add(&hash, version->files[i].sha256, SHA256_HEX);
        }
    sha256_end(&hash, out->digest);
}

bool version_install(struct arena *arena, const struct version_roots *roots,
                     const struct course *course, struct version *out, struct fault *why)
{
    out->file_count = 0;
    out->files = arena_array(arena, struct version_file,
                             COUNT(course_files) + COUNT(task_files) * course->task_count);
    for (size_t i = 0; i < COUNT(course_files); i++)
        if (!install_one(roots, &course_files[i], course_files[i].path, out, why))
            return false;
    for (size_t t = 0; t < course->task_count; t++)
        for (size_t i = 0; i < COUNT(task_files); i++) {
            const char *middle = strstr(task_files[i].path, "%s");
            const char *path = arena_print(arena, "%.*s%s%s", (int)(middle - task_files[i].path),
                                           task_files[i].path, course->tasks[t].id.at, middle + 2);
            if (!install_one(roots, &task_files[i], path, out, why))
                return false;
        }
    version_digest(arena, course, out);
    return true;
}

bool version_install_state(int course_dir, int state, const struct course *course,
                           struct arena *arena, struct version *out, struct fault *why)
{
    scoped_arena own = arena_open(NULL);
    struct artifacts open, sealed;
    if (!artifacts_open(&open, state, "artifacts", 0750, 0444, why))
        return false;
    bool ok = artifacts_open(&sealed, state, "sealed", 0700, 0400, why);
    if (ok) {
        struct version_roots roots = { course_dir, &open, &sealed, version_known_load(own, state) };
        ok = version_install(arena, &roots, course, out, why);
        if (ok)
            version_known_save(roots.known, state);
        artifacts_close(&sealed);
    }
    artifacts_close(&open);
    return ok;
}

void version_digest(struct arena *arena, const struct course *course, struct version *out)
{
    digest_make(out);
    out->task_count = course->task_count;
    out->tasks = arena_array(arena, struct version_task, course->task_count);
    for (size_t t = 0; t < course->task_count; t++)
        task_digest_make(out, &course->tasks[t], &out->tasks[t]);
}

static void stamp_add(uint64_t *stamp, int dir, const char *path)
{
    struct stat st = { 0 };
    uint64_t parts[] = { 0, 0, 0, 0 };
    if (fstatat(dir, path, &st, 0) == 0) {
        parts[0] = st.st_ino;
        parts[1] = (uint64_t)st.st_size;
        parts[2] = (uint64_t)st.st_mtim.tv_sec;
        parts[3] = (uint64_t)st.st_mtim.tv_nsec;
    }
    for (size_t i = 0; i < COUNT(parts); i++) {
        *stamp = (*stamp ^ parts[i]) * 0xff51afd7ed558ccdu;
        *stamp ^= *stamp >> 32;
    }
}

/* The files of all tasks there are beneath data/ or private/, in the order of the directory. */
static void stamp_tasks(uint64_t *stamp, int course_dir, const char *root)
{
    int fd = openat(course_dir, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    size_t len = strlen(root);
    while (dir && (entry = readdir(dir)))
        for (size_t i = 0; i < COUNT(task_files) && entry->d_name[0] != '.'; i++) {
            char path[PATH_MAX];
            if (strncmp(task_files[i].path, root, len) != 0 || task_files[i].path[len] != '/')
                continue;
            snprintf(path, sizeof path, "%s/%s%s", root, entry->d_name,
                     strstr(task_files[i].path, "%s") + 2);
            stamp_add(stamp, course_dir, path);
        }
    if (dir)
        closedir(dir);
}

uint64_t version_stamp(int course_dir)
{
    uint64_t stamp = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < COUNT(course_files); i++)
        stamp_add(&stamp, course_dir, course_files[i].path);
    stamp_tasks(&stamp, course_dir, "data");
    stamp_tasks(&stamp, course_dir, "private");
    return stamp;
}

const char *version_task_digest(const struct version *version, struct str task)
{
    for (size_t i = 0; i < version->task_count; i++)
        if (str_equal(version->tasks[i].id, task))
            return version->tasks[i].digest;
    return NULL;
}

const struct version_file *version_find(const struct version *version, const char *folder,
                                        struct str task, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%.*s/%s", folder, STR_ARGS(task), name);
    for (size_t i = 0; i < version->file_count; i++)
        if (str_is(version->files[i].path, path))
            return &version->files[i];
    return NULL;
}

struct str version_json(struct arena *arena, const struct version *version)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_list(&out, NULL);
    for (size_t i = 0; i < version->file_count; i++) {
        json_open_map(&out, NULL);
        json_add_text(&out, "path", version->files[i].path);
        json_add_zero(&out, "sha256", version->files[i].sha256);
        json_add_int(&out, "bytes", version->files[i].bytes);
        json_add_bool(&out, "sealed", version->files[i].sealed);
        json_close_map(&out);
    }
    json_close_list(&out);
    return text_str(&text);
}

/* One that a version can have: nothing absolute, nothing above. */
static bool path_is_ours(struct str path)
{
    for (size_t i = 0; i < COUNT(course_files); i++)
        if (str_is(path, course_files[i].path))
            return true;
    return (str_starts(path, S("data/")) || str_starts(path, S("private/"))) &&
           !memmem(path.at, path.len, "..", 2);
}

bool version_files_parse(struct arena *arena, const struct json *list, struct version *out,
                         struct fault *why)
{
    size_t count = list && list->kind == JSON_LIST ? list->count : 0;
    *out = (struct version){ .files = arena_array(arena, struct version_file, count) };
    for (size_t i = 0; i < count; i++) {
        const struct json *row = &list->members[i];
        struct version_file *file = &out->files[i];
        struct str sha256 = json_get_text(row, "sha256", "");
        file->path = str_keep(arena, json_get_text(row, "path", ""));
        file->bytes = json_get_int(row, "bytes", 0);
        file->sealed = json_get_bool(row, "sealed", true);
        if (!sha256_is_hex(sha256) || !path_is_ours(file->path))
            return fault_set(why, BLAME_OPEN, "a version's list of files made no sense");
        memcpy(file->sha256, sha256.at, sha256.len + 1);
    }
    out->file_count = count;
    return count > 0 || fault_set(why, BLAME_OPEN, "a version without files");
}
