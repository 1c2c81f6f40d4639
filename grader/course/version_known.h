/*
 * Digests of a course's files that were hashed before, so that a start need not read gigabytes of
 * data that are as they were: kept in state/cache by path, with device, inode, size, and times. A
 * file counts as the same while all of these are; what had changed less than KNOWN_OLD_S before it
 * was hashed is not kept, since a second change in the same tick of the clock would not show.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/fault.h"
#include <sys/stat.h>

#define KNOWN_OLD_S 2

struct version_known;

/* state/cache/NAME of the directory `state`; what cannot be read is as if it were empty. */
struct version_known *version_known_load(struct arena *arena, int state);
/* The digest, NULL unknown. info: of the opened file. NULL for `known` is fine. */
const char *version_known_find(const struct version_known *known, const char *path,
                               const struct stat *info);
/* info: from before it was hashed, at the second hashed_s. Copies. */
void version_known_put(struct version_known *known, const char *path, const struct stat *info,
                       const char sha256[SHA256_HEX], int64_t hashed_s);
/* What was found or put since the load; where it cannot be written, the next start hashes all. */
void version_known_save(const struct version_known *known, int state);
