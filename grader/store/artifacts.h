/*
 * Artifacts: content-addressed files ROOT/ab/abcd… by SHA-256, read-only once there. Two roots:
 * artifacts/ (may be shown) and sealed/ (grader only). Putting the same content again sets
 * the time of the file.
 *
 * What is put lies in ROOT/.fresh first, where it can be read but goes with the power, and with the
 * process that put it. artifacts_settle syncs all of it and moves it to its place, so that nothing
 * lies there that is not on disk. A step puts `later`, many files, and the record that makes them
 * count settles once, whoever put them.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/fault.h"
#include "core/base/str.h"
#include <sys/types.h>

struct artifacts_fresh;

struct artifacts {
    int root;                      /* directory descriptor, owned */
    mode_t mode;                   /* of the files: 0444 or 0440 / 0400 */
    struct artifacts_fresh *fresh; /* what is to be settled; for all threads */
};

/* Open (making it when missing) dir/name. */
bool artifacts_open(struct artifacts *out, int dir, const char *name, mode_t dir_mode,
                    mode_t file_mode, struct fault *why);
void artifacts_close(struct artifacts *artifacts);

/* Settled when it returns. */
bool artifacts_put(const struct artifacts *artifacts, struct str bytes, char sha256[SHA256_HEX],
                   struct fault *why);
/* Content of fd from its start; `most` bytes at most; hashed while copied. */
bool artifacts_put_file(const struct artifacts *artifacts, int fd, uint64_t most,
                        char sha256[SHA256_HEX], struct fault *why);
/* The same, to be settled later. */
bool artifacts_put_later(const struct artifacts *artifacts, struct str bytes,
                         char sha256[SHA256_HEX], struct fault *why);
bool artifacts_put_file_later(const struct artifacts *artifacts, int fd, uint64_t most,
                              char sha256[SHA256_HEX], struct fault *why);
/* Is it there already? Then it is as if it had been put later. */
bool artifacts_keep(const struct artifacts *artifacts, const char *sha256);
/* All that this process has put until now is on disk; what failed is tried by the next one. */
bool artifacts_settle(const struct artifacts *artifacts, struct fault *why);
/* Remove what writers that died left fresh. Only while nobody writes. */
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
