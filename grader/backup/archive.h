/*
 * The file of a backup: a tar (ustar) of regular files, packed with Zstandard, with manifest.json
 * as its last member: {about, files: [{path, bytes, sha256}]}. With a passphrase the packed stream
 * is locked in pieces (core/base/digest.h) behind a line that says so.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/json.h"
#include <stdint.h>

#define ARCHIVE_PATH_MOST 100

struct archive_out;
/* passphrase empty: not locked. NULL with a fault. */
struct archive_out *archive_create(struct arena *arena, int fd, struct str passphrase,
                                   struct fault *why);
/* A file under `path`, as long as it is now. */
bool archive_put(struct archive_out *out, const char *path, int fd, struct fault *why);
/* The manifest with `about` (JSON); all is written, not synced. */
bool archive_finish(struct archive_out *out, struct str about, struct fault *why);
void archive_abandon(struct archive_out *out);

/* Was it locked? */
bool archive_is_locked(int fd);
/*
 * Read from its start: each member in turn; `take` reads its content with archive_read. False: a
 * fault, of `take` too, or the archive is cut or damaged.
 */
struct archive_in;
struct archive_member {
    const char *path;
    int64_t bytes;
};
struct archive_taking {
    struct str passphrase;
    bool (*take)(void *at, const struct archive_member *member, struct archive_in *in,
                 struct fault *why);
    void *at;
};
bool archive_walk(int fd, const struct archive_taking *taking, struct fault *why);
/* The next bytes of the member: at most size, 0 at its end; SIZE_MAX with a fault. */
size_t archive_read(struct archive_in *in, void *at, size_t size, struct fault *why);

/* A relative path without "..", "." or empty parts, of letters, digits and ._+- only. */
bool archive_path_check(const char *path);
