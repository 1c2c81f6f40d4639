/*
 * Snapshots: the files of one commit, read from the mirror's objects and never checked out. All
 * that could turn on whoever writes or mounts them is refused, and everything that is wrong is said
 * at once.
 *
 * Refused: submodules; symbolic links, unless they lead inside the tree to a regular file, whose
 * content then stands in their place; Git LFS pointers; names that are empty, ".", "..", ".git" in
 * any disguise (case, trailing dots and blanks, git~1, invisible characters), hold "/", "\",
 * control characters, or are not UTF-8 or longer than 255; two names of one directory that differ
 * in case only; more than the limits. Object headers are read before contents.
 */
#pragma once

#include "core/base/digest.h"
#include "grader/source/git.h"

#define SNAPSHOT_PROBLEMS_MOST 20
#define SNAPSHOT_ENTRIES_MOST 20000
#define SNAPSHOT_DEPTH_MOST 32
#define SNAPSHOT_PATH_MOST 1024
#define SNAPSHOT_NAME_MOST 255
#define SNAPSHOT_MB_MOST 200
#define SNAPSHOT_COMMIT_BYTES_MOST (1u << 20)
#define SNAPSHOT_TREE_BYTES_MOST (4u << 20)
#define SNAPSHOT_HISTORY_MOST 10000

/* 0 stands for the constant above. */
struct snapshot_limits {
    uint32_t entries;     /* files and directories */
    uint64_t file_bytes;  /* of one file; 0: bytes_total */
    uint64_t bytes_total; /* git.max_repo_mb */
};

struct snapshot_file {
    struct str path; /* from the root, UTF-8, no leading slash */
    uint16_t mode;   /* 0644 or 0755 */
    uint64_t bytes;
    char sha256[SHA256_HEX]; /* of the content */
    char blob[GIT_ID_TEXT];
};

struct snapshot {
    char commit[GIT_ID_TEXT];
    char tree[GIT_ID_TEXT];
    size_t count;
    struct snapshot_file *files; /* sorted by path, bytewise */
    uint64_t bytes_total;
    size_t problem_count;
    struct str problems[SNAPSHOT_PROBLEMS_MOST + 1]; /* sentences; the last may be "and N more" */
};

/* Keeps one content and says its digest. */
struct snapshot_put {
    bool (*put)(void *at, struct str bytes, char sha256[SHA256_HEX], struct fault *why);
    void *at;
};

/*
 * True: the snapshot is whole and each content was put. False with problem_count > 0: the tree
 * breaks the rules, *why holds the first and their number, nothing was put. False with none: the
 * commit is not there, or put failed. `mirror`: directory descriptor of repos/TEAM.
 */
bool snapshot_take(struct arena *arena, int mirror, const char *commit,
                   const struct snapshot_limits *limits, const struct snapshot_put *put,
                   struct snapshot *out, struct fault *why);

/* One regular file of a commit, at most `most` bytes. *found false: there is none, which is no
 * fault. */
bool snapshot_file(struct arena *arena, int mirror, const char *commit, struct str path,
                   uint64_t most, bool *found, struct str *out, struct fault *why);

/* The commits that lead to `commit`, itself first, then parents breadth first; evidence only:
 * names and times are what the authors' machines said. */
struct snapshot_commit {
    char id[GIT_ID_TEXT];
    struct str author; /* "Name <mail>", cleaned */
    int64_t author_s;  /* Unix time */
    int64_t committer_s;
    uint32_t parents;
    struct str subject; /* first line, cleaned, at most 120 bytes */
};
struct snapshot_history {
    size_t count; /* at most SNAPSHOT_HISTORY_MOST */
    bool cut;     /* there are more */
    struct snapshot_commit *commits;
};
bool snapshot_history(struct arena *arena, int mirror, const char *commit,
                      struct snapshot_history *out, struct fault *why);
