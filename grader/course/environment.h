/*
 * Environments: what a box has for its root. The host's own programs, a directory that debootstrap
 * or env-build made, an archive of such a directory (tar, packed with gzip or Zstandard: what
 * `docker export` writes), or a container image (what `docker save` writes, or an OCI layout, as an
 * archive or as a directory). Archives and images are unpacked once into state/cache/env/KEY. What
 * it is, its files say, never its name.
 */
#pragma once

#include "core/base/digest.h"
#include "grader/grader.h"

/* What is known of an image beside its files. */
struct environment_image {
    char digest[SHA256_HEX]; /* of the files, their content included, and of env */
    const char *id;          /* of the image, as docker has it */
    const char *reference;   /* its name, "" none */
    const char *const *env;  /* "NAME=value", for the steps */
    size_t env_count;
};

struct environment {
    struct str name;
    int root;         /* directory descriptor; -1: the host's. Closed by environment_close */
    const char *path; /* "host", or where the root lies, as the grader reaches it */
    const char *what; /* "directory env/python", "image python:3.11", … */
    /*
     * Host: of the packages. Directory: of its manifest (paths, modes, sizes, times, targets of
     * links), made again a minute after the last time or when one of its main directories changed.
     * Archive: of its bytes. Image: of its unpacked files (paths, modes, contents, targets of
     * links) and variables: the same however it was saved.
     */
    char digest[SHA256_HEX];
    const struct environment_image *image; /* NULL: none */
};

/*
 * Empty name: "default". An archive or image is unpacked when it was not yet: seconds to minutes.
 * BLAME_COURSE.
 */
bool environment_open(const struct grader *grader, const struct course *course, struct str name,
                      struct arena *arena, struct environment *out, struct fault *why);
void environment_close(struct environment *environment);
/*
 * Of what a course names as a root: by which name it is unpacked beneath ENVIRONMENT_UNPACKED, as
 * KEY and KEY.json; "": it is not.
 */
#define ENVIRONMENT_UNPACKED "cache/env"
bool environment_key(const struct grader *grader, const char *root, char key[SHA256_HEX],
                     struct fault *why);

/* Of holdout itself: the program, and what every box has in /opt/holdout. */
bool environment_build_digest(const struct grader *grader, char hex[SHA256_HEX], struct fault *why);

#define ENVIRONMENT_DEPTH_MOST 64 /* of directories */

/*
 * The digest of a directory's manifest: of what a box may look into, and of what is shut to it
 * the name and mode alone, so that root finds the same as the service's user. BLAME_COURSE when the
 * directory itself is shut. O(files).
 */
bool environment_manifest(int root, char hex[SHA256_HEX], struct fault *why);
/* The same with the content of files in place of their times. Reads all of them. */
bool environment_contents(int root, char hex[SHA256_HEX], struct fault *why);
/* What the files of a directory take of the disk; -1 unknown. O(files). */
int64_t environment_bytes(int root);

/*
 * Unpack a tar archive (ustar, GNU and pax) from fd into the empty directory `into`: regular files,
 * with their times, directories, links; devices and pipes are left out, set-user-id bits and owners
 * too, and what the owner may read or execute, all may. A link may point anywhere (it is followed
 * in a box alone), but nothing is written through one. At most ARCHIVE_FILES_MOST entries and
 * ARCHIVE_BYTES_MOST bytes. BLAME_OPEN for what it says.
 */
#define ARCHIVE_FILES_MOST 1000000
#define ARCHIVE_BYTES_MOST (64LL << 30)
bool environment_unpack(int fd, int into, struct fault *why);
