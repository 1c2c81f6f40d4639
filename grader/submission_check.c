/* Does the repository hold what submission.yaml promises, and what the deliverable needs? */
#include "grader/submission.h"
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

static void named_file_check(int root, const char *key, struct str path, struct complaints *to)
{
    struct stat info;
    if (path.len == 0)
        return;
    if (!file_stat(root, path.at, &info))
        complain(to, FILE_NAME, 0, "%s names %s, which is not in the repository", key, path.at);
    else if (!S_ISREG(info.st_mode))
        complain(to, FILE_NAME, 0, "%s names %s, which is not a file", key, path.at);
}

/* Only a first word that is a path of the repository can be looked at. */
static void program_check(int root, const struct submission_file *file, const char *key,
                          struct str command, struct complaints *to)
{
    struct str rest = command, word = S("");
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
    if (!there && file->build.len == 0)
        complain(to, FILE_NAME, 0, "entry_points.%s names ./%s, which is not in the repository",
                 key, path);
    if (there && !S_ISREG(info.st_mode))
        complain(to, FILE_NAME, 0, "entry_points.%s names ./%s, which is not a file", key, path);
    else if (there && !(info.st_mode & S_IXUSR))
        complain(
            to, FILE_NAME, 0,
            "entry_points.%s names ./%s, which is not executable: git update-index --chmod=+x %s",
            key, path, path);
}

bool submission_files_check(int root, const struct submission_file *file, struct complaints *to)
{
    size_t before = to->count;
    named_file_check(root, "writeup.report", file->writeup.report, to);
    named_file_check(root, "writeup.architecture", file->writeup.architecture, to);
    named_file_check(root, "writeup.answers", file->writeup.answers, to);
    named_file_check(root, "entry_points.pipeline", file->entry_points.pipeline, to);
    program_check(root, file, "train", file->entry_points.train, to);
    program_check(root, file, "predict", file->entry_points.predict, to);
    program_check(root, file, "serve", file->entry_points.serve, to);
    return to->count == before;
}
