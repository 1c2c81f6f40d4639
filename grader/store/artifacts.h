/*
 * Artifacts: content-addressed files ROOT/ab/abcd… by SHA-256, read-only once there. Two roots:
 * artifacts/ (may be shown) and sealed/ (grader only). Putting the same content again is free.
 * Written by temporary name, synced, renamed. Putting again sets the file's time.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/fault.h"
#include "core/base/str.h"
#include <sys/types.h>

struct artifacts {
    int root;    /* directory descriptor, owned */
    mode_t mode; /* of the files: 0444 or 0440 / 0400 */
};

/* Open (making it when missing) dir/name. */
bool artifacts_open(struct artifacts *out, int dir, const char *name, mode_t dir_mode,
                    mode_t file_mode, struct fault *why);
void artifacts_close(struct artifacts *artifacts);

bool artifacts_put(const struct artifacts *artifacts, struct str bytes, char sha256[SHA256_HEX],
                   struct fault *why);
/* Content of fd from its start; `most` bytes at most; hashed while copied. */
bool artifacts_put_file(const struct artifacts *artifacts, int fd, uint64_t most,
                        char sha256[SHA256_HEX], struct fault *why);
/* Remove temporary files of writers that died. Only while nobody writes. */
bool artifacts_tidy(const struct artifacts *artifacts, struct fault *why);
/* Read-only descriptor, -1 with a fault when absent. */
int artifacts_get(const struct artifacts *artifacts, const char *sha256, struct fault *why);
bool artifacts_load(const struct artifacts *artifacts, const char *sha256, struct arena *arena,
                    size_t most, struct str *out, struct fault *why);
bool artifacts_has(const struct artifacts *artifacts, const char *sha256);
/*
 * Remove it when it was last put before before_ms, whoever puts it meanwhile. *old: it was (with
 * dry: and is still there); *bytes: its size.
 */
struct artifacts_dropping {
    int64_t before_ms;
    bool dry, *old;
    int64_t *bytes;
};
bool artifacts_drop(const struct artifacts *artifacts, const char *sha256,
                    const struct artifacts_dropping *how, struct fault *why);
bool artifacts_delete(const struct artifacts *artifacts, const char *sha256, struct fault *why);
/* Calls `each` for every artifact until it returns false. */
bool artifacts_list(const struct artifacts *artifacts, bool (*each)(void *at, const char *sha256),
                    void *at, struct fault *why);
/*
 * Make dir/name the artifact's content: a hard link where its mode lets everybody read, else a copy
 * of mode 0440 (which takes its group from a set-group-id directory).
 */
bool artifacts_lay(const struct artifacts *artifacts, const char *sha256, int dir, const char *name,
                   struct fault *why);
