/*
 * Digests of files that seldom change: hashed once and again when the file's identity, size or
 * times are others. Usable by all threads.
 */
#pragma once

#include "core/base/digest.h"

struct digest_memo;

struct digest_memo *digest_memo_open(void);
void digest_memo_close(struct digest_memo *memo);

/*
 * Of the regular file dir/path. memo NULL: hashed each time. O(1) system calls when it is known;
 * holds the 64 files that were asked for last.
 */
bool digest_memo_file(struct digest_memo *memo, int dir, const char *path, char hex[SHA256_HEX],
                      struct fault *why);
