/* Does the repository hold what submission.yaml promises, and what the deliverable needs? */
#include "core/base/file.h"
#include "core/learn/recipe.h"
#include "grader/course/submission.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_NAME "submission.yaml"

bool submission_needs_check(const struct submission_file *file,
                            const struct course_deliverable *deliverable, struct complaints *to)
{
    bool program = file->entry_points.train.len || file->entry_points.pipeline.len;
    const struct {
        unsigned need;
        bool given;
        const char *add;
    } rows[] = {
        { COURSE_NEED_WRITEUP, file->writeup.report.len, "writeup: {report: report/README.md}" },
        { COURSE_NEED_CLAIMS, file->claim_count, "claims: {metric: {NAME: {value: 0.9}}}" },
        { COURSE_NEED_MODEL, program, "entry_points: {train: ./train, predict: ./predict}" },
        { COURSE_NEED_SERVE, file->entry_points.serve.len || file->entry_points.pipeline.len,
          "entry_points: {serve: ./serve}" },
        { COURSE_NEED_ARCHITECTURE, file->writeup.architecture.len,
          "writeup: {architecture: report/architecture.svg}" },
        { COURSE_NEED_ANSWERS, file->writeup.answers.len,
          "writeup: {answers: report/answers.yaml}" },
    };
    size_t before = to->count;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((deliverable->needs & rows[i].need) && !rows[i].given)
            complain(to, FILE_NAME, 0, "deliverable %s needs more: add %s", deliverable->id.at,
                     rows[i].add);
    return to->count == before;
}

/* An O_PATH descriptor beneath root; links that leave it are not followed. -1: not there. */
static int path_open(int root, const char *path)
{
    struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static bool file_stat(int root, const char *path, struct stat *out)
{
    int fd = path_open(root, path);
    if (fd < 0)
        return false;
    bool fine = fstat(fd, out) == 0;
    close(fd);
    return fine;
}

#define NAMES_MOST 1000

/* `, did you mean "x"`: the file of the same folder whose name is nearest, or nothing. */
static const char *nearest_file(struct arena *arena, int root, struct str path)
{
    struct str folder = S("");
    for (size_t i = 0; i < path.len; i++)
        if (path.at[i] == '/')
            folder = str_until(path, i + 1);
    struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                            .resolve = RESOLVE_BENEATH };
    const char *name = folder.len ? str_zero(arena, folder) : ".";
    int fd = (int)syscall(SYS_openat2, root, name, &how, sizeof how);
    DIR *open = fd < 0 ? NULL : fdopendir(fd);
    if (!open)
        return "";
    const char **names = arena_array(arena, const char *, NAMES_MOST);
    size_t count = 0;
    for (struct dirent *one; count < NAMES_MOST && (one = readdir(open));)
        if (one->d_name[0] != '.')
            names[count++] = str_zero(arena, str_of(one->d_name));
    closedir(open);
    const char *near = words_nearest(str_from(path, folder.len), names, count);
    return near ? arena_print(arena, ", did you mean \"%.*s%s\"", STR_ARGS(folder), near) : "";
}

static void named_file_check(int root, const char *key, struct str path, int line,
                             struct complaints *to)
{
    struct stat info;
    if (path.len == 0)
        return;
    if (!file_stat(root, path.at, &info))
        complain(to, FILE_NAME, line, "%s names %s, which is not in the repository%s", key, path.at,
                 nearest_file(to->arena, root, path));
    else if (!S_ISREG(info.st_mode))
        complain(to, FILE_NAME, line, "%s names %s, which is not a file", key, path.at);
}

struct program {
    const char *key;
    struct str command;
    int line;
    bool built; /* a build may make it */
};

/* Only a first word that is a path of the repository can be looked at. */
static void program_check(int root, const struct program *program, struct complaints *to)
{
    const char *key = program->key;
    struct str command = program->command, rest = command, word = S("");
    struct stat info;
    char path[256];
    if (command.len == 0 || !str_cut(&rest, ' ', &word) || !str_starts(word, S("./")))
        return;
    word = str_from(word, 2);
    if (!path_check(word) || word.len >= sizeof path)
        return;
    memcpy(path, word.at, word.len);
    path[word.len] = 0;
    bool there = file_stat(root, path, &info);
    if (!there && !program->built)
        complain(to, FILE_NAME, program->line,
                 "entry_points.%s names ./%s, which is not in the repository%s", key, path,
                 nearest_file(to->arena, root, word));
    if (there && !S_ISREG(info.st_mode))
        complain(to, FILE_NAME, program->line, "entry_points.%s names ./%s, which is not a file",
                 key, path);
    else if (there && !(info.st_mode & S_IXUSR))
        complain(
            to, FILE_NAME, program->line,
            "entry_points.%s names ./%s, which is not executable: git update-index --chmod=+x %s",
            key, path, path);
}

bool submission_files_check(int root, const struct submission_file *file, struct complaints *to)
{
    size_t before = to->count;
    const struct submission_lines *at = &file->lines;
    bool built = file->build.len > 0;
    const struct program programs[] = {
        { "train", file->entry_points.train, at->train, built },
        { "predict", file->entry_points.predict, at->predict, built },
        { "serve", file->entry_points.serve, at->serve, built },
    };
    named_file_check(root, "writeup.report", file->writeup.report, at->report, to);
    named_file_check(root, "writeup.architecture", file->writeup.architecture, at->architecture,
                     to);
    named_file_check(root, "writeup.answers", file->writeup.answers, at->answers, to);
    named_file_check(root, "entry_points.pipeline", file->entry_points.pipeline, at->pipeline, to);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        program_check(root, &programs[i], to);
    return to->count == before;
}

bool submission_pipeline_check(int root, const struct submission_file *file, struct complaints *to)
{
    struct stat info;
    struct str path = file->entry_points.pipeline, bytes;
    struct fault why = { 0 };
    struct recipe recipe;
    if (path.len == 0 || !file_stat(root, path.at, &info) || !S_ISREG(info.st_mode))
        return true; /* said by submission_files_check */
    if (file_load(to->arena, root, path.at, YAML_BYTES_MOST + 1, &bytes, &why))
        return recipe_parse(to->arena, path.at, bytes, &recipe, to);
    complain(to, NULL, 0, "%s", why.text);
    return false;
}
