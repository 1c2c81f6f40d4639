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

/*
 * A digest by a signature of what it was made from, when it is not older than since_ms (by the
 * caller's clock). Holds the 16 that were put last.
 */
bool digest_memo_find(struct digest_memo *memo, const char signature[SHA256_HEX], int64_t since_ms,
                      char hex[SHA256_HEX]);
void digest_memo_put(struct digest_memo *memo, const char signature[SHA256_HEX], int64_t now_ms,
                     const char hex[SHA256_HEX]);

/* For work that only one thread shall do; nothing else waits for it. memo NULL: nothing. */
void digest_memo_lock(struct digest_memo *memo);
void digest_memo_unlock(struct digest_memo *memo);
