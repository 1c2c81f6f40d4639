/*
 * Environments: what a box has for its root. The host's own programs, a directory that debootstrap
 * or env-build made, or an archive of such a directory (tar, packed with gzip or Zstandard: what
 * `docker export` writes), unpacked once into state/cache/env/DIGEST.
 */
#pragma once

#include "core/base/digest.h"
#include "grader/grader.h"

struct environment {
    struct str name;
    int root;         /* directory descriptor; -1: the host's. Closed by environment_close */
    const char *path; /* "host", or where the root lies, as the grader reaches it */
    /*
     * Host: of the packages. Directory: of its manifest (paths, modes, sizes, times, targets of
     * links), made again a minute after the last time or when one of its main directories changed.
     * Archive: of its bytes.
     */
    char digest[SHA256_HEX];
};

/* Empty name: "default". An archive is unpacked when it was not yet. BLAME_COURSE. */
bool environment_open(const struct grader *grader, const struct course *course, struct str name,
                      struct arena *arena, struct environment *out, struct fault *why);
void environment_close(struct environment *environment);

/* Does the name end as an archive's does? */
bool environment_is_archive(struct str root);

/* Of holdout itself: the program, and what every box has in /opt/holdout. */
bool environment_build_digest(const struct grader *grader, char hex[SHA256_HEX], struct fault *why);

/* The digest of a directory's manifest. O(files). */
bool environment_manifest(int root, char hex[SHA256_HEX], struct fault *why);

/*
 * Unpack a tar archive (ustar, GNU and pax names) from fd into the empty directory `into`: regular
 * files, directories, links; devices and pipes are left out, set-user-id bits too. A link may point
 * anywhere (it is followed in a box alone), but nothing is written through one. At most
 * ARCHIVE_FILES_MOST entries and ARCHIVE_BYTES_MOST bytes. BLAME_OPEN for what it says.
 */
#define ARCHIVE_FILES_MOST 1000000
#define ARCHIVE_BYTES_MOST (64LL << 30)
bool environment_unpack(int fd, int into, struct fault *why);
