/*
 * A version of the course: its files copied by digest into artifacts/ (what teams may have) and
 * sealed/ (the rest), so that a run stays bound to what it was graded with. The version's digest is
 * that of its list of files. Each task has a digest of its own, over what its predictions depend
 * on: a new team or another rubric changes the course's version, but no task's.
 */
#pragma once

#include "grader/course/course.h"
#include "grader/store/artifacts.h"

struct version_file {
    struct str path; /* relative to the course, zero-ended */
    char sha256[SHA256_HEX];
    int64_t bytes;
    bool sealed;
};

/*
 * digest: of the task's files of data/ and private/ and of id, kind, target, id_column and seeds.
 * What is fixed per task version is keyed by it: hidden seeds, drawn ids, whose rows predictions
 * belong to.
 */
struct version_task {
    struct str id;
    char digest[SHA256_HEX];
};

struct version {
    char digest[SHA256_HEX];
    struct version_file *files;
    size_t file_count;
    struct version_task *tasks;
    size_t task_count;
};

struct version_known; /* grader/course/version_known.h */

#define VERSION_FILE_BYTES_MOST ((uint64_t)4 << 30)
/*
 * Beneath sealed/: lists of earlier versions without the rows of teams that were erased, under the
 * digest of what they were.
 */
#define VERSION_REDACTED "redacted"

/*
 * A number that changes when a file of a course does: names, sizes, times of all that a version can
 * consist of. Cheap: nothing is read.
 */
uint64_t version_stamp(int course_dir);

/*
 * Copy all files that the course's tasks name; without roots only the digests are made. Missing
 * files are a fault of the course.
 */
struct version_roots {
    int course; /* directory descriptor */
    const struct artifacts *open, *sealed;
    struct version_known *known; /* NULL: all are read */
};
bool version_install(struct arena *arena, const struct version_roots *roots,
                     const struct course *course, struct version *out, struct fault *why);
/* Into artifacts/ and sealed/ of the course's state, which are made when missing. */
bool version_install_state(int course_dir, int state, const struct course *course,
                           struct arena *arena, struct version *out, struct fault *why);

/* The digests from the files, which are there already (out->files). */
void version_digest(struct arena *arena, const struct course *course, struct version *out);

/* By "data", task and name; NULL when the version has none. */
const struct version_file *version_find(const struct version *version, const char *folder,
                                        struct str task, const char *name);
/* The digest of the task; NULL when the version has no such task. */
const char *version_task_digest(const struct version *version, struct str task);
/* JSON list of the files, for the store. */
struct str version_json(struct arena *arena, const struct version *version);
/* The files of such a list, the digests not yet made. */
bool version_files_parse(struct arena *arena, const struct json *list, struct version *out,
                         struct fault *why);
